"""`sentralbord up`: the data services and all processes of one machine, kept running until told to stop."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.config import Settings
from core.host.loader import load
from core.supervisor import Program, Supervisor
from core.wiring import DataServices, migrate_all, require_fit

log = logging.getLogger(__name__)

CHECK_SECONDS = 1.0
"""How often the embedded services are looked at; starting one that runs does nothing."""


def programs(settings: Settings) -> tuple[Program, ...]:
    """The processes of one machine."""
    drain, numbers = settings.media.drain_seconds, range(1, settings.media.processes + 1)
    media = (Program(f"media{n}", ("media", "--number", str(n)), patience=drain) for n in numbers)
    return (Program("web", ("web",)), Program("worker", ("worker",)), *media)


@asynccontextmanager
async def running(settings: Settings, environment: dict[str, str] | None = None) -> AsyncIterator[Supervisor]:
    """Everything of one machine runs inside the block; stopped in order at its end."""
    services = DataServices.of(settings)
    await asyncio.to_thread(services.start)
    keeper: asyncio.Task[None] | None = None
    try:
        await require_fit(settings)
        migrated = await migrate_all(settings, load())
        for done in migrated.done:
            log.info("migrated %s", done)
        for name, reason in migrated.failed.items():
            log.error("plugin %s is not migrated, and so not loaded: %s", name, reason)
        keeper = asyncio.create_task(_keep(services))
        async with Supervisor(programs(settings), environment or dict(os.environ)) as supervisor:
            yield supervisor
    finally:
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        await asyncio.to_thread(services.stop)


async def _keep(services: DataServices) -> None:
    """Start an embedded service again when it has fallen."""
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        for server in (services.postgres, services.redis):
            try:
                if server is not None and not await asyncio.to_thread(server.is_running):
                    log.error("%s has fallen; starting it again", type(server).__name__)
                    await asyncio.to_thread(server.start)
            except Exception:  # tried again at the next look
                log.exception("%s could not be started", type(server).__name__)
