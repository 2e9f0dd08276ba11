"""Feeds every live socket of this process: one follower of the journal, whatever the number of sockets."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Protocol
from uuid import UUID

from redis.exceptions import RedisError

from core.calls.events import PLATFORM_TENANT
from core.calls.live import LiveCalls
from core.data import DatabaseUnavailable
from core.web.feed import Feed, Items, Subscription, stream_position

log = logging.getLogger(__name__)

COALESCE_SECONDS = 0.1
"""The shortest time between two frames to the same screens."""
RECONCILE_SECONDS = 15.0
"""How often the calls are read anew: mends what was lost while Redis was away."""
BOARD_SECONDS = 1.0
"""How often the queues are read although nothing was told: after-call work ends by time alone."""
RETRY_SECONDS = 0.5
SNAPSHOT_ATTEMPTS = 3


class Boards(Protocol):
    """Queues and people of a tenant as live screens show them."""

    async def read(self, tenant_id: UUID) -> dict[str, Items]:
        """Topic → id → item."""
        ...

    def watching(self, tenant_id: UUID, changed: Callable[[], None]) -> AbstractAsyncContextManager[None]:
        """Async context: call `changed` whenever the tenant's board may have changed."""
        ...

    async def run(self) -> None:
        """Listen, until cancelled."""
        ...


class Hub:
    """`async with hub:` runs it; `subscribe` joins a tenant's feed."""

    def __init__(self, calls: LiveCalls, boards: Boards) -> None:
        self._calls = calls
        self._boards = boards
        self._feeds: dict[UUID, Feed] = {}
        self._serving: dict[UUID, asyncio.Task[None]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Hub":
        self._tasks = [asyncio.create_task(each) for each in (self._follow(), self._boards.run())]
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [*self._tasks, *self._serving.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @asynccontextmanager
    async def subscribe(self, tenant_id: UUID) -> AsyncIterator[tuple[Feed, Subscription]]:
        """A place in the tenant's feed until the end of the block; its first frame is a snapshot."""
        feed = self._feeds.get(tenant_id)
        if feed is None:
            feed = self._feeds[tenant_id] = Feed(tenant_id)
            self._serving[tenant_id] = asyncio.create_task(self._serve(feed), name=f"live feed {tenant_id}")
        subscription = Subscription()
        feed.members += 1
        try:
            await feed.filled.wait()
            subscription.put(feed.snapshot())
            feed.subscriptions.add(subscription)
            yield feed, subscription
        finally:
            feed.subscriptions.discard(subscription)
            feed.members -= 1
            if not feed.members:
                del self._feeds[tenant_id]
                self._serving.pop(tenant_id).cancel()

    async def _follow(self) -> None:
        """Hand every change of a call to the feed of its tenant."""
        while True:
            try:
                after = (await self._calls.snapshot(PLATFORM_TENANT)).after
                break
            except RedisError as error:
                log.warning("the live channel waits for Redis: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
        async for changes in self._calls.follow(after):
            for key, change in changes:
                if feed := self._feeds.get(change.tenant_id):
                    feed.call(key, change.call_id, None if change.view and change.view.private else change.view)

    async def _serve(self, feed: Feed) -> None:
        """Keep one feed's state, and send what has changed at most every COALESCE_SECONDS."""
        clock = asyncio.get_running_loop().time
        calls_due = board_due = clock()
        async with self._boards.watching(feed.tenant_id, feed.touch_board):
            while True:
                feed.wake.clear()
                try:
                    if clock() >= calls_due:
                        await self._read_calls(feed)
                        calls_due = clock() + RECONCILE_SECONDS
                    if feed.board_changed or clock() >= board_due:
                        await self._read_board(feed)
                        board_due = clock() + BOARD_SECONDS
                    feed.filled.set()
                except (RedisError, OSError, DatabaseUnavailable) as error:
                    log.warning("the live state of tenant %s cannot be read: %s", feed.tenant_id, error)
                    feed.board_changed = True
                    await asyncio.sleep(RETRY_SECONDS)
                except Exception:  # the feed must outlive it: its sockets would wait for ever
                    log.exception("the live state of tenant %s cannot be made", feed.tenant_id)
                    await asyncio.sleep(RETRY_SECONDS)
                if feed.changed:
                    feed.flush()
                    await asyncio.sleep(COALESCE_SECONDS)
                with suppress(TimeoutError):
                    await asyncio.wait_for(feed.wake.wait(), BOARD_SECONDS)

    async def _read_calls(self, feed: Feed) -> None:
        """Take over the calls as Redis has them, unless the follower has told of newer ones meanwhile."""
        for _ in range(SNAPSHOT_ATTEMPTS):
            snapshot = await self._calls.snapshot(feed.tenant_id)
            if stream_position(snapshot.after) >= stream_position(feed.seq):
                feed.seq = snapshot.after
                break
        feed.replace("calls", {str(view.call_id): view for view in snapshot.calls if not view.private})

    async def _read_board(self, feed: Feed) -> None:
        feed.board_changed = False
        for topic, items in (await self._boards.read(feed.tenant_id)).items():
            feed.replace(topic, items)
