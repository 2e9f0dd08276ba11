"""VIP lists on pages and by the API: made, filled, imported after a look, and only by those who may."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from litestar import Litestar
from playwright.async_api import Page, expect

from core.api import Context
from core.config import Settings
from core.data import tenant
from core.identity.service import create_user
from plugins.vip.numbers import add_number
from plugins.vip.service import ListValues, create_list, list_by_id
from tests.core.web.conftest import PASSWORD, Visitor, serving
from tests.core.web.support import sign_in, violations

Visit = Callable[..., Awaitable[Visitor]]
API = "/p/vip/api/v1/lists"
FILE = b"number;comment\n+4722334455;Ada\nnonsense;x\n"


async def test_the_api_makes_fills_and_removes_a_list(visit: Visit) -> None:
    """VIP-1."""
    visitor = await visit()
    made = await visitor.send("POST", API, {"name": "Gold", "service_level_seconds": 10})
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    path = made.headers["location"]
    assert (await visitor.send("POST", f"{path}/numbers", {"number": "+47 22 33 44 55"})).status_code == 201
    (number,) = (await visitor.client.get(f"{path}/numbers")).json()["items"]
    assert number["number"] == "+4722334455"
    stale = await visitor.send("PUT", path, {"name": "Silver"}, version=1)
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:sentralbord:problem:changed")
    assert (await visitor.send("PUT", path, {"name": "Silver", "blocks": True}, version=2)).json()["blocks"] is True
    assert (await visitor.send("DELETE", f"{path}/numbers/{number['id']}")).status_code == 204
    assert (await visitor.send("DELETE", path)).status_code == 428
    assert (await visitor.send("DELETE", path, version=4)).status_code == 204
    assert (await visitor.client.get(path)).status_code == 404


async def test_a_refusal_is_told_in_the_readers_language_with_its_field(visit: Visit, ctx: Context) -> None:
    made = await create_list(ctx, ListValues(name="Gold"))
    visitor = await visit()
    await visitor.client.get("/live")
    answer = await visitor.client.post(
        f"{API}/{made.id}/numbers",
        json={"number": "22*"},
        headers={"x-csrf-token": visitor.csrf, "accept-language": "nb"},
    )
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "number"
    assert "landkode" in error["detail"]


async def test_a_file_is_looked_at_and_taken_in_by_the_api_all_or_what_can_be(visit: Visit, ctx: Context) -> None:
    made = await create_list(ctx, ListValues(name="Gold"))
    visitor = await visit()
    headers = {"x-csrf-token": visitor.csrf, "if-match": '"1"'}
    path = f"{API}/{made.id}"

    async def send(what: str, content: bytes = FILE, **fields: str):
        files = {"file": ("numbers.csv", content, "text/csv")}
        return await visitor.client.post(f"{path}/{what}", files=files, data=fields, headers=headers)

    look = (await send("preview")).json()
    assert (look["added"], [fault["row"] for fault in look["faults"]]) == (1, [3])
    refused = await send("import")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "rows.3")
    assert (await list_by_id(made.id)).numbers == 0
    assert (await send("import", partial="true")).json()["added"] == 1
    assert (await send("preview", b"PK\x03\x04 broken")).status_code == 422
    export = await visitor.client.get(f"{path}/export?form=csv")
    assert export.content.decode("utf-8-sig").splitlines() == ["number,comment", "+4722334455,Ada"]


async def test_who_may_only_see_sees_lists_and_changes_nothing(visit: Visit, ctx: Context) -> None:
    made = await create_list(ctx, ListValues(name="Gold"))
    visitor = await visit(role="user")
    page = await visitor.get(f"/p/vip/lists/{made.id}")
    assert page.status_code == 200
    assert 'data-dialog="remove"' not in page.text
    assert (await visitor.send("PUT", f"{API}/{made.id}", {"name": "Mine"}, version=1)).status_code == 403


async def test_the_menu_leads_to_the_lists_only_where_the_module_is_on(visit: Visit, tenant_b: UUID) -> None:
    here, there = await visit(), await visit(tenant_b)
    assert 'href="/p/vip/lists"' in (await here.get("/admin/users")).text
    assert 'href="/p/vip/lists"' not in (await there.get("/admin/users")).text
    assert (await there.get("/p/vip/lists")).status_code == 404


async def test_the_audit_trail_tells_of_lists_in_words(visit: Visit, ctx: Context) -> None:
    await create_list(ctx, ListValues(name="Gold"))
    visitor = await visit()
    assert "VIP-liste laget" in (await visitor.get("/admin/audit?action=vip.list_created")).text


async def test_a_list_is_made_and_filled_by_hand_and_from_a_file_in_a_browser(
    tab: Page, app: Litestar, settings: Settings, ctx: Context, tenant_a: UUID
) -> None:
    """Two faults on the way cost nothing; axe finds nothing in light and dark."""
    user = await create_user("kari@a.example", "Kari", PASSWORD, role="administrator", language="en")
    async with serving(app, settings) as address:
        await sign_in(tab, address, user.email, PASSWORD, "/p/vip/lists")
        assert await violations(tab) == []
        await tab.get_by_role("button", name="New list").click()
        await tab.get_by_label("Name").fill("Gold")
        await tab.get_by_label("Service level in seconds").fill("soon")
        await tab.get_by_role("button", name="Add").click()
        await expect(tab.get_by_role("alert")).to_contain_text("no whole number")
        await tab.get_by_role("button", name="New list").click()
        await expect(tab.get_by_label("Name")).to_have_value("Gold")
        await tab.get_by_label("Service level in seconds").fill("15")
        await tab.get_by_role("button", name="Add").click()
        await expect(tab.get_by_role("heading", name="Gold", exact=True)).to_be_visible()
        assert await violations(tab) == []

        await tab.get_by_label("Number, or its beginning").fill("22*")
        await tab.get_by_role("button", name="Add").click()
        await expect(tab.get_by_role("alert")).to_contain_text("country code")
        await tab.get_by_label("Number, or its beginning").fill("+47 22*")
        await tab.get_by_role("button", name="Add").click()
        await expect(tab.get_by_role("status").filter(has_text="+4722*")).to_be_visible()

        await tab.get_by_role("button", name="Import").click()
        await tab.get_by_label("CSV or XLSX file").set_input_files(
            {"name": "numbers.csv", "mimeType": "text/csv", "buffer": FILE}
        )
        await tab.get_by_role("button", name="Look at it").click()
        await expect(tab.get_by_role("row").filter(has_text="nonsense")).to_contain_text("country code")
        for scheme in ("light", "dark"):
            await tab.emulate_media(color_scheme=scheme)
            assert await violations(tab) == []
        await tab.get_by_role("button", name="Import").click()
        await expect(tab.get_by_role("row").filter(has_text="Ada")).to_contain_text("+47 22 33 44 55")
        assert await violations(tab) == []
        await tab.get_by_role("button", name="Take off +4722*").click()
        await expect(tab.get_by_role("row")).to_have_count(2)
    (made,) = await _lists(tenant_a)
    assert (made.service_level_seconds, made.numbers) == (15, 1)


async def _lists(tenant_id: UUID):
    from plugins.vip.service import lists

    with tenant(tenant_id):
        return await lists()


async def test_a_long_list_is_searched_and_turned_over(visit: Visit, ctx: Context) -> None:
    made = await create_list(ctx, ListValues(name="Gold"))
    for number in range(60):
        await add_number(ctx, made.id, f"+472233{number:04}", f"Customer {number}")
    visitor = await visit()
    first = (await visitor.get(f"/p/vip/lists/{made.id}")).text
    assert first.count("Customer ") == 50
    assert "after=" in first
    found = (await visitor.get(f"/p/vip/lists/{made.id}?q=customer+59")).text
    assert found.count("Customer ") == 1
