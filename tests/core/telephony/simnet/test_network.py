"""The simulated network with itself: real SIP and RTP over loopback in both directions."""

import socket
from collections.abc import AsyncIterator

import pytest

from core.telephony.simnet.client import NetworkError, SimulatedNetwork
from core.telephony.simnet.script import (
    Callee,
    Caller,
    HangUp,
    Hold,
    Press,
    Report,
    Say,
    Talk,
    Wait,
    WaitFor,
)
from tests.ports import block

NUMBER = "+4722334455"
CALLER = "+4790000001"


@pytest.fixture(scope="module")
async def network() -> AsyncIterator[SimulatedNetwork]:
    async with SimulatedNetwork(rtp_port=block(), max_legs=64) as network:
        network.targets = (network.sip,)
        yield network
        status = await network.status()
        assert status.errors == 0
        assert status.legs == 0


async def both(network: SimulatedNetwork, caller: Caller, callee: Callee) -> tuple[Report, Report]:
    """The complete reports of a call, caller's first."""
    await network.register(callee)
    before = sum(leg.report.incoming and leg.report.number == callee.address for leg in network.legs.values())
    call = await network.call(callee.address, caller)
    called = await network.called(callee.address, nth=before + 1)
    return await call.finished(), await called.finished()


async def test_both_sides_hear_each_other_and_nothing_else(network: SimulatedNetwork) -> None:
    caller = Caller(number=CALLER, hertz=1700, steps=(WaitFor(what="answer"), Talk()))
    callee = Callee(address=NUMBER, hertz=1000, steps=(Talk(seconds=1.5), HangUp()))
    one, other = await both(network, caller, callee)
    assert [x.frequency for x in one.heard] == [1000]
    assert [x.frequency for x in other.heard] == [1700]
    assert one.heard[0].seconds == pytest.approx(1.5, abs=0.5)
    assert one.lost == other.lost == 0
    assert (one.hung_up, other.hung_up) == ("them", "us")
    assert (one.code, other.other) == (200, CALLER)
    assert other.outcome == "completed"


@pytest.mark.parametrize("method", ["rfc4733", "info"])
async def test_pressed_digits_arrive(network: SimulatedNetwork, method: str) -> None:
    press = Press(digits="1290*#", method=method)
    steps = (WaitFor(what="answer"), press, Wait(seconds=2), HangUp())
    _, other = await both(network, Caller(steps=steps), Callee(address=NUMBER, ring_seconds=0))
    assert other.digits == "1290*#"


async def test_a_withheld_number_is_not_shown(network: SimulatedNetwork) -> None:
    _, other = await both(network, Caller(name="Secret"), Callee(address=NUMBER, then="reject"))
    assert (other.other, other.other_name) == ("anonymous", "Anonymous")


async def test_a_rejection_reaches_the_caller(network: SimulatedNetwork) -> None:
    callee = Callee(address=NUMBER, then="reject", code=603, ring_seconds=0.2)
    one, other = await both(network, Caller(), callee)
    assert one.code == other.code == 603
    assert one.ringing_at
    assert not one.answered_at


async def test_a_caller_can_hang_up_while_it_rings(network: SimulatedNetwork) -> None:
    caller = Caller(steps=(WaitFor(what="ring"), HangUp()))
    one, other = await both(network, caller, Callee(address=NUMBER, then="ignore"))
    assert (one.code, one.hung_up, one.outcome) == (487, "us", "completed")
    assert (other.code, other.hung_up) == (487, "them")


async def test_a_network_that_loses_every_packet_has_parties_without_audio(network: SimulatedNetwork) -> None:
    async with SimulatedNetwork(rtp_port=block(), max_legs=8, lose_percent=100) as mute:
        await mute.register(Callee(address=NUMBER, hertz=1000, steps=(Talk(),)))
        steps = (WaitFor(what="answer"), Wait(seconds=0.6), HangUp())
        call = await network.call(NUMBER, Caller(steps=steps), targets=[mute.sip])
        report = await call.finished()
        assert (report.packets, report.heard) == (0, ())
        assert (await (await mute.called(NUMBER)).finished()).packets > 20


async def test_a_silent_party_sends_packets_that_hold_nothing(network: SimulatedNetwork) -> None:
    caller = Caller(steps=(WaitFor(what="answer"), Wait(seconds=0.6), HangUp()))
    one, other = await both(network, caller, Callee(address=NUMBER))
    assert one.packets > 20
    assert other.first_sound_at == one.first_sound_at == 0


async def test_on_hold_the_other_side_hears_nothing(network: SimulatedNetwork) -> None:
    callee = Callee(address=NUMBER, hertz=1000, steps=(Talk(seconds=5), HangUp()))
    caller = Caller(
        hertz=1700,
        steps=(WaitFor(what="tone", hertz=1000), Hold(seconds=1), WaitFor(what="tone", hertz=1000), HangUp()),
    )
    one, _ = await both(network, caller, callee)
    assert one.outcome == "completed"
    assert one.answered_at + 1.0 < one.ended_at < one.answered_at + 4.0


async def test_speech_is_heard_as_sound_and_is_no_tone(network: SimulatedNetwork) -> None:
    callee = Callee(address=NUMBER, steps=(Say(text="Velkommen til Nordlys Bygg"), HangUp()))
    caller = Caller(steps=(WaitFor(what="sound"), WaitFor(what="silence"), Wait(seconds=60)))
    one, _ = await both(network, caller, callee)
    assert one.first_sound_at > one.answered_at
    assert one.heard == ()
    assert one.listened > 1


async def test_what_does_not_come_in_time_is_the_outcome(network: SimulatedNetwork) -> None:
    caller = Caller(steps=(WaitFor(what="tone", hertz=2500, timeout=0.5),))
    one, _ = await both(network, caller, Callee(address=NUMBER, hertz=1000, steps=(Talk(),)))
    assert (one.outcome, one.hung_up) == ("timeout", "us")


async def test_a_number_that_nobody_has_is_not_found(network: SimulatedNetwork) -> None:
    call = await network.call("+4799999999", Caller())
    assert (await call.finished()).code == 404


async def test_a_codec_that_nobody_has_is_refused(network: SimulatedNetwork) -> None:
    await network.register(Callee(address=NUMBER))
    call = await network.call(NUMBER, Caller(codecs=("G729",)))
    assert (await call.finished()).code == 488


async def test_an_unknown_codec_is_an_error_that_names_the_allowed_ones(network: SimulatedNetwork) -> None:
    with pytest.raises(NetworkError, match=r"caller.codecs: unknown EVS; allowed: .*PCMU"):
        await network.call(NUMBER, Caller(codecs=("EVS",)))


async def test_the_next_target_is_tried_when_one_is_dead_or_full(network: SimulatedNetwork) -> None:
    await network.register(Callee(address=NUMBER, ring_seconds=0, steps=(HangUp(),)))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        dead = f"127.0.0.1:{deaf.getsockname()[1]}"
        async with SimulatedNetwork(rtp_port=block(), max_legs=8) as full:
            await full.register(Callee(address="*", ring_seconds=0, then="reject", code=503))
            call = await network.call(NUMBER, Caller(), targets=[dead, full.sip, network.sip])
            report = await call.finished()
    assert (report.target, report.code) == (network.sip, 200)


async def test_all_targets_dead_ends_the_call(network: SimulatedNetwork) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        call = await network.call(NUMBER, Caller(), targets=[f"127.0.0.1:{deaf.getsockname()[1]}"])
        assert (await call.finished()).code == 408
