"""Each installed plugin in turn, loaded, migrated and on for two tenants; and its part of the web application."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from httpx import AsyncClient
from litestar import Litestar
from redis.asyncio import Redis

from core.api.context import PluginEvent
from core.api.hookspecs import ENTRY_POINTS
from core.config import Settings, load_settings
from core.data import Database, tenant, uuid7
from core.data.embedded import EmbeddedPostgres
from core.data.migrate import App, migrate
from core.host.context import ContextFactory
from core.host.dispatch import Dispatcher
from core.host.gate import Gate
from core.host.loader import load
from core.host.registry import Plugin, Registry
from core.host.service import Modules, load_gate
from core.identity.service import create_user
from core.roles.model import Catalogue
from core.tenancy.service import set_module
from core.ui.templating import View, show_as
from core.web.app import create_app
from tests.conftest import core_apps
from tests.contract.rows import Rows
from tests.core.web.conftest import PASSWORD, Visitor, serving, token

EXAMPLE = "nightbell"
NAMES = sorted({point.name for point in entry_points(group=ENTRY_POINTS)} | {EXAMPLE})


@pytest.fixture(scope="session", params=NAMES)
def plugin(request: pytest.FixtureRequest, installed: Path) -> Plugin:
    """Each plugin, as the loader makes it."""
    registry = load(entry_points(group=ENTRY_POINTS, name=request.param))
    assert registry.broken == ()
    (found,) = registry.plugins.values()
    return found


@pytest.fixture(autouse=True)
def shown_in_english() -> Iterator[None]:
    yield
    show_as(View())


@dataclass
class World:
    """The plugin, on for the tenants `a` and `b`; what it enqueues and emits is kept here."""

    plugin: Plugin
    database: Database
    redis: Redis
    a: UUID
    b: UUID
    rows: Rows
    gate: Gate
    enqueued: list[tuple[str, tuple[Any, ...], UUID]] = field(default_factory=list)
    emitted: list[PluginEvent] = field(default_factory=list)

    @property
    def registry(self) -> Registry:
        return Registry({self.plugin.name: self.plugin})

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue([self.plugin.manifest])

    @property
    def contexts(self) -> ContextFactory:
        async def enqueue(job: str, *args: Any, tenant_id: UUID, delay: float = 0) -> None:
            self.enqueued.append((job, args, tenant_id))

        async def emit(event: PluginEvent) -> None:
            self.emitted.append(event)

        return ContextFactory(enqueue, emit)

    @property
    def dispatcher(self) -> Dispatcher:
        return Dispatcher(self.registry, self.contexts)

    async def switch(self, tenant_id: UUID, *, on: bool) -> None:
        """As an administrator does, in some other process."""
        with tenant(tenant_id):
            await Modules(self.redis, self.gate, self.dispatcher).switch(self.plugin.name, on=on)

    def app(self) -> Litestar:
        """The web application of another process: with a gate of its own."""
        return create_app(SETTINGS, self.database, self.redis, self.registry, contexts=self.contexts)


SETTINGS: Settings = load_settings(environment={"SENTRALBORD_WEB__PORT": "0"})


def apps(plugin: Plugin) -> list[App]:
    """Core's tables and the plugin's."""
    module = plugin.manifest.piccolo_app
    return [*core_apps(), *([App.load(module)] if module else [])]


@pytest_asyncio.fixture
async def world(
    plugin: Plugin, postgres: EmbeddedPostgres, database: Database, redis: Redis, tenant_a: UUID, tenant_b: UUID
) -> AsyncIterator[World]:
    await migrate(database, apps(plugin))
    superuser = await asyncpg.connect(
        postgres.superuser_url, database=database.url.rpartition("@/")[2].partition("?")[0]
    )
    gate = Gate(frozenset({plugin.name}))
    for tenant_id in (tenant_a, tenant_b):
        with tenant(tenant_id):
            await set_module(plugin.name, entitled=True, enabled=True)
    await load_gate(gate)
    tables = App.load(plugin.manifest.piccolo_app).tables if plugin.manifest.piccolo_app else ()
    yield World(plugin, database, redis, tenant_a, tenant_b, Rows(superuser, tables), gate)
    await superuser.close()


@asynccontextmanager
async def signed_in(app: Litestar, tenant_id: UUID, role: str = "administrator") -> AsyncIterator[Visitor]:
    """Somebody of a tenant who has signed in to the running app; `csrf` is the token of her pages."""
    with tenant(tenant_id):
        user = await create_user(f"{uuid7().hex}@{tenant_id}.example", "Somebody", PASSWORD, role=role)
    async with serving(app, SETTINGS) as url, AsyncClient(base_url=url) as client:
        visitor = Visitor(client)
        await visitor.sign_in(user.email)
        visitor.csrf = token((await visitor.get("/live")).text)
        yield visitor
