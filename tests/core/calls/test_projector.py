"""The journal's way from the stream into PostgreSQL: once, complete, and rebuildable."""

import uuid
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import msgspec
from redis.asyncio import Redis

from core.calls import events as e
from core.calls.apply import fold
from core.calls.events import Event
from core.calls.live import STREAM
from core.calls.projector import GROUP, REJECTED, Projector, rebuild
from core.calls.rows import TABLES, rows
from core.calls.store import Cache, Known, _write, store
from core.data import tenant, transaction
from tests.core.calls.support import (
    ENDED,
    dump,
    mixed,
    new_call,
    publish,
    running,
    some_calls,
    started,
    stored,
    until,
)
from tests.journals import Company, journals


async def write_folded(tenant_id: UUID, calls: list[list[Event]]) -> dict[str, list[str]]:
    """The rows that pure folding gives, by way of the same tables, which are then emptied."""
    with tenant(tenant_id):
        async with transaction() as unit:
            await _write(unit, [Known(state) for state, _ in map(fold, calls) if state])
            rows = await dump(tenant_id)
            for table, _ in TABLES.values():
                await unit.execute(f"DELETE FROM {table}")
    return rows


async def test_rows_have_the_columns_of_their_tables(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        async with transaction() as unit:
            for kind, (table, _) in TABLES.items():
                columns = await unit.fetch(
                    "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum",
                    table,
                )
                assert [row["attname"] for row in columns] == list(kind.__struct_fields__), table


async def test_two_workers_derive_the_rows_that_folding_gives(redis: Redis, tenant_a: UUID, tenant_b: UUID) -> None:
    day = datetime.now(UTC) - timedelta(days=1)
    calls = {t: list(journals(n, Company(t), day, calls_a_day=60)) for n, t in enumerate((tenant_a, tenant_b))}
    expected = {t: await write_folded(t, calls[t]) for t in calls}
    assert all(len(table) > 0 for table in expected[tenant_a].values())
    events = mixed([*calls[tenant_a], *calls[tenant_b]], Random(1))
    async with running(Projector(redis, batch=37).run()), running(Projector(redis, batch=23).run()):
        for start in range(0, len(events), 100):
            await publish(redis, events[start : start + 100])
        for t in calls:
            total = sum(map(len, calls[t]))
            await until(lambda t=t, total=total: is_stored(t, total), "all events stored")  # type: ignore[misc]
    for t in calls:
        assert await dump(t) == expected[t]


async def test_any_order_and_repetitions_give_the_same_rows(redis: Redis, tenant_a: UUID) -> None:
    calls = some_calls(tenant_a, 3, 25)
    expected = await write_folded(tenant_a, calls)
    events = [event for call in calls for event in call] * 2
    Random(2).shuffle(events)
    async with running(Projector(redis, batch=41).run()), running(Projector(redis, batch=17).run()):
        await publish(redis, events)
        await until(lambda: is_acknowledged(redis), "everything acknowledged")
    assert await stored(tenant_a) == sum(map(len, calls))
    assert await redis.xlen(REJECTED) == 0, "an event that comes twice is nothing wrong"
    assert await dump(tenant_a) == expected


async def test_rebuilding_gives_the_same_rows_to_the_byte(redis: Redis, tenant_a: UUID) -> None:
    calls = some_calls(tenant_a, 4, 30)
    async with running(Projector(redis).run()):
        await publish(redis, mixed(calls, Random(3)))
        await until(lambda: is_stored(tenant_a, sum(map(len, calls))), "all events stored")
    before = await dump(tenant_a)
    damaged = "UPDATE call SET talk_seconds = -1; DELETE FROM queue_visit; UPDATE offer SET person = ''"
    with tenant(tenant_a):
        async with transaction() as unit:
            await unit.execute(damaged)
    assert await dump(tenant_a) != before
    now = datetime.now(UTC)
    assert await rebuild(tenant_a, period=(now - timedelta(hours=2), now)) == len(calls)
    assert await dump(tenant_a) == before
    assert await rebuild(tenant_a, call_ids=[calls[0][0].call_id]) == 1
    assert await dump(tenant_a) == before


async def test_what_cannot_be_stored_is_set_aside_and_stops_nothing(redis: Redis, tenant_a: UUID) -> None:
    call, now = new_call(), datetime.now(UTC)
    good = [Event(tenant_a, call, 1, now, started()), Event(tenant_a, call, 2, now, ENDED)]
    no_month = Event(tenant_a, UUID(int=1 << 100), 1, now, started())
    bad = [
        b'{"seq": 1',
        msgspec.json.encode({**msgspec.to_builtins(good[0]), "data": {"type": "from.the.future"}}),
        msgspec.json.encode(no_month),
        msgspec.json.encode(Event(tenant_a, new_call(), 1, now, e.CallStarted(
            direction=e.Direction.IN, caller="", dialled="nul\0here", media="m"))),
    ]  # fmt: skip
    worker = Projector(redis)
    async with running(worker.run()):
        for line in bad:
            await redis.xadd(STREAM, {"e": line})
        await publish(redis, good)
        await until(lambda: is_acknowledged(redis), "everything acknowledged")
    assert await stored(tenant_a) == 2
    assert worker.rejected == len(bad)
    assert {fields[b"e"] for _, fields in await redis.xrange(REJECTED)} == set(bad)


async def test_an_impossible_event_is_journaled_reported_and_left_out(redis: Redis, tenant_a: UUID) -> None:
    call, now = new_call(), datetime.now(UTC)
    nowhere = e.PartEnded(part_id=uuid.uuid4(), how=e.PartEnd.LOST)
    events = [Event(tenant_a, call, n, now, data) for n, data in enumerate((started(), nowhere, ENDED), 1)]
    async with running(Projector(redis).run()):
        await publish(redis, events)
        await until(lambda: is_acknowledged(redis), "everything acknowledged")
    assert await stored(tenant_a) == 3
    reported = await redis.xrange(REJECTED)
    assert len(reported) == 1
    assert b"does not last" in reported[0][1][b"why"]
    with tenant(tenant_a):
        async with transaction() as unit:
            assert tuple(await unit.fetchrow("SELECT status, impossible FROM call")) == ("ended", 1)


async def test_what_a_dead_worker_had_taken_is_taken_over(redis: Redis, tenant_a: UUID) -> None:
    calls = some_calls(tenant_a, 5, 3)
    await publish(redis, mixed(calls, Random(1)))
    await redis.xgroup_create(STREAM, GROUP, id="0")
    await redis.xreadgroup(GROUP, "dead", {STREAM: ">"}, count=10_000)
    async with running(Projector(redis, idle_seconds=0.2).run()):
        await until(lambda: is_acknowledged(redis), "everything acknowledged")
    assert await stored(tenant_a) == sum(map(len, calls))


async def test_pending_entries_that_the_stream_has_lost_are_let_go(redis: Redis, tenant_a: UUID) -> None:
    calls = some_calls(tenant_a, 5, 3)
    await publish(redis, mixed(calls, Random(1)))
    await redis.xgroup_create(STREAM, GROUP, id="0")
    await redis.xreadgroup(GROUP, "dead", {STREAM: ">"}, count=10_000)
    await redis.xtrim(STREAM, maxlen=5, approximate=False)
    async with running(Projector(redis, idle_seconds=0.2).run()):
        await until(lambda: is_acknowledged(redis), "everything acknowledged")
    assert await stored(tenant_a) == 5


async def test_a_worker_that_dies_before_it_acknowledges_stores_nothing_twice(redis: Redis, tenant_a: UUID) -> None:
    calls = some_calls(tenant_a, 6, 10)
    expected = await write_folded(tenant_a, calls)
    events = mixed(calls, Random(4))
    cache = Cache()
    with tenant(tenant_a):
        async with transaction() as unit:
            half = events[: len(events) // 2]
            cache.keep((await store(unit, [(ev, msgspec.json.encode(ev)) for ev in half], cache)).keep)
    async with running(Projector(redis).run()):
        await publish(redis, events)
        await until(lambda: is_acknowledged(redis), "everything acknowledged")
    assert await stored(tenant_a) == len(events)
    assert await dump(tenant_a) == expected


async def test_a_worker_does_not_trust_its_memory_when_another_has_written(tenant_a: UUID) -> None:
    """Worker A knows a call's first events, B stores its loss; then A gets what had come before that."""
    call = next(c for c in some_calls(tenant_a, 7, 50) if len(c) > 30)[:20]
    lost = Event(tenant_a, call[0].call_id, e.LOST_SEQ, call[-1].at, e.CallEnded(cause=e.Cause.MEDIA_PROCESS_LOST))
    expected = await write_folded(tenant_a, [[*call, lost]])
    ours, other = Cache(), Cache()
    for cache, part in ((ours, call[:10]), (other, [lost]), (ours, call[10:])):
        await store_with(cache, tenant_a, part)
    assert await dump(tenant_a) == expected


async def test_what_stands_behind_a_gap_counts_only_when_the_gap_is_filled(tenant_a: UUID) -> None:
    call = next(c for c in some_calls(tenant_a, 7, 50) if len(c) > 30 and c[-1].seq == len(c))
    expected = await write_folded(tenant_a, [call[:10]]), await write_folded(tenant_a, [call])
    cache = Cache()
    await store_with(cache, tenant_a, call[:10])
    await store_with(cache, tenant_a, call[11:])
    assert await dump(tenant_a) == expected[0]
    await store_with(cache, tenant_a, call[10:11])
    assert await dump(tenant_a) == expected[1]


async def store_with(cache: Cache, tenant_id: UUID, events: list[Event]) -> None:
    with tenant(tenant_id):
        async with transaction() as unit:
            done = await store(unit, [(event, msgspec.json.encode(event)) for event in events], cache)
    cache.keep(done.keep)


async def test_rows_that_do_not_change_are_not_written_again(tenant_a: UUID) -> None:
    call = next(c for c in some_calls(tenant_a, 8, 50) if len(c) > 40)
    cache = Cache()
    for n, event in enumerate(call, 1):
        with tenant(tenant_a):
            async with transaction() as unit:
                done = await store(unit, [(event, msgspec.json.encode(event))], cache)
                cache.keep(done.keep)
                state, _ = fold(call[:n])
                assert state is not None
                written = sum([await unit.fetchval(f"SELECT count(*) FROM {t}") for t, _ in TABLES.values()])
                assert written == len(list(rows(state)))
    with tenant(tenant_a):
        async with transaction() as unit:
            offers = await unit.fetch("SELECT xmin::text FROM offer")
            assert len({row["xmin"] for row in offers}) > 1, "each offer keeps the transaction of its own last change"


async def is_stored(tenant_id: UUID, count: int) -> bool:
    return await stored(tenant_id) == count


async def is_acknowledged(redis: Redis) -> bool:
    """Everything on the stream has been delivered and acknowledged."""
    groups = await redis.xinfo_groups(STREAM)
    newest = await redis.xrevrange(STREAM, count=1)
    return bool(groups) and not groups[0]["pending"] and groups[0]["last-delivered-id"] == newest[0][0]
