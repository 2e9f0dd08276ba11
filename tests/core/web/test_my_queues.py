"""My queues: the personal menu and its page; logging in and out is known everywhere at once."""

import asyncio
from uuid import UUID

import pytest
from playwright.async_api import Page, expect
from redis.asyncio import Redis

from core.api.ids import uuid7
from core.calls.live import STREAM
from core.calls.projector import Projector
from core.data import tenant, transaction
from core.directory.service import NewDevice, set_devices
from core.directory.users import user
from core.identity.service import create_user
from core.identity.tables import User
from core.queues.decide import decide
from core.queues.model import WaitingCall
from core.queues.service import add_member, create_queue, load_queue
from core.queues.state import QueueState
from core.queues.tables import Queue
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.support import sign_in, violations

API = "/api/v1/profile/queues"


@pytest.fixture
async def liv(tenant_a: UUID) -> User:
    """A user of tenant A, with no more access than everybody."""
    with tenant(tenant_a):
        account = await create_user("liv@a.example", "Liv Dahl", PASSWORD, language="en")
        await set_devices((await user(account.id)).id, (NewDevice("sip", "sip:liv@192.0.2.1"),))
    return account


@pytest.fixture
async def queues(liv: User) -> list[Queue]:
    """Two of hers, and one that she is not in."""
    with tenant(liv.tenant_id):
        made = [await create_queue(name) for name in ("Support", "Sales", "Directors")]
        for queue in made[:2]:
            await add_member(queue.id, (await user(liv.id)).id)
    return made


def states(answer) -> dict[str, bool]:
    return {one["name"]: one["logged_in"] for one in answer.json()["items"]}


async def test_she_logs_in_to_each_of_her_queues_or_all_and_nothing_else(
    visitor: Visitor, liv: User, queues: list[Queue]
) -> None:
    """PRF-7, QUE-7."""
    support, _, directors = queues
    await visitor.sign_in(liv.email)
    assert states(await visitor.client.get(API)) == {"Sales": False, "Support": False}
    assert states(await visitor.send("PUT", f"{API}/{support.id}", {"logged_in": True})) == {
        "Sales": False,
        "Support": True,
    }
    assert states(await visitor.send("PUT", API, {"logged_in": True})) == {"Sales": True, "Support": True}
    assert (await visitor.post("/profile/queues", logout=str(support.id))).status_code == 303
    page = (await visitor.get("/profile/queues")).text
    assert "You are logged out of Support." in page
    assert states(await visitor.client.get(API)) == {"Sales": True, "Support": False}
    assert (await visitor.post("/profile/queues", logout="all")).status_code == 303
    assert set(states(await visitor.client.get(API)).values()) == {False}
    for foreign in (directors.id, uuid7()):
        assert (await visitor.send("PUT", f"{API}/{foreign}", {"logged_in": True})).status_code == 404
    for foreign in ("nonsense", str(directors.id)):
        refused = await visitor.post("/profile/queues", login=foreign)
        assert (refused.status_code, "not a member" in refused.text) == (404, True)


async def test_routing_and_the_live_page_know_at_once_that_she_has_logged_in(
    visitor: Visitor, liv: User, queues: list[Queue], redis: Redis
) -> None:
    """PRF-7: a caller who waits is offered to her by the next decision."""
    support = queues[0]
    state, call = QueueState(redis), WaitingCall(id=uuid7(), priority=10, enqueued_at=1, allow_empty=True)
    with tenant(liv.tenant_id):
        she = (await user(liv.id)).id
        before = await load_queue(support.id)  # as a media process knew it, before she logged in
    await state.enqueue(liv.tenant_id, support.id, call)
    snapshot = await state.snapshot(liv.tenant_id, before)
    assert decide(snapshot, before, snapshot.at).offers == {}
    await visitor.sign_in(liv.email)
    await visitor.send("PUT", f"{API}/{support.id}", {"logged_in": True})
    snapshot = await state.snapshot(liv.tenant_id, before)
    assert decide(snapshot, before, snapshot.at).offers[call.id].members == (she,)
    (person,) = (await visitor.client.get("/api/v1/live/people")).json()["items"]
    assert (person["state"], person["queues"]) == ("free", ["Support"])


async def test_each_log_in_of_hers_is_one_session_of_the_journal(
    visitor: Visitor, liv: User, queues: list[Queue], redis: Redis
) -> None:
    """PRF-7, RAD-3: what reports count; nobody else has done it."""
    await visitor.sign_in(liv.email)
    for logged_in in (True, True, False):
        await visitor.send("PUT", f"{API}/{queues[0].id}", {"logged_in": logged_in})
    async with asyncio.timeout(20):
        while await redis.xlen(STREAM) < 2:
            await asyncio.sleep(0.02)
    await Projector(redis).project([fields[b"e"] for _, fields in await redis.xrange(STREAM)])
    with tenant(liv.tenant_id):
        async with transaction(read_only=True) as unit:
            (session,) = await unit.fetch("SELECT * FROM agent_session")
    assert (session["person"], session["queue"]) == ("Liv Dahl", "Support")
    assert session["logged_out_at"] > session["logged_in_at"]
    assert session["logged_in_by"] is session["logged_out_by"] is None


async def test_queues_of_another_company_do_not_exist(visitor: Visitor, ola: User, queues: list[Queue]) -> None:
    await visitor.sign_in(ola.email)
    assert states(await visitor.client.get(API)) == {}
    assert (await visitor.send("PUT", f"{API}/{queues[0].id}", {"logged_in": True})).status_code == 404


async def test_the_personal_menu_is_moved_in_by_keyboard_and_logs_her_in(
    tab: Page, address: str, liv: User, queues: list[Queue]
) -> None:
    """GEN-3, PRF-7: name → My profile, My queues, sign out; by the keys of a menu."""
    await sign_in(tab, address, liv.email, PASSWORD)
    summary = tab.locator("summary[aria-haspopup=menu]")
    await summary.focus()
    await tab.keyboard.press("Enter")
    await expect(tab.get_by_role("menuitem", name="My profile")).to_be_focused()
    support = tab.get_by_role("menuitemcheckbox", name="Support")
    await expect(support).to_have_attribute("aria-checked", "false")
    assert await violations(tab) == []
    await tab.keyboard.press("ArrowDown")
    await expect(tab.get_by_role("menuitem", name="My queues")).to_be_focused()
    await tab.keyboard.press("ArrowDown")
    await expect(tab.get_by_role("menuitemcheckbox", name="Sales")).to_be_focused()
    await tab.keyboard.press("ArrowDown")
    await tab.keyboard.press("Space")
    await expect(support).to_have_attribute("aria-checked", "true")
    await expect(support).to_be_focused()
    await tab.keyboard.press("End")
    await expect(tab.get_by_role("menuitem", name="Sign out")).to_be_focused()
    await tab.keyboard.press("Home")
    await expect(tab.get_by_role("menuitem", name="My profile")).to_be_focused()
    await tab.keyboard.press("s")
    await expect(tab.get_by_role("menuitemcheckbox", name="Sales")).to_be_focused()
    await tab.keyboard.press("Escape")
    await expect(summary).to_be_focused()
    await expect(tab.get_by_role("menu")).to_be_hidden()
    await tab.keyboard.press("ArrowUp")
    await expect(tab.get_by_role("menuitem", name="Sign out")).to_be_focused()
    await tab.keyboard.press("Tab")
    await expect(tab.get_by_role("menu")).to_be_hidden()


async def test_the_page_follows_what_happens_elsewhere_and_keeps_the_keyboard(
    tab: Page, address: str, visitor: Visitor, liv: User, queues: list[Queue]
) -> None:
    """PRF-7: logged in elsewhere, this page shows it by itself."""
    await sign_in(tab, address, liv.email, PASSWORD, "/profile/queues")
    await expect(tab.get_by_text("Logged in to 0 of 2")).to_be_visible()
    await tab.get_by_role("button", name="Log in", exact=True).last.focus()
    held = await tab.evaluate("document.activeElement.id")
    await visitor.sign_in(liv.email)
    await visitor.send("PUT", API, {"logged_in": True})
    await expect(tab.get_by_text("Logged in to 2 of 2")).to_be_visible()
    assert await tab.evaluate("document.activeElement.id") == held
    await tab.keyboard.press("Enter")
    await expect(tab.get_by_text("You are logged out of Support.")).to_be_visible()
