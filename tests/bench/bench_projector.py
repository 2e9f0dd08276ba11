"""How fast one worker brings the journal from Redis to PostgreSQL, and what an event costs on its way.

The servers are the embedded ones and wait for the disk.
"""

import os
import tempfile
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from core.calls.apply import apply
from core.calls.confirm import missing
from core.calls.events import Event
from core.calls.journal import CallJournal
from core.calls.live import view
from core.calls.model import Call, State
from core.calls.projector import BATCH, GROUP, Projector
from core.calls.publisher import Publisher
from core.calls.spool import Key, Spool, encode
from core.calls.store import INSERT
from core.data import Database, tenant, transaction
from core.data.embedded import EmbeddedPostgres, EmbeddedRedis
from core.data.migrate import App, migrate
from core.data.redis import connect_redis
from tests.core.calls.support import mixed, publish, running, until
from tests.journals import Company, call_journal

APPS = ("core.data.piccolo_app", "core.calls.piccolo_app")


def generated(tenants: int, calls: int) -> list[Event]:
    """Calls that overlap as in a busy hour, 100 at a time."""
    start, random = datetime.now(UTC) - timedelta(hours=1), Random(1)
    companies = [Company(UUID(int=0x700 + n)) for n in range(tenants)]
    journals = [call_journal(random, random.choice(companies), start + timedelta(seconds=n / 10)) for n in range(calls)]
    return [event for n in range(0, calls, 100) for event in mixed(journals[n : n + 100], random)]


def per_event(work: Callable[[Event], object], events: list[Event]) -> float:
    """Microseconds of processor time that `work` takes for one event."""
    begin = time.process_time()
    for event in events:
        work(event)
    return (time.process_time() - begin) / len(events) * 1e6


def pure(events: list[Event]) -> dict[str, float]:
    states: dict[UUID, State] = {}

    def live(event: Event) -> None:
        state = states[event.call_id] = apply(states.get(event.call_id), event)
        assert isinstance(state, Call)
        view(state)

    def bare(event: Event) -> None:
        states[event.call_id] = apply(states.get(event.call_id), event)

    result = {"apply": per_event(bare, events)}
    states.clear()
    return {**result, "apply_and_view": per_event(live, events), "encode": per_event(encode, events)}


async def writing(events: list[Event], folder: Path) -> float:
    """Microseconds of one `CallJournal.write`."""
    publisher = Publisher(connect_redis("redis://127.0.0.1:1/0"))
    spool, journals = Spool(folder), {}
    for event in events:
        if event.call_id not in journals:
            journals[event.call_id] = CallJournal(event.tenant_id, event.call_id, spool, publisher)
    return per_event(lambda event: journals[event.call_id].write(event.data), events)


async def bare_insert(events: list[Event]) -> float:
    """Events a second of nothing but an insert of the same size into the same table."""
    begin = time.perf_counter()
    for batch in (events[n : n + BATCH] for n in range(0, len(events), BATCH)):
        for tenant_id in {event.tenant_id for event in batch}:
            lines = [encode(event).decode() for event in batch if event.tenant_id == tenant_id]
            with tenant(tenant_id):
                async with transaction() as unit:
                    await unit.execute(INSERT, "[" + ",".join(lines) + "]")
    return len(events) / (time.perf_counter() - begin)


def run() -> Coroutine[Any, Any, dict[str, float]]:
    """What `python -m tests.bench` measures."""
    return main(2000, 4)


async def main(calls: int, tenants: int) -> dict[str, float]:
    events = generated(tenants, calls)
    result: dict[str, float] = {"events": len(events), "calls": calls, "tenants": tenants}
    with tempfile.TemporaryDirectory(prefix="sb-bench-") as name:
        folder = Path(name)
        os.chmod(name, 0o755)
        result |= {f"{what}_us": round(cost, 2) for what, cost in pure(events).items()}
        result["write_us"] = round(await writing(events, folder / "spool"), 2)
        postgres, server = EmbeddedPostgres(folder / "data"), EmbeddedRedis(folder / "data")
        postgres.start()
        server.start()
        try:
            database = Database(postgres.url)
            await migrate(database, [App.load(app) for app in APPS])
            redis = connect_redis(server.url)
            async with database:
                copies = [Event(UUID(int=e.tenant_id.int + 0x1000), e.call_id, e.seq, e.at, e.data) for e in events]
                bare = await bare_insert(copies)
                result["bare_insert_events_per_s"] = round(bare)
                result |= await project(redis, events, bare)
                begin = time.perf_counter()
                assert not await missing([Key(event.tenant_id, event.call_id, event.seq) for event in events[:2500]])
                result["confirm_2500_ms"] = round((time.perf_counter() - begin) * 1000, 1)
            await redis.aclose()
        finally:
            server.stop()
            postgres.stop()
    return result


async def project(redis, events: list[Event], bare: float) -> dict[str, float]:  # type: ignore[no-untyped-def]
    for start in range(0, len(events), 1000):
        await publish(redis, events[start : start + 1000])

    async def done() -> bool:
        groups = await redis.xinfo_groups("journal")
        newest = await redis.xrevrange("journal", count=1)
        return bool(groups) and not groups[0]["pending"] and groups[0]["last-delivered-id"] == newest[0][0]

    worker = Projector(redis)
    processor = time.process_time()
    begin = time.perf_counter()
    async with running(worker.run()):
        await until(done, f"the group {GROUP} is through", 600)
    spent = time.perf_counter() - begin
    processor = time.process_time() - processor
    assert worker.stored == len(events)
    return {
        "projector_events_per_s": round(len(events) / spent),
        "projector_us": round(spent / len(events) * 1e6, 1),
        "projector_python_us": round(processor / len(events) * 1e6, 1),
        "ratio_to_bare_insert": round(spent / len(events) * bare, 2),
        "rejected": worker.rejected,
    }
