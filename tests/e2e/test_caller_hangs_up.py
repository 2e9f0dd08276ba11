"""The caller hangs up, in every state that a call can have."""

from core.calls.events import (
    AfterCallEnded,
    Cause,
    DigitsCollected,
    LegAnswered,
    LegEnded,
    LegMediaUp,
    LegRinging,
    LegRole,
    PromptEnded,
    PromptStarted,
    QueueDecided,
    QueueEntered,
)
from core.telephony.simnet.script import Callee, HangUp, Hold, Press, Talk, WaitFor
from tests.e2e import flows
from tests.e2e.company import OUTSIDE_HERTZ, Story
from tests.e2e.conftest import Founder


def caller_leg(story: Story) -> LegEnded:
    """How the caller's leg ended: it is the first one."""
    return story.of(LegEnded, leg_id=story.legs(LegRole.CALLER)[0].leg_id)[0]


async def test_before_anything_has_answered(company: Founder) -> None:
    acme = await company(flows.menu)

    call = await acme.call(HangUp())

    report = await call.leg.finished()
    story = await call.over(Cause.CALLER_HUNG_UP)
    assert report.code in (200, 487)  # the INVITE may be answered before its CANCEL arrives
    assert caller_leg(story).cause is Cause.CALLER_HUNG_UP
    assert story.call["talk_seconds"] == 0


async def test_while_a_prompt_is_played(company: Founder) -> None:
    acme = await company(flows.menu)

    call = await acme.call(WaitFor(what="sound"), HangUp())

    story = await call.over(Cause.CALLER_HUNG_UP)
    assert caller_leg(story).cause is Cause.CALLER_HUNG_UP
    assert (len(story.of(PromptStarted)), story.of(PromptEnded)) == (1, [])
    assert (story.call["status"], story.visits) == ("ended", [])


async def test_right_after_a_digit(company: Founder) -> None:
    acme = await company(flows.menu)
    await acme.members[0].ignores()

    call = await acme.call(WaitFor(what="sound"), Press(digits="1"), HangUp())

    story = await call.over(Cause.CALLER_HUNG_UP)
    assert caller_leg(story).cause is Cause.CALLER_HUNG_UP
    assert len(story.of(DigitsCollected)) == len(story.visits)  # the BYE may overtake the digit, which is audio
    assert all(visit["outcome"] == "unanswered" for visit in story.visits)
    assert all(offer["outcome"] == "caller_left" for offer in story.offers)


async def test_while_waiting_for_a_free_member(company: Founder) -> None:
    acme = await company(members=0, placement={"allow_empty": True})

    call = await acme.call(WaitFor(what="sound"), Talk())
    await call.until(QueueDecided)
    await call.leg.until("answered")
    await call.hang_up()

    story = await call.over(Cause.CALLER_HUNG_UP)
    assert [(visit["outcome"], visit["exit"]) for visit in story.visits] == [("unanswered", "abandoned")]
    assert story.call["status"] == "left_queue"
    assert story.call["waiting_seconds"] > 0
    assert story.offers == []


async def test_while_a_member_is_rung(company: Founder) -> None:
    acme = await company()
    kari = acme.members[0]
    await kari.ignores()

    call = await acme.call()
    ringing = await kari.rings()
    await call.until(LegRinging)
    await call.hang_up()

    story = await call.over(Cause.CALLER_HUNG_UP)
    assert (await ringing.finished()).code == 487
    assert [(offer["outcome"], offer["unanswered"]) for offer in story.offers] == [("caller_left", False)]
    assert story.of(LegEnded, leg_id=story.legs(LegRole.AGENT)[0].leg_id)[0].cause is Cause.CANCELLED
    assert [(visit["outcome"], visit["exit"]) for visit in story.visits] == [("unanswered", "abandoned")]


async def test_in_the_moment_when_a_member_answers(company: Founder) -> None:
    acme = await company()
    kari = acme.members[0]
    await kari.answers()

    call = await acme.call()
    await (await kari.rings()).until("answered")
    await call.hang_up()

    story = await call.over(Cause.CALLER_HUNG_UP)
    await (await kari.rings()).finished()
    talked = len(story.parts) == 1
    assert [visit["outcome"] for visit in story.visits] == ["answered" if talked else "unanswered"]
    assert [offer["outcome"] for offer in story.offers] == ["answered" if talked else "caller_left"]


async def test_while_talking(company: Founder) -> None:
    acme = await company(acw_seconds=1)
    kari = acme.members[0]
    await kari.answers()

    call = await acme.call(WaitFor(what="tone", hertz=kari.hertz), HangUp())

    story = await call.over(Cause.CALLER_HUNG_UP)
    assert (await (await kari.rings()).finished()).hung_up == "them"
    assert [part["how"] for part in story.parts] == ["caller_hung_up"]
    assert [(visit["outcome"], visit["within_sla"]) for visit in story.visits] == [("answered", True)]
    assert len(story.of(AfterCallEnded, person_id=kari.person_id)) == 1


async def test_while_on_hold(company: Founder) -> None:
    acme = await company()
    kari = acme.members[0]
    await kari.answers(Talk(seconds=0.5), Hold(seconds=60))

    call = await acme.call(WaitFor(what="tone", hertz=kari.hertz), WaitFor(what="music"), HangUp())

    assert (await call.leg.finished()).outcome == "completed"
    story = await call.over(Cause.CALLER_HUNG_UP)
    assert (await (await kari.rings()).finished()).hung_up == "them"
    assert [part["how"] for part in story.parts] == ["caller_hung_up"]


async def test_while_an_outside_number_is_rung(company: Founder) -> None:
    acme = await company(flow=None)
    await acme.site.network.register(Callee(address="+4722100001", then="ignore"))
    await acme.publish(flows.transfer("+4722100001"))

    call = await acme.call(WaitFor(what="sound"), Talk())
    ringing = await acme.site.network.called("+4722100001")
    await call.until(LegRinging)
    await call.hang_up()

    story = await call.over(Cause.CALLER_HUNG_UP)
    assert (await ringing.finished()).code == 487
    assert story.of(LegEnded, leg_id=story.legs(LegRole.OUTSIDE)[0].leg_id)[0].cause is Cause.CANCELLED
    assert story.parts == []


async def test_while_talking_with_an_outside_number(company: Founder) -> None:
    acme = await company(flow=None)
    await acme.site.network.register(Callee(address="+4722100002", hertz=OUTSIDE_HERTZ, steps=(Talk(),)))
    await acme.publish(flows.transfer("+4722100002"))

    call = await acme.call(WaitFor(what="tone", hertz=OUTSIDE_HERTZ), HangUp())

    story = await call.over(Cause.CALLER_HUNG_UP)
    outside = await (await acme.site.network.called("+4722100002")).finished()
    assert outside.hung_up == "them"
    assert [(part["kind"], part["number"], part["how"]) for part in story.parts] == [
        ("outside", "+4722100002", "caller_hung_up")
    ]
    assert len(story.of(LegAnswered)) == len(story.of(LegMediaUp)) == 2
    assert story.of(QueueEntered) == []
