"""What the tests of the journal share."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from core.calls import events as e
from core.calls.events import Event
from core.calls.live import STREAM
from core.calls.rows import TABLES
from core.calls.spool import encode
from core.data import tenant, transaction
from tests.journals import Company, call_journal, key


@asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run an endless coroutine beside the block."""
    task = asyncio.create_task(work)
    try:
        yield
        if task.done():
            task.result()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], Awaitable[object]], what: str, seconds: float = 20.0) -> None:
    """Wait for a condition; fails with `what` when it does not come true."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, f"not in {seconds:g} s: {what}"
        await asyncio.sleep(0.02)


async def publish(redis: Redis, events: list[Event]) -> None:
    """Put events on the stream, as media processes do."""
    async with redis.pipeline(transaction=True) as pipe:
        for event in events:
            pipe.xadd(STREAM, {"e": encode(event)})
        await pipe.execute()


async def stored(tenant_id: UUID) -> int:
    """How many events of a tenant are in the table."""
    with tenant(tenant_id):
        async with transaction() as unit:
            return int(await unit.fetchval("SELECT count(*) FROM journal_event"))


async def dump(tenant_id: UUID) -> dict[str, list[str]]:
    """Every derived row of a tenant, as text."""
    with tenant(tenant_id):
        async with transaction() as unit:
            return {
                table: [row[0] for row in await unit.fetch(f"SELECT t::text FROM {table} t ORDER BY {', '.join(keys)}")]
                for table, keys in TABLES.values()
            }


def some_calls(tenant_id: UUID, seed: int, count: int) -> list[list[Event]]:
    """Calls of the last hour."""
    company, start = Company(tenant_id), datetime.now(UTC) - timedelta(hours=1)
    return [call_journal(Random(seed * 100_000 + n), company, start + timedelta(seconds=n)) for n in range(count)]


def mixed(calls: list[list[Event]], random: Random) -> list[Event]:
    """The events of calls in a random mixture; each call's own order kept."""
    order = [n for n, events in enumerate(calls) for _ in events]
    random.shuffle(order)
    feeds = [iter(events) for events in calls]
    return [next(feeds[n]) for n in order]


def new_call() -> UUID:
    return key(Random(), datetime.now(UTC))


def started(media: str = "media-1") -> e.CallStarted:
    return e.CallStarted(direction=e.Direction.IN, caller="+4790000000", dialled="+4721000001", media=media)


ENDED = e.CallEnded(cause=e.Cause.CALLER_HUNG_UP)
