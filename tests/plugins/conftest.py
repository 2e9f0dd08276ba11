"""Our own plugins as an installation has them: found by their entry points, migrated, on for tenant A."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from importlib.metadata import entry_points
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from httpx import AsyncClient
from litestar import Litestar
from redis.asyncio import Redis

from core.api import Context
from core.api.hookspecs import ENTRY_POINTS
from core.config import Settings
from core.data import Database, tenant, uuid7
from core.data.migrate import App, migrate
from core.host.context import ContextFactory
from core.host.loader import load
from core.host.registry import Registry
from core.identity.service import create_user
from core.tenancy.service import set_module
from core.web.app import create_app
from tests.conftest import core_apps
from tests.core.web.conftest import PASSWORD, Visitor, chromium, serving, settings, tab, token  # noqa: F401  (fixtures)


async def _nothing(*_: Any, **__: Any) -> None: ...


CONTEXTS = ContextFactory(_nothing, _nothing)


@pytest_asyncio.fixture
async def registry(request: pytest.FixtureRequest, database: Database, tenant_a: UUID) -> Registry:
    """The plugin in whose folder the test lies: its tables made, on for tenant A and not for B."""
    name = request.path.parent.name
    registry = load(entry_points(group=ENTRY_POINTS, name=name))
    assert list(registry.plugins) == [name], registry.broken
    await migrate(database, [*core_apps(), App.load(registry.plugins[name].manifest.piccolo_app)])
    with tenant(tenant_a):
        await set_module(name, entitled=True, enabled=True)
    return registry


@pytest.fixture
def app(settings: Settings, database: Database, redis: Redis, registry: Registry) -> Litestar:  # noqa: F811
    """The web application with the plugin."""
    return create_app(settings, database, redis, registry, contexts=CONTEXTS)


@pytest_asyncio.fixture
async def ctx(registry: Registry, tenant_a: UUID) -> AsyncIterator[Context]:
    """What the plugin's code gets for tenant A; the test works in that tenant through it."""
    (plugin,) = registry.plugins.values()
    with tenant(tenant_a):
        yield await CONTEXTS.here(plugin)


@pytest_asyncio.fixture
async def visit(app: Litestar, settings: Settings, tenant_a: UUID) -> AsyncIterator[Callable[..., Any]]:  # noqa: F811
    """Signs somebody in: `await visit()`, by default an administrator of tenant A."""
    async with serving(app, settings) as address, AsyncExitStack() as stack:

        async def sign_in(tenant_id: UUID = tenant_a, role: str = "administrator") -> Visitor:
            with tenant(tenant_id):
                user = await create_user(f"{uuid7().hex}@a.example", "Somebody", PASSWORD, role=role)
            visitor = Visitor(await stack.enter_async_context(AsyncClient(base_url=address)))
            await visitor.sign_in(user.email)
            visitor.csrf = token((await visitor.get("/live")).text)
            return visitor

        yield sign_in
