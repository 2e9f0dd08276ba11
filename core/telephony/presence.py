"""A media process tells that it lives and what it carries, and learns of the others: key media:<name> in Redis."""

import asyncio
import logging
from collections.abc import Callable

import msgspec
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

RENEW_SECONDS = 3.0
EXPIRY_SECONDS = 10
NAMES = "media"
"""The set of all names that were ever announced."""


class Announcement(Struct, frozen=True, kw_only=True):
    """What a media process says of itself; `at` is seconds since the epoch."""

    name: str
    pid: int
    sip_address: str
    """host:port of its SIP transports."""
    calls: int
    legs: int
    max_calls: int
    draining: bool
    at: float
    callback_errors: int = 0


async def announce(redis: "Redis", current: Callable[[], Announcement]) -> None:
    """Announce this process until cancelled, and withdraw it then."""
    said = current()
    try:
        while True:
            try:
                said = current()  # reads files, which fails when no more may be open
                async with redis.pipeline(transaction=True) as pipe:
                    pipe.set(f"media:{said.name}", msgspec.json.encode(said), ex=EXPIRY_SECONDS)
                    pipe.sadd(NAMES, said.name)
                    await pipe.execute()
            except (RedisError, OSError) as error:
                log.warning("this media process cannot be announced, trying again: %s", error)
            await asyncio.sleep(RENEW_SECONDS)
    finally:
        await _withdraw(redis, said.name)


async def _withdraw(redis: "Redis", name: str) -> None:
    try:
        async with redis.pipeline(transaction=True) as pipe:
            pipe.delete(f"media:{name}")
            pipe.srem(NAMES, name)
            await pipe.execute()
    except (RedisError, OSError):
        return  # it expires


async def announced(redis: "Redis") -> list[Announcement]:
    """The media processes that live now, by name. Raises redis.RedisError."""
    names = sorted(name.decode() for name in await redis.smembers(NAMES))
    if not names:
        return []
    found = await redis.mget([f"media:{name}" for name in names])
    return [msgspec.json.decode(text, type=Announcement) for text in found if text]
