"""News of queue changes: one subscription for each tenant that somebody in this process follows."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from msgspec import Struct
from redis import RedisError
from redis.asyncio import Redis

from core.queues.state import channel

logger = logging.getLogger(__name__)

ANCHOR = "queues"
"""Always subscribed, so that the connection lives without tenants; its confirmation tells of a new connection."""
RECONNECT_SECONDS = 0.2


class Notice(Struct, frozen=True):
    """Something changed. One without a word means: we could not listen, anything may have changed."""

    queue_id: UUID | None = None
    call_id: UUID | None = None
    person_id: UUID | None = None
    word: str = ""
    """Of a call: entered, left, won, lost; of a person: free, ringing, talking, after_call, logged_in, logged_out."""


Follower = Callable[[Notice], None]


class Notices:
    """Hands the notices of tenants to their followers."""

    def __init__(self, redis: Redis, on_reconnect: Callable[[], Awaitable[None]] | None = None) -> None:
        self._pubsub: Any = redis.pubsub()
        self._on_reconnect = on_reconnect
        self._followers: dict[UUID, list[Follower]] = {}
        self._tenants: dict[str, UUID] = {}
        self._connected = False
        self._changing = asyncio.Lock()

    @asynccontextmanager
    async def following(self, tenant_id: UUID, follower: Follower) -> AsyncIterator[None]:
        """Call `follower` for each notice of the tenant, and once when the subscription has begun."""
        self._followers.setdefault(tenant_id, []).append(follower)
        try:
            await self._subscribe()
            yield
        finally:
            self._followers[tenant_id].remove(follower)
            if not self._followers[tenant_id]:
                del self._followers[tenant_id]
            await asyncio.shield(self._subscribe())

    async def run(self) -> None:
        """Listen for ever; after a loss of the connection, connect again and tell everybody to look for himself."""
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                logger.warning("lost the news of the queues: %s; connecting again", error)
                self._connected = False
                await asyncio.sleep(RECONNECT_SECONDS)

    async def close(self) -> None:
        """Give the connection back."""
        await self._pubsub.aclose()

    async def _listen(self) -> None:
        async with self._changing:
            await self._pubsub.subscribe(ANCHOR, *self._tenants)
            self._connected = True
        await self._subscribe()
        while True:
            message = await self._pubsub.get_message(timeout=10.0)  # without a limit, silence counts as a failure
            if message is not None:
                await self._deliver(message["type"], message["channel"].decode(), message["data"])

    async def _subscribe(self) -> None:
        """Make the subscriptions equal to the tenants that are followed."""
        async with self._changing:
            wanted = {channel(tenant_id): tenant_id for tenant_id in self._followers}
            new, old = wanted.keys() - self._tenants.keys(), self._tenants.keys() - wanted.keys()
            if not self._connected:
                self._tenants = wanted
                return
            try:
                if new:
                    await self._pubsub.subscribe(*new)
                if old:
                    await self._pubsub.unsubscribe(*old)
                self._tenants = wanted
            except (RedisError, OSError) as error:
                logger.warning("could not change what news of the queues are followed: %s", error)

    async def _deliver(self, kind: str, name: str, data: Any) -> None:
        if kind == "subscribe":
            if name == ANCHOR:
                await self._subscribe()
                if self._on_reconnect is not None:
                    await self._on_reconnect()
            elif name in self._tenants:
                self._tell(self._tenants[name], Notice())
        elif kind == "message" and name in self._tenants:
            self._tell(self._tenants[name], parse(data.decode()))

    def _tell(self, tenant_id: UUID, notice: Notice) -> None:
        for follower in list(self._followers.get(tenant_id, ())):
            follower(notice)


def parse(message: str) -> Notice:
    """A message of the channel as a notice; one that cannot be read, as of another version, means anything."""
    kind, *words = message.split() or [""]
    try:
        if kind == "call":
            return Notice(queue_id=UUID(words[0]), call_id=UUID(words[1]), word=words[2])
        return Notice(person_id=UUID(words[0]), word=words[1])
    except (ValueError, IndexError):
        logger.warning("news of the queues that cannot be read: %.200r", message)
        return Notice()
