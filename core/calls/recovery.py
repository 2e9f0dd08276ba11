"""Ends the calls of a media process that died, in the journal and on live screens.

Two do it, and it does no harm when both do, because the closing event is the same by (call_id, seq): the process
itself when it starts again with its spool, and a worker when the process stays away.
"""

import asyncio
import logging
import shutil
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.calls.events import LOST_SEQ, CallEnded, Cause, Event
from core.calls.journal import utc_now
from core.calls.live import TENANTS, CallView, Change, live_key
from core.calls.projector import Projector
from core.calls.publisher import Publisher, Sent, send
from core.calls.spool import Spool, encode, lines

log = logging.getLogger(__name__)

GONE_SECONDS = 15.0
"""A media process whose announcement is gone for so long is dead."""
CHECK_SECONDS = 3.0

_view = msgspec.json.Decoder(CallView)


def lost_event(tenant_id: UUID, call_id: UUID, at: datetime) -> Event:
    """The closing event of a call whose media process died at `at` (UTC)."""
    return Event(tenant_id, call_id, LOST_SEQ, at, CallEnded(cause=Cause.MEDIA_PROCESS_LOST))


def close_spooled(spool: Spool, publisher: Publisher) -> int:
    """End the calls that an earlier process left unfinished in this spool; returns how many. For the start of media."""
    left = spool.unfinished()
    for tenant_id, call_id, last_at in left:
        event = lost_event(tenant_id, call_id, max(last_at, spool.died_at or last_at))
        line = encode(event)
        spool.append(event, line)
        publisher.put(line, Change(tenant_id, call_id, None))
    if left:
        log.warning("%d calls were cut off when this media process died", len(left))
    return len(left)


async def store_spooled(folder: Path, redis: "Redis") -> int:
    """Store what a media process that will never start again left in its spool, and remove that; returns how many
    calls it cut off."""
    spool, publisher, projector = Spool(folder), Publisher(redis), Projector(redis)
    sending = asyncio.create_task(publisher.run())
    try:
        cut_off = close_spooled(spool, publisher)
        await publisher.drained()
    finally:
        sending.cancel()
    spool.rotate()
    for segment in spool.closed_segments():
        await projector.project(lines(segment).values())
        segment.unlink()
    shutil.rmtree(folder)
    return cut_off


async def close_live(redis: "Redis", media: str, at: datetime) -> int:
    """End the calls that live screens still show as going on in the process `media`; returns how many.

    Raises redis.RedisError.
    """
    ended: list[Sent] = []
    for tenant_id, call in await _shown(redis):
        if call.media == media:
            line = encode(lost_event(tenant_id, call.call_id, at))
            ended.append((line, Change(tenant_id, call.call_id, None)))
    if ended:
        log.warning("%d calls were cut off when the media process %s died", len(ended), media)
        await send(redis, ended)
    return len(ended)


class Reaper:
    """A worker's watch over the media processes: `run()` is its background task. Any number of workers may run it."""

    def __init__(
        self,
        redis: "Redis",
        *,
        gone_seconds: float = GONE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        utc: Callable[[], datetime] = utc_now,
    ) -> None:
        self._redis = redis
        self._gone_seconds, self._clock, self._utc = gone_seconds, clock, utc
        self._missing: dict[str, tuple[float, datetime]] = {}

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            try:
                await self.check()
            except (RedisError, OSError) as error:
                log.warning("media processes cannot be watched, trying again: %s", error)
            await asyncio.sleep(CHECK_SECONDS)

    async def check(self) -> None:
        """End the calls of every process that has been gone for long enough. Raises redis.RedisError."""
        names = {call.media for _, call in await _shown(self._redis)}
        missing = {name for name in names if not await self._redis.exists(f"media:{name}")}
        self._missing = {name: since for name, since in self._missing.items() if name in missing}
        for name in missing:
            since, at = self._missing.setdefault(name, (self._clock(), self._utc()))
            if self._clock() - since >= self._gone_seconds:
                await close_live(self._redis, name, at)


async def _shown(redis: "Redis") -> list[tuple[UUID, CallView]]:
    """Every call on live screens, with its tenant."""
    async with redis.pipeline(transaction=False) as pipe:
        pipe.smembers(TENANTS)
        tenants = [UUID(text.decode()) for text in (await pipe.execute())[0]]
        for tenant_id in tenants:
            pipe.hvals(live_key(tenant_id))
        found = await pipe.execute()
    return [(tenant_id, _view.decode(text)) for tenant_id, views in zip(tenants, found, strict=True) for text in views]
