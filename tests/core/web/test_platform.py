"""The operator's pages and API: for the operator's own company only."""

from uuid import UUID

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from core.data import Database, tenant
from core.identity.service import create_user
from core.identity.tables import User
from core.messages.service import outbox
from core.platform.numbers import add_main_number, enter
from core.platform.service import NewTenant, create_tenant
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.support import sign_in, violations

TENANTS = "/api/v1/platform/tenants"
NUMBERS = "/api/v1/platform/numbers"
PAGE = "/admin/platform/tenants"


@pytest_asyncio.fixture
async def signe(database: Database) -> User:
    """An administrator of the operator's own company."""
    row = await create_tenant(NewTenant(slug="drift", name="Sentralbord Drift", operator=True))
    with tenant(row.id):
        return await create_user("signe@drift.example", "Signe Drift", PASSWORD, role="administrator", language="en")


async def test_an_administrator_of_a_company_has_no_platform(visitor: Visitor, kari: User, signe: User) -> None:
    await visitor.sign_in(kari.email)
    for path in (TENANTS, NUMBERS, PAGE):
        assert (await visitor.client.get(path)).status_code == 403
    assert "/admin/platform" not in (await visitor.get("/admin/numbers")).text


@pytest.mark.parametrize("role", ["user", "team_leader"])
async def test_only_the_operators_administrators_have_the_platform(visitor: Visitor, signe: User, role: str) -> None:
    with tenant(signe.tenant_id):
        await create_user("u@drift.example", "U", PASSWORD, role=role)
    await visitor.sign_in("u@drift.example")
    assert (await visitor.client.get(TENANTS)).status_code == 403


async def test_the_operator_makes_finds_changes_suspends_and_resumes_a_company_by_the_api(
    visitor: Visitor, kari: User, signe: User
) -> None:
    await visitor.sign_in(signe.email)
    await visitor.send("POST", NUMBERS, {"numbers": "+4722334400 - +4722334409", "note": "Carrier"})
    who = {"email": "per@acme.example", "name": "Per"}
    new = {"slug": "acme", "name": "Acme AS", "numbers": ["+4722334400"], "administrator": who}
    made = await visitor.send("POST", TENANTS, new)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    path = f"{TENANTS}/{made.json()['id']}"
    assert made.headers["location"] == path
    (invitation,) = (await outbox()).items
    assert (invitation.recipient, invitation.tenant_id) == ("per@acme.example", UUID(made.json()["id"]))
    names = [row["name"] for row in (await visitor.client.get(TENANTS)).json()["items"]]
    assert names == ["Acme AS", "Company A", "Sentralbord Drift"]
    problem = await visitor.send("POST", TENANTS, {"slug": "acme", "name": "Acme AS"})
    assert (problem.status_code, problem.json()["errors"][0]["field"]) == (409, "slug")

    change = {"name": "Acme ASA", "timezone": "Europe/Tallinn", "language": "et"}
    assert (await visitor.send("PATCH", path, change)).status_code == 428
    assert (await visitor.send("PATCH", path, change, version=1)).json()["name"] == "Acme ASA"
    assert (await visitor.send("PATCH", path, change, version=1)).status_code == 412
    assert (await visitor.send("PUT", f"{path}/suspension", version=2)).json()["suspended_at"]
    assert (await visitor.send("DELETE", f"{path}/suspension", version=3)).json()["suspended_at"] is None
    assert (await visitor.client.get(f"{path}/modules")).json()["items"] == []


async def test_numbers_are_given_and_returned_by_the_api(visitor: Visitor, kari: User, signe: User) -> None:
    await visitor.sign_in(signe.email)
    assert (await visitor.send("POST", NUMBERS, {"numbers": "+4722334400 - +4722334409"})).json() == {"new": 10}
    path = f"{TENANTS}/{kari.tenant_id}/numbers"
    assert (await visitor.send("POST", path, {"numbers": ["+4722334401"]})).status_code == 204
    assert (await visitor.send("POST", path, {"numbers": ["+4722334401"]})).status_code == 409
    listed = (await visitor.client.get(f"{NUMBERS}?limit=2")).json()
    assert [one["tenant"] for one in listed["items"]] == ["", "Company A"]
    after = (await visitor.client.get(f"{NUMBERS}?limit=2&after={listed['next']}")).json()
    assert [one["number"] for one in after["items"]] == ["+4722334402", "+4722334403"]
    assert (await visitor.send("DELETE", f"{NUMBERS}/+4722334401/tenant")).status_code == 204
    assert (await visitor.send("DELETE", f"{NUMBERS}/+4722334401")).status_code == 204
    assert (await visitor.send("DELETE", f"{NUMBERS}/+4722334401")).status_code == 404


async def test_a_refused_form_keeps_what_was_typed_and_tells_every_fault(visitor: Visitor, signe: User) -> None:
    await visitor.sign_in(signe.email)
    answer = await visitor.post(PAGE, name="", slug="A B", timezone="Oslo", language="en", numbers="")
    assert answer.status_code == 422
    assert 'value="A B"' in answer.text
    assert answer.text.count('class="wrong"') == 3
    taken = await visitor.post(PAGE, name="Acme", slug="acme", numbers="+4711111111")
    assert (taken.status_code, "+4711111111" in taken.text) == (409, True)


async def test_the_company_sees_and_renames_its_numbers_and_nobody_elses(
    visitor: Visitor, kari: User, tenant_b: UUID
) -> None:  # DIR-13
    with tenant(kari.tenant_id):
        ours = await add_main_number("+4722334455", "Front desk")
    with tenant(tenant_b):
        theirs = await add_main_number("+4722334466")
    await visitor.sign_in(kari.email)
    (listed,) = (await visitor.client.get("/api/v1/numbers")).json()["items"]
    assert (listed["number"], listed["label"], listed["flow"], listed["people"]) == (
        "+4722334455",
        "Front desk",
        "",
        [],
    )
    path = f"/api/v1/numbers/{ours.id}"
    assert (await visitor.client.get(path)).headers["etag"] == '"1"'
    assert (await visitor.send("PATCH", path, {"label": "Reception"}, version=1)).json()["label"] == "Reception"
    assert (await visitor.send("PATCH", path, {"label": "Late"}, version=1)).status_code == 412
    for foreign in (theirs.id, UUID(int=7)):
        assert (await visitor.client.get(f"/api/v1/numbers/{foreign}")).status_code == 404
        assert (await visitor.send("PATCH", f"/api/v1/numbers/{foreign}", {"label": "x"}, version=1)).status_code == 404
    page = await visitor.post(f"/admin/numbers/{ours.id}", label="Front", version=2)
    assert page.status_code == 303
    stale = await visitor.post(f"/admin/numbers/{ours.id}", label="Stale", version=2)
    assert (stale.status_code, "Front" in stale.text) == (412, True)


async def test_the_operators_pages_in_the_browser(tab: Page, address: str, signe: User, kari: User) -> None:
    await enter([f"+472233{number}" for number in range(4400, 4460)], "Carrier")
    await sign_in(tab, address, signe.email, PASSWORD, PAGE)
    assert await violations(tab) == []
    await tab.get_by_role("link", name="New company").click()
    await tab.get_by_label("Name").first.fill("Acme AS")
    await tab.get_by_label("Short name").fill("acme")
    await tab.get_by_label("Numbers from the inventory").fill("+4722334400 - +4722334402")
    assert await violations(tab) == []
    await tab.get_by_role("button", name="Make the company").click()
    await expect(tab.get_by_role("status")).to_contain_text("Acme AS is made.")
    await expect(tab.get_by_text("+47 22 33 44 02")).to_be_visible()
    assert await violations(tab) == []
    await tab.emulate_media(color_scheme="dark")
    assert await violations(tab) == []
    await tab.get_by_role("button", name="Suspend").first.click()
    await expect(tab.get_by_role("dialog")).to_contain_text("Calls that are running go on")
    await tab.get_by_role("dialog").get_by_role("button", name="Suspend").click()
    await expect(tab.get_by_role("button", name="Let it work again").first).to_be_visible()
    await tab.goto(f"{address}/admin/platform/numbers")
    await expect(tab.get_by_role("row")).to_have_count(51)
    assert await violations(tab) == []
    await tab.emulate_media(color_scheme="light")
    assert await violations(tab) == []
    await tab.set_viewport_size({"width": 400, "height": 850})
    assert await tab.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    await tab.get_by_role("button", name="Return").first.click()
    await tab.get_by_role("dialog").get_by_role("button", name="Return").click()
    await expect(tab.get_by_role("status")).to_contain_text("is free again")
