"""Custom fields and names of statuses, on pages and by the API."""

import re

import pytest
from playwright.async_api import Page, expect

from core.data import tenant
from core.directory.field_changes import FieldChange, add_field
from core.directory.model import FieldKind, Option
from core.directory.user_changes import add_user
from core.directory.user_values import UserChange
from core.directory.users import user
from core.identity.tables import User
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.support import sign_in, violations

FIELDS, API = "/admin/users/fields", "/api/v1/custom-fields"


async def listed(visitor: Visitor) -> list[str]:
    """The titles of the fields, in their order."""
    return [one["title"] for one in (await visitor.client.get(API)).json()["items"]]


async def test_a_field_is_added_renamed_moved_retired_and_removed_on_pages(visitor: Visitor, kari: User) -> None:
    """DIR-9, USR-3: text, number, choice and date."""
    await visitor.sign_in(kari.email)
    assert "<table" not in (await visitor.get(FIELDS)).text
    for title, kind in (("Floor", "text"), ("Age", "number"), ("First day", "date")):
        assert (await visitor.post(FIELDS, title=title, kind=kind, options="")).status_code == 303
    assert (await visitor.post(FIELDS, title="Office", kind="choice", options="Oslo\n\nBergen")).status_code == 303
    assert await listed(visitor) == ["Floor", "Age", "First day", "Office"]
    fields = {one["title"]: one for one in (await visitor.client.get(API)).json()["items"]}
    form = (await visitor.get("/admin/users/new")).text
    assert all(f'name="custom.{one["id"]}"' in form for one in fields.values())
    office = fields["Office"]
    assert (await visitor.post(f"{FIELDS}/order", field=office["id"], by="-1")).status_code == 303
    assert await listed(visitor) == ["Floor", "Age", "Office", "First day"]
    bergen = office["options"][1]["key"]
    page = f"{FIELDS}/{office['id']}"
    assert 'value="Bergen"' in (await visitor.get(page)).text
    saved = await visitor.post(
        page, version="1", title="Place", kind="choice", options="Vadsø", **{f"option.{bergen}": "Tromsø"}
    )
    assert saved.status_code == 303, saved.text
    now = (await visitor.client.get(f"{API}/{office['id']}")).json()
    assert [one["title"] for one in now["options"]] == ["Tromsø", "Vadsø"]
    assert now["options"][0]["key"] == bergen, "under a new title it is the same option"
    assert (await visitor.post(f"{page}/retire", version="2")).status_code == 303
    assert f'name="custom.{office["id"]}"' not in (await visitor.get("/admin/users/new")).text
    assert (await visitor.post(f"{page}/bring-back", version="3")).status_code == 303
    assert (await visitor.post(f"{page}/remove", version="4", used="0")).status_code == 303
    assert await listed(visitor) == ["Floor", "Age", "First day"]


async def test_a_field_is_kept_by_the_api(visitor: Visitor, kari: User) -> None:
    """DIR-9: definition and values; nothing is lost that was not shown."""
    await visitor.sign_in(kari.email)
    made = await visitor.send("POST", API, {"title": "Floor", "kind": "number"})
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    path, id = made.headers["location"], made.json()["id"]
    with tenant(kari.tenant_id):
        her = await add_user(UserChange(first_name="Aino"))
    changed = await visitor.send("PATCH", f"/api/v1/users/{her.id}", {"custom": {id: "4,5"}}, version=1)
    assert changed.json()["custom"] == {id: "4.5"}
    assert (await visitor.send("PUT", path, {"title": "Level", "kind": "date"}, version=1)).status_code == 409
    renamed = await visitor.send("PUT", path, {"title": "Level", "kind": "number", "retired": True}, version=1)
    assert (renamed.json()["title"], renamed.json()["retired"], renamed.json()["used"]) == ("Level", True, 1)
    assert (await visitor.send("PUT", path, {"title": "Late", "kind": "number"}, version=1)).status_code == 412
    assert (await visitor.send("DELETE", path, version=2)).json()["type"].endswith(":in_use")
    with tenant(kari.tenant_id):
        assert (await user(her.id)).custom == {id: "4.5"}
    assert (await visitor.send("PUT", f"{API}/order", {"ids": []})).status_code == 422
    assert (await visitor.send("PUT", f"{API}/order", {"ids": [id]})).status_code == 200
    assert (await visitor.send("DELETE", f"{path}?used=1", version=2)).status_code == 204
    assert (await visitor.client.get(path)).status_code == 404


async def test_what_is_wrong_with_a_field_is_told_at_its_place_and_what_was_typed_stays(
    visitor: Visitor, kari: User
) -> None:
    await visitor.sign_in(kari.email)
    answer = await visitor.post(FIELDS, title="", kind="choice", options="")
    assert answer.status_code == 422
    assert set(re.findall(r'id="p-([a-z]+)"', answer.text)) == {"title", "options"}
    assert (await visitor.post(FIELDS, title="A", kind="colour")).status_code == 422
    with tenant(kari.tenant_id):
        field = await add_field(FieldChange(title="F", kind=FieldKind.CHOICE, options=(Option("k", "Oslo"),)))
        await add_user(UserChange(first_name="Aino", custom={field.id: "Oslo"}))
    page = f"{FIELDS}/{field.id}"
    refused = await visitor.post(page, version="1", title="G", kind="choice", options="Ny", **{"option.k": ""})
    assert (refused.status_code, "Oslo" in refused.text, 'value="G"' in refused.text) == (409, True, True)
    await visitor.post(f"{page}/retire", version="1")
    late = await visitor.post(page, version="1", title="H", kind="choice", **{"option.k": "Oslo"})
    assert (late.status_code, 'value="H"' in late.text, 'name="version" value="2"' in late.text) == (412, True, True)


async def test_statuses_are_renamed_in_a_language_on_a_page_and_by_the_api(visitor: Visitor, kari: User) -> None:
    """AVL-1, USR-4: those who read in it see the new name."""
    await visitor.sign_in(kari.email)
    page = (await visitor.get("/admin/users/statuses?language=nb")).text
    version = page.split('name="version" value="')[1].split('"')[0]
    answer = await visitor.post("/admin/users/statuses", language="nb", version=version, away="På reise")
    assert answer.status_code == 303
    assert "På reise" in (await visitor.get("/admin/users/statuses?language=nb")).text
    late = await visitor.post("/admin/users/statuses", language="nb", version=version, away="Ute")
    assert (late.status_code, "På reise" in late.text, 'value="Ute"' in late.text) == (412, True, True)
    path = "/api/v1/status-names/en"
    read = await visitor.client.get(path)
    assert read.json()["usual"]["lunch"] == "Lunch"
    body = {"names": {"lunch": "Busy"}}
    assert (await visitor.send("PUT", path, body)).status_code == 428
    tag = int(read.headers["etag"].strip('"'))
    assert (await visitor.send("PUT", path, body, version=tag)).status_code == 422
    renamed = await visitor.send("PUT", path, {"names": {"lunch": "At table"}}, version=tag)
    assert renamed.json()["chosen"] == {"lunch": "At table"}
    assert (await visitor.client.get("/api/v1/status-names")).json()["items"][0]["chosen"] == {"lunch": "At table"}
    assert (await visitor.client.get("/api/v1/status-names/tlh")).status_code == 404


async def test_definitions_of_another_company_do_not_exist(visitor: Visitor, kari: User, ola: User) -> None:
    with tenant(kari.tenant_id):
        field = await add_field(FieldChange(title="Secret floor"))
    await visitor.sign_in(ola.email)
    assert "Secret floor" not in (await visitor.get(FIELDS)).text
    for path in ("", "/retire", "/bring-back", "/remove"):
        answer = await visitor.post(f"{FIELDS}/{field.id}{path}", version="1", title="x", kind="text")
        assert answer.status_code == 404, path


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_pages_have_no_barrier_and_options_move_by_keyboard(
    tab: Page, address: str, kari: User, theme: str
) -> None:
    with tenant(kari.tenant_id):
        options = tuple(Option(key, key.title()) for key in ("oslo", "bergen"))
        office = await add_field(FieldChange(title="Office", kind=FieldKind.CHOICE, options=options))
        await add_field(FieldChange(title="Floor"))
        await add_field(FieldChange(title="Old", retired=True))
    await tab.emulate_media(color_scheme=theme)
    await sign_in(tab, address, kari.email, PASSWORD, FIELDS)
    found = {FIELDS: await violations(tab)}
    for path in (f"{FIELDS}/new", f"{FIELDS}/{office.id}", "/admin/users/statuses"):
        await tab.goto(address + path)
        found[path] = await violations(tab)
    assert {path: faults for path, faults in found.items() if faults} == {}
    await tab.goto(f"{address}{FIELDS}/{office.id}")
    await tab.locator('[data-move="down"]').first.focus()
    await tab.keyboard.press("Enter")
    await expect(tab.locator(".movable input").first).to_have_value("Bergen")
    await tab.locator("form.form button.primary").click()
    await expect(tab.locator("main")).to_contain_text("Bergen, Oslo")
    await tab.locator(f"#down-{office.id}").focus()
    await tab.keyboard.press("Enter")
    await expect(tab.locator("tbody tr").first).to_contain_text("Floor")
