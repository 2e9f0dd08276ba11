"""What every process opens: settings, the data services, the plugins, and the list of core's own tables."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from core.config import Settings
from core.data import Database
from core.data.embedded import EmbeddedPostgres, EmbeddedRedis
from core.data.fitness import Unreachable, examine_postgres, examine_redis
from core.data.migrate import App, MigrationError, migrate
from core.data.redis import connect_redis
from core.host.context import ContextFactory, Enqueue
from core.host.dispatch import Dispatcher
from core.host.events import emit
from core.host.fitness import without_unfit
from core.host.gate import Gate
from core.host.jobs import plugin_jobs
from core.host.loader import load
from core.host.registry import Registry
from core.host.service import Modules
from core.host.settings import PluginSettings
from core.identity.vault import Vault
from core.jobs.model import WorkerJob
from core.jobs.service import Jobs

CORE_APPS = (
    "core.data.piccolo_app",
    "core.tenancy.piccolo_app",
    "core.audit.piccolo_app",
    "core.identity.piccolo_app",
    "core.roles.piccolo_app",
    "core.host.piccolo_app",
    "core.directory.piccolo_app",
    "core.audio.piccolo_app",
    "core.messages.piccolo_app",
    "core.schedules.piccolo_app",
    "core.calls.piccolo_app",
    "core.queues.piccolo_app",
    "core.flows.piccolo_app",
    "core.telephony.piccolo_app",
    "core.platform.piccolo_app",
    "core.retention.piccolo_app",
    "core.exports.piccolo_app",
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


async def require_fit(settings: Settings) -> None:
    """Raise Unfit when an external PostgreSQL or Redis cannot be used; the embedded ones are ours."""
    if settings.data.database_url:
        await examine_postgres(settings.data.database_url)
    if settings.data.redis_url:
        await examine_redis(settings.data.redis_url)


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
    """The installation of these settings, closed at the end of the block. Raises Unfit for data services that cannot
    be used; one that is only away is waited for where it is needed."""
    services = DataServices.of(settings)
    with suppress(Unreachable):
        await require_fit(settings)
    redis = connect_redis(services.redis_url)
    try:
        async with Database(services.database_url) as database:
            registry = await without_unfit(load(), database)
            gate = Gate(frozenset(registry.plugins))
            yield Installation(settings, services, database, redis, registry, gate)
    finally:
        await redis.aclose()


@dataclass(frozen=True, slots=True)
class PluginHost:
    """What calls into the plugins. `jobs`: those of core and of the plugins; `enqueue`: has one of them run."""

    contexts: ContextFactory
    enqueue: Enqueue
    dispatcher: Dispatcher
    jobs: Sequence[WorkerJob]

    def modules(self, installation: Installation) -> Modules:
        """What switches modules on and off."""
        return Modules(installation.redis, installation.gate, self.dispatcher)


@asynccontextmanager
async def open_host(installation: Installation, core_jobs: Sequence[WorkerJob] = ()) -> AsyncIterator[PluginHost]:
    """The plugin host of an installation; its connections are closed at the end of the block."""

    async def enqueue(job: str, *args: Any, tenant_id: UUID, delay: float = 0) -> None:
        await client.enqueue(job, *args, tenant_id=tenant_id, delay=delay)

    vault = Vault(installation.settings.web.secret_key, folder_of(installation.settings))
    contexts = ContextFactory(enqueue, partial(emit, installation.redis), PluginSettings(vault))
    jobs = (*core_jobs, *plugin_jobs(installation.registry, installation.gate, contexts))
    client = Jobs(installation.services.redis_url, jobs)
    try:
        yield PluginHost(contexts, enqueue, Dispatcher(installation.registry, contexts), jobs)
    finally:
        await client.close()


@dataclass(frozen=True, slots=True)
class Migrated:
    """What was done, as "app: id", and why the plugins that could not be migrated could not, by name."""

    done: list[str]
    failed: dict[str, str]


async def migrate_all(settings: Settings, registry: Registry) -> Migrated:
    """Bring the database to the state that core and the plugins need; a plugin that fails costs only itself.

    Raises MigrationError when core's own migrations fail.
    """
    database, core = Database(DataServices.of(settings).database_url), core_apps()
    done, failed = await migrate(database, core), {}
    for name, plugin in registry.plugins.items():
        if module := plugin.manifest.piccolo_app:
            try:
                done += await migrate(database, [*core, App.load(module)])
            except MigrationError as error:
                failed[name] = str(error)
    return Migrated(done, failed)


def core_apps() -> list[App]:
    """The tables and migrations of core."""
    return [App.load(module) for module in CORE_APPS]


def folder_of(settings: Settings) -> Path:
    """The data folder, absolute; made if need be, and then closed to the machine's other users."""
    folder = Path(settings.data.folder).expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
