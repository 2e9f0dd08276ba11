"""API tokens: some of what their owner may do, shown once, dead when revoked."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import Page
from redis.asyncio import Redis

from core.data import system, tenant, transaction
from core.identity import tokens as tokens_module
from core.identity.service import create_user
from core.identity.tables import User
from core.identity.throttle import TOKEN
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.support import sign_in, violations

PAGE, API = "/profile/tokens", "/api/v1/profile/tokens"


async def made(visitor: Visitor, user: User, *scopes: str) -> dict:
    """Sign in and make a token by the API; the visitor is nobody afterwards."""
    await visitor.sign_in(user.email)
    answer = await visitor.send("POST", API, {"name": "Reports", "scopes": list(scopes or ["calls.view"]), "days": 30})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def ask(visitor: Visitor, token: str, path: str = "/api/v1/calls", method: str = "GET", **sent):
    visitor.client.cookies.clear()
    return await visitor.client.request(method, path, headers={"authorization": f"Bearer {token}"}, **sent)


async def test_a_token_asks_for_its_scopes_only_and_needs_no_token_of_a_session(
    visitor: Visitor, stranger: Visitor, kari: User
) -> None:
    token = (await made(visitor, kari, "calls.view", "security.view", "security.manage"))["token"]
    assert (await ask(stranger, token)).status_code == 200
    assert (await ask(stranger, token, "/api/v1/audit")).status_code == 403
    body = {"identifiers": ["email"], "second_factor": False, "grace_days": 0, "password_length": 12}
    sent = await stranger.client.put(
        "/api/v1/security", json=body, headers={"authorization": f"Bearer {token}", "if-match": '"0"'}
    )
    assert sent.status_code == 200
    entry = (await visitor.client.get("/api/v1/audit?action=security.changed")).json()["items"][0]
    assert (entry["actor"], entry["actor_kind"]) == ("Kari Nordmann (Reports)", "token")


@pytest.mark.parametrize("path", [API, "/api/v1/profile/sessions", "/api/v1/openapi.json"])
async def test_a_token_reaches_nothing_of_her_profile_and_no_page(
    visitor: Visitor, stranger: Visitor, kari: User, path: str
) -> None:
    token = (await made(visitor, kari))["token"]
    assert (await ask(stranger, token, path)).status_code == 403
    page = await stranger.client.get("/live", headers={"authorization": f"Bearer {token}", "accept": "text/html"})
    assert page.status_code == 302


async def test_a_token_never_has_more_than_its_owner_when_it_is_used(
    visitor: Visitor, stranger: Visitor, kari: User
) -> None:
    token = (await made(visitor, kari, "calls.view", "live.view"))["token"]
    with system():
        async with transaction() as unit:
            await unit.execute("UPDATE user_account SET system_role = 'user' WHERE id = $1", kari.id)
    assert (await ask(stranger, token)).status_code == 403
    assert (await ask(stranger, token, "/api/v1/live/calls")).status_code in (200, 404)
    with system():
        async with transaction() as unit:
            await unit.execute("UPDATE user_account SET active = false WHERE id = $1", kari.id)
    assert (await ask(stranger, token)).status_code == 401


async def test_nobody_gives_a_token_what_she_may_not_do_herself(visitor: Visitor, kari: User) -> None:
    with tenant(kari.tenant_id):
        user = await create_user("user@a.example", "U", PASSWORD)
    await visitor.sign_in(user.email)
    for scopes in (["security.manage"], ["signed_in"], ["public"], ["nonsense"], []):
        refused = await visitor.send("POST", API, {"name": "x", "scopes": scopes, "days": 30})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "scopes"), scopes
    page = await visitor.post(PAGE, name="", scopes=["security.manage"], days="0")
    assert page.status_code == 422
    assert {"p-name", "p-scopes", "p-days"} <= set(re.findall(r'id="(p-\w+)"', page.text))


async def test_revoked_or_too_old_it_is_dead_at_the_next_request(
    visitor: Visitor, stranger: Visitor, kari: User, ola: User
) -> None:
    one = await made(visitor, kari)
    other = (await visitor.send("POST", API, {"name": "Other", "scopes": ["calls.view"], "days": 30})).json()
    assert (await ask(stranger, one["token"])).status_code == 200
    listed = (await visitor.client.get(API)).json()
    assert {entry["id"]: entry["last_used_at"] is not None for entry in listed} == {one["id"]: True, other["id"]: False}
    await stranger.sign_in(ola.email)
    assert (await stranger.send("DELETE", f"{API}/{one['id']}")).status_code == 404
    assert (await visitor.send("DELETE", f"{API}/{one['id']}")).status_code == 204
    assert (await ask(stranger, one["token"])).status_code == 401
    with system():
        async with transaction() as unit:
            await unit.execute("UPDATE api_token SET expires_at = expires_at - $1::interval", timedelta(days=31))
    assert (await ask(stranger, other["token"])).status_code == 401


async def test_the_token_is_shown_once_and_kept_nowhere(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    page = await visitor.post(PAGE, name="Reports", scopes=["calls.view", "live.view"], days="30")
    token = re.search(r'class="secret">(sbt_[\w-]{43})<', page.text)[1]
    told = (await visitor.get(PAGE)).text + (await visitor.client.get(API)).text
    told += (await visitor.client.get("/api/v1/audit")).text
    assert "Reports" in told
    with system():
        async with transaction() as unit:
            told += str([dict(row) for row in await unit.fetch("TABLE api_token")])
    assert token not in told


async def test_a_token_and_an_address_with_none_are_slowed_down(
    visitor: Visitor, stranger: Visitor, kari: User, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = (await made(visitor, kari))["token"]
    monkeypatch.setattr(tokens_module, "A_MINUTE", 3)
    answers = [(await ask(stranger, token)).status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]
    guesses = [await ask(stranger, f"sbt_{number}") for number in range(TOKEN.address + 1)]
    assert {answer.status_code for answer in guesses[:-1]} == {401}
    assert (guesses[-1].status_code, "retry-after" in guesses[-1].headers) == (429, True)


async def test_a_cookie_beside_a_token_gives_nothing(visitor: Visitor, kari: User) -> None:
    token = (await made(visitor, kari))["token"]
    answer = await visitor.client.get("/api/v1/audit", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    forged = await visitor.client.delete(API + "/x", headers={"authorization": "Bearer none"})
    assert forged.status_code in (401, 404)


async def test_the_tokens_page_in_a_browser(tab: Page, address: str, kari: User) -> None:
    await sign_in(tab, address, kari.email, PASSWORD, PAGE)
    found = await violations(tab)
    await tab.locator("#f-name").fill("Reports")
    await tab.locator("input[value='calls.view']").check()
    await tab.locator("form.card button").click()
    await tab.locator("code.secret").wait_for()
    found += await violations(tab)
    await tab.goto(f"{address}{PAGE}")
    for scheme in ("light", "dark"):
        await tab.emulate_media(color_scheme=scheme)
        found += await violations(tab)
    assert found == []
