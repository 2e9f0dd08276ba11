"""Challenges that a browser has to answer: each can be answered once, soon, and only for what it was made for."""

import hashlib
import secrets

from redis.asyncio import Redis

SECONDS = 300
"""So long an answer is waited for; browsers are told the same."""


class Challenges:
    """Challenges in Redis. `purpose`: what for and for whom, such as "register:<digest of a session>"."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def make(self, purpose: str) -> bytes:
        """A new one, of 256 bits."""
        challenge = secrets.token_bytes(32)
        await self._redis.set(_key(purpose, challenge), 1, ex=SECONDS)
        return challenge

    async def use(self, purpose: str, challenge: bytes) -> bool:
        """Whether it was made for this and nobody has answered it yet; it is used up by this."""
        return bool(await self._redis.delete(_key(purpose, challenge)))


def _key(purpose: str, challenge: bytes) -> str:
    return f"challenge:{hashlib.sha256(purpose.encode() + b'|' + challenge).hexdigest()}"
