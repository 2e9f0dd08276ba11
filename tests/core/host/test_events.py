"""Events reach plugins in order, once each, whoever reads, and only while the plugin is on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from core.api.context import PluginEvent
from core.data import DatabaseUnavailable
from core.host import events
from core.host.dispatch import Dispatcher
from core.host.events import EMITTED, EventReader, decode_emitted, emit
from core.host.gate import Gate
from core.host.registry import Plugin
from tests.core.host.plugins import entry_point, registry
from tests.waiting import until

TENANT, OTHER = uuid4(), uuid4()


@asynccontextmanager
async def context(plugin: Plugin, tenant_id: UUID) -> AsyncIterator[None]:
    yield None


def event(number: int, tenant_id: UUID = TENANT) -> PluginEvent:
    return PluginEvent("horn.blown", tenant_id, uuid4(), datetime.now(UTC), {"number": number})


class Bell:
    """The plugin `bell` with a handler, and readers for it as several workers would have them."""

    def __init__(self, redis: Redis, handler: Callable[[PluginEvent], Any]) -> None:
        async def on_event(event: PluginEvent) -> None:
            await handler(event)

        found = registry(entry_point("bell", None, on_event=on_event))
        self.redis = redis
        self.gate = Gate(frozenset({"bell"}))
        self.gate.load({TENANT: frozenset({"bell"})})
        self.dispatcher = Dispatcher(found, context, timeout=5)
        self.plugin = found.plugins["bell"]

    @asynccontextmanager
    async def reading(self) -> AsyncIterator["asyncio.Task[None]"]:
        reader = EventReader(self.redis, self.plugin, self.dispatcher, self.gate, {EMITTED: decode_emitted})
        task = asyncio.create_task(reader.run())
        try:
            while not await self.redis.exists(EMITTED) or not await self.redis.xinfo_groups(EMITTED):
                await asyncio.sleep(0.01)
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_events_come_in_order_and_only_those_of_tenants_that_have_the_plugin_on(redis: Redis) -> None:
    seen: list[int] = []

    async def handler(event: PluginEvent) -> None:
        await asyncio.sleep(0)
        seen.append(event.data["number"])

    async with Bell(redis, handler).reading():
        for number in range(60):
            await emit(redis, event(number, OTHER if number % 3 == 0 else TENANT))
        await until(lambda: len(seen) == 40)
    assert seen == [number for number in range(60) if number % 3]


async def test_a_handler_that_raises_is_skipped_and_the_next_event_comes(redis: Redis) -> None:
    seen: list[int] = []

    async def handler(event: PluginEvent) -> None:
        seen.append(event.data["number"])
        if event.data["number"] == 1:
            raise ValueError("broken bell")

    bell = Bell(redis, handler)
    async with bell.reading():
        for number in range(3):
            await emit(redis, event(number))
        await until(lambda: seen == [0, 1, 2])
    assert bell.dispatcher.counter("bell").failures == 1


async def test_while_the_database_is_away_events_wait_and_none_is_lost(redis: Redis) -> None:
    seen: list[int] = []
    away = [DatabaseUnavailable("restarting")] * 2

    async def handler(event: PluginEvent) -> None:
        if event.data["number"] == 1 and away:
            raise away.pop()
        seen.append(event.data["number"])

    bell = Bell(redis, handler)
    async with bell.reading():
        for number in range(3):
            await emit(redis, event(number))
        await until(lambda: seen == [0, 1, 2])
    assert bell.dispatcher.counter("bell").failures == 0


async def test_a_plugin_does_not_hear_its_own_events(redis: Redis) -> None:
    seen: list[str] = []

    async def handler(event: PluginEvent) -> None:
        seen.append(event.name)

    async with Bell(redis, handler).reading():
        await emit(redis, PluginEvent("bell.rung", TENANT, uuid4(), datetime.now(UTC), {}))
        await emit(redis, PluginEvent("bell_tower.rung", TENANT, uuid4(), datetime.now(UTC), {}))
        await until(lambda: seen == ["bell_tower.rung"])


async def test_switched_off_in_between_the_plugin_hears_no_more(redis: Redis) -> None:
    seen: list[int] = []

    async def handler(event: PluginEvent) -> None:
        seen.append(event.data["number"])
        bell.gate.load({OTHER: frozenset({"bell"})})

    bell = Bell(redis, handler)
    async with bell.reading():
        await emit(redis, event(0))
        await emit(redis, event(1))
        await emit(redis, event(2, OTHER))
        await until(lambda: len(seen) == 2)
    assert seen == [0, 2]


async def test_two_workers_read_for_a_plugin_in_turn_and_nothing_is_handled_twice(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LEASE_SECONDS", 1)
    monkeypatch.setattr(events, "BLOCK_MILLISECONDS", 100)
    seen: list[int] = []

    async def handler(event: PluginEvent) -> None:
        seen.append(event.data["number"])

    bell = Bell(redis, handler)
    async with bell.reading() as first, bell.reading():
        for number in range(20):
            await emit(redis, event(number))
        await until(lambda: len(seen) == 20)
        first.cancel()
        for number in range(20, 40):
            await emit(redis, event(number))
        await until(lambda: len(seen) == 40)
    assert seen == list(range(40))


async def test_an_event_that_was_not_acknowledged_comes_again(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LEASE_SECONDS", 1)
    seen: list[int] = []
    stuck = asyncio.Event()

    async def hangs(event: PluginEvent) -> None:
        stuck.set()
        await asyncio.Event().wait()

    async def handler(event: PluginEvent) -> None:
        seen.append(event.data["number"])

    async with Bell(redis, hangs).reading():
        await emit(redis, event(7))
        await stuck.wait()
    async with Bell(redis, handler).reading():
        await until(lambda: seen == [7])
