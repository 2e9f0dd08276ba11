"""Read calls of the tenant in force: the log page by page, one call with its journal, and the daily check."""

import logging
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from core.api.errors import NotFound
from core.api.rest import PAGE, Page, page_of
from core.api.texts import N_
from core.calls.events import Event
from core.calls.invariants import totals, violations
from core.calls.model import Call, QueueVisit
from core.calls.rows import TABLES, CallRow, Row, identity, rows
from core.calls.store import events_of, folded
from core.data import current_tenant, tenant, transaction, uuid7_floor
from core.tenancy.service import this_tenant

log = logging.getLogger(__name__)

R = TypeVar("R", bound=Row)
CHECK_CALLS = 500


_SHOWN = """($1::uuid IS NULL OR direction <> 'out' OR made_by_id IS NULL OR made_by_id = $1
       OR EXISTS (SELECT FROM person p WHERE p.id = made_by_id AND p.shares_outgoing))"""


async def recent_calls(*, before: UUID | None = None, limit: int = PAGE, to: UUID | None = None) -> Page[CallRow]:
    """A page of the tenant's calls, newest first: the last ones, or those before the call `before`.

    `to`: the person whom they are shown to: calls that another makes only if that one shares them (PRF-9);
    None: no person, so all of them.
    """
    async with transaction(read_only=True) as unit:
        found = await unit.fetch(
            f"SELECT * FROM call WHERE {_SHOWN} AND ($2::uuid IS NULL OR call_id < $2) ORDER BY call_id DESC LIMIT $3",  # noqa: S608
            to,
            before,
            limit + 1,
        )
    return page_of([_row(CallRow, record) for record in found], limit, lambda row: [row.call_id])


async def call_with_journal(call_id: UUID, *, to: UUID | None = None) -> tuple[CallRow, list[Event]]:
    """One call and its events in their order; `to`: as in recent_calls. Raises NotFound."""
    async with transaction(read_only=True) as unit:
        record = await unit.fetchrow(f"SELECT * FROM call WHERE {_SHOWN} AND call_id = $2", to, call_id)  # noqa: S608
        if record is None:
            raise NotFound(N_("There is no such call. It may be older than what is kept."))
        return _row(CallRow, record), await events_of(unit, [call_id])


async def check_yesterday() -> None:
    """Log what is wrong with yesterday's calls of the tenant in force, by its own day: the daily job."""
    zone = ZoneInfo((await this_tenant()).timezone)
    yesterday = datetime.now(zone).date() - timedelta(days=1)
    for problem in await check_invariants(current_tenant(), yesterday, zone):
        log.error("the figures of tenant %s do not add up: %s", current_tenant(), problem)


async def check_invariants(tenant_id: UUID, day: date, zone: ZoneInfo | None = None) -> list[str]:
    """What is wrong with the calls and sessions that began on a day (in `zone`; UTC without); nothing when all is well.

    Checks each journal by the rules of core.calls.invariants, the day's totals, and that the stored rows are those
    that the journal gives.
    """
    start = datetime.combine(day, time(), zone or UTC)
    end = datetime.combine(day + timedelta(days=1), time(), zone or UTC)
    problems: list[str] = []
    visits: list[QueueVisit] = []
    with tenant(tenant_id):
        async with transaction(read_only=True) as unit:
            found = await unit.fetch(
                "SELECT call_id FROM journal_head WHERE call_id >= $1 AND call_id < $2 ORDER BY call_id",
                uuid7_floor(start),
                uuid7_floor(end),
            )
        ids = [record["call_id"] for record in found]
        for first in range(0, len(ids), CHECK_CALLS):
            problems += await _check(ids[first : first + CHECK_CALLS], visits)
    return problems + list(totals(visits))


async def _check(call_ids: list[UUID], visits: list[QueueVisit]) -> list[str]:
    problems: list[str] = []
    async with transaction(read_only=True) as unit:
        states = [state for state, _ in await folded(unit, call_ids)]
        expected = {(type(row), row.call_id, identity(row)): row for state in states for row in rows(state)}
        for kind, (table, _) in TABLES.items():
            sql = f"SELECT * FROM {table} WHERE call_id = ANY($1::uuid[])"  # noqa: S608
            for record in await unit.fetch(sql, call_ids):
                row = _row(kind, record)
                if expected.pop((kind, row.call_id, identity(row)), None) != row:
                    problems.append(
                        f"call {row.call_id}: its row {identity(row)} in {table} is not what its journal gives"
                    )
    problems += [f"call {call}: its row {key} in {TABLES[kind][0]} is missing" for kind, call, key in expected]
    for state in states:
        if isinstance(state, Call):
            visits += state.visits.values()
            problems += [f"call {state.id}: {problem}" for problem in violations(state)]
    return problems


def _row(kind: type[R], record: Any) -> R:
    return msgspec.convert(dict(record), kind)
