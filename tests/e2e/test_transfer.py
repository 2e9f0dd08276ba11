"""Out of the flow to an outside number."""

import pytest

from core.calls.events import Cause, ElementLeft, LegEnded, LegRole
from core.telephony.simnet.script import Callee, HangUp, Talk, WaitFor
from tests.e2e import flows
from tests.e2e.company import CALLER_HERTZ, OUTSIDE_HERTZ
from tests.e2e.conftest import Founder


async def test_who_answers_talks_with_the_caller(company: Founder) -> None:
    acme = await company(flow=None)
    network, number = acme.site.network, "+4722200001"
    talks = (Talk(seconds=1), WaitFor(what="tone", hertz=CALLER_HERTZ), HangUp())
    await network.register(Callee(address=number, hertz=OUTSIDE_HERTZ, ring_seconds=1, steps=talks))
    await acme.publish(flows.transfer(number))

    call = await acme.call()

    report = await call.leg.finished()
    story = await call.over(Cause.AGENT_HUNG_UP)
    outside = await (await network.called(number)).finished()
    assert (report.hung_up, outside.outcome) == ("them", "completed")
    assert report.hears(OUTSIDE_HERTZ)
    assert outside.hears(CALLER_HERTZ)
    assert outside.other == acme.number
    assert [(part["kind"], part["number"], part["how"]) for part in story.parts] == [
        ("outside", number, "other_hung_up")
    ]
    assert story.call["talk_seconds"] > 1


@pytest.mark.parametrize(
    ("number", "code", "exit", "cause"),
    [
        ("+4722200002", 486, "busy", Cause.BUSY),
        ("+4722200003", 603, "busy", Cause.REJECTED),
        ("+4722200004", 480, "no_answer", Cause.NO_ANSWER),
        ("+4722200005", 404, "unreachable", Cause.UNREACHABLE),
        ("+4722200006", 503, "unreachable", Cause.UNREACHABLE),
        ("+4782900000", 0, "not_allowed", Cause.NOT_ALLOWED),
        ("+12125550123", 0, "not_allowed", Cause.NOT_ALLOWED),
        ("+47222", 0, "not_allowed", Cause.NOT_ALLOWED),
    ],
    ids=["busy", "rejects", "unavailable", "unknown", "overloaded", "premium", "other country", "impossible"],
)
async def test_a_transfer_that_fails_takes_its_exit_and_the_call_goes_on(
    company: Founder, number: str, code: int, exit: str, cause: Cause
) -> None:
    acme = await company(flow=None)
    network = acme.site.network
    if code:
        await network.register(Callee(address=number, then="reject", code=code))
    await acme.publish(flows.transfer(number))

    call = await acme.call(WaitFor(what="sound"))

    report = await call.leg.finished()
    story = await call.over(Cause.COMPLETED)
    assert (report.hung_up, report.outcome) == ("them", "completed")
    assert [left.exit for left in story.of(ElementLeft)] == [exit, "next"]
    (leg,) = story.legs(LegRole.OUTSIDE)
    assert [(ended.cause, ended.sip_code) for ended in story.of(LegEnded, leg_id=leg.leg_id)] == [(cause, code)]
    assert story.parts == []
    rung = [one for one in network.legs.values() if one.report.incoming and one.report.number == number]
    assert len(rung) == (1 if code else 0)


@pytest.mark.slow
async def test_a_number_that_never_answers_is_given_up(company: Founder) -> None:
    acme = await company(flow=None)
    number = "+4722200009"
    await acme.site.network.register(Callee(address=number, then="ignore"))
    await acme.publish(flows.transfer(number, ring_seconds=5))

    call = await acme.call()

    await call.leg.finished()
    story = await call.over(Cause.COMPLETED)
    assert (await (await acme.site.network.called(number)).finished()).code == 487
    assert [left.exit for left in story.of(ElementLeft)] == ["no_answer", "next"]
