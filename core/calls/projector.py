"""A worker's part in bringing the journal from Redis to PostgreSQL: any number of workers share the stream.

An entry is acknowledged after the commit. What a dead worker had taken is taken over by another; what is stored twice
is stored once (call_id, seq). While PostgreSQL or Redis is away, the projector waits with what it has.
"""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from core.calls.events import Event
from core.calls.live import STREAM
from core.calls.store import Cache, Stored, rewrite, store
from core.data import tenant, transaction, uuid7, uuid7_floor

log = logging.getLogger(__name__)

GROUP = "projector"
REJECTED = "journal:rejected"
"""Stream of what could not be stored, or contradicts its call: fields `e` (as it came) and `why`."""
REJECTED_ENTRIES = 10_000
BATCH = 1000
BLOCK_MILLISECONDS = 500
CLAIM_SECONDS = 5.0
"""How often entries of dead workers are looked for."""
IDLE_SECONDS = 15.0
"""An entry that its worker has not acknowledged for so long is taken over."""
FORGET_SECONDS = 3600.0
"""A worker that has done nothing for so long is struck off the group."""
RETRY_SECONDS = 0.5
REBUILD_CALLS = 500

_decode = msgspec.json.Decoder(Event).decode
Entry = tuple[bytes, dict[bytes, bytes]]


class Projector:
    """One worker's share; `run()` is its task."""

    def __init__(self, redis: "Redis", *, batch: int = BATCH, idle_seconds: float = IDLE_SECONDS) -> None:
        self._redis = redis
        self._batch, self._idle_seconds = batch, idle_seconds
        self._name = f"{socket.gethostname()}:{os.getpid()}:{uuid7().hex[-8:]}"
        self._cache = Cache()
        self._claimed_at = 0.0
        self.stored = 0
        """Events handled so far."""
        self.rejected = 0
        """Entries set aside so far."""

    async def run(self) -> None:
        """Project until cancelled."""
        while True:
            try:
                entries = await self._next()
                if entries:
                    await self.project(fields[b"e"] for _, fields in entries if b"e" in fields)
                    await self._redis.xack(STREAM, GROUP, *(key for key, _ in entries))
            except ResponseError as error:
                if not str(error).startswith("NOGROUP"):
                    log.error("the journal's stream cannot be read: %s", error)
                    await asyncio.sleep(RETRY_SECONDS)
                await self._make_group()
            except (RedisError, OSError) as error:
                log.warning("the journal waits, Redis is away: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _make_group(self) -> None:
        try:
            await self._redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    async def _next(self) -> list[Entry]:
        """Entries that are ours now: new ones, now and then those of a dead worker."""
        if time.monotonic() - self._claimed_at >= min(CLAIM_SECONDS, self._idle_seconds):
            self._claimed_at = time.monotonic()
            if claimed := await self._claim():
                self._claimed_at = 0.0  # there may be more
                return claimed
        found = await self._redis.xreadgroup(
            GROUP, self._name, {STREAM: ">"}, count=self._batch, block=BLOCK_MILLISECONDS
        )
        return found[0][1] if found else []

    async def _claim(self) -> list[Entry]:
        idle = round(self._idle_seconds * 1000)
        first = await self._redis.xrange(STREAM, count=1)
        trimmed = await self._redis.xpending_range(
            STREAM, GROUP, min="-", max=b"(" + first[0][0] if first else "+", count=self._batch
        )
        if trimmed:  # no longer in the stream; the spools send them again
            await self._redis.xack(STREAM, GROUP, *(entry["message_id"] for entry in trimmed))
        for consumer in await self._redis.xinfo_consumers(STREAM, GROUP):
            if not consumer["pending"] and consumer["idle"] > FORGET_SECONDS * 1000:
                await self._redis.xgroup_delconsumer(STREAM, GROUP, consumer["name"])
        _, entries, *_ = await self._redis.xautoclaim(
            STREAM, GROUP, self._name, min_idle_time=idle, start_id="0-0", count=self._batch
        )
        return [(key, fields) for key, fields in entries if key is not None]

    async def project(self, lines: Iterable[bytes]) -> None:
        """Store events, given as JSON; returns when all are stored or set aside."""
        tenants: dict[UUID, list[tuple[Event, bytes]]] = {}
        for line in lines:
            try:
                event = _decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                await self._reject(line, f"unreadable: {error}")
            else:
                tenants.setdefault(event.tenant_id, []).append((event, line))
        for tenant_id, events in tenants.items():
            await self._store(tenant_id, events)

    async def _store(self, tenant_id: UUID, events: list[tuple[Event, bytes]]) -> None:
        try:
            done = await self._commit(tenant_id, events)
        except BadData as error:
            calls = {event.call_id for event, _ in events}
            if len(events) == 1:
                await self._reject(events[0][1], str(error))
            elif len(calls) == 1:
                for pair in events:
                    await self._store(tenant_id, [pair])
            else:
                for call_id in calls:
                    await self._store(tenant_id, [pair for pair in events if pair[0].call_id == call_id])
            return
        self.stored += len(events)
        lines = {(event.call_id, event.seq): line for event, line in events}
        for problem in done.impossible:
            await self._reject(lines[problem.event.call_id, problem.event.seq], str(problem))

    async def _commit(self, tenant_id: UUID, events: list[tuple[Event, bytes]]) -> Stored:
        """Store a batch of one tenant, as often as it takes. Raises BadData when PostgreSQL refuses its content."""
        while True:
            try:
                with tenant(tenant_id):
                    async with transaction() as unit:
                        done = await store(unit, events, self._cache)
            except Exception as error:
                # SQLSTATE class 22: data exception, 23: integrity violation, 54: a limit of PostgreSQL exceeded.
                # Trying those again is useless, and would keep every tenant's journal waiting.
                if str(getattr(error, "sqlstate", ""))[:2] in ("22", "23", "54"):
                    raise BadData(str(error)) from error
                log.warning("the journal waits, PostgreSQL did not store %d events: %s", len(events), error)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._cache.keep(done.keep)
                return done

    async def _reject(self, line: bytes, why: str) -> None:
        """Set an entry aside, so that it does not stop the others."""
        self.rejected += 1
        log.error("set aside in %s: %s: %.300r", REJECTED, why, line)
        await self._redis.xadd(REJECTED, {"e": line, "why": why}, maxlen=REJECTED_ENTRIES, approximate=True)


class BadData(ValueError):
    """PostgreSQL will never take this."""


async def rebuild(
    tenant_id: UUID, *, call_ids: Iterable[UUID] = (), period: tuple[datetime, datetime] | None = None
) -> int:
    """Derive the rows of some calls, or of all that began in a period (UTC, end excluded), anew; returns how many.

    The journal stays as it is, and so does every row when nothing was wrong.
    """
    wanted = list(call_ids)
    with tenant(tenant_id):
        if period:
            async with transaction(read_only=True) as unit:
                found = await unit.fetch(
                    "SELECT call_id FROM journal_head WHERE call_id >= $1 AND call_id < $2", *map(uuid7_floor, period)
                )
            wanted += [row["call_id"] for row in found]
        for start in range(0, len(wanted), REBUILD_CALLS):
            async with transaction() as unit:
                await rewrite(unit, wanted[start : start + REBUILD_CALLS])
    return len(wanted)
