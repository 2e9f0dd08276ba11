"""Enters the plugins' lifespans when a process starts, and leaves them when it stops; one that fails is left out."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from core.host.registry import Registry

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class RunningHost:
    """Implements core.api.context.Host."""

    process: str


@asynccontextmanager
async def lifespans(registry: Registry, process: str) -> AsyncIterator[None]:
    """The plugins' lifespans around a process ("web", "worker" or "media")."""
    async with AsyncExitStack() as stack:
        for plugin in registry.plugins.values():
            if hook := plugin.hooks.get("lifespan"):
                try:
                    async with asyncio.timeout(TIMEOUT_SECONDS):
                        await stack.enter_async_context(_guarded(plugin.name, hook(host=RunningHost(process))))
                except Exception:  # the process starts without this plugin's connections
                    log.exception("plugin %s: its lifespan could not be entered", plugin.name)
        yield


@asynccontextmanager
async def _guarded(name: str, manager: AbstractAsyncContextManager[None]) -> AsyncIterator[None]:
    """A plugin's context manager; what it raises on the way out is logged, and it may not hang."""
    await manager.__aenter__()
    try:
        yield
    finally:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await manager.__aexit__(None, None, None)
        except Exception:
            log.exception("plugin %s: its lifespan could not be left", name)
