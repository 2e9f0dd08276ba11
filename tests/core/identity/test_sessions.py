"""Server sessions in Redis."""

import time
from uuid import uuid4

import msgspec
import pytest
from redis.asyncio import Redis

from core.identity.model import Principal
from core.identity.sessions import LONGEST_DAYS, Sessions


@pytest.fixture
def sessions(redis: Redis) -> Sessions:
    return Sessions(redis, idle_seconds=3600)


def principal(user_id=None) -> Principal:
    return Principal(user_id or uuid4(), uuid4(), "Company", "Kari Nordmann", "kari@a.example", "user")


async def test_every_start_gives_another_id_of_256_bits(sessions: Sessions) -> None:
    ids = {(await sessions.start(principal())).id for _ in range(20)}
    assert len(ids) == 20
    assert all(len(session_id) == 43 for session_id in ids)


async def test_an_id_that_we_did_not_give_out_is_refused(sessions: Sessions) -> None:
    assert await sessions.find("chosen-by-an-attacker") is None
    session = await sessions.start(principal())
    assert await sessions.find(session.digest) is None


async def test_what_redis_holds_does_not_sign_anybody_in(sessions: Sessions, redis: Redis) -> None:
    session = await sessions.start(principal())
    for key in await redis.keys("*"):
        kept = key if await redis.type(key) == b"set" else key + await redis.get(key)
        assert session.id.encode() not in kept


async def test_use_begins_the_idle_time_anew(sessions: Sessions, redis: Redis) -> None:
    session = await sessions.start(principal())
    await redis.expire(f"session:{session.digest}", 10)
    assert await sessions.find(session.id) == session
    assert await redis.ttl(f"session:{session.digest}") > 3590


async def test_even_a_used_session_ends_after_the_longest_time(sessions: Sessions, redis: Redis) -> None:
    session = await sessions.start(principal())
    old = msgspec.structs.replace(session, id="", started=time.time() - LONGEST_DAYS * 86400 - 1)
    await redis.set(f"session:{session.digest}", msgspec.json.encode(old))
    assert await sessions.find(session.id) is None
    assert not await redis.exists(f"session:{session.digest}")


async def test_the_sessions_of_a_user_are_listed_and_revoked(sessions: Sessions, redis: Redis) -> None:
    user = uuid4()
    first, second = [await sessions.start(principal(user), address=a) for a in ("10.0.0.1", "10.0.0.2")]
    other = await sessions.start(principal())
    assert [s.address for s in await sessions.of_user(user)] == ["10.0.0.2", "10.0.0.1"]
    await sessions.end(first)
    assert [s.digest for s in await sessions.of_user(user)] == [second.digest]
    assert await sessions.revoke(user) == 1
    assert await sessions.find(second.id) is None
    assert await sessions.find(other.id) is not None


async def test_an_ended_session_is_not_brought_back_by_an_update(sessions: Sessions) -> None:
    session = await sessions.start(principal())
    await sessions.end(session)
    await sessions.update(session, session.principal)
    assert await sessions.find(session.id) is None
