"""Redis and PostgreSQL go away and come back while calls go on: nothing lost, nothing twice, screens right again."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from core.calls import confirm
from core.calls import events as e
from core.calls.apply import fold
from core.calls.confirm import Confirmer, missing
from core.calls.events import Event
from core.calls.journal import CallJournal
from core.calls.live import STREAM, LiveCalls, Stage, live_key
from core.calls.projector import Projector
from core.calls.publisher import Publisher
from core.calls.recovery import Reaper, close_live, close_spooled
from core.calls.rows import rows
from core.calls.spool import Key, Spool, lines
from core.data import Database, tenant, transaction
from core.data.embedded import EmbeddedPostgres, EmbeddedRedis
from core.data.migrate import migrate
from core.data.redis import connect_redis
from tests.conftest import core_apps
from tests.core.calls.support import ENDED, dump, new_call, publish, running, some_calls, started, stored, until

TENANT = UUID(int=0x7000)


def key(event: Event) -> Key:
    return Key(event.tenant_id, event.call_id, event.seq)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for servers that this test stops and starts."""
    path = Path(tempfile.mkdtemp(prefix="sb-outage-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest_asyncio.fixture
async def own_redis(folder: Path) -> AsyncIterator[EmbeddedRedis]:
    server = EmbeddedRedis(folder)
    server.start()
    yield server
    server.stop()


@pytest_asyncio.fixture
async def own_postgres(folder: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A migrated server with its database open."""
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    database = Database(server.url)
    await migrate(database, core_apps())
    async with database:
        yield server
    server.stop()


async def entries(redis: Redis) -> list[Event]:
    return [msgspec.json.decode(f[b"e"], type=Event) for _, f in await redis.xrange(STREAM) if b"e" in f]


async def test_events_of_a_redis_outage_arrive_in_order_and_views_are_written_anew(
    own_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    redis = connect_redis(own_redis.url)
    publisher, spool = Publisher(redis), Spool(tmp_path)
    stays, ends, begins = (CallJournal(TENANT, new_call(), spool, publisher) for _ in range(3))
    async with running(publisher.run()):
        stays.write(started())
        ends.write(started())
        await publisher.drained()
        assert await redis.hlen(live_key(TENANT)) == 2
        await asyncio.to_thread(own_redis.stop)
        ends.write(ENDED)
        begins.write(started())
        for data in (e.CallAnswered(), e.DigitsCollected(digits="1")):
            stays.write(data)
        await until(lambda: is_behind(publisher), "the outage noticed")
        stays.write(e.VipPassed(list_id=UUID(int=1), name="Key customers"))
        await asyncio.to_thread(own_redis.start)
        await asyncio.wait_for(publisher.drained(), 20)
        after = await redis.xlen(STREAM)
        stays.write(e.DigitsCollected(digits="2"))
        await publisher.drained()
    found: dict[UUID, list[int]] = {}
    for event in await entries(redis):
        if event.seq not in found.setdefault(event.call_id, []):
            found[event.call_id].append(event.seq)
    assert found == {stays._call_id: [1, 2, 3, 4, 5], ends._call_id: [1, 2], begins._call_id: [1]}
    assert await redis.xlen(STREAM) == after + 1
    views = {view.call_id: view for view in (await LiveCalls(redis).snapshot(TENANT)).calls}
    assert set(views) == {stays._call_id, begins._call_id}
    assert views[stays._call_id].vip
    assert views[stays._call_id].stage is Stage.FLOW
    await redis.aclose()


async def test_redis_that_forgot_everything_gets_the_views_of_all_calls_again(
    own_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    redis = connect_redis(own_redis.url)
    publisher = Publisher(redis)
    journal = CallJournal(TENANT, new_call(), Spool(tmp_path), publisher)
    async with running(publisher.run()):
        journal.write(started())
        await publisher.drained()
        live = LiveCalls(redis)
        before = await live.snapshot(TENANT)
        await redis.flushall()
        await asyncio.to_thread(own_redis.stop)
        journal.write(e.DigitsCollected(digits="1"))
        await until(lambda: is_behind(publisher), "the outage noticed")
        await asyncio.to_thread(own_redis.start)
        await asyncio.wait_for(publisher.drained(), 20)
        assert len((await live.snapshot(TENANT)).calls) == 1
        changes = await anext(live.follow(before.after))
        assert [change.call_id for _, change in changes] == [journal._call_id]
    await redis.aclose()


async def test_restarts_of_redis_and_postgresql_lose_and_repeat_nothing(
    own_redis: EmbeddedRedis, own_postgres: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls are written all the time; both servers restart in the middle; in the end every spool segment is gone."""
    monkeypatch.setattr(confirm, "AGAIN_SECONDS", 0.5)
    redis = connect_redis(own_redis.url)
    publisher, spool = Publisher(redis), Spool(tmp_path, segment_bytes=20_000)
    confirmer = Confirmer(spool, publisher)
    calls = some_calls(TENANT, 21, 60)
    third = len(calls) // 3

    async def write(some: list[list[Event]]) -> None:
        for events in some:
            journal = CallJournal(TENANT, events[0].call_id, spool, publisher)
            for event in events:
                journal.write(event.data)
            await asyncio.sleep(0.02)

    async with running(publisher.run()), running(Projector(redis, idle_seconds=1).run()):
        await write(calls[:third])
        await asyncio.gather(write(calls[third : 2 * third]), asyncio.to_thread(restart, own_redis))
        await asyncio.gather(write(calls[2 * third :]), asyncio.to_thread(restart, own_postgres))
        spool.rotate()
        await asyncio.wait_for(publisher.drained(), 20)
        total = sum(map(len, calls))
        await until(lambda: is_stored(total), "all events stored", 40)
        await confirmer.check()
    assert [line for segment in spool.closed_segments() for line in lines(segment)] == []
    table = await dump(TENANT)
    assert len(table["call"]) == len(calls)
    expected = [row for events in calls for row in rows(fold(renumbered(events))[0])]  # type: ignore[arg-type]
    assert sum(map(len, table.values())) == len(expected)
    await redis.aclose()


def renumbered(events: list[Event]) -> list[Event]:
    return [Event(ev.tenant_id, ev.call_id, n, ev.at, ev.data) for n, ev in enumerate(events, 1)]


def restart(server: EmbeddedRedis | EmbeddedPostgres) -> None:
    server.stop()
    server.start()


async def test_events_that_redis_lost_are_sent_again_until_they_are_stored(
    redis: Redis, tenant_a: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    publisher = Publisher(redis)
    spool = Spool(tmp_path, segment_seconds=0)
    confirmer = Confirmer(spool, publisher, clock=lambda: now[0])
    journal = CallJournal(tenant_a, new_call(), spool, publisher)
    async with running(publisher.run()):
        journal.write(started())
        journal.write(ENDED)
        await publisher.drained()
        await redis.delete(STREAM)
        await confirmer.check()
        assert await redis.xlen(STREAM) == 0, "not at once: the projection may only be slow"
        now[0] += confirm.AGAIN_SECONDS
        await confirmer.check()
        await publisher.drained()
        assert [event.seq for event in await entries(redis)] == [1, 2]
        await confirmer.check()
        assert await redis.xlen(STREAM) == 2, "and not with every look"
        assert len(spool.closed_segments()) == 1, "kept until PostgreSQL has them"
        async with running(Projector(redis).run()):
            await until(lambda: is_stored(2, tenant_a), "stored")
        await confirmer.check()
    assert spool.closed_segments() == []


async def test_only_the_events_that_the_table_lacks_are_missing(redis: Redis, tenant_a: UUID, tenant_b: UUID) -> None:
    call, at = new_call(), datetime.now(UTC)
    here = [Event(tenant_a, call, n, at, started()) for n in (1, 2)]
    async with running(Projector(redis).run()):
        await publish(redis, here)
        await until(lambda: is_stored(2, tenant_a), "stored")
    absent = [Event(tenant_a, call, 3, at, ENDED), Event(tenant_b, call, 1, at, started())]
    assert await missing([key(event) for event in here + absent]) == {key(event) for event in absent}


async def test_a_lost_media_process_is_closed_by_itself_and_by_a_worker_with_one_event(
    redis: Redis, tenant_a: UUID, tmp_path: Path
) -> None:
    publisher, spool = Publisher(redis), Spool(tmp_path)
    call = next(c for c in some_calls(tenant_a, 9, 50) if len(c) > 30)
    journal = CallJournal(tenant_a, call[0].call_id, spool, publisher)
    other = CallJournal(tenant_a, new_call(), spool, publisher)
    async with running(publisher.run()), running(Projector(redis).run()):
        for event in call[:15]:
            journal.write(event.data)
        other.write(started(media="media-2"))
        await publisher.drained()
        await redis.set("media:media-2", "{}")
        clock = [0.0]
        reaper = Reaper(redis, clock=lambda: clock[0])
        await reaper.check()
        clock[0] = 14.0
        await reaper.check()
        assert await redis.hlen(live_key(tenant_a)) == 2, "not before its 15 seconds"
        clock[0] = 15.0
        await reaper.check()
        assert [view.media for view in (await LiveCalls(redis).snapshot(tenant_a)).calls] == ["media-2"]
        assert close_spooled(Spool(tmp_path), publisher) == 2
        await publisher.drained()
        await until(lambda: is_stored(15 + 1 + 2, tenant_a), "stored once")
    with tenant(tenant_a):
        async with transaction() as unit:
            ended = await unit.fetch("SELECT cause, ended_at IS NOT NULL FROM call")
    assert [tuple(row) for row in ended] == [("media_process_lost", True)] * 2
    assert await close_live(redis, "media-1", datetime.now(UTC)) == 0


async def test_a_media_process_that_comes_back_in_time_keeps_its_calls(redis: Redis, tmp_path: Path) -> None:
    publisher = Publisher(redis)
    journal = CallJournal(TENANT, new_call(), Spool(tmp_path), publisher)
    clock = [0.0]
    reaper = Reaper(redis, clock=lambda: clock[0])
    async with running(publisher.run()):
        journal.write(started())
        await publisher.drained()
    await reaper.check()
    clock[0] = 14.0
    await redis.set("media:media-1", "{}")
    await reaper.check()
    await redis.delete("media:media-1")
    clock[0] = 20.0
    await reaper.check()
    assert await redis.hlen(live_key(TENANT)) == 1


async def test_followers_see_every_change_of_a_call_until_it_is_gone(redis: Redis, tmp_path: Path) -> None:
    publisher, live = Publisher(redis), LiveCalls(redis)
    spool = Spool(tmp_path)
    first = CallJournal(TENANT, new_call(), spool, publisher)
    async with running(publisher.run()):
        first.write(started())
        await publisher.drained()
        snapshot = await live.snapshot(TENANT)
        assert [view.stage for view in snapshot.calls] == [Stage.RINGING]
        call = next(c for c in some_calls(TENANT, 10, 50) if len(c) > 30 and c[-1].seq == len(c))
        journal = CallJournal(TENANT, call[0].call_id, spool, publisher)
        picture = {view.call_id: view for view in snapshot.calls}
        stages: list[Stage] = []
        follow = live.follow(snapshot.after)
        for event in call:
            journal.write(event.data)
        await publisher.drained()
        over = False
        while not over:
            for _, change in await anext(follow):
                assert change.tenant_id == TENANT
                if change.view is None:
                    del picture[change.call_id]
                    over = True
                else:
                    picture[change.call_id] = change.view
                    stages.append(change.view.stage)
    assert picture == {view.call_id: view for view in (await live.snapshot(TENANT)).calls}
    assert {Stage.RINGING, Stage.FLOW, Stage.OFFERED} <= set(stages)


async def is_behind(publisher: Publisher) -> bool:
    return publisher._behind


async def is_stored(count: int, tenant_id: UUID = TENANT) -> bool:
    try:
        return await stored(tenant_id) == count
    except Exception:  # the server is restarting
        return False
