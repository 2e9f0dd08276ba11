"""Use cases of opening hours, for the tenant in force."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from core.api.errors import Changed, Invalid
from core.api.texts import N_
from core.audit.service import record
from core.data import transaction
from core.data.errors import UniqueViolationError
from core.schedules.checked import LONGEST, checked
from core.schedules.errors import NameTaken, ScheduleInUse, ScheduleNotFound
from core.schedules.evaluate import Stretch, stretches
from core.schedules.ical import exceptions_of
from core.schedules.model import ExceptionPeriod, Schedule
from core.schedules.tables import ScheduleRow

Uses = Callable[[UUID], Awaitable[Sequence[str]]]
"""Where opening hours are used, by name: asked of the packages above, which know."""


class NamedSchedule(Struct, frozen=True, kw_only=True):
    """Opening hours with their name. `version` grows with each change."""

    id: UUID
    name: str
    schedule: Schedule
    version: int
    changed_at: datetime


async def create_schedule(name: str, schedule: Schedule) -> NamedSchedule:
    """New opening hours. Raises Invalid, or SeveralInvalid with every fault; NameTaken."""
    row = ScheduleRow(name=_named(name), document=_encoded(checked(schedule)))
    async with transaction() as unit:
        try:
            async with unit.savepoint():
                await row.save()
        except UniqueViolationError:
            raise NameTaken(row.name) from None
        await record("schedule.created", row.id, row.name)
    return _read(row)


async def change_schedule(schedule_id: UUID, version: int, name: str, schedule: Schedule) -> NamedSchedule:
    """Replace opening hours that were read with this `version`.

    Calls that come from now on go by the new ones. Raises ScheduleNotFound, Changed, Invalid, NameTaken.
    """
    async with transaction() as unit:
        before = await schedule_by_id(schedule_id)
        document, name = _encoded(checked(schedule)), _named(name)
        try:
            async with unit.savepoint():
                changed = await unit.fetchrow(
                    "UPDATE schedule SET name = $1, document = $2, version = version + 1, changed_at = now() "
                    "WHERE id = $3 AND version = $4 RETURNING *",
                    name, document, schedule_id, version,
                )  # fmt: skip
        except UniqueViolationError:
            raise NameTaken(name) from None
        if changed is None:
            raise Changed
        after = _read(ScheduleRow(**changed))
        await record("schedule.changed", schedule_id, name, before=_facts(before), after=_facts(after))
    return after


async def remove_schedule(schedule_id: UUID, version: int, uses: Uses) -> None:
    """Remove opening hours that nothing uses. Raises ScheduleNotFound, Changed, ScheduleInUse."""
    async with transaction() as unit:
        # The lock makes a flow that is published meanwhile wait, or be seen.
        locked = await unit.fetchrow("SELECT name, version FROM schedule WHERE id = $1 FOR UPDATE", schedule_id)
        if locked is None:
            raise ScheduleNotFound
        if locked["version"] != version:
            raise Changed
        if used := await uses(schedule_id):
            raise ScheduleInUse(", ".join(used))
        before = await schedule_by_id(schedule_id)
        await unit.execute("DELETE FROM schedule WHERE id = $1", schedule_id)
        await record("schedule.removed", schedule_id, locked["name"], before=_facts(before))


async def schedule_by_id(schedule_id: UUID) -> NamedSchedule:
    """Opening hours of the tenant in force. Raises ScheduleNotFound."""
    row = await ScheduleRow.objects().where(ScheduleRow.id == schedule_id).first()
    if row is None:
        raise ScheduleNotFound
    return _read(row)


async def schedules() -> list[NamedSchedule]:
    """All opening hours of the tenant in force, by name."""
    return [_read(row) for row in await ScheduleRow.objects().order_by(ScheduleRow.name)]


async def import_calendar(
    schedule_id: UUID, version: int, file: bytes, *, category: str, source: str
) -> tuple[NamedSchedule, list[ExceptionPeriod]]:
    """Take the events of a calendar file over as exceptions; those of an earlier import from `source` go.

    Returns the opening hours and what was taken over. Raises as change_schedule, and Invalid for the file.
    """
    current = await schedule_by_id(schedule_id)
    if current.version != version:
        raise Changed
    schedule = current.schedule
    found = exceptions_of(file, zone=schedule.zone, category=category, since=datetime.now(UTC), source=source)
    kept = tuple(exception for exception in schedule.exceptions if exception.source != source)
    changed = msgspec.structs.replace(schedule, exceptions=(*kept, *found))
    return await change_schedule(schedule_id, version, current.name, changed), found


def what_holds(schedule: Schedule, start: datetime, days: int) -> list[Stretch]:
    """What holds when from `start` on, for at most LONGEST days (OPH). Raises Invalid for more, or none."""
    if not 1 <= days <= LONGEST:
        raise Invalid(N_("Ask for 1 to {most} days."), field="days", most=LONGEST)
    return list(stretches(schedule, start, start + timedelta(days=days)))


def _named(name: str) -> str:
    name = name.strip()
    if not name:
        raise Invalid(N_("Opening hours need a name."), field="name")
    return name


def _encoded(schedule: Schedule) -> str:
    return msgspec.json.encode(schedule).decode()


def _read(row: ScheduleRow) -> NamedSchedule:
    return NamedSchedule(
        id=row.id,
        name=row.name,
        schedule=msgspec.json.decode(row.document, type=Schedule),
        version=row.version,
        changed_at=row.changed_at,
    )


def _facts(named: NamedSchedule) -> dict[str, Any]:
    """What the audit trail says of opening hours."""
    return {"name": named.name, **msgspec.to_builtins(named.schedule)}
