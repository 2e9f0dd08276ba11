"""Signing in with a second step, and My profile → Security."""

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from playwright.async_api import Page, expect
from redis.asyncio import Redis

from core.data import tenant
from core.identity import sessions as session_module
from core.identity.settings import OWNER, SecuritySettings
from core.identity.tables import User
from core.identity.throttle import SECOND_FACTOR
from core.tenancy.service import write_settings
from tests.core.web.conftest import PASSWORD, Visitor, token
from tests.core.web.support import sign_in, violations

HTML = {"accept": "text/html"}
PAGE = "/profile/security"


async def enrolled(visitor: Visitor, user: User) -> tuple[pyotp.TOTP, list[str]]:
    """Sign in and turn codes on, as a person does; her app and her recovery codes."""
    await visitor.sign_in(user.email)
    page = await visitor.post(f"{PAGE}/codes")
    totp = pyotp.TOTP(re.search(r'class="secret">([A-Z2-7 ]+)<', page.text)[1].replace(" ", ""))
    wrong = await visitor.post(f"{PAGE}/codes/first", code="nothing")
    assert wrong.status_code == 422
    before = visitor.cookie("session")
    done = await visitor.post(f"{PAGE}/codes/first", code=totp.now())
    assert visitor.cookie("session") != before  # a session's id changes with what it may do
    return totp, re.findall(r"<code>([a-z0-9-]{19})</code>", done.text)


def later(totp: pyotp.TOTP) -> str:
    """A code that was not used yet: of the next period, which is taken as well."""
    return totp.at(datetime.now(UTC) + timedelta(seconds=30))


async def second(visitor: Visitor, code: str):
    page = await visitor.get("/sign-in/second")
    return await visitor.client.post("/sign-in/second", data={"csrf": token(page.text), "code": code}, headers=HTML)


async def required(user: User, **settings) -> None:
    with tenant(user.tenant_id):
        await write_settings(OWNER, SecuritySettings(**settings))


async def test_the_password_alone_lets_nobody_in_and_a_code_does_once(
    visitor: Visitor, stranger: Visitor, kari: User
) -> None:
    totp, codes = await enrolled(visitor, kari)
    assert (await visitor.get(PAGE)).status_code == 200
    first = await stranger.sign_in(kari.email, next="/calls")
    assert (first.headers["location"], "session" in first.cookies) == ("/sign-in/second", False)
    assert (await stranger.get("/live")).status_code == 302
    assert (await second(stranger, "000000")).status_code == 422
    code = later(totp)
    answer = await second(stranger, code)
    assert (answer.status_code, answer.headers["location"]) == (303, "/calls")
    stranger.client.cookies.clear()
    await stranger.sign_in(kari.email)
    assert (await second(stranger, code)).status_code == 422  # the same step again
    assert (await second(stranger, codes[0])).headers["location"] == "/"
    stranger.client.cookies.clear()
    await stranger.sign_in(kari.email)
    assert (await second(stranger, codes[0])).status_code == 422


async def test_the_second_step_needs_the_first(visitor: Visitor, stranger: Visitor, kari: User) -> None:
    totp, _ = await enrolled(visitor, kari)
    assert (await stranger.get("/sign-in/second")).headers["location"] == "/sign-in"
    stranger.client.cookies.set("pending", "chosen-by-an-attacker")
    csrf = token((await stranger.get("/sign-in")).text)
    answer = await stranger.client.post("/sign-in/second", data={"csrf": csrf, "code": later(totp)}, headers=HTML)
    assert answer.headers["location"] == "/sign-in"
    assert "session" not in answer.cookies


async def test_guessing_codes_is_stopped(visitor: Visitor, stranger: Visitor, kari: User) -> None:
    totp, _ = await enrolled(visitor, kari)
    await stranger.sign_in(kari.email)
    for _ in range(SECOND_FACTOR.pair):
        assert (await second(stranger, "000000")).status_code == 422
    stopped = await second(stranger, later(totp))
    assert stopped.status_code == 429
    assert int(stopped.headers["retry-after"]) > 0


async def test_required_with_days_of_grace_leads_there_and_then_opens_nothing_else(
    visitor: Visitor, stranger: Visitor, kari: User
) -> None:
    await required(kari, second_factor_since=datetime.now(UTC), grace_days=7)
    assert (await visitor.sign_in(kari.email)).headers["location"] == PAGE
    assert (await visitor.get("/live")).status_code == 200
    await required(kari, second_factor_since=datetime.now(UTC) - timedelta(days=8), grace_days=7)
    assert (await stranger.sign_in(kari.email)).headers["location"] == PAGE
    assert (await stranger.get("/live")).headers["location"] == PAGE
    refused = await stranger.client.get("/api/v1/calls")
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:sentralbord:problem:second_factor_missing")
    csrf = token((await stranger.get(PAGE)).text)
    begun = await stranger.client.post(f"{PAGE}/codes", data={"csrf": csrf}, headers=HTML)
    totp = pyotp.TOTP(re.search(r'class="secret">([A-Z2-7 ]+)<', begun.text)[1].replace(" ", ""))
    done = await stranger.client.post(f"{PAGE}/codes/first", data={"csrf": csrf, "code": totp.now()}, headers=HTML)
    assert done.status_code == 200
    assert (await stranger.get("/live")).status_code == 200


async def test_how_one_signs_in_is_changed_only_shortly_after_a_sign_in(
    visitor: Visitor, kari: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    await visitor.sign_in(kari.email)
    monkeypatch.setattr(session_module, "RECENT_SECONDS", -1)
    answer = await visitor.post(f"{PAGE}/codes")
    assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/sign-in")
    assert 'name="identifier"' in (await visitor.get(answer.headers["location"])).text
    refused = await visitor.send("POST", "/api/v1/profile/second-factor/codes")
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:sentralbord:problem:sign_in_again")


async def test_the_api_does_what_the_page_does(visitor: Visitor, stranger: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    path = "/api/v1/profile/second-factor"
    begun = (await visitor.send("POST", f"{path}/codes")).json()
    totp = pyotp.TOTP(begun["secret"])
    assert (await visitor.send("PUT", f"{path}/codes", {"code": "x"})).status_code == 422
    codes = (await visitor.send("PUT", f"{path}/codes", {"code": totp.now()})).json()["codes"]
    assert (await visitor.client.get(path)).json() == {"codes": True, "passkeys": 0, "recovery_codes": len(codes)}
    again = (await visitor.send("POST", f"{path}/recovery-codes")).json()["codes"]
    assert not set(again) & set(codes)
    await stranger.sign_in(kari.email)
    assert (await second(stranger, again[0])).headers["location"] == "/"
    assert (await visitor.send("DELETE", f"{path}/codes")).status_code == 204
    assert (await visitor.client.get(path)).json() == {"codes": False, "passkeys": 0, "recovery_codes": 0}


async def test_a_changed_password_ends_the_other_sessions_and_gives_this_one_a_new_id(
    visitor: Visitor, stranger: Visitor, kari: User
) -> None:
    """PRF-2."""
    await visitor.sign_in(kari.email)
    await stranger.sign_in(kari.email)
    before, new = visitor.cookie("session"), "four words that nobody guesses"
    wrong = await visitor.post(f"{PAGE}/password", current="wrong", password=new, again=new)
    assert (wrong.status_code, 'id="p-current"' in wrong.text) == (422, True)
    assert (await visitor.post(f"{PAGE}/password", current=PASSWORD, password=new, again="x")).status_code == 422
    assert (
        await visitor.post(f"{PAGE}/password", current=PASSWORD, password="short", again="short")
    ).status_code == 422
    done = await visitor.post(f"{PAGE}/password", current=PASSWORD, password=new, again=new)
    assert done.status_code == 303
    assert visitor.cookie("session") != before
    assert (await visitor.get(PAGE)).status_code == 200
    assert (await stranger.get("/live")).status_code == 302
    stranger.client.cookies.set("session", before)
    assert (await stranger.get("/live")).status_code == 302
    assert (await visitor.send("PUT", "/api/v1/profile/password", {"current": new, "new": PASSWORD})).status_code == 204
    assert (await stranger.sign_in(kari.email)).status_code == 303


async def test_sessions_are_listed_and_ended_one_or_all_others_and_nobody_elses(
    visitor: Visitor, stranger: Visitor, kari: User, ola: User, redis: Redis
) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    stranger.client.headers["user-agent"] = agent
    await visitor.sign_in(kari.email)
    await stranger.sign_in(kari.email)
    listed = (await visitor.client.get("/api/v1/profile/sessions")).json()
    assert [(one["device"], one["current"], one["how"]) for one in listed] == [
        ("Firefox, Linux", False, "password"),
        ("", True, "password"),
    ]
    assert "Firefox, Linux" in (await visitor.get(PAGE)).text
    other = next(one["id"] for one in listed if not one["current"])
    assert (await visitor.post(f"{PAGE}/sessions/{other}/end")).status_code == 303
    assert (await stranger.get("/live")).status_code == 302
    assert (await visitor.send("DELETE", f"/api/v1/profile/sessions/{other}")).status_code == 404
    await stranger.sign_in(ola.email)
    mine = (await stranger.client.get("/api/v1/profile/sessions")).json()[0]["id"]
    assert (await visitor.send("DELETE", f"/api/v1/profile/sessions/{mine}")).status_code == 404
    assert (await stranger.get("/live")).status_code == 200
    await visitor.send("DELETE", "/api/v1/profile/sessions")
    assert (await visitor.get("/live")).status_code == 200


async def test_security_and_second_step_in_a_browser(tab: Page, address: str, kari: User) -> None:
    """Light and dark; axe finds nothing."""
    await sign_in(tab, address, kari.email, PASSWORD, PAGE)
    pages = []
    for scheme in ("light", "dark"):
        await tab.emulate_media(color_scheme=scheme)
        pages += await violations(tab)
    await tab.get_by_role("button", name=re.compile("one-time codes|engangskoder")).click()
    secret = (await tab.locator("code.secret").inner_text()).replace(" ", "")
    pages += await violations(tab)
    await tab.locator("#f-code").fill(pyotp.TOTP(secret).now())
    await tab.keyboard.press("Enter")
    await expect(tab.locator(".codes code")).to_have_count(10)
    pages += await violations(tab)
    await tab.context.clear_cookies()
    await tab.goto(f"{address}/sign-in?next=/profile/details")
    await tab.locator("#identifier").fill(kari.email)
    await tab.locator("#password").fill(PASSWORD)
    await tab.keyboard.press("Enter")
    await expect(tab.locator("#code")).to_be_focused()
    pages += await violations(tab)
    await tab.keyboard.type(later(pyotp.TOTP(secret)))
    await tab.keyboard.press("Enter")
    await tab.wait_for_url(f"{address}/profile/details")
    assert pages == []
