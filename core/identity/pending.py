"""Between the password and the second step: who has proved the first, kept in Redis for some minutes."""

import hashlib
import secrets
from uuid import UUID

import msgspec
from msgspec import Struct
from redis.asyncio import Redis

SECONDS = 600
"""So long is waited for the second step."""


class Pending(Struct, frozen=True):
    """Somebody whose password was right. `goal`: the page of ours that she wanted."""

    user_id: UUID
    tenant_id: UUID
    goal: str


class PendingSignIns:
    """Sign-ins that wait for their second step. The browser holds an id that we chose and nothing else."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def begin(self, pending: Pending) -> str:
        """Keep it; the id for the browser."""
        pending_id = secrets.token_urlsafe(32)
        await self._redis.set(_key(pending_id), msgspec.json.encode(pending), ex=SECONDS)
        return pending_id

    async def find(self, pending_id: str) -> Pending | None:
        """Who waits under this id; None when nobody does, or no longer."""
        stored = await self._redis.get(_key(pending_id)) if pending_id else None
        return None if stored is None else msgspec.json.decode(stored, type=Pending)

    async def end(self, pending_id: str) -> bool:
        """The second step is done; whether this call was the one that ended it."""
        return bool(await self._redis.delete(_key(pending_id)))


def _key(pending_id: str) -> str:
    return f"sign-in:{hashlib.sha256(pending_id.encode()).hexdigest()}"
