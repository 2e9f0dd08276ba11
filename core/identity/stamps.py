"""Tells every process at once that what a company's users may do has changed.

Each tenant has a stamp in Redis, new with every change. What is known about a user is known under the stamp that was
read before it: a request that finds another one reads anew, so it is never later than the change.
"""

import asyncio
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.data import current_tenant, transaction

log = logging.getLogger(__name__)

CHANNEL = "access"
"""Redis channel on which the ids of tenants whose stamp is new are told."""
LISTEN_SECONDS = 30.0
RETRY_SECONDS = 0.5


class Stamps:
    """The stamps of all tenants, and who waits for a new one."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._watching: dict[UUID, set[asyncio.Event]] = {}

    async def current(self, tenant_id: UUID) -> str:
        """The tenant's stamp; "" when nothing has ever changed. Raises redis.RedisError."""
        return (await self._redis.get(_key(tenant_id)) or b"").decode()

    async def renew(self, tenant_id: UUID) -> None:
        """Give the tenant a new stamp. It is random: one that Redis has forgotten must not come again."""
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.set(_key(tenant_id), secrets.token_hex(8))
                pipe.publish(CHANNEL, str(tenant_id))
                await pipe.execute()
        except (RedisError, OSError) as error:
            log.error("a change of access of tenant %s is seen up to half a minute late: %s", tenant_id, error)

    async def changed(self) -> None:
        """Say that roles, or users, of the tenant in force have changed: once the open transaction is stored."""
        tenant_id = current_tenant()
        async with transaction() as unit:
            unit.after_commit(lambda: self.renew(tenant_id))

    @contextmanager
    def watching(self, tenant_id: UUID) -> Iterator[asyncio.Event]:
        """An event that is set with every new stamp of the tenant, while `follow` runs."""
        event = asyncio.Event()
        events = self._watching.setdefault(tenant_id, set())
        events.add(event)
        try:
            yield event
        finally:
            events.discard(event)
            if not events:
                self._watching.pop(tenant_id, None)

    async def follow(self) -> None:
        """Hear of new stamps, until cancelled. After a loss of the connection everybody looks for himself."""
        while True:
            try:
                async with self._redis.pubsub() as listener:
                    await listener.subscribe(CHANNEL)
                    while True:
                        message = await listener.get_message(timeout=LISTEN_SECONDS)
                        if message and message["type"] == "subscribe":
                            self._tell(*self._watching)
                        elif message:
                            self._tell(UUID(message["data"].decode()))
            except (RedisError, OSError, RuntimeError) as error:
                log.warning("changes of access cannot be followed for a moment: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    def _tell(self, *tenants: UUID) -> None:
        for tenant_id in tenants:
            for event in self._watching.get(tenant_id, ()):
                event.set()


def _key(tenant_id: UUID) -> str:
    return f"access:{tenant_id}"
