"""Opening hours are kept whole or not at all, told in the audit trail, and not removed while something uses them."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest

from core.api.errors import Changed, Invalid, SeveralInvalid
from core.audit.service import AuditFilter, entries
from core.data import Database, tenant
from core.flows.document import Document, parse
from core.flows.elements import BUILT_IN
from core.flows.service import create_flow, flows_with
from core.flows.versions import publish, save_version
from core.platform.numbers import add_main_number
from core.schedules.errors import NameTaken, ScheduleInUse, ScheduleNotFound
from core.schedules.model import Category, Holidays, Schedule, Span
from core.schedules.service import (
    change_schedule,
    create_schedule,
    import_calendar,
    remove_schedule,
    schedule_by_id,
    schedules,
)
from tests.core.schedules.test_evaluate import OFFICE
from tests.core.schedules.test_ical import calendar


def soon(name: str) -> bytes:
    """A calendar with an event tomorrow."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    return calendar(f"SUMMARY:{name}\nDTSTART;VALUE=DATE:{tomorrow:%Y%m%d}")


def document(schedule_id: UUID) -> Document:
    """A flow that asks these opening hours."""
    hours = {"id": "hours", "element": "core.opening_hours", "settings": {"schedule": str(schedule_id)}}
    edges = [{"source": "hours", "exit": exit, "target": "end"} for exit in ("open", "otherwise")]
    nodes = [hours, {"id": "end", "element": "core.hang_up"}]
    return parse(json.dumps({"start": "hours", "nodes": nodes, "edges": edges}))


async def nobody(_: UUID) -> list[str]:
    return []


async def test_what_was_kept_is_read_again_and_the_trail_tells_each_change(tenant_a: UUID) -> None:
    """OPH-1, OPH-2."""
    with tenant(tenant_a):
        made = await create_schedule(" Office ", Schedule(week=OFFICE))
        changed = await change_schedule(
            made.id, made.version, "Head office", Schedule(holidays=(Holidays(country="FI"),))
        )
        assert (made.name, changed.name, changed.version) == ("Office", "Head office", 2)
        assert await schedules() == [changed]
        await remove_schedule(made.id, 2, nobody)
        assert await schedules() == []
        assert [entry.action for entry in (await entries(AuditFilter(action="schedule."))).items] == [
            "schedule.removed",
            "schedule.changed",
            "schedule.created",
        ]


async def test_every_fault_is_told_at_its_field(tenant_a: UUID) -> None:
    bad = Schedule(
        zone="Mars/Base",
        categories=(Category(key="open", name="Open", colour="#147a3f"),),
        week=(
            (Span(600, 500, "open"),),
            (Span(0, 60, "open"), Span(30, 90, "open")),
            (Span(0, 1, "siesta"),),
            (),
            (),
            (),
            (),
        ),
        holidays=(Holidays(country="FR", category="open"), Holidays(country="GB", subdivision="XX", category="open")),
    )
    with tenant(tenant_a):
        with pytest.raises(SeveralInvalid) as caught:
            await create_schedule("Office", bad)
        assert [problem.field for problem in caught.value.all] == [
            "zone", "categories", "week.0", "week.1", "week.2", "holidays.0", "holidays.1",
        ]  # fmt: skip
        with pytest.raises(Invalid):
            await create_schedule("  ", Schedule())
        assert await schedules() == []


async def test_a_name_is_given_once_whatever_its_case(tenant_a: UUID, tenant_b: UUID) -> None:
    with tenant(tenant_a):
        await create_schedule("Office", Schedule())
        other = await create_schedule("Shop", Schedule())
        with pytest.raises(NameTaken):
            await create_schedule("OFFICE", Schedule())
        with pytest.raises(NameTaken):
            await change_schedule(other.id, 1, "office", Schedule())
    with tenant(tenant_b):
        await create_schedule("Office", Schedule())


async def test_of_two_who_change_the_same_hours_the_second_is_told_and_nothing_is_lost(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        made = await create_schedule("Office", Schedule())
        first = await change_schedule(made.id, 1, "Office", Schedule(week=OFFICE))
        for late in (
            change_schedule(made.id, 1, "Mine", Schedule()),
            remove_schedule(made.id, 1, nobody),
            import_calendar(made.id, 1, calendar(), category="closed", source="x.ics"),
        ):
            with pytest.raises(Changed):
                await late
        assert await schedule_by_id(made.id) == first


async def test_hours_of_another_company_do_not_exist(tenant_a: UUID, tenant_b: UUID) -> None:
    with tenant(tenant_b):
        foreign = await create_schedule("Office", Schedule())
    with tenant(tenant_a):
        for attempt in (
            schedule_by_id(foreign.id),
            change_schedule(foreign.id, 1, "Mine", Schedule()),
            remove_schedule(foreign.id, 1, nobody),
        ):
            with pytest.raises(ScheduleNotFound):
                await attempt


async def test_a_calendar_replaces_what_came_of_the_one_before_and_nothing_else(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        made = await create_schedule("Office", Schedule())
        with pytest.raises(Invalid):
            await import_calendar(made.id, 1, b"nonsense", category="closed", source="a.ics")
        with pytest.raises(Invalid):
            await import_calendar(made.id, 1, soon("One"), category="siesta", source="a.ics")
        one, _ = await import_calendar(made.id, 1, soon("One"), category="closed", source="a.ics")
        two, _ = await import_calendar(made.id, 2, soon("Two"), category="open", source="b.ics")
        three, found = await import_calendar(made.id, 3, soon("Three"), category="closed", source="a.ics")
    assert [exception.name for exception in one.schedule.exceptions] == ["One"]
    assert [exception.name for exception in two.schedule.exceptions] == ["One", "Two"]
    assert [exception.name for exception in three.schedule.exceptions] == ["Two", "Three"]
    assert len(found) == 1


async def test_hours_that_a_flow_uses_cannot_be_removed_until_it_does_not(database: Database, tenant_a: UUID) -> None:
    """IVR-8: the newest version counts, and one that answers a number."""
    with tenant(tenant_a):
        made = await create_schedule("Office", Schedule())
        flow = await create_flow("Main")
        using = await save_version(flow, document(made.id), BUILT_IN, author="")
        with pytest.raises(ScheduleInUse, match="Main"):
            await remove_schedule(made.id, 1, partial(flows_with, "schedule"))
        number = await add_main_number("+4721000000")
        await publish(number.id, using.id)
        after = await save_version(flow, document(uuid4()), BUILT_IN, author="")
        with pytest.raises(ScheduleInUse, match="Main"):
            await remove_schedule(made.id, 1, partial(flows_with, "schedule"))
        await publish(number.id, after.id)
        await remove_schedule(made.id, 1, partial(flows_with, "schedule"))
