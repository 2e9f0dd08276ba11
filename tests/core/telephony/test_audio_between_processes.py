"""Real SIP and audio: what one side plays, the other side hears."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from core.calls.events import Cause, LegRole
from core.calls.ports import LegGone, LegState
from tests.core.telephony.conftest import Exchange, Remote, hears, loudest

Tone = Callable[..., Path]


async def test_a_caller_hears_the_prompt_to_its_end(
    exchange: Exchange, remote: Remote, tone: Tone, tmp_path: Path
) -> None:
    call = await remote.dial(uri=f"sip:22334455@127.0.0.1:{exchange.port}", caller="+4790000001")
    leg, invite = await exchange.incoming()
    assert (invite.caller, invite.dialled) == ("+4790000001", "+4722334455")
    assert invite.display_name == 'Kari "K" Nordmann'
    await leg.answer()
    assert leg.state >= LegState.ANSWERED
    assert await leg.until(LegState.MEDIA_UP) is LegState.MEDIA_UP
    recording = tmp_path / "heard.wav"
    heard = asyncio.create_task(remote.record(leg=call, file=str(recording), seconds=3))
    while not recording.exists():
        await asyncio.sleep(0.02)
    before = asyncio.get_running_loop().time()
    assert await leg.play([tone(440, seconds=0.5), tone(440, seconds=0.5, rate=16000)]) == ""
    assert asyncio.get_running_loop().time() - before > 0.9
    await heard
    assert loudest(recording) == [440]
    await remote.hang_up(leg=call)
    assert await leg.until(LegState.ENDED) is LegState.ENDED
    assert leg.ending is not None
    assert leg.ending.cause is Cause.CALLER_HUNG_UP
    assert not leg.ending.by_us
    assert exchange.journal.kinds()[0] == "leg.created"
    assert exchange.journal.kinds()[-1] == "leg.ended"
    assert {"leg.answered", "leg.media_up"} < set(exchange.journal.kinds())


async def test_two_bridged_legs_hear_each_other_until_unbridged(
    exchange: Exchange, remote: Remote, tone: Tone, tmp_path: Path
) -> None:
    caller = await remote.dial(uri=f"sip:22334455@127.0.0.1:{exchange.port}")
    leg, _ = await exchange.incoming()
    await leg.answer()
    agent = await exchange.dial(f"sip:agent@127.0.0.1:{remote.port}")
    other, invite = await remote.incoming()
    assert invite["caller"] == "+4722000000"
    await remote.ring(leg=other)
    assert await agent.until(LegState.RINGING) is LegState.RINGING
    await remote.answer(leg=other)
    await remote.play(leg=caller, file=str(tone(700)))
    await remote.play(leg=other, file=str(tone(1100)))
    assert await agent.until(LegState.MEDIA_UP) is LegState.MEDIA_UP
    await exchange.switch.bridge(leg, agent)
    await asyncio.gather(
        remote.record(leg=caller, file=str(tmp_path / "caller.wav"), seconds=1),
        remote.record(leg=other, file=str(tmp_path / "agent.wav"), seconds=1),
    )
    assert loudest(tmp_path / "caller.wav") == [1100]
    assert loudest(tmp_path / "agent.wav") == [700]
    await exchange.switch.unbridge(leg, agent)
    await hears(remote, caller, tmp_path / "after.wav", None)
    await agent.hang_up()
    assert (await remote.ending(leg=other))[0] == "caller_hung_up"
    with pytest.raises(LegGone):
        await exchange.switch.bridge(leg, agent)
    await exchange.switch.unbridge(leg, agent)
    assert leg.role is LegRole.CALLER
