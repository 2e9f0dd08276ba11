"""Lifespans of plugins: one that fails or hangs does not keep the process from starting or stopping."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from core.host import lifespan as module
from core.host.lifespan import lifespans
from tests.core.host.plugins import entry_point, registry


async def test_a_lifespan_that_fails_or_hangs_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.1)
    happened: list[str] = []

    @asynccontextmanager
    async def raises(host: Any) -> AsyncIterator[None]:
        raise OSError("no line")
        yield

    @asynccontextmanager
    async def hangs(host: Any) -> AsyncIterator[None]:
        await asyncio.Event().wait()
        yield

    @asynccontextmanager
    async def stuck(host: Any) -> AsyncIterator[None]:
        happened.append("stuck entered")
        yield
        await asyncio.Event().wait()

    @asynccontextmanager
    async def good(host: Any) -> AsyncIterator[None]:
        happened.append(host.process)
        yield
        happened.append("left")

    points = []
    for name, hook in {"a": raises, "b": hangs, "c": good, "d": stuck}.items():
        hook.__name__ = "lifespan"
        points.append(entry_point(f"bell_{name}", None, lifespan=hook))
    found = registry(*points)
    assert found.broken == ()
    async with lifespans(found, "worker"):
        assert happened == ["worker", "stuck entered"]
    assert happened[-1] == "left"
