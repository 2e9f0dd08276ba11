"""Takes a company out of Redis: its keys, and what others hold of it."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

PORTION = 500


async def forget(redis: Redis, tenant_id: UUID, users: Collection[str]) -> None:
    """Delete every key that is named after the company or one of its `users` (ids), and the company's values elsewhere.

    Every value of the installation is looked at: it is for the rare case that a company is erased.
    """
    mark, names = str(tenant_id).encode(), {str(tenant_id), *users}
    async for key in redis.scan_iter(count=PORTION):
        if any(name in key.decode(errors="replace") for name in names):
            await redis.unlink(key)
        else:
            await _forget_in(redis, key, mark)


async def _forget_in(redis: Redis, key: bytes, mark: bytes) -> None:
    """Take out of one value what has `mark` in it."""
    match (await redis.type(key)).decode():
        case "string":
            if mark in (await redis.get(key) or b""):
                await redis.unlink(key)
        case "hash":
            fields = [field async for field, value in redis.hscan_iter(key, count=PORTION) if mark in field + value]
            if fields:
                await redis.hdel(key, *fields)
        case "set":
            if members := [member async for member in redis.sscan_iter(key, count=PORTION) if mark in member]:
                await redis.srem(key, *members)
        case "zset":
            if members := [member async for member, _ in redis.zscan_iter(key, count=PORTION) if mark in member]:
                await redis.zrem(key, *members)
        case "list":
            for member in {member for member in await redis.lrange(key, 0, -1) if mark in member}:
                await redis.lrem(key, 0, member)
        case "stream":
            await _forget_in_stream(redis, key, mark)


async def _forget_in_stream(redis: Redis, key: bytes, mark: bytes) -> None:
    after = "-"
    while entries := await redis.xrange(key, after, count=PORTION):
        if gone := [entry for entry, fields in entries if _has(fields, mark)]:
            await redis.xdel(key, *gone)
        after = f"({entries[-1][0].decode()}"


def _has(fields: Any, mark: bytes) -> bool:
    return any(mark in name + value for name, value in (fields or {}).items())
