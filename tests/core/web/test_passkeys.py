"""Passkeys over HTTP with an authenticator in software, and in a real browser with its virtual one."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
import pytest_asyncio
from httpx import AsyncClient, Response
from litestar import Litestar
from playwright.async_api import CDPSession, Page, expect
from redis.asyncio import Redis

from core.config import Settings, load_settings
from core.data import Database, tenant
from core.identity import sessions as session_module
from core.identity.service import create_user
from core.identity.site import Site
from core.identity.tables import User
from core.identity.throttle import PASSKEY, SECOND_FACTOR
from core.web.app import create_app
from tests import ports
from tests.core.identity.authenticator import Authenticator
from tests.core.web.conftest import PASSWORD, Visitor, serving, token
from tests.core.web.support import sign_in, violations
from tests.core.web.test_second_step import required

HTML = {"accept": "text/html"}
PAGE = "/profile/security"
API = "/api/v1/profile/passkeys"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Passkeys belong to an address with its port, so this one is known before the server runs."""
    port = ports.block() + ports.BLOCK - 1
    environment = {"SENTRALBORD_WEB__PORT": str(port), "SENTRALBORD_DATA__FOLDER": str(tmp_path / "data")}
    return load_settings(environment=environment | {"SENTRALBORD_WEB__PUBLIC_URL": f"http://localhost:{port}"})


@pytest_asyncio.fixture
async def address(app: Litestar, settings: Settings) -> AsyncIterator[str]:
    async with serving(app, settings):
        yield settings.web.address


@pytest.fixture
def device(settings: Settings) -> Authenticator:
    site = Site.of(settings.web.address)
    assert site is not None
    return Authenticator(site.origin, site.rp_id, count=1)


@pytest_asyncio.fixture
async def kari(tenant_a: UUID) -> User:
    """An administrator who reads English."""
    with tenant(tenant_a):
        return await create_user("kari@a.example", "Kari Nordmann", PASSWORD, role="administrator", language="en")


async def add(visitor: Visitor, device: Authenticator) -> Response:
    """What the page's script does."""
    options = (await visitor.send("POST", f"{API}/options")).json()
    return await visitor.post(f"{PAGE}/passkeys", credential=json.dumps(device.create(options)))


async def answer(visitor: Visitor, device: Authenticator, path: str = "/sign-in/passkey", **fields: str) -> Response:
    """Sign in with the passkey: alone, or as the second step."""
    csrf = token((await visitor.get(path.removesuffix("/passkey"))).text)
    options = await visitor.client.post(f"{path}/options", headers={"x-csrf-token": csrf})
    assert options.status_code == 200, options.text
    fields |= {"csrf": csrf, "credential": json.dumps(device.get(options.json()))}
    return await visitor.client.post(path, data=fields, headers=HTML)


async def test_a_passkey_alone_signs_in_and_as_a_second_step(
    visitor: Visitor, stranger: Visitor, kari: User, device: Authenticator
) -> None:
    await visitor.sign_in(kari.email)
    before = visitor.cookie("session")
    made = await add(visitor, device)
    assert (made.status_code, len(re.findall(r"<code>[a-z0-9-]{19}</code>", made.text))) == (200, 10)
    assert visitor.cookie("session") != before  # a session's id changes with what it may do
    alone = await answer(stranger, device, next="/calls")
    assert (alone.status_code, alone.headers["location"]) == (303, "/calls")
    assert (await stranger.client.get("/api/v1/profile/sessions")).json()[0]["how"] == "passkey"
    stranger.client.cookies.clear()
    first = await stranger.sign_in(kari.email)
    assert (first.headers["location"], "session" in first.cookies) == ("/sign-in/second", False)
    assert (await answer(stranger, device, "/sign-in/second/passkey")).status_code == 303
    assert (await stranger.get("/live")).status_code == 200


async def test_a_recovery_code_takes_the_place_of_a_lost_passkey(
    visitor: Visitor, stranger: Visitor, kari: User, device: Authenticator
) -> None:
    await visitor.sign_in(kari.email)
    code = re.findall(r"<code>([a-z0-9-]{19})</code>", (await add(visitor, device)).text)[0]
    await stranger.sign_in(kari.email)
    csrf = token((await stranger.get("/sign-in/second")).text)
    done = await stranger.client.post("/sign-in/second", data={"csrf": csrf, "code": code}, headers=HTML)
    assert done.status_code == 303


async def test_a_passkey_is_the_second_factor_that_a_company_requires(
    visitor: Visitor, kari: User, device: Authenticator
) -> None:
    await required(kari, second_factor_since=datetime.now(UTC) - timedelta(days=8), grace_days=7)
    await visitor.sign_in(kari.email)
    csrf = token((await visitor.get(PAGE)).text)
    options = await visitor.client.post(f"{API}/options", headers={"x-csrf-token": csrf})
    form = {"csrf": csrf, "credential": json.dumps(device.create(options.json()))}
    assert (await visitor.get("/live")).headers["location"] == PAGE
    assert (await visitor.client.post(f"{PAGE}/passkeys", data=form, headers=HTML)).status_code == 200
    assert (await visitor.get("/live")).status_code == 200
    visitor.client.cookies.clear()
    assert (await answer(visitor, device)).headers["location"] == "/"


async def test_a_replayed_answer_and_one_asked_for_by_another_browser_sign_nobody_in(
    visitor: Visitor, stranger: Visitor, kari: User, device: Authenticator
) -> None:
    await visitor.sign_in(kari.email)
    await add(visitor, device)
    csrf = token((await stranger.get("/sign-in")).text)
    options = (await stranger.client.post("/sign-in/passkey/options", headers={"x-csrf-token": csrf})).json()
    given = json.dumps(device.get(options))
    await visitor.client.post("/sign-out", data={"csrf": token((await visitor.get(PAGE)).text)}, headers=HTML)
    mine = token((await visitor.get("/sign-in")).text)
    stolen = await visitor.client.post("/sign-in/passkey", data={"csrf": mine, "credential": given}, headers=HTML)
    assert (stolen.status_code, "session" in stolen.cookies) == (422, False)
    form = {"csrf": csrf, "credential": given}
    assert (await stranger.client.post("/sign-in/passkey", data=form, headers=HTML)).status_code == 303
    stranger.client.cookies.delete("session")
    again = await stranger.client.post("/sign-in/passkey", data=form, headers=HTML)
    assert again.status_code in (403, 422)
    assert "session" not in again.cookies


async def test_neither_a_colleagues_passkey_nor_one_of_another_company_is_a_second_step(
    visitor: Visitor, stranger: Visitor, kari: User, ola: User, device: Authenticator
) -> None:
    other = Authenticator(device.origin, device.rp_id)
    await visitor.sign_in(kari.email)
    await add(visitor, device)
    await stranger.sign_in(ola.email)
    await add(stranger, other)
    stranger.client.cookies.clear()
    await stranger.sign_in(kari.email)
    refused = await answer(stranger, other, "/sign-in/second/passkey")
    assert (refused.status_code, "none of your passkeys" in refused.text) == (422, True)
    assert (await answer(stranger, device, "/sign-in/second/passkey")).status_code == 303


async def test_who_tries_again_and_again_is_made_to_wait(
    visitor: Visitor, stranger: Visitor, kari: User, device: Authenticator
) -> None:
    await visitor.sign_in(kari.email)
    await add(visitor, device)
    csrf = token((await stranger.get("/sign-in")).text)
    form = {"csrf": csrf, "credential": "x"}
    for _ in range(PASSKEY.address):
        assert (await stranger.client.post("/sign-in/passkey", data=form, headers=HTML)).status_code == 422
    for path in ("/sign-in/passkey", "/sign-in/passkey/options"):
        stopped = await stranger.client.post(path, data=form, headers=HTML)
        assert (stopped.status_code, int(stopped.headers["retry-after"]) > 0) == (429, True)
    await stranger.sign_in(kari.email)
    csrf = token((await stranger.get("/sign-in/second")).text)
    form = {"csrf": csrf, "credential": "x"}
    for _ in range(SECOND_FACTOR.pair):
        assert (await stranger.client.post("/sign-in/second/passkey", data=form, headers=HTML)).status_code == 422
    assert (await stranger.client.post("/sign-in/second/passkey", data=form, headers=HTML)).status_code == 429


async def test_the_api_does_what_the_page_does(visitor: Visitor, kari: User, device: Authenticator) -> None:
    await visitor.sign_in(kari.email)
    options = (await visitor.send("POST", f"{API}/options")).json()
    assert options["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    body = {"credential": device.create(options), "name": "Key ring"}
    made = await visitor.send("POST", API, body)
    assert (made.status_code, made.headers["etag"], len(made.json()["recovery_codes"])) == (201, '"1"', 10)
    path = made.headers["location"]
    replayed = await visitor.send("POST", API, body)
    assert (replayed.status_code, replayed.json()["type"]) == (422, "urn:sentralbord:problem:passkey_refused")
    assert [one["name"] for one in (await visitor.client.get(API)).json()] == ["Key ring"]
    assert (await visitor.send("PUT", path, {"name": "Blue one"})).status_code == 428
    assert (await visitor.send("PUT", path, {"name": "Blue one"}, version=1)).headers["etag"] == '"2"'
    assert (await visitor.send("PUT", path, {"name": "Red one"}, version=1)).status_code == 412
    assert (await visitor.client.get(path)).json()["name"] == "Blue one"
    assert (await visitor.client.get("/api/v1/profile/second-factor")).json()["passkeys"] == 1
    assert (await visitor.send("DELETE", path)).status_code == 204
    assert (await visitor.client.get(path)).status_code == 404


async def test_passkeys_are_made_and_removed_only_shortly_after_a_sign_in(
    visitor: Visitor, kari: User, device: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    await visitor.sign_in(kari.email)
    await add(visitor, device)
    path = f"{API}/{(await visitor.client.get(API)).json()[0]['id']}"
    monkeypatch.setattr(session_module, "RECENT_SECONDS", -1)
    for method, where in (("POST", f"{API}/options"), ("DELETE", path)):
        refused = await visitor.send(method, where)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:sentralbord:problem:sign_in_again")


async def virtual(tab: Page) -> tuple[CDPSession, str]:
    """The browser's own authenticator, which says yes; and its id."""
    session = await tab.context.new_cdp_session(tab)
    await session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    return session, (await session.send("WebAuthn.addVirtualAuthenticator", {"options": options}))["authenticatorId"]


async def sign_out(tab: Page, address: str) -> None:
    """Forget the session."""
    await tab.context.clear_cookies()
    await tab.goto(f"{address}/sign-in")


async def make(tab: Page, address: str) -> None:
    await tab.get_by_role("button", name="Add a passkey").click()
    await expect(tab.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    await tab.get_by_role("link", name="I have kept them").click()
    await tab.wait_for_url(f"{address}{PAGE}")


async def test_a_passkey_is_made_named_used_and_removed_in_a_browser(tab: Page, address: str, kari: User) -> None:
    await virtual(tab)
    await sign_in(tab, address, kari.email, PASSWORD, PAGE)
    await make(tab, address)
    await tab.get_by_role("button", name="Rename").click()
    await tab.get_by_label("Name", exact=True).fill("My laptop")
    await tab.keyboard.press("Enter")
    await expect(tab.get_by_role("cell", name="My laptop")).to_be_visible()
    await expect(tab.locator("[data-flash]")).to_contain_text("Saved.")
    await sign_out(tab, address)
    await tab.get_by_role("button", name="Sign in with a passkey").click()
    await tab.wait_for_url(f"{address}/live")
    await sign_out(tab, address)
    await tab.get_by_label("E-mail address, user name or number").fill(kari.email)
    await tab.get_by_label("Password").fill(PASSWORD)
    await tab.keyboard.press("Enter")
    await tab.wait_for_url(f"{address}/sign-in/second")
    assert await violations(tab) == []
    await tab.get_by_role("button", name="Use a passkey").click()
    await tab.wait_for_url(f"{address}/live")
    await tab.goto(f"{address}{PAGE}")
    found = []
    for scheme in ("light", "dark"):
        await tab.emulate_media(color_scheme=scheme)
        found += await violations(tab)
    assert found == []
    await tab.get_by_role("button", name="Remove").click()
    await tab.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(tab.locator("[data-flash]")).to_contain_text("The passkey is removed.")
    await sign_out(tab, address)
    await tab.get_by_role("button", name="Sign in with a passkey").click()
    await expect(tab.get_by_role("alert").filter(has_text="Nobody signs in here with this passkey")).to_be_visible()


async def test_a_copy_of_an_authenticator_is_found_out_in_a_browser(tab: Page, address: str, kari: User) -> None:
    session, authenticator = await virtual(tab)
    await sign_in(tab, address, kari.email, PASSWORD, PAGE)
    await make(tab, address)
    ours = {"authenticatorId": authenticator}
    (copied,) = (await session.send("WebAuthn.getCredentials", ours))["credentials"]
    await sign_out(tab, address)
    await tab.get_by_role("button", name="Sign in with a passkey").click()
    await tab.wait_for_url(f"{address}/live")
    await sign_out(tab, address)
    await session.send("WebAuthn.clearCredentials", ours)
    await session.send("WebAuthn.addCredential", ours | {"credential": copied})
    await tab.get_by_role("button", name="Sign in with a passkey").click()
    await expect(tab.get_by_role("alert").filter(has_text="may have been copied")).to_be_visible()
    assert urlsplit(tab.url).path == "/sign-in/passkey"


async def test_why_a_passkey_does_not_work_is_said(tab: Page, address: str, kari: User) -> None:
    says = tab.locator("form[data-passkey] [role=alert]")
    button = tab.get_by_role("button", name="Sign in with a passkey")
    await virtual(tab)
    await tab.goto(f"{address}/sign-in")
    await button.click()
    await expect(says).to_contain_text("You cancelled, it took too long, or there is no passkey")
    await expect(button).to_be_focused()
    assert await violations(tab) == []
    await tab.goto(f"{address}/sign-in".replace("localhost", "127.0.0.1"))
    await button.click()
    await expect(says).to_contain_text(f"Passkeys work at {address} only.")
    await tab.evaluate("document.querySelector('[data-origin]').dataset.origin = location.origin")
    await button.click()
    await expect(says).to_contain_text("This browser refused")  # as it does with a page that pretends to be ours
    await tab.add_init_script("delete window.PublicKeyCredential")
    await tab.goto(f"{address}/sign-in")
    await button.click()
    await expect(says).to_contain_text("This browser has no passkeys.")


async def test_at_an_address_without_a_name_none_are_offered(
    kari: User, tmp_path: Path, database: Database, redis: Redis
) -> None:
    environment = {"SENTRALBORD_WEB__PORT": "0", "SENTRALBORD_WEB__PUBLIC_URL": "http://pbx.example"}
    settings = load_settings(environment=environment | {"SENTRALBORD_DATA__FOLDER": str(tmp_path / "data")})
    async with (
        serving(create_app(settings, database, redis), settings) as url,
        AsyncClient(base_url=url) as client,
    ):
        visitor = Visitor(client)
        assert "passkey" not in (await visitor.get("/sign-in")).text
        await visitor.sign_in(kari.email)
        assert "browsers want an address with a name and HTTPS" in (await visitor.get(PAGE)).text
        refused = await visitor.send("POST", f"{API}/options")
        assert (refused.status_code, "web.public_url" in refused.json()["detail"]) == (409, True)
