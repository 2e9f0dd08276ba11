"""Calls plugins' runtime hooks: isolated, timed, counted."""

import asyncio
import contextvars
import inspect
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from core.data import DatabaseUnavailable
from core.host.registry import Plugin, Registry

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0


@dataclass(slots=True)
class Counter:
    """What a plugin's hooks have cost in this process."""

    calls: int = 0
    failures: int = 0
    timeouts: int = 0
    seconds: float = 0.0
    last_error: str = ""


@dataclass(slots=True)
class Dispatcher:
    """Calls hooks, one plugin at a time. `context(plugin, tenant)` makes what a hook gets, and is entered around it."""

    registry: Registry
    context: Callable[[Plugin, UUID], Any]
    timeout: float = TIMEOUT_SECONDS
    counters: dict[str, Counter] = field(default_factory=dict)
    _hanging: set[str] = field(default_factory=set)

    def counter(self, name: str) -> Counter:
        return self.counters.setdefault(name, Counter())

    async def call(self, plugin: Plugin, hook: str, tenant_id: UUID, **arguments: Any) -> bool:
        """Call one hook of one plugin in the tenant's scope; True when it succeeded.

        Nothing that a plugin does is raised here. Raises DatabaseUnavailable: that is not its fault, so try again.
        """
        function = plugin.hooks.get(hook)
        if function is None:
            return True
        counter, began = self.counter(plugin.name), time.perf_counter()
        counter.calls += 1
        try:
            async with asyncio.timeout(self.timeout) as limit:
                async with self.context(plugin, tenant_id) as ctx:
                    if inspect.iscoroutinefunction(function):
                        await function(ctx=ctx, **arguments)
                    else:
                        await self._in_thread(plugin.name, lambda: function(ctx=ctx, **arguments))
        except DatabaseUnavailable:
            raise
        except (Exception, SystemExit, asyncio.CancelledError) as error:  # a plugin may fail in any way
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise  # we are told to stop
            if isinstance(error, TimeoutError) and limit.expired():
                counter.timeouts += 1
                counter.last_error = f"{hook} took longer than {self.timeout:g} s"
                log.error("plugin %s: %s", plugin.name, counter.last_error)
            else:
                counter.failures += 1
                counter.last_error = f"{hook}: {type(error).__name__}: {error}"
                log.exception("plugin %s: %s failed", plugin.name, hook)
            return False
        finally:
            counter.seconds += time.perf_counter() - began
        return True

    async def _in_thread(self, name: str, function: Callable[[], Any]) -> None:
        """Run a plain function in a daemon thread: it may block without stopping anybody else.

        While one call of a plugin hangs, its next ones fail at once, so threads never pile up.
        """
        if name in self._hanging:
            raise RuntimeError("an earlier call of this plugin still hangs")
        loop, done = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()

        def finish(error: BaseException | None) -> None:
            self._hanging.discard(name)
            if not done.done():
                done.set_exception(error) if error else done.set_result(None)

        def work() -> None:
            error: BaseException | None = None
            try:
                function()
            except (Exception, SystemExit) as raised:
                error = raised
            loop.call_soon_threadsafe(finish, error)

        self._hanging.add(name)
        scope = contextvars.copy_context()
        threading.Thread(target=scope.run, args=(work,), name=f"plugin {name}", daemon=True).start()
        await done
