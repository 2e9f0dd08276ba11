"""Its part of the web application: permissions, forgery, silence when off, and tenants apart."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from litestar import Litestar

from core.api import PUBLIC, AccessLevel, Slot
from core.data import tenant
from core.roles.service import NewLevels, change_levels, create_role
from core.tenancy.service import set_module
from core.web.csrf import SAFE
from core.web.plugins import Plugins
from tests.contract.conftest import SETTINGS, World, signed_in
from tests.contract.rows import SHARED
from tests.core.web.conftest import Visitor, serving
from tests.core.web.support import Route, routes_of

MARKS = ("only-tenant-a-may-read-this", "only-tenant-b-may-read-this")
SILENT = 404


def routes(app: Litestar, world: World) -> list[Route]:
    """The plugin's routes without its files."""
    found = [route for route in routes_of(app, SHARED) if route.path.startswith(f"/p/{world.plugin.name}/")]
    found = [route for route in found if "/static/" not in route.path]
    if not found:
        pytest.skip("it has no routes")
    return found


async def role_with(world: World, level: AccessLevel) -> str:
    """A role of tenant A that may do what a user may, with this level in the plugin."""
    with tenant(world.a):
        role = await create_role(world.redis, world.catalogue, f"Role with {level.name}", "user")
        new = NewLevels(role.version, {world.plugin.name: level})
        await change_levels(world.redis, world.catalogue, {UUID(role.key): new})
    return role.key


async def ask(visitor: Visitor, route: Route, **headers: str) -> Response:
    """The route, asked with the token of the visitor's pages."""
    return await visitor.client.request(route.method, route.path, headers={"x-csrf-token": visitor.csrf} | headers)


async def test_who_has_not_signed_in_is_refused_and_led_to_the_sign_in(world: World) -> None:
    app = world.app()
    closed = [route for route in routes(app, world) if route.permission != PUBLIC]
    async with serving(app, SETTINGS) as url, AsyncClient(base_url=url) as client:
        stranger = Visitor(client)
        await stranger.get("/sign-in")
        stranger.csrf = stranger.cookie("csrf")
        for route in closed:
            assert (await ask(stranger, route)).status_code == 401, route
            if route.method == "GET" and "/api/" not in route.path:  # which is for programs
                page = await stranger.get(route.path)
                assert (page.status_code, page.headers["location"].partition("?")[0]) == (302, "/sign-in")


@pytest.mark.parametrize("level", AccessLevel)
async def test_each_route_asks_for_the_level_of_its_permission(world: World, level: AccessLevel) -> None:
    app, needed = world.app(), {permission.key: permission.level for permission in world.plugin.manifest.permissions}
    closed = [route for route in routes(app, world) if route.permission != PUBLIC]
    async with signed_in(app, world.a, await role_with(world, level)) as visitor:
        for route in closed:
            answer = await ask(visitor, route)
            if level < needed[route.permission]:
                assert answer.status_code == 403, route
            else:
                assert answer.status_code not in (401, 403), route
                assert answer.status_code < 500, (route, answer.text)


async def test_a_change_without_the_token_of_the_page_is_refused(world: World) -> None:
    app = world.app()
    unsafe = [route for route in routes(app, world) if route.method not in SAFE]
    async with signed_in(app, world.a) as visitor:
        for route in unsafe:
            for csrf in ("", "wrong"):
                assert (await ask(visitor, route, **{"x-csrf-token": csrf})).status_code == 403, route
            assert (await ask(visitor, route, origin="https://evil.example")).status_code == 403, route


async def test_off_its_routes_do_not_exist_and_on_again_they_do_in_every_process(world: World) -> None:
    here, there = world.app(), world.app()
    every = routes(here, world)
    await world.rows.fill(world.a, MARKS[0])
    reads = [route for route in every if route.method == "GET"]
    async with signed_in(here, world.a) as one, signed_in(there, world.a) as other:
        before = [(await ask(one, route)).status_code for route in reads]
        assert set(before) != {SILENT}
        await world.switch(world.a, on=False)
        for visitor in (one, other):
            await until(visitor, every[0], silent=True)
            for route in every:
                for csrf in (visitor.csrf, ""):
                    answer = await ask(visitor, route, **{"x-csrf-token": csrf})
                    assert answer.status_code == SILENT, route
        await world.switch(world.a, on=True)
        for visitor in (one, other):
            await until(visitor, reads[0] if reads else every[0], silent=False)
            assert [(await ask(visitor, route)).status_code for route in reads] == before


async def until(visitor: Visitor, route: Route, *, silent: bool) -> None:
    async with asyncio.timeout(20):
        while ((await ask(visitor, route)).status_code == SILENT) is not silent:
            await asyncio.sleep(0.02)


async def test_a_tenant_that_loses_its_entitlement_has_it_no_more(world: World) -> None:
    with tenant(world.a):
        await set_module(world.plugin.name, entitled=False, enabled=True)
    app = world.app()
    async with signed_in(app, world.a) as visitor:
        for route in routes(app, world):
            assert (await ask(visitor, route)).status_code == SILENT


async def test_two_tenants_with_the_same_ids_never_see_each_others_rows(world: World) -> None:
    app = world.app()
    reads = [route for route in routes(app, world) if route.method == "GET"]
    for tenant_id, mark in zip((world.a, world.b), MARKS, strict=True):
        await world.rows.fill(tenant_id, mark)
    seen = set()
    for tenant_id, own, other in ((world.a, *MARKS), (world.b, *reversed(MARKS))):
        async with signed_in(app, tenant_id) as visitor:
            for route in reads:
                answer = await ask(visitor, route)
                assert other not in answer.text, route
                assert answer.status_code < 500, (route, answer.text)
                seen |= {own} if own in answer.text else set()
    if world.plugin.name == "nightbell":  # whose list shows every caller: so the marks do reach pages
        assert seen == set(MARKS)


@pytest.mark.parametrize("slot", Slot)
async def test_a_panel_is_seen_by_who_has_its_permission_while_the_plugin_is_on(world: World, slot: Slot) -> None:
    needed = {permission.key: permission.level for permission in world.plugin.manifest.permissions}
    panels = {panel.tag: needed[panel.permission] for panel in world.plugin.manifest.panels if panel.slot is slot}
    shown, name = Plugins(world.registry, world.gate), world.plugin.name
    for level in AccessLevel:
        expected = {tag for tag, least in panels.items() if level >= least}
        on, off = (world.catalogue.access("role", {name: level}, plugins) for plugins in ({name}, ()))
        assert {panel.tag for panel in shown.panels(slot, on)} == expected
        assert shown.panels(slot, off) == []


async def test_its_live_panels_come_and_go_with_the_module(world: World) -> None:
    tags = [panel.tag for panel in world.plugin.manifest.panels if panel.slot is Slot.LIVE]
    if not tags:
        pytest.skip("it has no panel on the live page")
    async with signed_in(world.app(), world.a) as visitor:
        for on in (True, False, True):
            await world.switch(world.a, on=on)
            async with asyncio.timeout(20):
                page = ""
                while not page or {f"<{tag} " in page for tag in tags} != {on}:
                    page = (await visitor.get("/live")).text


async def test_its_files_are_served_while_it_is_on_and_to_no_shared_cache(world: World) -> None:
    folder = Path(__import__(world.plugin.manifest.package, fromlist=["_"]).__file__).parent / "static"
    files = [file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()]
    address = Plugins(world.registry, world.gate).address(world.plugin.name)
    if not files:
        pytest.skip("it has no files")
    async with signed_in(world.app(), world.a) as visitor:
        for file in files:
            answer = await visitor.client.get(f"{address}/{file}")
            assert answer.status_code == 200, file
            assert "private" in answer.headers["cache-control"]
        await world.switch(world.a, on=False)
        route = Route("GET", f"{address}/{files[0]}", PUBLIC)
        await until(visitor, route, silent=True)
        for file in files:
            assert (await visitor.client.get(f"{address}/{file}")).status_code == SILENT
        await world.switch(world.a, on=True)
        await until(visitor, route, silent=False)
