""" "Why may she?" and "Who may?" over the API and on pages, and the rows of modules in the grid of roles."""

from uuid import uuid4

import pytest_asyncio
from litestar import Litestar
from playwright.async_api import Page, expect
from redis.asyncio import Redis

from core.config import Settings
from core.data import Database, tenant, transaction
from core.host.registry import Registry
from core.identity.service import create_user
from core.identity.tables import User
from core.tenancy.service import set_module
from core.web.app import create_app
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.support import sign_in, violations
from tests.core.web.test_roles import made

API = "/api/v1/permissions"
CLEAR = "nightbell.clear"


@pytest_asyncio.fixture
async def app(settings: Settings, database: Database, redis: Redis, example: Registry, kari: User) -> Litestar:
    """The app with the example plugin, which is on in Kari's company."""
    with tenant(kari.tenant_id):
        await set_module("nightbell", entitled=True, enabled=True)
    return create_app(settings, database, redis, example)


async def switch(visitor: Visitor, *, on: bool) -> None:
    path = "/api/v1/modules/nightbell"
    version = (await visitor.client.get(path)).json()["module"]["version"]
    assert (await visitor.send("PUT", path, {"enabled": on}, version=version)).status_code == 200


async def because(visitor: Visitor, user: User, permission: str) -> tuple[bool, str]:
    answer = (await visitor.client.get(f"{API}/{permission}/users/{user.id}")).json()
    return answer["allowed"], answer["because"]


async def test_why_may_she_names_each_link_and_the_one_that_breaks(visitor: Visitor, kari: User) -> None:
    """ROL-3, ROL-6: role, level of the area, lowest level of the permission, module, account."""
    with tenant(kari.tenant_id):
        per = await create_user("per@a.example", "Per", PASSWORD)
    await visitor.sign_in(kari.email)
    assert (await visitor.client.get(f"{API}/{CLEAR}/users/{per.id}")).json() == {
        "permission": CLEAR,
        "title": "Tømme listen til nattklokken",
        "area": "nightbell",
        "role": "user",
        "level": "use",
        "needs": "manage",
        "there": "there",
        "allowed": False,
        "because": "level",
        "user": str(per.id),
        "name": "Per",
        "active": True,
    }
    assert await because(visitor, per, "nightbell.view") == (True, "allowed")
    assert await because(visitor, kari, CLEAR) == (True, "allowed")
    all_of_hers = (await visitor.client.get(f"/api/v1/users/{per.id}/permissions")).json()["items"]
    assert {one["permission"] for one in all_of_hers if one["allowed"]} == {
        "live.view",
        "queues.view",
        "nightbell.view",
    }
    with tenant(kari.tenant_id):
        async with transaction():
            await User.update({User.active: False}).where(User.id == per.id)
    assert await because(visitor, per, "nightbell.view") == (False, "account_off")


async def test_a_module_that_is_off_breaks_the_chain_and_one_not_granted_is_not_told_of(
    visitor: Visitor, kari: User
) -> None:
    """GEN-8."""
    await visitor.sign_in(kari.email)
    await switch(visitor, on=False)
    assert await because(visitor, kari, CLEAR) == (False, "off")
    assert (await visitor.client.get(f"{API}/{CLEAR}/users")).json() == {"items": [], "next": None}
    with tenant(kari.tenant_id):
        await set_module("nightbell", entitled=False, enabled=False)
    for path in (f"{API}/{CLEAR}/users", f"{API}/{CLEAR}/roles", f"{API}/{CLEAR}/users/{kari.id}"):
        assert (await visitor.client.get(path)).status_code == 404
    assert (await visitor.get(f"/admin/roles/permissions/{CLEAR}")).status_code == 404
    assert (await visitor.get("/admin/roles/administrator/areas/nightbell")).status_code == 404
    assert "Nattklokke" not in (await visitor.get("/admin/roles")).text


async def test_who_may_is_every_role_and_every_user_page_by_page(visitor: Visitor, kari: User) -> None:
    """ROL-8, and a custom role of which somebody is switched off."""
    await visitor.sign_in(kari.email)
    key = (await made(visitor, copy="team_leader")).rpartition("/")[2]
    with tenant(kari.tenant_id):
        for name in ("anna", "Bo", "Cecilie"):
            await create_user(f"{name}@a.example", name, role=key)
        gone = await create_user("dag@a.example", "Dag", role=key)
        await create_user("eva@a.example", "Eva")
        async with transaction():
            await User.update({User.active: False}).where(User.id == gone.id)
    answers = (await visitor.client.get(f"{API}/calls.view/roles")).json()["items"]
    assert {one["role"]: one["allowed"] for one in answers} == {
        "administrator": True,
        "team_leader": True,
        "user": False,
        key: True,
    }
    names, after = [], ""
    while after is not None:
        page = (await visitor.client.get(f"{API}/calls.view/users?limit=2&after={after}")).json()
        assert len(page["items"]) <= 2
        names += [one["name"] for one in page["items"]]
        after = page["next"]
    assert names == ["anna", "Bo", "Cecilie", "Kari Nordmann"]


async def test_nothing_is_answered_of_another_company_or_without_the_permission(
    visitor: Visitor, stranger: Visitor, kari: User, ola: User
) -> None:
    with tenant(kari.tenant_id):
        await create_user("per@a.example", "Per", PASSWORD)
    await visitor.sign_in(kari.email)
    for path in (f"{API}/calls.view/users/{ola.id}", f"/api/v1/users/{ola.id}/permissions"):
        assert (await visitor.client.get(path)).status_code == 404
    for path in (f"/admin/roles/users/{ola.id}", f"/admin/roles/{uuid4()}/areas/calls", "/admin/roles/user/areas/x"):
        assert (await visitor.get(path)).status_code == 404
    assert (await visitor.client.get(f"{API}/no.such/users")).status_code == 404
    listed = (await visitor.client.get(f"{API}/calls.view/users")).json()["items"]
    assert [one["name"] for one in listed] == ["Kari Nordmann"]
    await stranger.sign_in("per@a.example")
    assert (await stranger.client.get(f"{API}/calls.view/users")).status_code == 403
    assert (await stranger.get("/admin/roles/permissions/calls.view")).status_code == 403


async def test_the_row_of_a_module_that_is_off_is_greyed_and_says_so_and_keeps_its_levels(
    visitor: Visitor, kari: User
) -> None:
    """ROL-6: levels can be chosen before the module is on, and hold when it is."""
    await visitor.sign_in(kari.email)
    await switch(visitor, on=False)
    path = await made(visitor)
    await visitor.send("PATCH", path, {"levels": {"nightbell": "manage"}}, version=1)
    text = (await visitor.get("/admin/roles")).text
    row = text[text.index('<tr class="off">') :].partition("</tr>")[0]
    assert "Nattklokke" in row
    assert "Modulen er av" in row
    assert '<option value="3" selected>' in row
    areas = {one["key"]: one for one in (await visitor.client.get("/api/v1/roles/areas")).json()["items"]}
    assert (areas["nightbell"]["on"], areas["calls"]["on"]) == (False, True)
    await switch(visitor, on=True)
    assert 'class="off"' not in (await visitor.get("/admin/roles")).text


async def test_the_answers_in_a_browser(tab: Page, address: str, kari: User) -> None:
    """From the grid to a cell, to a permission, to a user, and from her page to the chains."""
    with tenant(kari.tenant_id):
        anna = await create_user("anna@a.example", "Anna Lie", PASSWORD, role="administrator", language="en")
        await create_user("per@a.example", "Per Moe", PASSWORD)
    await sign_in(tab, address, anna.email, PASSWORD, "/admin/roles")
    await tab.locator("tr", has_text="Call log").get_by_role("link", name="View").click()
    await expect(tab.locator("h1")).to_have_text("Team leader: Call log")
    found = await violations(tab)
    await tab.get_by_role("link", name="Read the call log").click()
    await expect(tab.locator("h1")).to_have_text("Who may: Read the call log")
    found += await violations(tab)
    await tab.get_by_role("link", name="Anna Lie").click()
    await expect(tab.locator("h1")).to_have_text("What Anna Lie may do")
    for scheme in ("light", "dark"):
        await tab.emulate_media(color_scheme=scheme)
        found += await violations(tab)
    assert found == []
    await tab.goto(f"{address}/admin/users")
    await tab.get_by_role("link", name="Per Moe").click()
    await tab.get_by_role("link", name="What she may do").click()
    row = tab.locator("tr", has_text="calls.view")
    await expect(row).to_contain_text("No: the level of the role is too low")
