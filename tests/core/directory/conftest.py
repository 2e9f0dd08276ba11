"""What the directory's tests share."""

import pytest
from redis.asyncio import Redis

from core.identity.sessions import Sessions


@pytest.fixture
def sessions(redis: Redis) -> Sessions:
    return Sessions(redis, idle_seconds=3600)
