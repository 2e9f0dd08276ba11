"""A company's export on its page and the operator's, by the API; and the company erased by the operator (GDPR)."""

import io
import json
from pathlib import Path
from uuid import UUID
from zipfile import ZipFile

import pytest_asyncio
from playwright.async_api import Page, expect
from redis.asyncio import Redis

from core.config import Settings
from core.data import tenant
from core.exports.make import make_next
from core.identity.service import create_user
from core.identity.sessions import Sessions
from core.identity.tables import User
from core.platform.service import NewTenant, create_tenant, suspend, tenant_of
from tests.core.exports.test_exports import HIDDEN
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.support import sign_in, violations

PAGE, API = "/admin/exports", "/api/v1/exports"
OPERATOR = "/api/v1/platform/tenants"


@pytest_asyncio.fixture
async def signe(tenant_b: UUID) -> User:
    """An administrator of the operator's own company."""
    row = await create_tenant(NewTenant(slug="drift", name="Drift", operator=True))
    with tenant(row.id):
        return await create_user("signe@drift.example", "Signe Drift", PASSWORD, role="administrator")


async def test_an_administrator_asks_downloads_and_deletes(visitor: Visitor, kari: User, tmp_path: Path) -> None:
    await visitor.sign_in(kari.email)
    asked = await visitor.send("POST", API)
    assert (asked.status_code, asked.json()["state"], asked.json()["asked_by"]) == (201, "waiting", "Kari Nordmann")
    one = f"{API}/{asked.json()['id']}"
    again = await visitor.send("POST", API)
    assert (again.status_code, again.json()["type"]) == (409, "urn:sentralbord:problem:in_use")
    assert (await visitor.client.get(f"{one}/archive")).status_code == 404
    assert await make_next(tmp_path, HIDDEN)
    found = (await visitor.client.get(one)).json()
    archive = await visitor.client.get(f"{one}/archive")
    assert (archive.status_code, archive.headers["content-type"]) == (200, "application/zip")
    assert (len(archive.content), archive.headers["content-length"]) == (found["size"], str(found["size"]))
    assert json.loads(ZipFile(io.BytesIO(archive.content)).read("manifest.json"))["company"]["slug"] == "a"
    by_page = await visitor.get(f"{PAGE}/{found['id']}/archive")
    assert by_page.content == archive.content
    assert (await visitor.send("DELETE", one)).status_code == 204
    assert (await visitor.client.get(one)).status_code == 404


async def test_nobody_but_an_administrator_exports_and_nobody_gets_anothers(
    visitor: Visitor, stranger: Visitor, kari: User, ola: User, tmp_path: Path
) -> None:
    with tenant(kari.tenant_id):
        await create_user("u@a.example", "U", PASSWORD, role="team_leader")
    await visitor.sign_in(kari.email)
    export_id = (await visitor.send("POST", API)).json()["id"]
    assert await make_next(tmp_path, HIDDEN)
    await stranger.sign_in(ola.email)
    for path in (f"{API}/{export_id}", f"{API}/{export_id}/archive", f"{PAGE}/{export_id}/archive"):
        assert (await stranger.client.get(path)).status_code == 404
    assert (await stranger.client.get(API)).json()["items"] == []
    assert (await stranger.get(f"{OPERATOR}/{kari.tenant_id}/exports")).status_code == 403
    visitor.client.cookies.clear()
    await visitor.sign_in("u@a.example")
    assert (await visitor.get(PAGE)).status_code == 403
    assert (await visitor.send("POST", API)).status_code == 403


async def test_the_operator_exports_a_company_and_both_trails_tell(
    visitor: Visitor, signe: User, tenant_b: UUID, tmp_path: Path
) -> None:
    await visitor.sign_in(signe.email)
    asked = await visitor.send("POST", f"{OPERATOR}/{tenant_b}/exports")
    assert asked.status_code == 201
    assert await make_next(tmp_path, HIDDEN)
    archive = await visitor.client.get(f"{OPERATOR}/{tenant_b}/exports/{asked.json()['id']}/archive")
    assert json.loads(ZipFile(io.BytesIO(archive.content)).read("manifest.json"))["company"]["slug"] == "b"
    mine = (await visitor.client.get("/api/v1/audit?action=export.")).json()["items"]
    assert [(one["action"], one["subject"]) for one in mine] == [
        ("export.downloaded", "Company B"),
        ("export.asked", "Company B"),
    ]
    page = f"/admin/platform/tenants/{tenant_b}/exports"
    assert (await visitor.post(page)).status_code == 303
    assert (await visitor.post(page)).status_code == 409
    listed = (await visitor.client.get(f"{OPERATOR}/{tenant_b}/exports")).json()["items"]
    assert [one["state"] for one in listed] == ["waiting", "done"]
    for one in listed:
        assert (await visitor.post(f"{page}/{one['id']}/remove")).status_code == 303
    assert (await visitor.client.get(f"{OPERATOR}/{tenant_b}/exports")).json()["items"] == []


async def test_the_operator_erases_a_company_by_its_name(
    visitor: Visitor, signe: User, tenant_b: UUID, redis: Redis
) -> None:
    await visitor.sign_in(signe.email)
    path = f"{OPERATOR}/{tenant_b}/erasure"
    row = await tenant_of(tenant_b)
    refused = await visitor.send("POST", path, {"confirm": "Company B"}, version=row.version)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:sentralbord:problem:refused")
    row = await suspend(Sessions(redis, idle_seconds=60), tenant_b, row.version)
    wrong = await visitor.post(f"/admin/platform/tenants/{tenant_b}/erase", confirm="B", version=row.version)
    assert (wrong.status_code, "Company B" in wrong.text) == (422, True)
    assert (await visitor.send("POST", path, {"confirm": "Company B"})).status_code == 428
    done = await visitor.send("POST", path, {"confirm": "Company B"}, version=row.version)
    assert (done.status_code, done.json()["erasing_at"] is None) == (202, False)
    version = row.version + 1
    assert (await visitor.send("DELETE", f"{OPERATOR}/{tenant_b}/suspension", version=version)).status_code == 409


async def test_the_pages_in_a_browser(
    tab: Page, address: str, kari: User, signe: User, tmp_path: Path, redis: Redis, settings: Settings
) -> None:
    await sign_in(tab, address, kari.email, PASSWORD, PAGE)
    assert await violations(tab) == []
    await tab.get_by_role("button", name="Eksporter alt").press("Enter")
    await expect(tab.locator(".rows")).to_contain_text("innen et minutt")
    assert await make_next(tmp_path, HIDDEN)
    await expect(tab.get_by_role("link", name="Last ned")).to_be_visible()  # the page asks for itself again
    found = []
    for scheme in ("light", "dark"):
        await tab.emulate_media(color_scheme=scheme)
        found += await violations(tab)
    assert found == []
    async with tab.expect_download() as coming:
        await tab.get_by_role("link", name="Last ned").click()
    with ZipFile(await (await coming.value).path()) as archive:
        assert "manifest.json" in archive.namelist()


async def test_a_company_is_erased_in_a_browser(
    tab: Page, address: str, signe: User, tenant_b: UUID, redis: Redis
) -> None:
    row = await tenant_of(tenant_b)
    await suspend(Sessions(redis, idle_seconds=60), tenant_b, row.version)
    await sign_in(tab, address, signe.email, PASSWORD, f"/admin/platform/tenants/{tenant_b}")
    await tab.get_by_role("button", name="Slett firmaet").press("Enter")
    dialog = tab.get_by_role("dialog")
    assert await violations(tab) == []
    await dialog.get_by_label("Company B").fill("Company B")
    await dialog.get_by_role("button", name="Slett for godt").press("Enter")
    await expect(tab.locator("[data-flash]")).to_contain_text("Company B")
    await expect(tab.get_by_role("row", name="Company B")).to_contain_text("Slettes")
