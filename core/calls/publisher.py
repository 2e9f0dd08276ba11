"""Gives journal events to Redis from a background task, so that no call ever waits for the network.

What has gathered goes in one transaction: entries of the stream and the views of the live hash that they change.
While Redis is away everything is kept, up to a limit beyond which the spool is trusted to send it again. When it comes
back, the views of all live calls are written anew before the events.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.calls.live import STREAM, TENANTS, Change, live_key

log = logging.getLogger(__name__)

STREAM_ENTRIES = 200_000
"""About as many entries are kept in the stream; what the projection misses is sent again from the spools."""
BATCH = 500
MEMORY = 50_000
"""Events kept in memory while Redis is away."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Seconds between tries while Redis is away."""

_encode = msgspec.json.Encoder().encode


Sent = tuple[bytes, Change | None]
"""An event's JSON, and the new view of its call when the event changed it."""


class Publisher:
    """The way of one process's events to Redis; `run()` is its background task."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._waiting: deque[Sent] = deque(maxlen=MEMORY)
        self._views: dict[UUID, Change] = {}
        """The latest view of every call, until its end has reached Redis."""
        self._behind = False
        """The live hash lacks changes; it is written anew when Redis is back."""
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self.dropped = 0
        """Events that were left to the spool because Redis was away for too long."""

    @property
    def idle(self) -> bool:
        """Everything has reached Redis."""
        return not self._waiting

    def put(self, line: bytes, change: Change | None) -> None:
        """Send an event (its JSON), and the new view of its call when that has changed. Returns at once."""
        if change is not None:
            self._views[change.call_id] = change
        self._gather(line, None if self._behind else change)

    def put_again(self, line: bytes) -> None:
        """Send an event again that nobody has stored; it changes no view."""
        self._gather(line, None)

    async def drained(self) -> None:
        """Wait until everything has reached Redis."""
        await self._idle.wait()

    async def run(self) -> None:
        """Send until cancelled."""
        pause = FIRST_PAUSE
        while True:
            await self._work.wait()
            try:
                if self._behind:
                    await self._restore()
                await self._send_some()
            except (RedisError, OSError) as error:
                if pause == FIRST_PAUSE:
                    log.warning("Redis is away, live calls stand still: %s", error)
                self._behind = True
                self._waiting = deque(((line, None) for line, _ in self._waiting), maxlen=MEMORY)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            if pause != FIRST_PAUSE:
                log.info("Redis is back")
            pause = FIRST_PAUSE
            if not self._waiting:
                self._work.clear()
                self._idle.set()

    def _gather(self, line: bytes, change: Change | None) -> None:
        if len(self._waiting) == MEMORY:
            self.dropped += 1  # the deque lets go of its oldest
        self._waiting.append((line, change))
        self._work.set()
        self._idle.clear()

    async def _send_some(self) -> None:
        batch = [self._waiting[n] for n in range(min(BATCH, len(self._waiting)))]
        dropped = self.dropped
        await send(self._redis, batch)
        for _ in range(len(batch) - (self.dropped - dropped)):
            self._waiting.popleft()
        self._forget(change for _, change in batch if change is not None)

    async def _restore(self) -> None:
        """Write every view anew, and tell those who follow. Events from now on carry their views again."""
        changes = list(self._views.values())
        self._behind = False
        async with self._redis.pipeline(transaction=True) as pipe:
            for change in changes:
                _add(pipe, "v", _encode(change))
            _write_views(pipe, changes)
            await pipe.execute()
        self._forget(changes)

    def _forget(self, sent: Iterable[Change]) -> None:
        for change in sent:
            if change.view is None and self._views.get(change.call_id) is change:
                del self._views[change.call_id]


async def send(redis: "Redis", batch: list[Sent]) -> None:
    """Put events on the stream, and the views that they change into the live hash, in one transaction.

    Raises redis.RedisError; then nothing, or (when only the answer was lost) everything has been written.
    """
    latest = {change.call_id: change for _, change in batch if change is not None}
    async with redis.pipeline(transaction=True) as pipe:
        for line, change in batch:
            _add(pipe, *(("e", line) if change is None else ("e", line, "v", _encode(change))))
        _write_views(pipe, latest.values())
        await pipe.execute()


def _add(pipe: Any, *fields: str | bytes) -> None:
    pipe.execute_command("XADD", STREAM, "MAXLEN", "~", STREAM_ENTRIES, "*", *fields)


def _write_views(pipe: Any, changes: Iterable[Change]) -> None:
    here: dict[UUID, dict[str, bytes]] = {}
    gone: dict[UUID, list[str]] = {}
    for change in changes:
        if change.view is None:
            gone.setdefault(change.tenant_id, []).append(str(change.call_id))
        else:
            here.setdefault(change.tenant_id, {})[str(change.call_id)] = _encode(change.view)
    for tenant_id, views in here.items():
        pipe.hset(live_key(tenant_id), mapping=views)
        pipe.sadd(TENANTS, str(tenant_id))
    for tenant_id, calls in gone.items():
        pipe.hdel(live_key(tenant_id), *calls)
