"""The connection to Redis: what it must not do to its callers."""

import asyncio

from redis.asyncio import Redis


async def test_a_task_that_is_cancelled_while_it_asks_redis_ends(redis: Redis) -> None:
    async def ask() -> None:
        for _ in range(3):
            await redis.time()

    await redis.ping()
    survivors = 0
    for steps in range(1_000):
        task = asyncio.create_task(ask())
        for _ in range(steps % 14):
            await asyncio.sleep(0)
        accepted = task.cancel()
        await asyncio.wait([task])
        survivors += accepted and not task.cancelled()
    assert survivors == 0
    assert await redis.ping()
