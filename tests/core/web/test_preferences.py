"""My profile → Switchboard: how one likes her screens, in every browser that she signs in with (PRF-12)."""

import re

import pytest
from playwright.async_api import Page, expect

from core.audit.tables import AuditEntry
from core.data import tenant
from core.identity.model import Preferences
from core.identity.preferences import read
from core.identity.service import create_user
from core.identity.tables import User
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.support import Telephony, sign_in, violations

API, PAGE = "/api/v1/profile/preferences", "/profile/switchboard"


async def test_what_she_chooses_is_in_force_at_once_and_in_another_browser(
    visitor: Visitor, stranger: Visitor, kari: User
) -> None:
    """PRF-12: kept with her account."""
    await visitor.sign_in(kari.email)
    assert (await visitor.client.get(API)).json() == {
        "theme": "auto",
        "density": "comfortable",
        "start": "live",
        "alert": "off",
    }
    assert "<sb-alert>" not in (await visitor.get("/live")).text
    chosen = {"theme": "dark", "density": "compact", "start": "calls", "alert": "waiting"}
    assert (await visitor.post(PAGE, **chosen)).status_code == 303
    await stranger.sign_in(kari.email)
    for browser in (visitor, stranger):
        page = (await browser.get("/live")).text
        assert 'data-theme="dark" data-density="compact"' in page
        assert "<sb-alert>" in page
        assert (await browser.get("/")).headers["location"] == "/calls"
    assert (await visitor.send("PATCH", API, {"theme": "light"})).json() == chosen | {"theme": "light"}
    with tenant(kari.tenant_id):
        told = await AuditEntry.objects().where(AuditEntry.action == "user.preferences_changed")
    assert len(told) == 2


async def test_another_user_has_her_own(visitor: Visitor, stranger: Visitor, kari: User, ola: User) -> None:
    await visitor.sign_in(kari.email)
    await visitor.send("PATCH", API, {"theme": "dark"})
    await stranger.sign_in(ola.email)
    assert (await stranger.client.get(API)).json()["theme"] == "auto"


async def test_what_cannot_be_chosen_is_refused_and_nothing_changes(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    answer = await visitor.post(PAGE, theme="pink", density="compact")
    assert (answer.status_code, 'id="p-theme"' in answer.text) == (422, True)
    assert (await visitor.send("PATCH", API, {"theme": "pink"})).status_code == 400
    assert (await visitor.send("PATCH", API, {"font": "Comic Sans"})).status_code == 400
    assert (await visitor.client.get(API)).json()["density"] == "comfortable"


async def test_who_may_not_see_what_she_wants_first_gets_the_first_that_she_may(visitor: Visitor, kari: User) -> None:
    with tenant(kari.tenant_id):
        liv = await create_user("liv@a.example", "Liv Dahl", PASSWORD)
    await visitor.sign_in(liv.email)
    await visitor.send("PATCH", API, {"start": "calls"})
    assert (await visitor.get("/")).headers["location"] == "/live"
    await visitor.send("PATCH", API, {"start": "queues"})
    assert (await visitor.get("/")).headers["location"] == "/profile/queues"


def test_preferences_of_another_version_are_as_at_first() -> None:
    assert read('{"theme": "sepia"}') == Preferences()
    assert read('{"density": "compact", "later": 1}') == Preferences(density="compact")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_settings_of_ones_screens_save_themselves_and_forms_do_not(
    tab: Page, address: str, kari: User, theme: str
) -> None:
    """GEN-13: these when they are chosen; My profile's details only with Save."""
    await tab.emulate_media(color_scheme=theme)
    await sign_in(tab, address, kari.email, PASSWORD, PAGE)
    await expect(tab.locator("[data-without-script]")).to_be_hidden()
    assert await violations(tab) == []
    await tab.locator("#f-density").select_option("compact")
    await expect(tab.locator("[data-saved]")).to_have_text("Lagret")
    await expect(tab.locator("html")).to_have_attribute("data-density", "compact")
    await tab.reload()
    await expect(tab.locator("#f-density")).to_have_value("compact")
    async with tab.expect_response(re.compile(API)):
        await tab.get_by_label("Lys eller mørk", exact=True).first.click()
    await tab.reload()
    await expect(tab.locator("#f-theme")).to_have_value("light" if theme == "dark" else "dark")
    await tab.context.set_offline(True)
    await tab.locator("#f-density").select_option("comfortable")
    await expect(tab.locator("[data-saved]")).to_contain_text("Ikke lagret")
    await tab.context.set_offline(False)
    await tab.goto(f"{address}/profile/details")
    await tab.locator("#f-position").fill("Sjef")
    await tab.locator("#f-tags").focus()
    await tab.reload()
    await expect(tab.locator("#f-position")).to_have_value("")


async def test_there_is_a_sound_when_a_caller_begins_to_wait_for_those_who_want_one(
    tab: Page, address: str, kari: User, telephony: Telephony, visitor: Visitor
) -> None:
    """PRF-12: not for those who wait already when the page opens."""
    await visitor.sign_in(kari.email)
    await visitor.send("PATCH", API, {"alert": "waiting"})
    telephony.call(kari.tenant_id).wait()
    await telephony.publisher.drained()
    await sign_in(tab, address, kari.email, PASSWORD)
    alert = tab.locator("sb-alert")
    await expect(tab.locator("[data-call]")).to_have_count(1)
    await expect(alert).not_to_have_attribute("data-sounded", re.compile(".*"))
    telephony.call(kari.tenant_id, caller="+4792241119").wait()
    await expect(alert).to_have_attribute("data-sounded", "1")
    telephony.call(kari.tenant_id, caller="+4792241120").flow()
    await expect(tab.locator("[data-call]")).to_have_count(3)
    await expect(alert).to_have_attribute("data-sounded", "1")
