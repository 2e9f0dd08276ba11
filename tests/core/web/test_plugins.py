"""A plugin's routes, files and panel in the web application, and its silence for tenants without it."""

import re
import sys

import pytest
from httpx import AsyncClient
from playwright.async_api import Page, expect
from redis.asyncio import Redis

from core.config import Settings
from core.data import Database, tenant
from core.data.migrate import App, migrate
from core.host.gate import Gate
from core.host.registry import Registry
from core.host.service import load_gate
from core.identity.service import create_user
from core.identity.tables import User
from core.roles.guards import routes_without_permission
from core.roles.model import Catalogue
from core.tenancy.service import set_module
from core.web.app import create_app
from tests.core.web.conftest import PASSWORD, Visitor, serving, token
from tests.core.web.support import sign_in


@pytest.fixture
def registry(example: Registry) -> Registry:
    """The example plugin."""
    return example


@pytest.fixture
async def site(registry: Registry, settings: Settings, database: Database, redis: Redis, kari: User, ola: User):
    """The address of an app with the plugin on for Kari's company and off for Ola's."""
    assert sys.modules["nightbell"]
    await migrate(
        database,
        [App.load(f"core.{name}.piccolo_app") for name in ("data", "tenancy")] + [App.load("nightbell.piccolo_app")],
    )
    with tenant(kari.tenant_id):
        await set_module("nightbell", entitled=True, enabled=True)
        await create_user("user@a.example", "User", PASSWORD, role="user")
    gate = Gate(frozenset(registry.plugins))
    await load_gate(gate)
    app = create_app(settings, database, redis, registry, gate)
    catalogue = Catalogue(plugin.manifest for plugin in registry.plugins.values())
    assert list(routes_without_permission(app, catalogue)) == []
    async with serving(app, settings) as url:
        yield url


async def test_routes_answer_where_the_plugin_is_on_and_do_not_exist_where_it_is_off(site: str) -> None:
    async with AsyncClient(base_url=site) as one, AsyncClient(base_url=site) as other:
        kari, ola = Visitor(one), Visitor(other)
        assert (await one.get("/p/nightbell/rings")).status_code == 401
        await kari.sign_in("kari@a.example")
        await ola.sign_in("ola@b.example")
        assert (await one.get("/p/nightbell/rings")).json() == []
        assert (await other.get("/p/nightbell/rings")).status_code == 404


async def test_a_role_below_the_permissions_level_is_refused(site: str) -> None:
    async with AsyncClient(base_url=site) as client:
        user = Visitor(client)
        await user.sign_in("user@a.example")
        csrf = token((await user.get("/live")).text)
        assert (await client.get("/p/nightbell/rings")).status_code == 200
        refused = await client.delete("/p/nightbell/rings", headers={"x-csrf-token": csrf})
        assert refused.status_code == 403


async def test_the_panel_is_on_the_live_page_of_those_who_have_it(tab: Page, site: str) -> None:
    await sign_in(tab, site, "kari@a.example", PASSWORD)
    await expect(tab.locator("nightbell-rings ul")).to_be_attached()
    module = await tab.locator("nightbell-rings").get_attribute("data-module")
    assert re.fullmatch(r"/p/nightbell/static/[0-9a-f]{12}/rings\.js", module)
    await tab.context.clear_cookies()
    await sign_in(tab, site, "ola@b.example", PASSWORD)
    await expect(tab.locator("sb-queues .card")).to_be_visible()
    await expect(tab.locator("nightbell-rings")).to_have_count(0)
