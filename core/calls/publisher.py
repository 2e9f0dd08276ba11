"""Gives journal events to Redis from a background task, so that no call ever waits for the network.

What has gathered goes in one transaction: entries of the stream and the views of the live hash that they change.
While Redis is away everything is kept, up to a limit beyond which the spool is trusted to send it again. When it comes
back, the views of all live calls are written anew before the events.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.calls.live import STREAM, TENANTS, Change

log = logging.getLogger(__name__)

STREAM_ENTRIES = 200_000
"""About as many entries are kept in the stream; what the projection misses is sent again from the spools."""
BATCH = 500
MEMORY = 50_000
"""Events kept in memory while Redis is away."""
GATHER_SECONDS = 0.02
"""Pause after each sending: what happens meanwhile goes together, for a fraction of the cost."""
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
            await asyncio.sleep(GATHER_SECONDS)

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
        await _write(self._redis, [(b"", _encode(change)) for change in changes], changes)
        self._forget(changes)

    def _forget(self, sent: Iterable[Change]) -> None:
        for change in sent:
            if change.view is None and self._views.get(change.call_id) is change:
                del self._views[change.call_id]


# One script instead of a command for each event: packing and unpacking those costs more than all the rest.
# ARGV: longest stream, number of entries, (event, view)…, then (tenant, call, view)…; an empty view: the call is over.
_SEND = """
local entries = tonumber(ARGV[2])
for i = 1, entries do
  local event, view = ARGV[1 + 2 * i], ARGV[2 + 2 * i]
  local fields = {}
  if event ~= '' then fields = {'e', event} end
  if view ~= '' then fields[#fields + 1] = 'v' fields[#fields + 1] = view end
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', unpack(fields))
end
for i = 3 + 2 * entries, #ARGV, 3 do
  local live = 'live:{' .. ARGV[i] .. '}'
  if ARGV[i + 2] == '' then
    redis.call('HDEL', live, ARGV[i + 1])
  else
    redis.call('HSET', live, ARGV[i + 1], ARGV[i + 2])
    redis.call('SADD', KEYS[2], ARGV[i])
  end
end
"""


async def send(redis: "Redis", batch: list[Sent]) -> None:
    """Put events on the stream, and the views that they change into the live hash, in one transaction.

    Raises redis.RedisError; then nothing, or (when only the answer was lost) everything has been written.
    """
    entries = [(line, b"" if change is None else _encode(change)) for line, change in batch]
    await _write(redis, entries, {change.call_id: change for _, change in batch if change is not None}.values())


async def _write(redis: "Redis", entries: list[tuple[bytes, bytes]], changes: Iterable[Change]) -> None:
    """Append entries (event, view) to the stream and bring the live hashes in step, all or nothing."""
    values: list[bytes | str | int] = [STREAM_ENTRIES, len(entries)]
    for entry in entries:
        values += entry
    for change in changes:
        view = b"" if change.view is None else _encode(change.view)
        values += (str(change.tenant_id), str(change.call_id), view)
    await redis.register_script(_SEND)([STREAM, TENANTS], values)
