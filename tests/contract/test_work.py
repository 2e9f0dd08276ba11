"""What it does in the background: jobs, events, being switched on and off, starting and stopping with a process."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, get_args
from uuid import UUID

import msgspec
import pytest

from core.api.context import PluginEvent
from core.calls.events import AnyData, Event
from core.data import tenant
from core.host.dispatch import Dispatcher
from core.host.events import EMITTED, EventReader, decode_emitted, emit
from core.host.gate import Gate
from core.host.jobs import plugin_jobs
from core.host.lifespan import lifespans
from core.host.registry import Plugin, Registry
from core.host.service import load_gate
from core.worker import journal_event
from tests.contract.conftest import World
from tests.contract.rows import SHARED
from tests.contract.samples import struct_samples
from tests.core.host.plugins import entry_point, registry
from tests.journals import Company, in_order, journals

MARKS = ("of-tenant-a", "of-tenant-b")
DAY = datetime(2026, 3, 2, tzinfo=UTC)


def happenings(tenant_id: UUID) -> Iterator[Event]:
    """A day's realistic calls, then every kind of event that there is, all about the one call that has rows."""
    yield from islice(in_order(journals(7, Company(tenant_id), DAY, calls_a_day=20)), 600)
    for number, kind in enumerate(get_args(AnyData), start=1):
        for data in struct_samples(kind):
            yield Event(tenant_id, SHARED, number, DAY, data)


def told(event: Event) -> PluginEvent:
    """The event as it reaches a plugin: by way of the journal's stream."""
    found = journal_event({b"e": msgspec.json.encode(event)})
    assert found is not None
    return found


async def fill(world: World) -> dict[str, list[str]]:
    """Rows of the same ids for both tenants; returns those of B."""
    for tenant_id, mark in zip((world.a, world.b), MARKS, strict=True):
        await world.rows.fill(tenant_id, mark)
    return await world.rows.of(world.b)


async def test_it_bears_every_kind_of_event_and_stays_in_its_tenant(world: World) -> None:
    others, dispatcher = await fill(world), world.dispatcher
    for event in happenings(world.a):
        assert await dispatcher.call(world.plugin, "on_event", world.a, event=told(event)), (
            event.data,
            dispatcher.counter(world.plugin.name).last_error,
        )
    strange = PluginEvent("stranger.thing", world.a, SHARED, DAY, {"anything": [1, None]})
    assert await dispatcher.call(world.plugin, "on_event", world.a, event=strange)
    assert await world.rows.of(world.b) == others
    assert {event.tenant_id for event in world.emitted} <= {world.a}
    assert {tenant_id for *_, tenant_id in world.enqueued} <= {world.a}


async def test_an_event_that_comes_twice_does_no_more_than_once(world: World) -> None:
    """At least once is all that is promised: after a crash an event comes again."""
    await fill(world)
    dispatcher = world.dispatcher
    for event in happenings(world.a):
        if event.call_id == SHARED:
            await dispatcher.call(world.plugin, "on_event", world.a, event=told(event))
            once = {name: len(rows) for name, rows in (await world.rows.of(world.a)).items()}
            await dispatcher.call(world.plugin, "on_event", world.a, event=told(event))
            assert {name: len(rows) for name, rows in (await world.rows.of(world.a)).items()} == once, event.data


async def test_a_plugin_that_hangs_beside_it_delays_it_in_nothing(world: World) -> None:
    if "on_event" not in world.plugin.hooks:
        pytest.skip("it hears no events")
    stuck = asyncio.Event()

    async def on_event(event: PluginEvent) -> None:
        stuck.set()
        await asyncio.Event().wait()

    hanging = registry(entry_point("bell", None, hang=on_event)).plugins["bell"]
    both = Registry({world.plugin.name: world.plugin, "bell": hanging})
    gate = Gate(frozenset(both.plugins))
    gate.load({world.a: frozenset(both.plugins)})
    dispatcher = Dispatcher(both, world.contexts, timeout=60)
    readers = [
        asyncio.create_task(EventReader(world.redis, one, dispatcher, gate, {EMITTED: decode_emitted}).run())
        for one in both.plugins.values()
    ]
    try:
        async with asyncio.timeout(20):
            while not await world.redis.exists(EMITTED) or len(await world.redis.xinfo_groups(EMITTED)) < 2:
                await asyncio.sleep(0.01)
            for number in range(20):
                await emit(world.redis, PluginEvent("stranger.thing", world.a, SHARED, DAY, {"number": number}))
            await stuck.wait()
            while dispatcher.counter(world.plugin.name).calls < 20:
                await asyncio.sleep(0.01)
        assert dispatcher.counter("bell").calls == 1
        assert dispatcher.counter(world.plugin.name).failures == 0
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)


async def test_its_periodic_jobs_run_for_tenants_that_have_it_on_and_stay_in_them(world: World) -> None:
    others = await fill(world)
    jobs = [job for job in plugin_jobs(world.registry, world.gate, world.contexts) if job.every_minutes]
    if not jobs:
        pytest.skip("it has no periodic jobs")
    for job in jobs:
        assert job.tenants is not None
        assert set(await job.tenants()) == {world.a, world.b}
        for _ in range(2):  # a job whose worker was killed runs again
            with tenant(world.a):
                await job.run()
    assert await world.rows.of(world.b) == others
    await world.switch(world.a, on=False)
    for job in jobs:
        assert job.tenants is not None
        assert await job.tenants() == [world.b]


async def test_a_job_that_waited_while_the_module_was_switched_off_is_dropped(world: World) -> None:
    ran: list[tuple[str, UUID]] = []

    def spying(key: str) -> Any:
        async def run(ctx: Any, *args: Any) -> None:
            ran.append((key, ctx.tenant_id))

        return run

    spied = tuple(msgspec.structs.replace(job, run=spying(job.key)) for job in world.plugin.manifest.jobs)
    if not spied:
        pytest.skip("it has no jobs")
    manifest = msgspec.structs.replace(world.plugin.manifest, jobs=spied)
    loaded = Registry({world.plugin.name: Plugin(manifest, "", world.plugin.hooks)})
    await world.switch(world.a, on=False)
    for job in plugin_jobs(loaded, world.gate, world.contexts):
        for tenant_id in (world.a, world.b):
            with tenant(tenant_id):
                await job.run()
    assert ran == [(job.key, world.b) for job in spied]


async def test_off_it_keeps_its_data_and_on_may_be_said_again(world: World) -> None:
    others = await fill(world)
    before = {name: len(rows) for name, rows in (await world.rows.of(world.a)).items()}
    dispatcher = world.dispatcher
    for hook in ("tenant_disabled", "tenant_enabled", "tenant_enabled"):
        assert await dispatcher.call(world.plugin, hook, world.a), dispatcher.counter(world.plugin.name).last_error
        after = {name: len(rows) for name, rows in (await world.rows.of(world.a)).items()}
        assert all(after[name] >= count for name, count in before.items())
    assert await world.rows.of(world.b) == others


async def test_it_is_unloaded_and_loaded_without_a_trace(world: World) -> None:
    """Uninstalled, its tenants' choice is kept but gives nothing; installed again, all is as it was."""
    await fill(world)
    kept = await world.rows.of(world.a)
    without = Gate(frozenset())
    await load_gate(without)
    assert without.plugins(world.a) == frozenset()
    again = Gate(frozenset({world.plugin.name}))
    await load_gate(again)
    assert again.is_on(world.plugin.name, world.a)
    assert await world.rows.of(world.a) == kept


@pytest.mark.parametrize("process", ["web", "worker", "media"])
async def test_it_starts_and_stops_with_every_process(
    world: World, process: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            async with lifespans(world.registry, process):
                pass
    assert caplog.records == []
