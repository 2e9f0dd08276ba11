"""What a leg promises: digits, playing, recording, holding, ends in every state."""

import asyncio
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from core.calls.events import Cause
from core.calls.ports import LegEnding, LegGone, LegState
from core.telephony.endpoint import TelephonyFailed
from core.telephony.legs import PjLeg
from core.telephony.options import G722, PCMA
from tests.core.telephony.conftest import Exchange, Remote, exchange_with, hears, loudest, remote_with
from tests.waiting import until

Tone = Callable[..., Path]


async def answered(exchange: Exchange, remote: Remote) -> tuple[PjLeg, int]:
    """An answered incoming leg, and its number at the peer."""
    number = await remote.dial(uri=f"sip:22334455@127.0.0.1:{exchange.port}")
    leg, _ = await exchange.incoming()
    await leg.answer()
    await leg.until(LegState.MEDIA_UP)
    return leg, number


async def test_a_digit_interrupts_the_prompt_and_others_are_kept(
    exchange: Exchange, remote: Remote, tone: Tone
) -> None:
    leg, number = await answered(exchange, remote)
    playing = asyncio.create_task(leg.play([tone(440, seconds=20)], interrupt="12"))
    await remote.digits(leg=number, digits="741")
    assert await asyncio.wait_for(playing, 15) == "1"
    assert [await leg.digit(), await leg.digit()] == ["7", "4"]


async def test_a_digit_keyed_in_before_the_prompt_interrupts_it_at_once(
    exchange: Exchange, remote: Remote, tone: Tone
) -> None:
    leg, number = await answered(exchange, remote)
    await remote.digits(leg=number, digits="32")
    assert await asyncio.wait_for(leg.play([tone(440, seconds=0.5)]), 15) == ""
    assert await leg.digit() == "3"
    assert await asyncio.wait_for(leg.play([tone(440, seconds=20)], interrupt="123"), 15) == "2"


async def test_digits_go_out_too(exchange: Exchange, remote: Remote) -> None:
    leg, number = await answered(exchange, remote)
    await leg.send_digits("5#")
    assert [await remote.digit(leg=number), await remote.digit(leg=number)] == ["5", "#"]


async def test_a_cancelled_prompt_falls_silent_and_music_repeats_until_then(
    exchange: Exchange, remote: Remote, tone: Tone, tmp_path: Path
) -> None:
    leg, number = await answered(exchange, remote)
    music = asyncio.create_task(leg.play([tone(900, seconds=0.2)], loop=True))
    await remote.record(leg=number, file=str(tmp_path / "music.wav"), seconds=1)
    assert loudest(tmp_path / "music.wav")[:1] == [900]
    assert not music.done()
    music.cancel()
    await asyncio.wait([music])
    await hears(remote, number, tmp_path / "silence.wav", None)
    several = asyncio.create_task(leg.play([tone(500, seconds=0.2), tone(800, seconds=0.2)], loop=True))
    await remote.record(leg=number, file=str(tmp_path / "several.wav"), seconds=1.2)
    assert {500, 800} <= set(loudest(tmp_path / "several.wav"))
    several.cancel()


async def test_what_is_no_sound_file_is_refused_by_name(exchange: Exchange, remote: Remote, tmp_path: Path) -> None:
    leg, _ = await answered(exchange, remote)
    bad = tmp_path / "bad.wav"
    bad.write_text("this is no sound")
    for file in (bad, tmp_path / "missing.wav"):
        with pytest.raises(TelephonyFailed, match=file.name):
            await leg.play([file])
    assert leg.state is LegState.MEDIA_UP


async def test_a_recording_ends_by_digit_silence_or_time_and_tells_its_length(
    exchange: Exchange, remote: Remote, tone: Tone, tmp_path: Path
) -> None:
    leg, number = await answered(exchange, remote)
    await remote.play(leg=number, file=str(tone(600)))
    file = tmp_path / "message.wav"
    seconds = await leg.record(file, max_seconds=1.0, silence_seconds=5, stop="#")
    assert 0.9 < seconds < 10
    assert loudest(file) == [600]
    by_digit = tmp_path / "by_digit.wav"
    recording = asyncio.create_task(leg.record(by_digit, max_seconds=30, silence_seconds=25, stop="#"))
    await until(by_digit.exists)
    await remote.digits(leg=number, digits="#")
    assert await recording < 20
    await remote.hush(leg=number)
    assert await leg.record(file, max_seconds=30, silence_seconds=0.7, stop="#") < 20


async def test_what_was_recorded_is_kept_when_the_caller_hangs_up(
    exchange: Exchange, remote: Remote, tone: Tone, tmp_path: Path
) -> None:
    leg, number = await answered(exchange, remote)
    await remote.play(leg=number, file=str(tone(600)))
    file = tmp_path / "message.wav"
    recording = asyncio.create_task(leg.record(file, max_seconds=30, silence_seconds=5, stop=""))
    await until(lambda: file.exists() and file.stat().st_size > 8000)
    await remote.hang_up(leg=number)
    with pytest.raises(LegGone):
        await recording
    await until(lambda: _frames(file) > 0)
    assert loudest(file) == [600]


def _frames(file: Path) -> int:
    try:
        with wave.open(str(file)) as sound:
            return sound.getnframes()
    except (wave.Error, EOFError):
        return 0


async def test_everything_that_waits_learns_that_the_leg_is_gone(
    exchange: Exchange, remote: Remote, tone: Tone, tmp_path: Path
) -> None:
    leg, number = await answered(exchange, remote)
    waiting = [
        asyncio.create_task(leg.play([tone(440, seconds=90)])),
        asyncio.create_task(leg.play([tone(441, seconds=20)], loop=True, interrupt="1")),
        asyncio.create_task(leg.digit()),
        asyncio.create_task(leg.record(tmp_path / "r.wav", max_seconds=90, silence_seconds=90, stop="2")),
    ]
    await until((tmp_path / "r.wav").exists)
    await remote.hang_up(leg=number)
    done, _ = await asyncio.wait(waiting, timeout=20)
    assert {type(task.exception()) for task in done} == {LegGone}
    assert len(done) == len(waiting)
    for attempt in (leg.answer(), leg.play([tone(440)]), leg.digit(), leg.send_digits("1")):
        with pytest.raises(LegGone):
            await attempt


async def test_the_other_side_may_hold_and_come_back_and_is_heard_again(
    exchange: Exchange, remote: Remote, tone: Tone, tmp_path: Path
) -> None:
    leg, number = await answered(exchange, remote)
    await remote.play(leg=number, file=str(tone(600)))
    music = asyncio.create_task(leg.play([tone(900)], loop=True))
    await remote.hold(leg=number, held=True)
    await until(lambda: leg.held)
    await remote.hold(leg=number, held=False)
    await until(lambda: not leg.held)
    await hears(remote, number, tmp_path / "theirs.wav", 900)
    await leg.record(tmp_path / "ours.wav", max_seconds=0.8, silence_seconds=9, stop="")
    assert loudest(tmp_path / "ours.wav") == [600]
    music.cancel()


async def test_a_leg_to_which_our_audio_stalls_is_ended(remote: Remote, tone: Tone) -> None:
    async with exchange_with(rtp_timeout=1.5) as exchange:
        leg, number = await answered(exchange, remote)
        await remote.play(leg=number, file=str(tone(600)))
        devices = exchange.engine.endpoint.library.audDevManager()
        await exchange.engine.endpoint.do(devices.setNoDev)  # the clock of the bridge: nothing is mixed or sent now
        await asyncio.wait_for(leg.until(LegState.ENDED), 10)
        assert leg.ending == LegEnding(Cause.NOTHING_SENT, by_us=True)
        assert exchange.journal[-1].cause is Cause.NOTHING_SENT


async def test_a_talking_leg_on_hold_to_which_we_send_nothing_is_left_alone(remote: Remote) -> None:
    async with exchange_with(rtp_timeout=1.0) as exchange:
        leg, number = await answered(exchange, remote)
        await remote.hold(leg=number, held=True)
        assert await leg.until_held(True)
        before = await exchange.engine.endpoint.do(leg.packets)
        await asyncio.sleep(2.0)  # longer than a leg that is not on hold may be without audio
        after = await exchange.engine.endpoint.do(leg.packets)
        assert before is not None
        assert after is not None
        assert after.sent == before.sent
        await remote.hold(leg=number, held=False)
        assert await leg.until_held(False)
        assert leg.state is LegState.MEDIA_UP


async def test_a_wideband_and_a_narrowband_leg_hear_each_other(tone: Tone, tmp_path: Path) -> None:
    async with (
        exchange_with(clock_rate=16000, codecs=(G722, PCMA)) as exchange,
        remote_with(clock_rate=16000, codecs=[G722]) as wide,
        remote_with(codecs=[PCMA]) as narrow,
    ):
        one, first = await answered(exchange, wide)
        other, second = await answered(exchange, narrow)
        assert (one.codec, other.codec) == ("G722", "PCMA")
        await exchange.switch.bridge(one, other)
        await wide.play(leg=first, file=str(tone(700)))
        await narrow.play(leg=second, file=str(tone(1100)))
        await hears(wide, first, tmp_path / "wide.wav", 1100)
        await hears(narrow, second, tmp_path / "narrow.wav", 700)


async def test_hanging_up_by_us_is_told_apart_and_happens_once(exchange: Exchange, remote: Remote) -> None:
    leg, number = await answered(exchange, remote)
    await leg.hang_up(Cause.COMPLETED)
    await leg.hang_up(Cause.FAILED)
    assert leg.ending is not None
    assert (leg.ending.cause, leg.ending.by_us) == (Cause.COMPLETED, True)
    assert (await remote.ending(leg=number))[1] == 200
    assert exchange.journal.kinds().count("leg.ended") == 1


async def test_news_of_a_dialog_that_has_just_ended_do_no_harm(exchange: Exchange, remote: Remote) -> None:
    leg, number = await answered(exchange, remote)
    dialog = leg._dialog
    await remote.hang_up(leg=number)
    await leg.until(LegState.ENDED)

    def too_late() -> None:
        leg._dialog = dialog
        leg.on_media(dialog)
        leg._renew_media()
        leg.heard()
        leg._dialog = None

    await exchange.engine.endpoint.do(too_late)
    assert exchange.engine.load().callback_errors == 0
