"""My queues: those that the one who asks is a member of, and logging herself in and out (PRF-7, QUE-7)."""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from core.api.errors import NotFound
from core.api.texts import N_
from core.data import current_tenant, transaction
from core.directory.users import person_of
from core.identity.model import Principal
from core.queues.members import Members, PlaceChange
from core.queues.model import MemberState, QueueConfig
from core.queues.service import load_queues
from core.queues.state import QueueState


class MyQueue(Struct, frozen=True):
    """A queue that she is a member of, as it is now."""

    id: UUID
    name: str
    priority: int
    """Of hers in this queue: the lowest is rung first (QUE-6)."""
    logged_in: bool
    since: datetime | None
    """When she logged in (UTC); null: she is not, or it is not known."""
    waiting: int
    """Callers."""
    others: int
    """Members beside her who are logged in."""


async def my_queues(me: Principal, state: QueueState) -> list[MyQueue]:
    """The queues that she is a member of, by name. Raises redis.RedisError."""
    person_id = await person_of(me)
    found = [await _mine(person_id, config, state) for config in (await load_queues()).values()]
    return sorted((one for one in found if one is not None), key=lambda one: (one.name.casefold(), one.id))


async def set_my_login(me: Principal, logged_in: bool, members: Members, *, only: UUID | None = None) -> None:
    """Log her in to (or out of) the queue `only`, or all of hers, each by itself: routing and screens know at once.

    A call that she has goes on. Raises NotFound when she is no member of it, redis.RedisError.
    """
    for queue_id in [only] if only else await _queues_of(await person_of(me)):
        try:
            await members.change(me.user_id, queue_id, PlaceChange(logged_in=logged_in))
        except NotFound:
            raise NotFound(N_("You are not a member of this queue, or it is gone.")) from None


async def _queues_of(person_id: UUID) -> Collection[UUID]:
    async with transaction(read_only=True) as unit:
        rows = await unit.fetch("SELECT queue_id FROM queue_member WHERE person_id = $1 ORDER BY queue_id", person_id)
    return [row["queue_id"] for row in rows]


async def _mine(person_id: UUID, config: QueueConfig, state: QueueState) -> MyQueue | None:
    """The queue as she sees it; None: she is no member."""
    mine = next((member for member in config.members if member.person_id == person_id), None)
    if mine is None:
        return None
    snapshot = await state.snapshot(current_tenant(), config)
    live = {one.person_id: one for one in snapshot.members}
    inside = {
        member.person_id: live.get(member.person_id, MemberState(member.person_id)).is_logged_in(member.logged_in)
        for member in config.members
    }
    since = live[person_id].logged_in if person_id in live else 0
    return MyQueue(
        id=config.id,
        name=config.name,
        priority=mine.priority,
        logged_in=inside[person_id],
        since=datetime.fromtimestamp(since / 1000, UTC) if since > 0 else None,
        waiting=len(snapshot.calls),
        others=sum(inside.values()) - inside[person_id],
    )
