"""The pages in a real browser: by keyboard, live, reconnecting, readable for everybody, without a violated policy."""

import asyncio
import re
from uuid import UUID

import pytest
from playwright.async_api import Page, expect
from redis.asyncio import Redis

from core.calls.service import recent_calls
from core.config import Settings, load_settings
from core.data import Database, tenant
from core.directory.service import add_person
from core.identity.tables import User
from core.queues.model import WaitingCall
from core.queues.service import add_member, create_queue
from core.queues.state import QueueState
from core.web.app import create_app
from core.web.process import WebServer
from tests.core.web.conftest import PASSWORD, serving
from tests.core.web.support import Telephony, projected, sign_in, violations

EMAIL = "kari@a.example"


@pytest.fixture
async def company(kari: User, redis: Redis, telephony: Telephony) -> UUID:
    """Queues, people, and calls in every stage. Returns the id of an ended call."""
    state, tenant_id = QueueState(redis), kari.tenant_id
    with tenant(tenant_id):
        service = (await create_queue("Customer service")).id
        support = (await create_queue("Support")).id
        people = [(await add_person(name, "Bakke")).person.id for name in ("Aino", "Sara", "Eero")]
        for person in people:
            await add_member(service, person)
        await add_member(support, people[0])
        for person in people[:2]:
            await state.set_login(tenant_id, service, person, True)
    waiting = telephony.call(tenant_id, ago=40)
    waiting.flow()
    waiting.wait("Customer service", service)
    await state.enqueue(tenant_id, service, WaitingCall(id=waiting.id, priority=10, enqueued_at=waiting.milliseconds))
    telephony.call(tenant_id, caller="", ago=5).flow()
    talking = telephony.call(tenant_id, name="Ingrid Solberg", ago=100)
    talking.wait("Customer service", service)
    talking.offer(people[0], "Aino Bakke")
    ended = telephony.call(tenant_id, ago=600)
    ended.flow()
    ended.wait()
    ended.offer(people[1], "Sara Bakke", {people[2]: "logged_out", people[0]: "in_a_call"})
    ended.hang_up()

    async def done() -> bool:
        with tenant(tenant_id):
            return any(row.ended_at for row in (await recent_calls()).items)

    await projected(redis, telephony, done)
    return ended.id


async def test_sign_in_and_out_by_keyboard_alone(tab: Page, address: str, kari: User) -> None:
    await tab.goto(address)
    await expect(tab.get_by_label("E-mail address, user name or number")).to_be_focused()
    await tab.keyboard.type(EMAIL)
    await tab.keyboard.press("Tab")
    await tab.keyboard.type("wrong")
    await tab.keyboard.press("Enter")
    await expect(tab.get_by_role("alert")).to_have_text("What you sign in with or the password is wrong.")
    await expect(tab.get_by_label("Password")).to_be_focused()
    await tab.keyboard.type(PASSWORD)
    await tab.keyboard.press("Enter")
    await tab.wait_for_url(f"{address}/live")
    await tab.locator("summary", has_text="Kari Nordmann").focus()
    await tab.keyboard.press("Enter")
    await expect(tab.get_by_role("menuitem", name="Min profil")).to_be_focused()
    await tab.keyboard.press("End")
    await expect(tab.get_by_role("menuitem", name="Logg ut")).to_be_focused()
    await tab.keyboard.press("Enter")
    await tab.wait_for_url(f"{address}/sign-in")
    await tab.goto(f"{address}/live")
    await expect(tab).to_have_url(f"{address}/sign-in?next=/live")


async def test_calls_come_and_go_on_the_screen(tab: Page, address: str, kari: User, telephony: Telephony) -> None:
    await sign_in(tab, address, EMAIL, PASSWORD)
    await expect(tab.locator(".connection")).to_have_text("Direkte")
    await expect(tab.get_by_text("Ingen samtaler akkurat nå")).to_be_visible()
    call = telephony.call(kari.tenant_id)
    await expect(tab.locator(f"[data-call='{call.id}']")).to_be_visible()
    call.flow("Hovedmeny")
    await expect(tab.locator(f"[data-call='{call.id}'] .where b")).to_have_text("Hovedmeny")
    call.hang_up()
    await expect(tab.locator(f"[data-call='{call.id}']")).to_have_count(0)


async def test_waiting_turns_red_at_the_service_level_and_queues_count(tab: Page, address: str, company: UUID) -> None:
    await sign_in(tab, address, EMAIL, PASSWORD)
    queue = tab.locator(".queue", has_text="Customer service")
    await expect(queue.locator(".waiting")).to_have_class(re.compile("level-over"))
    await expect(queue.locator("small")).to_have_text("2 ledig · 0 opptatt · 0 pause")
    await expect(tab.locator(".call-row", has_text="Customer service").first.locator(".time")).to_have_class(
        re.compile("level-over")
    )
    await expect(tab.locator(".person", has_text="Eero Bakke").locator(".state")).to_have_text("Logget av")


async def test_the_page_reconnects_and_is_right_after_the_server_came_back(
    tab: Page, settings: Settings, database: Database, redis: Redis, kari: User, telephony: Telephony
) -> None:
    first = telephony.call(kari.tenant_id)
    async with serving(create_app(settings, database, redis), settings) as address:
        await sign_in(tab, address, EMAIL, PASSWORD)
        await expect(tab.locator("[data-call]")).to_have_count(1)
    await expect(tab.locator(".connection")).to_have_text("Kobler til igjen")
    first.hang_up()
    second = telephony.call(kari.tenant_id)
    await telephony.publisher.drained()
    environment = {"SENTRALBORD_WEB__PORT": address.rpartition(":")[2]}
    again = WebServer(create_app(settings, database, redis), _settings(environment))
    task = asyncio.create_task(again.serve())
    await expect(tab.locator(f"[data-call='{second.id}']")).to_be_visible(timeout=20_000)
    await expect(tab.locator("[data-call]")).to_have_count(1)
    await expect(tab.locator(".connection")).to_have_text("Direkte")
    again.stop()
    await task


async def test_from_a_call_now_to_its_story_and_back(tab: Page, address: str, company: UUID) -> None:
    await sign_in(tab, address, EMAIL, PASSWORD)
    await tab.evaluate("window.stayed = true")
    await tab.get_by_role("link", name="Samtaler").click()
    await tab.wait_for_url(f"{address}/calls")
    await expect(tab.get_by_role("link", name="Samtaler")).to_have_attribute("aria-current", "page")
    assert await tab.evaluate("window.stayed"), "the page was loaded anew instead of swapped"
    await tab.goto(f"{address}/calls/{company}")
    await tab.get_by_text("Hvorfor").first.press("Enter")
    why = tab.locator(".why").first
    await expect(why.locator("li", has_text="Sara Bakke")).to_contain_text("ringes")
    await expect(why.locator("li", has_text="Eero Bakke")).to_contain_text("logget av køen")
    await tab.goto(f"{address}/live")
    await tab.locator(".call-row").first.focus()
    await tab.keyboard.press("Enter")
    await expect(tab.locator(".timeline")).to_be_visible()
    await tab.go_back()
    await expect(tab.locator("sb-calls")).to_be_visible()


async def test_every_control_of_the_live_page_is_reached_by_tab_and_shows_its_focus(
    tab: Page, address: str, company: UUID
) -> None:
    await sign_in(tab, address, EMAIL, PASSWORD)
    await expect(tab.locator(".call-row")).to_have_count(3)
    await tab.evaluate("document.activeElement.blur()")
    reached = []
    for _ in range(11):
        await tab.keyboard.press("Tab")
        name, outline = await tab.evaluate(
            "() => [document.activeElement.className || document.activeElement.localName,"
            " getComputedStyle(document.activeElement).outlineStyle]"
        )
        reached.append(name)
        assert outline == "solid", name
    assert reached[0] == "skip"
    assert reached.count("call-row") == 3


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_no_page_has_a_barrier(tab: Page, address: str, company: UUID, theme: str) -> None:
    await tab.emulate_media(color_scheme=theme, reduced_motion="reduce")
    found = {}
    await tab.goto(f"{address}/sign-in")
    found["sign-in"] = await violations(tab)
    await sign_in(tab, address, EMAIL, PASSWORD)
    await expect(tab.locator(".call-row")).to_have_count(3)
    for path in ("/live", "/calls", f"/calls/{company}", "/nothing"):
        await tab.goto(address + path)
        if path == "/live":
            await expect(tab.locator(".call-row")).to_have_count(3)
        for why in await tab.locator(".why summary").all():
            await why.click()
        found[path] = await violations(tab)
    assert {path: faults for path, faults in found.items() if faults} == {}


async def test_at_200_percent_nothing_is_cut_off(tab: Page, address: str, company: UUID) -> None:
    await tab.set_viewport_size({"width": 640, "height": 400})  # 1280 × 800 at 200 %
    await sign_in(tab, address, EMAIL, PASSWORD)
    for path in ("/live", f"/calls/{company}", "/calls"):
        await tab.goto(address + path)
        wide = await tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path


async def test_the_theme_is_switched_and_kept(tab: Page, address: str, kari: User) -> None:
    await tab.emulate_media(color_scheme="light")
    await sign_in(tab, address, EMAIL, PASSWORD)
    shade = "getComputedStyle(document.body).backgroundColor"
    light = await tab.evaluate(shade)
    async with tab.expect_response("**/profile/preferences"):
        await tab.get_by_label("Lys eller mørk").click()
    dark = await tab.evaluate(shade)
    assert dark != light
    await tab.reload()
    assert await tab.evaluate(shade) == dark


async def test_a_signed_out_page_leads_to_the_sign_in(tab: Page, address: str, kari: User) -> None:
    await sign_in(tab, address, EMAIL, PASSWORD)
    await tab.context.clear_cookies()
    await tab.get_by_role("link", name="Samtaler").click()
    await tab.wait_for_url(f"{address}/sign-in?next=/calls")
    await expect(tab.locator(".topbar")).to_have_count(0)


def _settings(environment: dict[str, str]) -> Settings:
    return load_settings(environment=environment)
