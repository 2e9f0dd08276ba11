"""Queues of the tenant in force: making them, their members, logging in and out, and what routing needs of them."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from core.api.ids import uuid7
from core.audit.service import record
from core.calls.events import AgentLoggedIn, AgentLoggedOut
from core.calls.ports import Address, JournalWriter
from core.data import Transaction, current_tenant, transaction
from core.queues.errors import NotAllowed, UnknownMember, UnknownQueue
from core.queues.model import Member, QueueConfig
from core.queues.state import QueueState
from core.queues.tables import Queue, QueueMember

SessionJournal = Callable[[UUID, int], JournalWriter]
"""Makes the journal of an agent's session: its id, and how many events it has already (CallJournal's `written`)."""

_QUEUES = """
SELECT id, name, service_level_seconds, acw_seconds, acw_prolong, hidden, no_history, lost_to_callback
FROM queue WHERE $1::uuid IS NULL OR id = $1
"""

_MEMBERS = """
SELECT m.queue_id, m.person_id, m.priority, m.logged_in, trim(p.first_name || ' ' || p.last_name) AS name,
       coalesce(json_agg(json_build_object('kind', d.kind, 'value', d.address) ORDER BY d.position, d.id)
                FILTER (WHERE d.id IS NOT NULL), '[]')::text AS devices,
       CASE WHEN p.ring_in_order THEN array_agg(d.ring_seconds ORDER BY d.position, d.id) END AS in_order
FROM queue_member m
JOIN person p ON p.tenant_id = m.tenant_id AND p.id = m.person_id
LEFT JOIN device d ON d.tenant_id = m.tenant_id AND d.person_id = m.person_id AND d.enabled
WHERE $1::uuid IS NULL OR m.queue_id = $1
GROUP BY m.queue_id, m.person_id, m.priority, m.logged_in, p.first_name, p.last_name, p.ring_in_order
ORDER BY m.person_id
"""

_devices = msgspec.json.Decoder(tuple[Address, ...])


async def create_queue(
    name: str,
    *,
    service_level_seconds: int = 30,
    acw_seconds: int = 0,
    acw_prolong: bool = False,
    hidden: bool = False,
    no_history: bool = False,
    lost_to_callback: bool = False,
) -> Queue:
    """Make a queue (QUE-1). Raises asyncpg's UniqueViolationError when the name is taken."""
    queue = Queue(
        name=name,
        service_level_seconds=service_level_seconds,
        acw_seconds=acw_seconds,
        acw_prolong=acw_prolong,
        hidden=hidden,
        no_history=no_history,
        lost_to_callback=lost_to_callback,
    )
    await queue.save()
    return queue


async def add_member(queue_id: UUID, person_id: UUID, *, priority: int = 0) -> QueueMember:
    """Make a person a member, logged out (QUE-5); one who is a member already gets the priority (QUE-6)."""
    async with transaction():
        member = await QueueMember.objects().get_or_create(
            (QueueMember.queue_id == queue_id) & (QueueMember.person_id == person_id),
            defaults={QueueMember.priority: priority},
        )
        if member.priority != priority:
            member.priority = priority
            await member.save([QueueMember.priority])
    return member


async def set_priority(queue_id: UUID, person_id: UUID, priority: int) -> None:
    """Ring a member before those with a higher number (QUE-6, USR-6). Raises UnknownMember."""
    async with transaction() as unit:
        before = await _lock(unit, queue_id, person_id)
        await unit.execute("UPDATE queue_member SET priority = $2 WHERE id = $1", before["id"], priority)
        old, new = ({"queue": before["queue"], "priority": one} for one in (before["priority"], priority))
        await record("queue_member.priority", person_id, before["person"], before=old, after=new)


async def remove_member(queue_id: UUID, person_id: UUID, state: QueueState, journal: SessionJournal) -> None:
    """Take a person out of a queue, logged out first (QUE-5). Raises UnknownMember."""
    await log_out(queue_id, person_id, state, journal)
    await QueueMember.delete().where(QueueMember.queue_id == queue_id, QueueMember.person_id == person_id)


async def log_in(
    queue_id: UUID, person_id: UUID, state: QueueState, journal: SessionJournal, *, by: UUID | None = None
) -> None:
    """Log a member in to one queue (QUE-7), herself or `by` another user (QUE-8); once is enough.

    The live state is changed before the commit, so when Redis is away nothing is changed at all. Raises UnknownMember.
    """
    session_id = uuid7()
    async with transaction() as unit:
        before = await _lock(unit, queue_id, person_id)
        await state.set_login(current_tenant(), queue_id, person_id, True)
        if before["logged_in"]:
            return
        await unit.execute(
            "UPDATE queue_member SET logged_in = true, session_id = $2 WHERE id = $1", before["id"], session_id
        )
        if by is not None:
            await record("queue_member.logged_in", person_id, before["person"], after={"queue": before["queue"]})
    journal(session_id, 0).write(
        AgentLoggedIn(person_id=person_id, person=before["person"], queue_id=queue_id, queue=before["queue"], by=by)
    )


async def log_out(
    queue_id: UUID, person_id: UUID, state: QueueState, journal: SessionJournal, *, by: UUID | None = None
) -> None:
    """Log a member out of one queue, herself or `by` another user; a call she has goes on. Raises UnknownMember."""
    async with transaction() as unit:
        before = await _lock(unit, queue_id, person_id)
        await state.set_login(current_tenant(), queue_id, person_id, False)
        if not before["logged_in"]:
            return
        await unit.execute("UPDATE queue_member SET logged_in = false, session_id = NULL WHERE id = $1", before["id"])
        if by is not None:
            await record("queue_member.logged_out", person_id, before["person"], before={"queue": before["queue"]})
    if before["session_id"] is not None:
        journal(before["session_id"], 1).write(AgentLoggedOut(by=by))


async def prolong_after_call(config: QueueConfig, person_id: UUID, seconds: int, state: QueueState) -> int:
    """More after-call work for one who is in it (QUE-12); returns its new end in ms since 1970 UTC, 0: she is not.

    Raises NotAllowed when the queue does not let its members do that.
    """
    if not config.acw_prolong:
        raise NotAllowed(f"members of {config.name} may not prolong after-call work; change the queue's parameters")
    return await state.prolong_after_call(current_tenant(), person_id, seconds * 1000)


async def load_queues() -> dict[UUID, QueueConfig]:
    """All queues of the tenant with members and devices, for the routing cache: two queries."""
    return await _load(None)


async def load_queue(queue_id: UUID) -> QueueConfig:
    """One queue with members and devices. Raises UnknownQueue."""
    found = await _load(queue_id)
    if queue_id not in found:
        raise UnknownQueue(queue_id)
    return found[queue_id]


async def _load(queue_id: UUID | None) -> dict[UUID, QueueConfig]:
    async with transaction(read_only=True) as unit:
        queues = await unit.fetch(_QUEUES, queue_id)
        rows = await unit.fetch(_MEMBERS, queue_id)
    members: dict[UUID, list[Member]] = {row["id"]: [] for row in queues}
    for row in rows:
        members[row["queue_id"]].append(_member(row))
    return {row["id"]: QueueConfig(**dict(row), members=tuple(members[row["id"]])) for row in queues}


def _member(row: Mapping[str, Any]) -> Member:
    devices = _devices.decode(row["devices"])
    return Member(
        person_id=row["person_id"],
        name=row["name"],
        priority=row["priority"],
        logged_in=row["logged_in"],
        reachable=bool(devices),
        devices=devices,
        in_order=tuple(row["in_order"] or ()) if len(devices) > 1 else (),
    )


async def _lock(unit: Transaction, queue_id: UUID, person_id: UUID) -> Mapping[str, Any]:
    """The member's row, held until the end of the transaction: log-ins of one member happen in turn."""
    row = await unit.fetchrow(
        """
        SELECT m.id, m.logged_in, m.session_id, m.priority, q.name AS queue,
          trim(p.first_name || ' ' || p.last_name) AS person
        FROM queue_member m
        JOIN queue q ON q.tenant_id = m.tenant_id AND q.id = m.queue_id
        JOIN person p ON p.tenant_id = m.tenant_id AND p.id = m.person_id
        WHERE m.queue_id = $1 AND m.person_id = $2
        FOR UPDATE OF m
        """,
        queue_id,
        person_id,
    )
    if row is None:
        raise UnknownMember(queue_id, person_id)
    found: Mapping[str, Any] = row
    return found
