"""Journals that are written in the transaction of the change they tell of: for a process that has the database at hand
anyway, and needs no spool."""

import logging
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.calls.events import AnyData, Event
from core.calls.journal import utc_now
from core.calls.ports import JournalWriter
from core.calls.publisher import send
from core.calls.spool import encode
from core.calls.store import Cache, store
from core.data import Transaction, current_tenant

log = logging.getLogger(__name__)


class StoredJournals:
    """Journals of agents' sessions of the tenant in force. `store()` before the commit, `tell()` after it."""

    def __init__(self) -> None:
        self._written: list[tuple[Event, bytes]] = []

    def __call__(self, session_id: UUID, written: int) -> JournalWriter:
        """The journal of a session that has `written` events already."""
        return _Journal(self._written, session_id, written)

    async def store(self, unit: Transaction) -> None:
        """Keep what was written, and the rows that follow from it."""
        await store(unit, self._written, Cache(0))

    async def tell(self, redis: Redis) -> None:
        """Let those who follow the journal know. The projection has it already, and takes nothing twice."""
        if not self._written:
            return
        try:
            await send(redis, [(line, None) for _, line in self._written])
        except (RedisError, OSError) as error:
            log.warning("%d events are stored, but nobody was told of them: %s", len(self._written), error)


class _Journal:
    """Implements core.calls.ports.JournalWriter: gathers the events."""

    def __init__(self, gathered: list[tuple[Event, bytes]], session_id: UUID, written: int) -> None:
        self._gathered, self._session_id, self._seq = gathered, session_id, written

    def write(self, data: AnyData) -> None:
        self._seq += 1
        event = Event(current_tenant(), self._session_id, self._seq, utc_now(), data)
        self._gathered.append((event, encode(event)))
