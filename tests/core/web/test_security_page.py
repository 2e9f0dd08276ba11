"""Administration → Security: what a company decides about signing in, on the page and by the API."""

from playwright.async_api import Page

from core.data import tenant
from core.identity.settings import security_settings
from core.identity.tables import User
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.support import sign_in, violations

PAGE, API = "/admin/security", "/api/v1/security"
FORM = {"email": "on", "second_factor": "on", "grace_days": 3, "password_length": 16, "version": 0}


async def test_what_is_decided_holds_and_is_recorded(visitor: Visitor, kari: User) -> None:
    """GEN-5: with what its users sign in is the company's to choose."""
    await visitor.sign_in(kari.email)
    assert (await visitor.post(PAGE, **FORM)).status_code == 303
    with tenant(kari.tenant_id):
        settings = await security_settings()
    assert (settings.identifiers, settings.grace_days, settings.password_length) == (("email",), 3, 16)
    assert settings.second_factor_since is not None
    assert not settings.second_factor_forced()
    new = "enough for twelve"[:15]
    refused = await visitor.send("PUT", "/api/v1/profile/password", {"current": PASSWORD, "new": new})
    assert (refused.status_code, "16" in refused.json()["detail"]) == (422, True)
    entry = (await visitor.client.get("/api/v1/audit?action=security.changed")).json()["items"][0]
    assert (entry["before"]["password_length"], entry["after"]["password_length"]) == (12, 16)


async def test_of_two_who_decide_at_once_the_second_sees_the_first(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    await visitor.post(PAGE, **FORM)
    late = await visitor.post(PAGE, **FORM | {"grace_days": 9})
    assert late.status_code == 412
    assert 'name="version" value="1"' in late.text
    assert 'value="9"' in late.text
    body = {"identifiers": ["email"], "second_factor": False, "grace_days": 0, "password_length": 12}
    assert (await visitor.send("PUT", API, body)).status_code == 428
    assert (await visitor.send("PUT", API, body, version=0)).status_code == 412
    done = await visitor.send("PUT", API, body, version=1)
    assert (done.status_code, done.headers["etag"], done.json()["second_factor_since"]) == (200, '"2"', None)


async def test_what_cannot_be_is_told_field_by_field_and_nothing_changes(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    answer = await visitor.post(PAGE, grace_days=-1, password_length=8, version=0)
    assert answer.status_code == 422
    assert {'id="p-grace_days"', 'id="p-password_length"'} <= set(answer.text.replace(">", " ").split(" "))
    assert (await visitor.client.get(API)).json()["version"] == 0


async def test_the_security_page_in_a_browser(tab: Page, address: str, kari: User) -> None:
    await sign_in(tab, address, kari.email, PASSWORD, PAGE)
    found = []
    for scheme in ("light", "dark"):
        await tab.emulate_media(color_scheme=scheme)
        found += await violations(tab)
    assert found == []
