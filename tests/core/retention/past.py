"""A company with a past: calls, sign-ins to queues, audit entries and messages of days gone by."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from core.api.ids import uuid7_floor
from core.calls import events as e
from core.calls.events import Event
from core.calls.spool import encode
from core.calls.store import Cache, store
from core.data import tenant, transaction
from tests.journals import Company, call_journal, key

DETAIL = (
    "journal_head",
    "journal_event",
    "call",
    "queue_visit",
    "call_part",
    "offer",
    "after_call_work",
    "agent_session",
)


def days_ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


async def keep(tenant_id: UUID, *journals: list[Event]) -> None:
    """Write journals as the projector does."""
    with tenant(tenant_id):
        async with transaction() as unit:
            await store(unit, [(event, encode(event)) for journal in journals for event in journal], Cache())


async def past_calls(tenant_id: UUID, *days: float) -> None:
    """A finished call at each of these ages."""
    company = Company(tenant_id)
    await keep(tenant_id, *(call_journal(Random(n), company, days_ago(age)) for n, age in enumerate(days)))


async def past_session(tenant_id: UUID, days: float, *, open: bool) -> None:
    """A member's sign-in to a queue."""
    company, at = Company(tenant_id), days_ago(days)
    member, queue, call_id = company.members[0], company.queues[0], key(Random(str(days) + str(open)), at)
    came = e.AgentLoggedIn(person_id=member.id, person=member.name, queue_id=queue.id, queue=queue.name)
    journal = [Event(tenant_id, call_id, 1, at, came)]
    if not open:
        journal.append(Event(tenant_id, call_id, 2, at + timedelta(hours=8), e.AgentLoggedOut()))
    await keep(tenant_id, journal)


async def past_audit(tenant_id: UUID, days: float) -> None:
    with tenant(tenant_id):
        async with transaction() as unit:
            await unit.execute(
                "INSERT INTO audit_entry (id, action, actor_kind) VALUES ($1, 'user.changed', 'system')",
                uuid7_floor(days_ago(days)),
            )


async def counted(tenant_id: UUID, *tables: str) -> dict[str, int]:
    """Rows of a tenant in each table."""
    with tenant(tenant_id):
        async with transaction() as unit:
            return {table: await unit.fetchval(f"SELECT count(*) FROM {table}") for table in tables}
