"""The dispatcher: isolation, time limits and counting of plugins' hooks."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.data import DatabaseUnavailable
from core.host.dispatch import Dispatcher
from core.host.registry import Plugin
from tests.core.host.plugins import entry_point, registry

TENANT = uuid4()


@asynccontextmanager
async def context(plugin: Plugin, tenant_id: UUID) -> AsyncIterator[tuple[str, UUID]]:
    yield plugin.name, tenant_id


def dispatcher(handler: Callable[..., Any], *, timeout: float = 30) -> tuple[Dispatcher, Plugin]:
    """A dispatcher over the plugin `bell` with this on_event."""
    handler.__name__ = "on_event"
    found = registry(entry_point("bell", None, on_event=handler))
    assert not found.broken
    return Dispatcher(found, context, timeout=timeout), found.plugins["bell"]


async def test_a_hook_gets_its_context_and_is_counted() -> None:
    seen: list[Any] = []

    async def bell(ctx: Any, event: int) -> None:
        seen.append((ctx, event))

    host, plugin = dispatcher(bell)
    assert await host.call(plugin, "on_event", TENANT, event=1)
    assert seen == [(("bell", TENANT), 1)]
    assert (host.counter("bell").calls, host.counter("bell").failures) == (1, 0)


async def test_a_hook_that_raises_is_counted_with_its_error() -> None:
    async def bell(event: int) -> None:
        raise ValueError("broken bell")

    host, plugin = dispatcher(bell)
    assert not await host.call(plugin, "on_event", TENANT, event=1)
    assert (host.counter("bell").failures, host.counter("bell").last_error) == (1, "on_event: ValueError: broken bell")


@pytest.mark.parametrize("error", [SystemExit, asyncio.CancelledError, TimeoutError])
async def test_a_hook_that_exits_or_cancels_is_a_failure_of_its_plugin_alone(error: type[BaseException]) -> None:
    async def bell(event: int) -> None:
        raise error

    def plain(event: int) -> None:
        raise SystemExit

    for handler in (bell, plain):
        host, plugin = dispatcher(handler)
        assert not await host.call(plugin, "on_event", TENANT, event=1)
        assert not await host.call(plugin, "on_event", TENANT, event=2)
        assert (host.counter("bell").failures, host.counter("bell").timeouts) == (2, 0)


async def test_who_is_told_to_stop_while_a_hook_runs_stops() -> None:
    entered = asyncio.Event()

    async def bell(event: int) -> None:
        entered.set()
        await asyncio.Event().wait()

    host, plugin = dispatcher(bell)
    task = asyncio.create_task(host.call(plugin, "on_event", TENANT, event=1))
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_database_that_is_away_is_no_fault_of_the_plugin() -> None:
    async def bell(event: int) -> None:
        raise DatabaseUnavailable("restarting")

    host, plugin = dispatcher(bell)
    with pytest.raises(DatabaseUnavailable):
        await host.call(plugin, "on_event", TENANT, event=1)
    assert host.counter("bell").failures == 0


async def test_a_hook_that_hangs_is_ended_when_its_time_is_up() -> None:
    async def bell(event: int) -> None:
        await asyncio.Event().wait()

    host, plugin = dispatcher(bell, timeout=0.2)
    assert not await host.call(plugin, "on_event", TENANT, event=1)
    assert host.counter("bell").timeouts == 1


async def test_a_plain_hook_that_blocks_stops_nobody_and_gets_nothing_more_meanwhile() -> None:
    release = threading.Event()
    returned = asyncio.Event()
    loop = asyncio.get_running_loop()

    def bell(event: int) -> None:
        release.wait()
        loop.call_soon_threadsafe(returned.set)

    host, plugin = dispatcher(bell, timeout=1)
    assert not await host.call(plugin, "on_event", TENANT, event=1)
    assert not await host.call(plugin, "on_event", TENANT, event=2)
    assert (host.counter("bell").timeouts, host.counter("bell").failures) == (1, 1)
    assert "still hangs" in host.counter("bell").last_error
    release.set()
    await returned.wait()
    while not await host.call(plugin, "on_event", TENANT, event=3):
        await asyncio.sleep(0)
    assert host.counter("bell").timeouts == 1


async def test_a_hook_that_a_plugin_does_not_have_is_no_failure() -> None:
    async def bell(event: int) -> None: ...

    host, plugin = dispatcher(bell)
    assert await host.call(plugin, "tenant_enabled", TENANT)
    assert host.counter("bell").calls == 0
