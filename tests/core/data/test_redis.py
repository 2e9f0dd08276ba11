"""Clients of Redis: cancelled at once, and never waiting without end."""

import asyncio
import random

import psutil
import pytest
from redis import exceptions
from redis.asyncio import Redis

from core.data.embedded import EmbeddedRedis
from core.data.redis import connect_redis


async def test_a_task_that_speaks_to_redis_can_be_cancelled_at_any_moment(redis: Redis) -> None:
    async def speak() -> None:
        while True:
            await redis.incr("spoken")

    random.seed(1)
    for _ in range(200):
        task = asyncio.create_task(speak())
        await asyncio.sleep(random.random() * 0.003)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=5)
        assert done, "a cancellation was swallowed"
        assert task.cancelled()


async def test_a_redis_that_hangs_is_given_up(redis_server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.data.redis.ANSWER_TIMEOUT", 0.1)
    monkeypatch.setattr("core.data.redis.RETRIES", 1)
    client = connect_redis(redis_server.url)
    await client.ping()
    process = psutil.Process(int((redis_server.folder / "redis.pid").read_text()))
    process.suspend()
    try:
        with pytest.raises(exceptions.TimeoutError):
            await asyncio.wait_for(client.ping(), 10)
    finally:
        process.resume()
    assert await client.ping()
    await client.aclose()
