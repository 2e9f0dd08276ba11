"""Roles on their page and over the REST API."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio
from httpx import AsyncClient, Response
from playwright.async_api import Page, expect
from redis.asyncio import Redis

from core.config import Settings
from core.data import Database, tenant
from core.identity.service import create_user
from core.identity.tables import User
from core.web.app import create_app
from tests.core.web.conftest import PASSWORD, Visitor, serving
from tests.core.web.support import sign_in, violations

ROLES = "/api/v1/roles"
PAGE = "/admin/roles"


@pytest_asyncio.fixture
async def elsewhere(settings: Settings, database: Database, redis: Redis) -> AsyncIterator[Visitor]:
    """A browser that another web process answers."""
    async with serving(create_app(settings, database, redis), settings) as url, AsyncClient(base_url=url) as client:
        yield Visitor(client)


def kind(answer: Response) -> str:
    """The stable end of a problem's type."""
    return answer.json()["type"].rpartition(":")[2]


async def made(visitor: Visitor, name: str = "Reception", copy: str = "user") -> str:
    answer = await visitor.send("POST", ROLES, {"name": name, "copy": copy})
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


async def test_a_role_is_made_by_copy_changed_and_deleted_by_the_api(visitor: Visitor, kari: User) -> None:
    """ROL-3, ROL-4, ROL-5, ROL-6, ROL-8."""
    await visitor.sign_in(kari.email)
    path = await made(visitor)
    listed = (await visitor.client.get(ROLES)).json()["items"]
    assert [one["system"] for one in listed] == [True, True, True, False]
    assert [one["members"] for one in listed] == [1, 0, 0, 0]

    change = {"name": "Front desk", "levels": {"calls": "view"}}
    assert (await visitor.send("PATCH", path, change)).status_code == 428
    changed = await visitor.send("PATCH", path, change, version=1)
    assert (changed.json()["name"], changed.json()["levels"]["calls"]) == ("Front desk", "view")
    late = await visitor.send("PATCH", path, change, version=1)
    assert (late.status_code, kind(late)) == (412, "changed")
    read = await visitor.client.get(path)
    assert read.json() == changed.json()
    assert read.headers["etag"] == changed.headers["etag"]

    with tenant(kari.tenant_id):
        ola = await create_user("ola@a.example", "Ola", PASSWORD, role=path.rpartition("/")[2])
    gone = await visitor.send("DELETE", path, version=int(read.headers["etag"].strip('"')))
    assert gone.json() == {"role": "user", "users": [str(ola.id)]}
    assert (await visitor.client.get(path)).status_code == 404


@pytest.mark.parametrize("key", ["administrator", "team_leader", "user"])
async def test_the_systems_roles_cannot_be_changed(visitor: Visitor, kari: User, key: str) -> None:
    """ROL-2 [D]."""
    await visitor.sign_in(kari.email)
    for method, body in (("PATCH", {"name": "X"}), ("DELETE", None)):
        answer = await visitor.send(method, f"{ROLES}/{key}", body, version=0)
        assert (answer.status_code, kind(answer)) == (409, "system_role")


async def test_what_is_only_for_administrators_is_given_to_no_other_role(visitor: Visitor, kari: User) -> None:
    """ROL-7."""
    await visitor.sign_in(kari.email)
    path = await made(visitor, copy="administrator")
    levels = (await visitor.client.get(path)).json()["levels"]
    assert (levels["roles"], levels["queues"], levels["calls"]) == ("view", "use", "manage")
    answer = await visitor.send("PATCH", path, {"levels": {"roles": "manage"}}, version=1)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "roles")
    areas = {one["key"]: one for one in (await visitor.client.get(f"{ROLES}/areas")).json()["items"]}
    assert (areas["roles"]["most"], areas["calls"]["most"]) == ("view", "manage")
    assert "platform" not in areas


async def test_a_role_that_is_deleted_while_its_user_is_signed_in_gives_nothing_at_her_next_request(
    visitor: Visitor, elsewhere: Visitor, kari: User
) -> None:
    """ROL-4: also in another process."""
    await visitor.sign_in(kari.email)
    path = await made(visitor)
    assert (await visitor.send("PATCH", path, {"levels": {"roles": "view"}}, version=1)).status_code == 200
    with tenant(kari.tenant_id):
        await create_user("ola@a.example", "Ola", PASSWORD, role=path.rpartition("/")[2])
    await elsewhere.sign_in("ola@a.example")
    assert (await elsewhere.client.get(ROLES)).status_code == 200
    assert (await visitor.send("PATCH", path, {"levels": {"roles": "none"}}, version=2)).status_code == 200
    assert (await elsewhere.client.get(ROLES)).status_code == 403
    assert (await visitor.send("PATCH", path, {"levels": {"roles": "view"}}, version=3)).status_code == 200
    assert (await elsewhere.client.get(ROLES)).status_code == 200
    assert (await visitor.send("DELETE", path, version=4)).status_code == 200
    assert (await elsewhere.client.get(ROLES)).status_code == 403


async def test_the_page_keeps_the_grid_that_was_typed_when_somebody_else_was_first(
    visitor: Visitor, kari: User
) -> None:
    await visitor.sign_in(kari.email)
    path = await made(visitor)
    key = path.rpartition("/")[2]
    await visitor.send("PATCH", path, {"levels": {"audit": "view"}}, version=1)
    late = await visitor.post(f"{PAGE}/levels", **{f"version.{key}": "1", f"level.{key}.calls": "3"})
    assert late.status_code == 412
    assert '<option value="3" selected>' in late.text
    assert (await visitor.client.get(path)).json()["levels"].get("calls", "none") == "none"
    for field, value in ((f"level.{key}.calls", "9"), (f"level.{key}.calls", "x"), (f"version.{key}", "-1")):
        wrong = await visitor.post(f"{PAGE}/levels", **{f"version.{key}": "2", f"level.{key}.live": "1", field: value})
        assert wrong.status_code == 422
    assert (await visitor.post(f"{PAGE}/levels", **{"version.user": "0", "level.user.calls": "1"})).status_code == 409
    stranger = str(uuid4())
    answer = await visitor.post(f"{PAGE}/levels", **{f"version.{stranger}": "1", f"level.{stranger}.calls": "1"})
    assert answer.status_code == 404


async def test_who_may_look_finds_no_button(
    visitor: Visitor, stranger: Visitor, elsewhere: Visitor, kari: User
) -> None:
    """GEN-1."""
    await visitor.sign_in(kari.email)
    path = await made(visitor)
    await visitor.send("PATCH", path, {"levels": {"roles": "view"}}, version=1)
    with tenant(kari.tenant_id):
        await create_user("ola@a.example", "Ola", PASSWORD, role=path.rpartition("/")[2], language="en")
        await create_user("per@a.example", "Per", PASSWORD, language="en")
    await stranger.sign_in("ola@a.example")
    text = (await stranger.get(PAGE)).text
    assert "New role" not in text
    assert "Delete" not in text
    assert (await stranger.post(PAGE, name="X", copy="user")).status_code == 403
    await elsewhere.sign_in("per@a.example")
    assert (await elsewhere.client.get(PAGE)).status_code == 403


async def test_roles_in_the_browser(tab: Page, address: str, kari: User) -> None:
    """ROL-1, ROL-4, ROL-5, ROL-6."""
    with tenant(kari.tenant_id):
        anna = await create_user("anna@a.example", "Anna", PASSWORD, role="administrator", language="en")
    await sign_in(tab, address, anna.email, PASSWORD, PAGE)
    assert await violations(tab) == []
    await tab.get_by_role("button", name="New role").click()
    dialog = tab.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Reception")
    await dialog.get_by_label("Copy access from").select_option("Team leader")
    assert await violations(tab) == []
    await dialog.get_by_role("button", name="Add").click()
    await expect(tab.get_by_role("status")).to_contain_text("The role Reception is made.")
    await tab.get_by_label("Reception: Call log").select_option("Manage")
    await tab.get_by_text("Permissions").nth(1).click()
    await expect(tab.get_by_text("Read the call log")).to_be_visible()
    assert await violations(tab) == []
    await tab.get_by_role("button", name="Save").click()
    await expect(tab.get_by_label("Reception: Call log")).to_have_value("3")
    await tab.emulate_media(color_scheme="dark")
    assert await violations(tab) == []
    await tab.get_by_role("button", name="Delete").click()
    await expect(dialog).to_contain_text("0 users have this role and get the role User instead")
    await dialog.get_by_role("button", name="Delete").click()
    await expect(tab.get_by_role("status")).to_contain_text("The role is deleted")
