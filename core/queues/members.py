"""A person's places in queues, for those who look after her: log-in state and priority (USR-6, QUE-6, QUE-8)."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType
from redis.asyncio import Redis

from core.api.errors import Changed, NotFound
from core.api.texts import N_
from core.audit.model import current_actor
from core.data import transaction
from core.directory.users import user
from core.queues.errors import UnknownMember
from core.queues.service import SessionJournal, log_in, log_out, set_priority
from core.queues.state import QueueState
from core.queues.tables import LAST_PRIORITY

_PLACES = """
SELECT m.queue_id, q.name AS queue, m.priority, m.logged_in
FROM queue_member m JOIN queue q ON q.tenant_id = m.tenant_id AND q.id = m.queue_id
WHERE m.person_id = $1 ORDER BY lower(q.name), q.id"""


class Place(Struct, frozen=True):
    """A person's place in a queue. `priority`: the lowest is rung first."""

    queue_id: UUID
    queue: str
    priority: int
    logged_in: bool

    @property
    def version(self) -> int:
        """Another one whenever the place is another."""
        return 2 * self.priority + self.logged_in


class PlaceChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different; what is not given stays."""

    priority: Annotated[int, Meta(ge=0, le=LAST_PRIORITY)] | UnsetType = UNSET
    logged_in: bool | UnsetType = UNSET


class Members:
    """Changes places for everybody at once: the database, the live state, the journal of the agent's session."""

    def __init__(self, redis: Redis, journal: SessionJournal) -> None:
        self._state, self._journal = QueueState(redis), journal

    async def places(self, user_id: UUID) -> list[Place]:
        """A user's queues by name. Raises NotFound for a user who is not there."""
        person = await user(user_id)
        async with transaction(read_only=True) as unit:
            return [Place(**dict(row)) for row in await unit.fetch(_PLACES, person.id)]

    async def place(self, user_id: UUID, queue_id: UUID) -> Place:
        """Her place in one queue. Raises NotFound."""
        found = next((one for one in await self.places(user_id) if one.queue_id == queue_id), None)
        if found is None:
            raise NotFound(N_("She is no member of this queue."))
        return found

    async def change(self, user_id: UUID, queue_id: UUID, wanted: PlaceChange, *, version: int | None = None) -> Place:
        """Log her in or out, or give her another priority; `version`: of what was read, None: whatever it is.

        Raises NotFound, Changed, redis.RedisError when Redis is away: then she is neither logged in nor out.
        """
        person = await user(user_id)
        before = await self.place(person.id, queue_id)
        if version is not None and before.version != version:
            raise Changed
        try:
            if wanted.priority is not UNSET:
                await set_priority(queue_id, person.id, wanted.priority)
            if wanted.logged_in is not UNSET:
                change = log_in if wanted.logged_in else log_out
                actor = current_actor().id
                by = None if actor == person.account_id else actor
                await change(queue_id, person.id, self._state, self._journal, by=by)
        except UnknownMember:
            raise NotFound(N_("She is no member of this queue.")) from None
        return await self.place(person.id, queue_id)
