"""Many users at once, on pages and by the API: chosen, looked at, carried out, undone."""

import pytest
from playwright.async_api import Page, expect

from core.data import tenant
from core.directory.user_changes import add_user
from core.directory.user_values import UserChange
from core.directory.users import UserDetails, user
from core.identity.tables import User
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.support import sign_in, violations

API, PATH = "/api/v1/user-batches", "/admin/users/batches"


@pytest.fixture
async def people(kari: User) -> list[UserDetails]:
    with tenant(kari.tenant_id):
        return [
            await add_user(
                UserChange(first_name=name, last_name="Bakke", email=f"{name}@a.example".lower(), role="user")
            )
            for name in ("Aino", "Berit", "Cato", "Dag")
        ]


async def test_the_chosen_are_shown_what_would_change_and_changed_when_confirmed(
    visitor: Visitor, kari: User, people: list[UserDetails]
) -> None:
    """USR-2, USR-7, USR-8 for many users."""
    await visitor.sign_in(kari.email)
    chosen = "&".join(f"user={one.id}" for one in people[:2])
    page = (await visitor.get(f"{PATH}/new?{chosen}")).text
    assert f'value="{people[0].id} {people[1].id}"' in page
    users = " ".join(str(one.id) for one in people[:2])
    planned = await visitor.post(PATH, users=users, act="add_tags", tags="Sales, Night")
    assert planned.status_code == 303, planned.text
    path = planned.headers["location"]
    preview = (await visitor.get(path)).text
    assert all(text in preview for text in ("Aino Bakke", "Berit Bakke", "Sales, Night", f"{path}/confirm"))
    assert "Cato" not in preview
    assert (await visitor.post(f"{path}/confirm")).status_code == 303
    with tenant(kari.tenant_id):
        assert [(await user(one.id)).tags for one in people] == [("Sales", "Night")] * 2 + [()] * 2
    undone = await visitor.post(f"{path}/undo")
    assert undone.headers["location"] != path
    with tenant(kari.tenant_id):
        assert [(await user(one.id)).tags for one in people] == [()] * 4


async def test_all_who_were_found_are_removed_but_not_oneself(
    visitor: Visitor, kari: User, people: list[UserDetails]
) -> None:
    await visitor.sign_in(kari.email)
    assert "5" in (await visitor.get(f"{PATH}/new?everyone=on")).text
    planned = await visitor.post(PATH, users="", q="", act="remove")
    path = planned.headers["location"]
    preview = (await visitor.get(path)).text
    assert 'id="confirm"' in preview, "removing is confirmed in words"
    await visitor.post(f"{path}/confirm")
    left = (await visitor.client.get("/api/v1/users")).json()["items"]
    assert [one["name"] for one in left] == ["Kari Nordmann"]
    assert (await visitor.get(f"{path}?result=refused")).text.count("<tr>") == 2


async def test_what_is_wrong_is_told_and_the_choice_stays(
    visitor: Visitor, kari: User, people: list[UserDetails]
) -> None:
    await visitor.sign_in(kari.email)
    users = str(people[0].id)
    for wrong in ({}, {"act": "add_tags", "tags": " , "}, {"act": "availability", "until": "noon"}):
        answer = await visitor.post(PATH, users=users, **wrong)
        assert (answer.status_code, users in answer.text) == (422, True), wrong
    assert (await visitor.post(PATH, users="nobody", act="hide")).status_code == 422
    assert (await visitor.post(PATH, show="nonsense", act="hide")).status_code == 422
    late = (await visitor.post(PATH, users=users, act="hide")).headers["location"]
    for _ in range(2):
        assert (await visitor.post(f"{late}/confirm")).status_code == 303
    assert (await visitor.get(f"{late}?result=nonsense")).status_code == 200


async def test_the_api_plans_confirms_and_undoes(visitor: Visitor, kari: User, people: list[UserDetails]) -> None:
    """DIR-7, USR-4 for many users, by the API."""
    await visitor.sign_in(kari.email)
    ids = [str(one.id) for one in people]
    made = await visitor.send("POST", API, {"act": {"act": "hidden", "hidden": True}, "users": {"ids": ids}})
    assert (made.status_code, made.json()["expected"]) == (201, {"changed": 4})
    path = made.headers["location"]
    first = (await visitor.client.get(f"{path}/items?limit=3")).json()
    second = (await visitor.client.get(f"{path}/items?limit=3&after={first['next']}")).json()
    assert [one["label"][:1] for one in first["items"] + second["items"]] == ["A", "B", "C", "D"]
    assert (await visitor.send("POST", f"{path}/confirmation")).json()["outcomes"] == {"changed": 4}
    assert (await visitor.send("POST", f"{path}/confirmation")).status_code == 409
    back = await visitor.send("POST", f"{path}/undo")
    assert (back.status_code, back.json()["outcomes"]) == (201, {"changed": 4})
    act = {"act": "availability", "availability": {"status": "holiday", "message": "Back soon"}}
    made = await visitor.send("POST", API, {"act": act, "users": {"matching": {"q": "cato"}}})
    await visitor.send("POST", f"{made.headers['location']}/confirmation")
    found = (await visitor.client.get("/api/v1/users?q=cato")).json()["items"]
    assert [(one["status"], one["message"]) for one in found] == [("holiday", "Back soon")]
    for wrong in ({"ids": []}, {}, {"ids": ["01912345-6789-7abc-8def-0123456789ab"]}):
        answer = await visitor.send("POST", API, {"act": {"act": "invite"}, "users": wrong})
        assert answer.status_code in (404, 422), wrong


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_rows_are_chosen_by_keyboard_and_the_pages_have_no_barrier(
    tab: Page, address: str, kari: User, people: list[UserDetails], theme: str
) -> None:
    await tab.emulate_media(color_scheme=theme)
    await sign_in(tab, address, kari.email, PASSWORD, "/admin/users")
    boxes = tab.locator("td.pick input")
    await boxes.nth(0).focus()
    await tab.keyboard.press("Space")
    for _ in range(2):
        await tab.keyboard.press("Shift+ArrowDown")
    await expect(tab.locator("[data-choose-count]")).to_contain_text("3")
    await boxes.nth(0).click()
    await boxes.nth(3).click(modifiers=["Shift"])
    await expect(tab.locator("[data-choose-count]")).not_to_contain_text("3")
    await tab.locator("[data-choose-all]").check()
    await expect(tab.locator("[data-choose-count]")).to_contain_text("5")
    await tab.set_viewport_size({"width": 640, "height": 400})
    assert await tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    await tab.set_viewport_size({"width": 1440, "height": 900})
    await tab.locator("#chosen button").click()
    await tab.wait_for_url("**/batches/new?*")
    found = {"new": await violations(tab)}
    await tab.get_by_role("radio").nth(7).check()
    await tab.locator("form.form button.primary").click()
    await expect(tab.locator("#batch tbody tr")).to_have_count(5)
    found["preview"] = await violations(tab)
    await tab.locator('[data-dialog="confirm"]').click()
    await tab.locator("#confirm button.danger").click()
    await expect(tab.locator("#batch")).not_to_have_attribute("data-refresh", "x")
    await expect(tab.locator("tbody")).to_contain_text("Kari Nordmann")
    found["result"] = await violations(tab)
    assert {page: faults for page, faults in found.items() if faults} == {}
