"""Route lists on pages and by the API."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from litestar import Litestar
from playwright.async_api import Page, expect

from core.api import Context
from core.config import Settings
from core.flows.elements import BUILT_IN
from core.flows.service import create_flow
from core.flows.versions import save_version
from core.identity.service import create_user
from plugins.routing.service import create_list, list_by_id
from tests.core.flows.flows import switchboard
from tests.core.web.conftest import PASSWORD, Visitor, serving
from tests.core.web.support import sign_in, violations

Visit = Callable[..., Awaitable[Visitor]]
API = "/p/routing/api/v1/lists"
FILE = b"value;destination\n0150;Oslo\n50...;+47 22 33 44 55\n7010;Nowhere\n"


async def oslo() -> UUID:
    """A flow that can be linked to."""
    flow_id = await create_flow("Oslo")
    await save_version(flow_id, switchboard(), BUILT_IN)
    return flow_id


async def test_the_api_makes_fills_and_removes_a_list(visit: Visit, ctx: Context) -> None:
    """ADM-2, ADM-3."""
    flow_id, visitor = await oslo(), await visit()
    made = await visitor.send("POST", API, {"name": "Codes"})
    path = made.headers["location"]
    route = await visitor.send("POST", f"{path}/routes", {"value": "0150", "destination": "Oslo"})
    assert (route.status_code, route.json()["flow_id"]) == (201, str(flow_id))
    refused = await visitor.send("POST", f"{path}/routes", {"value": "0151", "destination": "Bergen"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "destination")
    assert (await visitor.send("PATCH", path, {"name": "Other"}, version=1)).status_code == 412
    assert (await visitor.send("PATCH", path, {"name": "Other"}, version=2)).json()["name"] == "Other"
    assert (await visitor.send("DELETE", f"{path}/routes/{route.json()['id']}")).status_code == 204
    assert (await visitor.send("DELETE", path, version=4)).status_code == 204


async def test_a_file_is_looked_at_and_taken_in_by_the_api_all_or_what_can_be(visit: Visit, ctx: Context) -> None:
    await oslo()
    made, visitor = await create_list(ctx, "Codes"), await visit()
    headers = {"x-csrf-token": visitor.csrf, "if-match": '"1"'}

    async def send(what: str, **fields: str):
        files = {"file": ("routes.csv", FILE, "text/csv")}
        return await visitor.client.post(f"{API}/{made.id}/{what}", files=files, data=fields, headers=headers)

    look = (await send("preview")).json()
    assert (look["added"], [fault["row"] for fault in look["faults"]]) == (2, [4])
    assert (await send("import")).json()["errors"][0]["field"] == "rows.4"
    assert (await list_by_id(made.id)).routes == 0
    assert (await send("import", partial="true")).json()["added"] == 2
    export = await visitor.client.get(f"{API}/{made.id}/export?form=csv")
    assert export.content.decode("utf-8-sig").splitlines() == ["value,destination", "0150,Oslo", "50…,+4722334455"]


async def test_a_list_is_made_and_filled_by_hand_and_from_a_file_in_a_browser(
    tab: Page, app: Litestar, settings: Settings, ctx: Context
) -> None:
    """A fault on the way costs nothing; axe finds nothing in light and dark."""
    await oslo()
    user = await create_user("kari@a.example", "Kari", PASSWORD, role="administrator", language="en")
    async with serving(app, settings) as address:
        await sign_in(tab, address, user.email, PASSWORD, "/p/routing/lists")
        await tab.get_by_role("button", name="New list").click()
        await tab.get_by_label("Name").fill("Codes")
        await tab.get_by_role("button", name="Add").click()
        await expect(tab.get_by_role("heading", name="Codes", exact=True)).to_be_visible()
        await tab.get_by_label("Value, or its beginning").fill("7…")
        await tab.get_by_label("Call flow or telephone number").fill("Bergen")
        await tab.get_by_role("button", name="Add").click()
        await expect(tab.get_by_role("alert")).to_contain_text("no call flow")
        await expect(tab.get_by_label("Value, or its beginning")).to_have_value("7…")
        await tab.get_by_label("Call flow or telephone number").fill("oslo")
        await tab.get_by_role("button", name="Add").click()
        await expect(tab.get_by_role("row").filter(has_text="7…")).to_contain_text("Oslo")

        await tab.get_by_role("button", name="Import").click()
        await tab.get_by_label("CSV or XLSX file").set_input_files(
            {"name": "routes.csv", "mimeType": "text/csv", "buffer": FILE}
        )
        await tab.get_by_role("button", name="Look at it").click()
        await expect(tab.get_by_role("row").filter(has_text="7010")).to_contain_text("no call flow")
        for scheme in ("light", "dark"):
            await tab.emulate_media(color_scheme=scheme)
            assert await violations(tab) == []
        await tab.get_by_role("button", name="Import").click()
        await expect(tab.get_by_role("row").filter(has_text="50…")).to_contain_text("+47 22 33 44 55")
        for scheme in ("light", "dark"):
            await tab.emulate_media(color_scheme=scheme)
            assert await violations(tab) == []
        await tab.get_by_role("button", name="Take out 7…").click()
        await expect(tab.get_by_role("row")).to_have_count(3)
