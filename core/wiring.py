"""What every process opens: settings, the data services, the plugins, and the list of core's own tables."""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from core.config import Settings
from core.data import Database
from core.data.embedded import EmbeddedPostgres, EmbeddedRedis
from core.data.migrate import App, migrate
from core.data.redis import connect_redis
from core.host.gate import Gate
from core.host.loader import load
from core.host.registry import Registry

CORE_APPS = (
    "core.data.piccolo_app",
    "core.tenancy.piccolo_app",
    "core.identity.piccolo_app",
    "core.directory.piccolo_app",
    "core.audio.piccolo_app",
    "core.calls.piccolo_app",
    "core.queues.piccolo_app",
    "core.flows.piccolo_app",
    "core.telephony.piccolo_app",
)
"""Packages of core that have tables."""


@dataclass(frozen=True, slots=True)
class DataServices:
    """The data services of an installation: embedded ones to look after, or addresses of external ones."""

    database_url: str
    redis_url: str
    postgres: EmbeddedPostgres | None
    redis: EmbeddedRedis | None

    @classmethod
    def of(cls, settings: Settings) -> "DataServices":
        folder = folder_of(settings)
        postgres = None if settings.data.database_url else EmbeddedPostgres(folder)
        redis = None if settings.data.redis_url else EmbeddedRedis(folder)
        return cls(
            postgres.url if postgres else settings.data.database_url,
            redis.url if redis else settings.data.redis_url,
            postgres,
            redis,
        )

    def start(self) -> None:
        """Start the embedded ones unless they run."""
        for server in (self.postgres, self.redis):
            if server is not None:
                server.start()

    def stop(self) -> None:
        """Stop the embedded ones, with everything on the disk."""
        for server in (self.redis, self.postgres):
            if server is not None:
                server.stop()


@dataclass(frozen=True, slots=True)
class Installation:
    """What a process works with while it runs."""

    settings: Settings
    services: DataServices
    database: Database
    redis: Redis
    registry: Registry
    gate: Gate


@asynccontextmanager
async def open_installation(settings: Settings) -> AsyncIterator[Installation]:
    """The installation of these settings, closed at the end of the block; its data services must run."""
    services, registry = DataServices.of(settings), load()
    redis = connect_redis(services.redis_url)
    try:
        async with Database(services.database_url) as database:
            gate = Gate(frozenset(registry.plugins))
            yield Installation(settings, services, database, redis, registry, gate)
    finally:
        await redis.aclose()


async def migrate_all(settings: Settings, registry: Registry) -> list[str]:
    """Bring the database to the state that core and the plugins need; returns what was done."""
    return await migrate(Database(DataServices.of(settings).database_url), apps(registry))


def apps(registry: Registry) -> list[App]:
    """The tables and migrations of core and of every loaded plugin."""
    plugins = (plugin.manifest.piccolo_app for plugin in registry.plugins.values())
    return [App.load(module) for module in (*CORE_APPS, *filter(None, plugins))]


def folder_of(settings: Settings) -> Path:
    """The data folder, absolute, made if need be."""
    folder = Path(settings.data.folder).expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def secret_of(settings: Settings) -> str:
    """The installation's secret for signing tokens, made at first use; readable by its owner only."""
    file = folder_of(settings) / "secret"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    with os.fdopen(descriptor, "w") as handle:
        secret = secrets.token_hex(32)
        handle.write(secret)
    return secret
