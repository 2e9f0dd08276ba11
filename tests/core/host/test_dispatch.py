"""The dispatcher: order, isolation, time limits and counting of plugins' hooks."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from core.host.dispatch import Dispatcher
from core.host.registry import Plugin
from tests.core.host.plugins import entry_point, registry

TENANT = uuid4()


@asynccontextmanager
async def context(plugin: Plugin, tenant_id: UUID) -> AsyncIterator[tuple[str, UUID]]:
    yield plugin.name, tenant_id


def dispatcher(is_on: Callable[[str, UUID], bool] = lambda *_: True, **handlers: Callable[..., Any]) -> Dispatcher:
    """A dispatcher over plugins named as the keywords, each with this on_event."""
    points = []
    for name, handler in handlers.items():
        handler.__name__ = "on_event"
        points.append(entry_point(name, None, on_event=handler))
    found = registry(*points)
    assert not found.broken
    return Dispatcher(found, is_on, context, timeout=0.2)


async def test_events_reach_each_plugin_in_order() -> None:
    seen: list[int] = []

    async def bell(event: int) -> None:
        await asyncio.sleep(0)
        seen.append(event)

    async with dispatcher(bell=bell) as host:
        for number in range(50):
            host.publish(TENANT, event=number)
        await host.settled()
    assert seen == list(range(50))


async def test_a_plugin_that_raises_hangs_or_blocks_costs_the_others_nothing() -> None:
    seen: list[int] = []
    release = threading.Event()

    async def good(event: int) -> None:
        seen.append(event)

    async def raises(event: int) -> None:
        raise ValueError("broken bell")

    async def hangs(event: int) -> None:
        await asyncio.Event().wait()

    def blocks(event: int) -> None:
        release.wait()

    async with dispatcher(good=good, raises=raises, hangs=hangs, blocks=blocks) as host:
        host.publish(TENANT, event=1)
        host.publish(TENANT, event=2)
        await host.settled()
        release.set()
        assert seen == [1, 2]
        assert (host.counter("raises").failures, host.counter("raises").last_error) == (
            2,
            "on_event: ValueError: broken bell",
        )
        assert host.counter("hangs").timeouts == 2
        assert (host.counter("blocks").timeouts, host.counter("blocks").failures) == (1, 1)
        assert "still hangs" in host.counter("blocks").last_error
        assert host.counter("good").calls == 2


async def test_a_plugin_that_is_off_hears_nothing_even_of_what_waited() -> None:
    seen: list[int] = []
    on = {"bell"}
    first = asyncio.Event()

    async def bell(event: int) -> None:
        await first.wait()
        seen.append(event)

    async with dispatcher(lambda plugin, _: plugin in on, bell=bell) as host:
        host.publish(TENANT, event=1)
        host.publish(TENANT, event=2)
        await asyncio.sleep(0)  # the first is being handled, the second waits
        on.clear()
        host.publish(TENANT, event=3)
        first.set()
        await host.settled()
    assert seen == [1]


async def test_events_beyond_what_a_slow_plugin_may_hold_are_dropped_and_counted() -> None:
    async def hangs(event: int) -> None:
        await asyncio.Event().wait()

    async with dispatcher(hangs=hangs) as host:
        for number in range(1005):
            host.publish(TENANT, event=number)
        assert host.counter("hangs").dropped == 5


async def test_a_hook_that_a_plugin_does_not_have_is_no_failure() -> None:
    async def bell(event: int) -> None: ...

    host = dispatcher(bell=bell)
    assert await host.call(host.registry.plugins["bell"], "tenant_enabled", TENANT)
    assert host.counter("bell").calls == 0
