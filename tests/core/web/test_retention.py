"""For how long a company keeps its data: on the page and by the API (STA-8)."""

import re

from playwright.async_api import Page, expect

from core.data import tenant
from core.identity.service import create_user
from core.identity.tables import User
from core.retention.model import Classes
from core.retention.sweep import sweep_tenant
from tests.core.retention.past import counted, past_calls
from tests.core.retention.test_sweep import night
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.support import sign_in, violations

PAGE, API = "/admin/retention", "/api/v1/retention"
CALLS = f"{API}/core.call_detail"


async def test_what_would_go_is_told_and_goes_only_when_it_is_confirmed(visitor: Visitor, kari: User) -> None:
    """STA-8: within 3 months; shorter only with open eyes."""
    await past_calls(kari.tenant_id, 1, 20, 40)
    await visitor.sign_in(kari.email)
    answer = await visitor.client.get(CALLS)
    assert (answer.json()["keep"], answer.json()["most"], answer.headers["etag"]) == (92, 92, '"0"')
    assert (await visitor.client.get(f"{CALLS}/beyond?keep=30")).json() == {"entries": 1}
    refused = await visitor.send("PUT", CALLS, {"keep": 10}, version=0)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:sentralbord:problem:unconfirmed")
    assert "2 " in refused.json()["detail"]
    done = await visitor.send("PUT", CALLS, {"keep": 10, "confirmed": True}, version=0)
    assert (done.status_code, done.json()["keep"], done.headers["etag"]) == (200, 10, '"1"')
    entry = (await visitor.client.get("/api/v1/audit?action=retention.changed")).json()["items"][0]
    assert (entry["before"], entry["after"]) == ({"keep": "92 days"}, {"keep": "10 days"})
    assert await counted(kari.tenant_id, "call") == {"call": 3}  # until the night
    with tenant(kari.tenant_id):
        await sweep_tenant(Classes(()), night())
    assert (await visitor.client.get(CALLS)).json()["removed"] == 2


async def test_what_cannot_be_is_refused_with_what_can(visitor: Visitor, kari: User, ola: User) -> None:  # STA-8
    await visitor.sign_in(kari.email)
    long = await visitor.send("PUT", CALLS, {"keep": 93}, version=0)
    assert (long.status_code, "1 til 92" in long.json()["detail"]) == (422, True)
    assert (await visitor.client.get(f"{CALLS}/beyond?keep=93")).status_code == 422
    assert (await visitor.send("PUT", CALLS, {"keep": 50})).status_code == 428
    assert (await visitor.send("PUT", CALLS, {"keep": 50}, version=3)).status_code == 412
    assert (await visitor.client.get(f"{API}/survey.results")).status_code == 404
    assert (await visitor.post(f"{PAGE}/survey.results", keep="5")).status_code == 404
    assert (await visitor.send("PUT", CALLS, {"keep": 50}, version=0)).status_code == 200
    with tenant(ola.tenant_id):
        assert await counted(ola.tenant_id, "retention_period") == {"retention_period": 0}


async def test_of_two_who_decide_at_once_the_second_sees_the_first(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    assert (await visitor.post(f"{PAGE}/core.call_detail", keep="60", version=0)).status_code == 303
    late = await visitor.post(f"{PAGE}/core.call_detail", keep="50", version=0)
    assert late.status_code == 412
    assert 'value="50"' in late.text
    for wrong in ("", "0", "93", "many"):
        assert (await visitor.post(f"{PAGE}/core.call_detail", keep=wrong, version=1)).status_code == 422


async def test_who_may_only_look_finds_nothing_to_change(visitor: Visitor, kari: User) -> None:
    with tenant(kari.tenant_id):
        await create_user("u@a.example", "U", PASSWORD)
    await visitor.sign_in("u@a.example")
    assert (await visitor.get(PAGE)).status_code == 403
    assert (await visitor.client.get(API)).status_code == 403


async def test_keeping_shorter_in_a_browser(tab: Page, address: str, kari: User) -> None:
    await past_calls(kari.tenant_id, 1, 20, 40)
    await sign_in(tab, address, kari.email, PASSWORD, PAGE)
    found = []
    for scheme in ("light", "dark"):
        await tab.emulate_media(color_scheme=scheme)
        found += await violations(tab)
    assert found == []
    field = tab.get_by_label("Samtaler i detalj")
    await field.fill("30")
    await field.press("Enter")
    asked = tab.get_by_role("form", name=re.compile("kortere"))
    await expect(asked).to_contain_text("1 ")
    await expect(asked).to_be_focused()
    assert await violations(tab) == []
    await asked.get_by_role("button").press("Enter")
    await expect(tab.locator("[data-flash]")).to_contain_text("30 dager")
    await expect(field).to_have_value("30")
