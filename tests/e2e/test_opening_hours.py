"""Opening hours decide what a caller meets, from the next call after they were changed."""

from core.calls.events import Cause, ElementLeft, HoursAsked
from core.data import tenant
from core.schedules.model import DAY, Schedule, Span, Week
from core.schedules.service import change_schedule, create_schedule
from core.telephony.simnet.script import WaitFor
from tests.e2e import flows
from tests.e2e.conftest import Founder

ALWAYS: Week = ((Span(0, DAY, "open"),),) * 7


async def test_a_call_goes_by_the_opening_hours_as_they_are_when_it_comes(company: Founder) -> None:
    """IVR-8, OPH-8, OPH-9."""
    acme = await company(flow=None)
    with tenant(acme.tenant_id):
        office = await create_schedule("Office", Schedule())
    await acme.publish(flows.hours(office.id))

    call = await acme.call(WaitFor(what="sound"))
    await call.leg.finished()
    story = await call.over(Cause.COMPLETED)
    assert [left.exit for left in story.of(ElementLeft)] == ["otherwise", "next"]
    assert [(asked.name, asked.category) for asked in story.of(HoursAsked)] == [("Office", "closed")]

    with tenant(acme.tenant_id):
        await change_schedule(office.id, 1, "Office", Schedule(week=ALWAYS))
    await acme.is_routed()
    call = await acme.call()
    report = await call.leg.finished()
    story = await call.over(Cause.COMPLETED)
    assert [left.exit for left in story.of(ElementLeft)][:1] == ["open"]
    assert report.hung_up == "them"
