"""An administrator and how others sign in: sessions ended, second factor removed, tokens revoked; nobody above her."""

import json

from playwright.async_api import Page, expect
from pyotp import TOTP

from core.audit.service import AuditFilter, entries
from core.data import tenant
from core.identity.service import create_user
from core.identity.tables import User
from core.messages.service import outbox
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.support import sign_in, violations
from tests.core.web.test_escalation import hr, refused  # noqa: F401  (a fixture)
from tests.core.web.test_roles import kind


async def member(kari: User, name: str = "Per") -> User:
    with tenant(kari.tenant_id):
        return await create_user(f"{name.lower()}@a.example", name, PASSWORD, language="en")


def api(user: User) -> str:
    return f"/api/v1/users/{user.id}/security"


async def with_codes(visitor: Visitor) -> None:
    """The signed-in visitor sets up one-time codes."""
    path = "/api/v1/profile/second-factor/codes"
    secret = (await visitor.send("POST", path)).json()["secret"]
    assert (await visitor.send("PUT", path, {"code": TOTP(secret).now()})).status_code == 200


async def test_sessions_of_another_are_seen_and_end_at_once(visitor: Visitor, stranger: Visitor, kari: User) -> None:
    per = await member(kari)
    await visitor.sign_in(kari.email)
    await stranger.sign_in(per.email)
    (session,) = (await visitor.client.get(api(per))).json()["sessions"]
    assert (session["address"], session["current"]) == ("127.0.0.1", False)
    assert (await visitor.send("DELETE", f"{api(per)}/sessions/{session['id']}")).status_code == 204
    assert (await stranger.client.get("/api/v1/profile/sessions")).status_code == 401
    assert (await visitor.send("DELETE", f"{api(per)}/sessions/{session['id']}")).status_code == 404
    await stranger.sign_in(per.email)
    assert (await visitor.send("DELETE", f"{api(per)}/sessions")).status_code == 204
    assert (await stranger.client.get("/api/v1/profile/sessions")).status_code == 401
    with tenant(kari.tenant_id):
        told = (await entries(AuditFilter(action="user.sessions_ended"))).items
    assert [(entry.subject, entry.actor) for entry in told] == [("Per", "Kari Nordmann")] * 2


async def test_a_second_factor_is_removed_with_a_reason_of_which_she_is_told(
    visitor: Visitor, stranger: Visitor, kari: User
) -> None:
    per = await member(kari)
    await visitor.sign_in(kari.email)
    await stranger.sign_in(per.email)
    reset = f"{api(per)}/second-factor/reset"
    assert (await visitor.send("POST", reset, {"reason": "Lost"})).status_code == 409
    await with_codes(stranger)
    assert (await visitor.client.get(api(per))).json()["second_factor"]["codes"] is True
    assert (await visitor.send("POST", reset, {"reason": " "})).status_code == 422
    assert (await visitor.send("POST", reset, {"reason": "Lost her telephone"})).status_code == 204
    assert (await stranger.client.get("/api/v1/profile/sessions")).status_code == 401
    assert (await stranger.sign_in(per.email)).headers["location"] == "/"
    message = (await outbox()).items[0]
    assert (message.recipient, message.subject) == (per.email, "Your second factor was removed")
    assert "Reason: Lost her telephone" in message.text
    with tenant(kari.tenant_id):
        (told,) = (await entries(AuditFilter(action="user.second_factor_reset"))).items
    assert json.loads(told.after) == {"reason": "Lost her telephone"}
    own = await visitor.send("POST", f"{api(kari)}/second-factor/reset", {"reason": "x"})
    assert (own.status_code, kind(own)) == (409, "yourself")


async def test_tokens_of_another_are_seen_and_revoked(visitor: Visitor, stranger: Visitor, kari: User) -> None:
    per = await member(kari)
    await stranger.sign_in(per.email)
    made = await stranger.send(
        "POST", "/api/v1/profile/tokens", {"name": "Board", "scopes": ["queues.view"], "days": 9}
    )
    asking = {"authorization": f"Bearer {made.json()['token']}"}
    await visitor.sign_in(kari.email)
    (token,) = (await visitor.client.get(api(per))).json()["tokens"]
    assert (token["name"], "token" in token) == ("Board", False)
    stranger.client.cookies.clear()
    assert (await stranger.client.get("/api/v1/live/queues", headers=asking)).status_code == 200
    assert (await visitor.send("DELETE", f"{api(kari)}/tokens/{token['id']}")).status_code == 404
    assert (await visitor.send("DELETE", f"{api(per)}/tokens/{token['id']}")).status_code == 204
    assert (await stranger.client.get("/api/v1/live/queues", headers=asking)).status_code == 401


async def test_nobody_ends_or_resets_what_is_of_somebody_who_may_do_more(
    hr: Visitor,  # noqa: F811
    kari: User,
    ola: User,
) -> None:
    """ROL-7: an administrator's second factor is not hers to remove."""
    assert refused(await hr.client.get(api(kari)))
    assert refused(await hr.send("DELETE", f"{api(kari)}/sessions"))
    assert refused(await hr.send("POST", f"{api(kari)}/second-factor/reset", {"reason": "x"}))
    assert (await hr.get(f"/admin/users/{kari.id}/security")).status_code == 403
    assert (await hr.client.get(api(ola))).status_code == 404
    per = await member(kari)
    assert (await hr.client.get(api(per))).status_code == 200


async def test_it_is_done_in_a_browser(tab: Page, address: str, visitor: Visitor, kari: User) -> None:
    per = await member(kari)
    with tenant(kari.tenant_id):
        anna = await create_user("anna@a.example", "Anna", PASSWORD, role="administrator", language="en")
    await visitor.sign_in(per.email)
    await with_codes(visitor)
    await sign_in(tab, address, anna.email, PASSWORD, f"/admin/users/{per.id}")
    await tab.get_by_role("link", name="How she signs in").click()
    await expect(tab.locator("h1")).to_have_text("How Per signs in")
    found = []
    for scheme in ("light", "dark"):
        await tab.emulate_media(color_scheme=scheme)
        found += await violations(tab)
    await tab.get_by_role("button", name="Remove it").click()
    dialog = tab.get_by_role("dialog")
    await dialog.get_by_label("Reason").fill("Lost")
    found += await violations(tab)
    await dialog.get_by_role("button", name="Remove it").click()
    await expect(tab.get_by_role("status")).to_contain_text("The second factor is removed")
    await expect(tab.get_by_text("Nowhere just now.")).to_be_visible()
    assert found == []
