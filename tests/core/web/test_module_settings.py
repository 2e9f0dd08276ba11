"""Settings of modules on a page made from their type, and by the API: checked, sealed, recorded, alike everywhere."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from httpx import AsyncClient
from litestar import Litestar
from playwright.async_api import Page, expect
from redis.asyncio import Redis

from core.config import Settings
from core.data import Database, system, tenant, transaction
from core.host.context import ContextFactory
from core.host.registry import Registry
from core.host.settings import PluginSettings
from core.identity.service import create_user
from core.identity.tables import User
from core.identity.vault import Vault
from core.tenancy.service import set_module
from core.web.app import create_app
from tests.core.web.conftest import PASSWORD, Visitor, serving
from tests.core.web.support import sign_in, violations
from tests.core.web.test_roles import kind

API = "/api/v1/modules/nightbell/settings"
PAGE = "/admin/modules/nightbell/settings"
CODE = "open sesame"


@pytest_asyncio.fixture
async def app(settings: Settings, database: Database, redis: Redis, example: Registry, kari: User) -> Litestar:
    """The app with the example plugin, which is on in Kari's company."""
    with tenant(kari.tenant_id):
        await set_module("nightbell", entitled=True, enabled=True)
    return create_app(settings, database, redis, example)


@pytest_asyncio.fixture
async def elsewhere(settings: Settings, database: Database, redis: Redis, example: Registry) -> AsyncIterator[Visitor]:
    """A browser that another web process answers."""
    other = create_app(settings, database, redis, example)
    async with serving(other, settings) as url, AsyncClient(base_url=url) as client:
        yield Visitor(client)


async def seen_by_the_plugin(settings: Settings, example: Registry, kari: User) -> Any:
    """What ctx.settings is, in a process that has never read them."""

    async def nothing(*_: object, **__: object) -> None: ...

    store = PluginSettings(Vault(settings.web.secret_key, Path(settings.data.folder)))
    async with ContextFactory(nothing, nothing, store)(example.plugins["nightbell"], kari.tenant_id) as ctx:
        return ctx.settings


async def test_settings_are_read_and_set_by_the_api_and_hold_in_every_process(
    visitor: Visitor, elsewhere: Visitor, kari: User, settings: Settings, example: Registry
) -> None:
    await visitor.sign_in(kari.email)
    first = await visitor.client.get(API)
    assert (first.headers["etag"], first.json()["values"]["keep_days"]) == ('"0"', 30)
    assert first.json()["json_schema"]["$defs"]["NightBellSettings"]["properties"]["keep_days"]["maximum"] == 365
    values = {"keep_days": 7, "sound": "Gong", "guards": [{"name": "Nils"}], "door": {"address": "lock-1"}}
    assert (await visitor.send("PUT", API, {"values": values})).status_code == 428
    done = await visitor.send("PUT", API, {"values": values}, version=0)
    assert done.status_code == 200, done.text
    assert done.json()["values"]["guards"] == [{"name": "Nils", "first": False}]
    await elsewhere.sign_in(kari.email)
    assert (await elsewhere.client.get(API)).json() == done.json()
    late = await elsewhere.send("PUT", API, {"values": {}}, version=0)
    assert (late.status_code, kind(late)) == (412, "changed")
    found = await seen_by_the_plugin(settings, example, kari)
    assert (found.keep_days, found.sound, found.guards[0].name, found.door.address) == (7, "Gong", "Nils", "lock-1")


async def test_a_secret_can_be_set_kept_and_removed_and_read_by_nobody_but_the_plugin(
    visitor: Visitor, kari: User, settings: Settings, example: Registry
) -> None:
    await visitor.sign_in(kari.email)
    told = (await visitor.send("PUT", API, {"values": {"door": {"code": CODE}}}, version=0)).text
    assert (await seen_by_the_plugin(settings, example, kari)).door.code == CODE
    kept = await visitor.send("PUT", API, {"values": {"keep_days": 9}}, version=1)
    assert kept.json()["secrets"] == {"door.code": True}
    assert (await seen_by_the_plugin(settings, example, kari)).door.code == CODE
    await visitor.send("PUT", API, {"values": {"door": {"code": CODE + "!"}}}, version=2)
    told += (await visitor.get(PAGE)).text + (await visitor.client.get(API)).text
    entries = (await visitor.client.get("/api/v1/audit?action=module.settings_changed")).json()["items"]
    assert entries[0]["after"] == {"door.code": "•••• (new)", "keep_days": 30}
    assert entries[1]["before"] == {"keep_days": 30}
    assert entries[1]["after"] == {"keep_days": 9}
    with system():
        async with transaction() as unit:
            told += str(entries) + str([dict(row) for row in await unit.fetch("TABLE tenant_setting")])
    assert CODE not in told
    gone = await visitor.send("PUT", API, {"values": {}, "forget": ["door.code"]}, version=3)
    assert gone.json()["secrets"] == {"door.code": False}


async def test_every_fault_is_told_at_its_field_in_the_language_of_the_reader(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    values = {"keep_days": 0, "words": ["x" * 21], "door": 5, "nothing": 1}
    wrong = await visitor.send("PUT", API, {"values": values}, version=0)
    assert wrong.status_code == 422
    assert {one["field"] for one in wrong.json()["errors"]} == {"keep_days", "words.0", "door", "nothing"}
    both = {"muted": True, "guards": [{"name": "Nils"}]}
    rule = await visitor.send("PUT", API, {"values": both}, version=0)
    assert (rule.status_code, rule.json()["detail"]) == (
        422,
        "En stum klokke trenger ingen vakter: fjern dem, eller la den ringe.",
    )
    page = await visitor.post(PAGE, keep_days="400", loudness="0,25", version="0")
    assert page.status_code == 422
    assert 'value="400"' in page.text
    assert 'id="p-keep_days"' in page.text
    assert (await visitor.client.get(API)).json()["version"] == 0


async def test_they_are_there_for_granted_modules_and_administrators_only(
    visitor: Visitor, stranger: Visitor, kari: User, ola: User
) -> None:
    """GEN-8."""
    await visitor.sign_in(ola.email)
    for path in (API, "/api/v1/modules/nothing/settings"):
        assert (await visitor.client.get(path)).status_code == 404
        assert (await visitor.send("PUT", path, {"values": {}}, version=0)).status_code == 404
    assert (await visitor.get(PAGE)).status_code == 404
    with tenant(kari.tenant_id):
        await create_user("per@a.example", "Per", PASSWORD)
    await stranger.sign_in("per@a.example")
    assert (await stranger.client.get(API)).status_code == 403
    assert (await stranger.post(PAGE, version="0")).status_code == 403


async def test_two_who_save_the_page_at_once_lose_nothing(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    await visitor.send("PUT", API, {"values": {"keep_days": 5}}, version=0)
    late = await visitor.post(PAGE, keep_days="8", loudness="1", sound="Chime", version="0", **{"door.address": "x"})
    assert late.status_code == 412
    assert 'value="8"' in late.text
    assert 'name="version" value="1"' in late.text
    again = await visitor.post(PAGE, keep_days="8", loudness="1", sound="Chime", version="1", **{"door.address": "x"})
    assert again.status_code == 303
    assert (await visitor.client.get(API)).json()["values"]["keep_days"] == 8


async def test_settings_in_a_browser(tab: Page, address: str, kari: User) -> None:
    """Rows are added and removed without losing what was typed; nothing is saved until it is."""
    await sign_in(tab, address, kari.email, PASSWORD, "/admin/modules/nightbell")
    await tab.get_by_role("link", name="Innstillinger").click()
    await expect(tab.locator("h1")).to_have_text("Innstillinger for Nattklokke")
    found = await violations(tab)
    await tab.get_by_label("Dager et ring beholdes").fill("12")
    await tab.get_by_role("button", name="Legg til: Vakter").click()
    await tab.get_by_label("Navn").fill("Nils")
    await tab.get_by_role("button", name="Legg til: Vakter").click()
    await tab.get_by_label("Navn").nth(1).fill("Nora")
    await tab.get_by_label("Koden til låsen").fill(CODE)
    await tab.get_by_role("button", name="Fjern Vakter 1").click()
    await expect(tab.get_by_label("Navn")).to_have_value("Nora")
    await tab.get_by_label("Koden til låsen").fill(CODE)
    for scheme in ("light", "dark"):
        await tab.emulate_media(color_scheme=scheme)
        found += await violations(tab)
    await tab.get_by_label("Dager et ring beholdes").press("Enter")
    await expect(tab.get_by_role("status")).to_contain_text("Innstillingene for Nattklokke er lagret.")
    await expect(tab.get_by_label("Navn")).to_have_value("Nora")
    await expect(tab.get_by_label("Dager et ring beholdes")).to_have_value("12")
    await expect(tab.get_by_label("Koden til låsen", exact=True)).to_have_value("")
    assert found + await violations(tab) == []
