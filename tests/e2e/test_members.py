"""What members do with the calls that they are offered, and what becomes of the caller."""

from collections import Counter

import pytest

from core.calls.events import Cause, LegEnded, LegRole, OfferOutcome, PartStarted
from core.telephony.simnet.client import SimulatedNetwork
from core.telephony.simnet.script import Callee, HangUp, Talk, WaitFor
from tests.e2e.company import CALLER_HERTZ, add_member, goes_on
from tests.e2e.conftest import Founder
from tests.e2e.sip import Telephone
from tests.e2e.site import NETWORK_PORTS
from tests.ports import block


async def test_the_member_hangs_up(company: Founder) -> None:
    acme = await company()
    kari = acme.members[0]
    await kari.answers(WaitFor(what="tone", hertz=CALLER_HERTZ), HangUp())

    call = await acme.call()

    assert (await call.leg.finished()).hung_up == "them"
    story = await call.over(Cause.AGENT_HUNG_UP)
    assert [part["how"] for part in story.parts] == ["other_hung_up"]
    assert story.call["status"] == "answered"


@pytest.mark.slow
async def test_a_member_who_never_answers_is_rung_again_until_the_caller_has_waited_too_long(company: Founder) -> None:
    acme = await company(placement={"ring_seconds": 5, "total_seconds": 8})
    kari = acme.members[0]
    await kari.ignores()

    call = await acme.call()

    assert (await call.leg.finished()).hung_up == "them"
    story = await call.over(Cause.COMPLETED)
    assert [(o["outcome"], o["unanswered"]) for o in story.offers] == [("no_answer", True), ("caller_left", False)]
    assert 4.5 < story.offers[0]["rang_seconds"] < 7
    assert [(visit["outcome"], visit["exit"]) for visit in story.visits] == [("timed_out", "timeout")]
    assert 7.5 < story.visits[0]["waiting_seconds"] < 11
    assert story.call["status"] == "timeout"


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(486, "busy"), (603, "rejected"), (480, "no_answer"), (404, "unreachable"), (500, "unreachable")],
)
async def test_a_member_who_refuses_is_passed_over_for_the_next(company: Founder, code: int, outcome: str) -> None:
    acme = await company(members=2)
    kari, ola = acme.members
    await kari.rejects(code)
    await ola.answers()

    call = await acme.call(WaitFor(what="tone", hertz=ola.hertz), HangUp())

    assert (await call.leg.finished()).outcome == "completed"
    story = await call.over(Cause.CALLER_HUNG_UP)
    assert [(o["person_id"], o["outcome"]) for o in story.offers] == [
        (kari.person_id, outcome),
        (ola.person_id, "answered"),
    ]
    assert story.of(LegEnded, leg_id=story.legs(LegRole.AGENT)[0].leg_id)[0].sip_code == code
    assert story.call["talked_with_id"] == ola.person_id


async def test_a_member_whose_telephone_does_not_exist_is_unreachable_and_the_caller_waits(company: Founder) -> None:
    acme = await company()

    call = await acme.call()
    await call.until(LegEnded, cause=Cause.UNREACHABLE)
    await call.hang_up()

    story = await call.over(Cause.CALLER_HUNG_UP)
    assert [offer["outcome"] for offer in story.offers] == ["unreachable"]
    assert [visit["outcome"] for visit in story.visits] == ["unanswered"]


@pytest.mark.slow
async def test_a_member_who_answers_without_audio_is_not_connected(company: Founder) -> None:
    acme = await company(members=0)
    async with SimulatedNetwork(rtp_port=block() + NETWORK_PORTS, max_legs=4, lose_percent=100) as mute:
        kari = await add_member(acme, network=mute)  # idle for longer, so she is the first
        await kari.answers()
        ola = await add_member(acme)
        await ola.answers()

        call = await acme.call(WaitFor(what="tone", hertz=ola.hertz), HangUp())
        await (await kari.rings()).until("answered")
        assert (await (await kari.rings()).finished()).hung_up == "them"

        assert (await call.leg.finished()).outcome == "completed"
        story = await call.over(Cause.CALLER_HUNG_UP)
    assert [(o["person_id"], o["outcome"]) for o in story.offers] == [
        (kari.person_id, "failed"),
        (ola.person_id, "answered"),
    ]
    assert story.of(LegEnded, leg_id=story.legs(LegRole.AGENT)[0].leg_id)[0].cause is Cause.NO_MEDIA
    assert len(story.of(PartStarted)) == 1


async def test_of_members_who_answer_at_once_exactly_one_gets_the_caller(company: Founder) -> None:
    acme = await company(members=3, placement={"distribution": "ring_all"})
    for member in acme.members:
        await member.answers(ring_seconds=0.5)

    call = await acme.call()
    (talks,) = [await call.until(PartStarted)]
    (winner,) = [member for member in acme.members if member.person_id == talks.person_id]
    losers = [member for member in acme.members if member is not winner]
    for loser in losers:
        assert not (await (await loser.rings()).finished()).hears(CALLER_HERTZ)
    await goes_on(call.leg, winner.hertz)
    await goes_on(await winner.rings(), CALLER_HERTZ)
    await call.hang_up()

    story = await call.over(Cause.CALLER_HUNG_UP)
    outcomes = {offer["person_id"]: (offer["outcome"], offer["unanswered"]) for offer in story.offers}
    assert outcomes[winner.person_id] == ("answered", False)
    assert Counter(outcomes.values())[(OfferOutcome.ANSWERED_ELSEWHERE, False)] == 2
    causes = Counter(ended.cause for ended in story.of(LegEnded))
    assert causes == {Cause.CALLER_HUNG_UP: 2, Cause.ANSWERED_ELSEWHERE: 2}
    assert len(story.parts) == 1


@pytest.mark.parametrize("picks_up", [False, True], ids=["CANCEL", "BYE"])
async def test_who_rings_in_vain_is_told_that_the_call_was_answered_elsewhere(company: Founder, picks_up: bool) -> None:
    acme = await company(placement={"distribution": "ring_all"})
    kari = acme.members[0]
    await kari.answers(ring_seconds=0.7)
    async with Telephone(picks_up=picks_up) as desk:
        slow = await add_member(acme, device=desk.uri)

        call = await acme.call(WaitFor(what="tone", hertz=kari.hertz), Talk())
        request = await desk.received("BYE" if picks_up else "CANCEL")

        assert "Reason: SIP ;cause=200" in request
        await call.hang_up()
        story = await call.over(Cause.CALLER_HUNG_UP)
    assert {o["person_id"]: o["outcome"] for o in story.offers} == {
        kari.person_id: "answered",
        slow.person_id: "answered_elsewhere",
    }


async def test_the_member_of_a_number_device_is_rung_over_the_trunk_and_sees_the_caller(company: Founder) -> None:
    acme = await company(members=0)
    kari = await add_member(acme, number="+4799100001")
    await acme.site.network.register(Callee(address="+4799100001", hertz=kari.hertz, steps=(Talk(),)))

    call = await acme.call(WaitFor(what="tone", hertz=kari.hertz), HangUp())

    assert (await call.leg.finished()).outcome == "completed"
    await call.over(Cause.CALLER_HUNG_UP)
    assert (await (await kari.rings()).finished()).other == call.number
