"""SIP as others speak it: SIPp plays the ordinary and the awkward other sides."""

import asyncio
import random
import socket
from collections.abc import Awaitable, Callable

import pytest

from core.calls.events import Cause, LegRole
from core.calls.ports import LegEnding, LegGone, LegState
from tests.core.telephony.conftest import Exchange, Sipp, exchange_with, free_port

Start = Callable[..., Awaitable[Sipp]]


async def ended(leg: object) -> LegEnding:
    """How the leg ended, within ten seconds."""
    await asyncio.wait_for(leg.until(LegState.ENDED), 10)  # type: ignore[attr-defined]
    return leg.ending  # type: ignore[attr-defined,no-any-return]


async def test_a_caller_who_gives_up_while_it_rings_ends_the_leg(exchange: Exchange, sipp: Start) -> None:
    caller = await sipp("uac_cancel", to=exchange.port)
    leg, invite = await exchange.incoming()
    assert invite.caller == "+4790000009"
    await leg.ring()
    ending = await ended(leg)
    assert (ending.cause, ending.sip_code, ending.by_us) == (Cause.CALLER_HUNG_UP, 487, False)
    with pytest.raises(LegGone):
        await leg.answer()
    await caller.ends_well()
    assert exchange.journal.kinds() == ["leg.created", "leg.ringing", "leg.ended"]


async def test_an_answer_that_is_never_confirmed_ends_the_leg(sipp: Start) -> None:
    async with exchange_with(confirm_timeout=1.0) as exchange:
        await sipp("uac_no_ack", to=exchange.port)
        leg, _ = await exchange.incoming()
        with pytest.raises(LegGone):
            await leg.answer()
        assert leg.ending is not None
        assert (leg.ending.cause, leg.ending.by_us) == (Cause.NOT_CONFIRMED, True)


async def test_a_leg_that_hears_nothing_is_ended(sipp: Start) -> None:
    async with exchange_with(rtp_timeout=1.0) as exchange:
        caller = await sipp("uac_answered", to=exchange.port)
        leg, _ = await exchange.incoming()
        await leg.answer()
        ending = await ended(leg)
        assert (ending.cause, ending.by_us) == (Cause.NO_MEDIA, True)
        await caller.ends_well()
        assert "leg.media_up" not in exchange.journal.kinds()


@pytest.mark.parametrize("direction", ["sendonly", "inactive"])
async def test_a_leg_on_hold_may_be_silent_until_it_comes_back(sipp: Start, direction: str) -> None:
    async with exchange_with(rtp_timeout=1.5) as exchange:
        caller = await sipp("uac_hold", to=exchange.port, direction=direction)
        leg, _ = await exchange.incoming()
        await leg.answer()
        while not leg.held:
            await asyncio.sleep(0.02)
        await asyncio.sleep(2.5)  # longer than a leg that is not on hold may be silent
        assert leg.held
        assert leg.state is LegState.ANSWERED
        ending = await ended(leg)
        assert not leg.held
        assert ending.cause is Cause.NO_MEDIA
        await caller.ends_well()


async def test_digits_by_info_are_kept_until_they_are_asked_for(exchange: Exchange, sipp: Start) -> None:
    caller = await sipp("uac_info_digits", to=exchange.port)
    leg, _ = await exchange.incoming()
    await leg.answer()
    assert await asyncio.wait_for(leg.digit(), 20) == "5"
    assert await asyncio.wait_for(leg.digit(), 20) == "#"
    await leg.hang_up()
    await caller.ends_well()
    with pytest.raises(LegGone):
        await leg.digit()


async def test_an_offer_of_codecs_that_nobody_has_is_refused(exchange: Exchange, sipp: Start) -> None:
    caller = await sipp("uac_unknown_codec", to=exchange.port)
    await caller.ends_well()
    invite, cause, code = await asyncio.wait_for(exchange.refused.get(), 20)
    assert (invite.caller, invite.dialled) == ("+4790000009", "+4722334455")
    assert (cause, code) == (Cause.INCOMPATIBLE_MEDIA, 488)
    assert exchange.came.empty()


async def test_an_answer_with_a_codec_that_was_not_offered_is_hung_up(exchange: Exchange, sipp: Start) -> None:
    other = await sipp("uas_wrong_codec")
    leg = await exchange.dial(f"sip:x@127.0.0.1:{other.port}")
    assert (await ended(leg)).cause is Cause.INCOMPATIBLE_MEDIA
    await other.ends_well()


@pytest.mark.parametrize(
    ("first", "code", "cause"),
    [
        ("180", "486", Cause.BUSY),
        ("180", "603", Cause.REJECTED),
        ("180", "480", Cause.NO_ANSWER),
        ("100", "404", Cause.UNREACHABLE),
        ("100", "488", Cause.INCOMPATIBLE_MEDIA),
        ("100", "503", Cause.UNREACHABLE),
    ],
)
async def test_the_final_response_says_why(
    exchange: Exchange, sipp: Start, first: str, code: str, cause: Cause
) -> None:
    other = await sipp("uas_refuses", first=first, code=code)
    leg = await exchange.dial(f"sip:x@127.0.0.1:{other.port}")
    ending = await ended(leg)
    assert (ending.cause, ending.sip_code, ending.by_us) == (cause, int(code), False)
    await other.ends_well()
    assert ("leg.ringing" in exchange.journal.kinds()) == (first == "180")


async def test_those_who_ring_in_vain_learn_that_it_was_answered_elsewhere(exchange: Exchange, sipp: Start) -> None:
    other = await sipp("uas_rings_until_cancelled")
    leg = await exchange.dial(f"sip:x@127.0.0.1:{other.port}")
    assert await asyncio.wait_for(leg.until(LegState.RINGING), 20) is LegState.RINGING
    await leg.hang_up(Cause.ANSWERED_ELSEWHERE)
    await leg.hang_up()
    assert leg.ending == LegEnding(Cause.ANSWERED_ELSEWHERE, by_us=True)
    await other.ends_well()
    assert exchange.journal.kinds() == ["leg.created", "leg.ringing", "leg.ended"]


async def test_early_media_is_ringing_and_the_call_is_answered_later(exchange: Exchange, sipp: Start) -> None:
    other = await sipp("uas_early_media")
    leg = await exchange.dial(f"sip:x@127.0.0.1:{other.port}")
    assert await asyncio.wait_for(leg.until(LegState.RINGING), 20) is LegState.RINGING
    assert await asyncio.wait_for(leg.until(LegState.ANSWERED), 20) is LegState.ANSWERED
    await leg.hang_up()
    await other.ends_well()


async def test_an_address_that_never_responds_is_unreachable(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.telephony.switch.DEVICE_RESPONSE", 0.5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        leg = await exchange.dial(f"sip:x@127.0.0.1:{deaf.getsockname()[1]}")
        assert (await ended(leg)).cause is Cause.UNREACHABLE


@pytest.mark.parametrize("value", ["not a uri", "http://example.com", "sip:"])
async def test_a_bad_address_ends_the_leg_at_once(exchange: Exchange, value: str) -> None:
    leg = await exchange.dial(value)
    ending = await ended(leg)
    assert ending.cause is Cause.UNREACHABLE
    assert ending.detail
    assert exchange.journal.kinds() == ["leg.created", "leg.ended"]


async def test_a_stranger_is_refused(sipp: Start) -> None:
    async with exchange_with() as exchange:
        for line in exchange.engine.lines.ordered():
            await exchange.engine.remove_trunk(line.trunk.id)
        await exchange.allow(host="127.0.0.77")
        caller = await sipp("uac_refused", to=exchange.port, code="403")
        await caller.ends_well()
        assert exchange.came.empty()
        assert exchange.engine.refused == 1


async def test_callers_over_the_limit_and_while_draining_are_told_to_try_later(sipp: Start) -> None:
    async with exchange_with(max_calls=1) as exchange:
        first = await sipp("uac_answered", to=exchange.port)
        leg, _ = await exchange.incoming()
        await leg.answer()
        await (await sipp("uac_told_to_wait", to=exchange.port)).ends_well()
        await leg.hang_up()
        await first.ends_well()
        assert exchange.engine.callers == 0
        exchange.engine.draining = True
        await (await sipp("uac_told_to_wait", to=exchange.port)).ends_well()
        assert exchange.came.empty()
        assert [(await exchange.refused.get())[1] for _ in range(2)] == [Cause.OVERLOADED, Cause.DRAINING]


@pytest.mark.parametrize(
    ("cause", "code"), [(Cause.BUSY, "486"), (Cause.UNKNOWN_NUMBER, "404"), (Cause.FLOW_FAILED, "500")]
)
async def test_a_call_that_is_not_answered_is_refused_with_its_cause(
    exchange: Exchange, sipp: Start, cause: Cause, code: str
) -> None:
    caller = await sipp("uac_refused", to=exchange.port, code=code)
    leg, _ = await exchange.incoming()
    await leg.hang_up(cause)
    assert leg.ending == LegEnding(cause, int(code), by_us=True)
    await caller.ends_well()


async def test_garbage_is_survived(exchange: Exchange, sipp: Start) -> None:
    noise = random.Random(7)
    invite = (
        b"INVITE sip:1@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK%d\r\nFrom: <sip:a@b>;tag=1\r\n"
        b"To: <sip:1@127.0.0.1>\r\nCall-ID: %d\r\nCSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.1:9>\r\n"
        b"Content-Type: application/sdp\r\nContent-Length: 30\r\n\r\nv=0\r\nthis is no description\r\n\r\n"
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for number in range(300):
            message = bytearray(invite % (number, number))
            for _ in range(noise.randrange(1, 8)):
                message[noise.randrange(len(message))] = noise.randrange(256)
            udp.sendto(bytes(message[: noise.randrange(1, len(message))]), ("127.0.0.1", exchange.port))
            udp.sendto(noise.randbytes(noise.randrange(1, 900)), ("127.0.0.1", exchange.port))
    while not exchange.came.empty():
        leg, _ = exchange.came.get_nowait()
        await leg.hang_up()
    caller = await sipp("uac_cancel", to=exchange.port)
    leg, invite_read = await exchange.incoming()
    while invite_read.caller != "+4790000009":
        await leg.hang_up()
        leg, invite_read = await exchange.incoming()
    await leg.ring()
    assert (await ended(leg)).cause is Cause.CALLER_HUNG_UP
    await caller.ends_well()
    assert exchange.engine.load().callback_errors == 0


async def test_an_exception_in_a_callback_is_counted_and_harms_nobody(
    exchange: Exchange, sipp: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await sipp("uas_early_media")
    leg = await exchange.dial(f"sip:x@127.0.0.1:{other.port}", role=LegRole.OUTSIDE)

    def broken(dialog: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(leg, "on_media", broken)
    await asyncio.wait_for(leg.until(LegState.ANSWERED), 20)
    monkeypatch.undo()
    assert exchange.engine.load().callback_errors >= 1
    await leg.hang_up()
    await other.ends_well()


async def test_a_taken_port_is_explained() -> None:
    port = free_port()
    async with exchange_with(sip_port=port):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, pytest.raises(OSError, match="in use"):
            tcp.bind(("127.0.0.1", port))
