"""Signing in and out over HTTP."""

from uuid import UUID

import pytest
from redis.asyncio import Redis

from core.data import system, tenant
from core.identity.service import create_user
from core.identity.sessions import Sessions
from core.identity.tables import User
from core.identity.throttle import SIGN_IN
from tests.core.web.conftest import PASSWORD, Visitor, token

HTML = {"accept": "text/html"}


async def test_right_password_signs_in_whatever_the_case_of_the_address(visitor: Visitor, kari: User) -> None:
    answer = await visitor.sign_in("Kari@A.example")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await visitor.get("/live")).status_code == 200


async def test_sign_in_goes_on_to_the_page_that_was_asked_for(visitor: Visitor, kari: User) -> None:
    refused = await visitor.get("/calls?before=1")
    assert (refused.status_code, refused.headers["location"]) == (302, "/sign-in?next=/calls%3Fbefore%3D1")
    answer = await visitor.sign_in("kari@a.example", next="/calls?before=1")
    assert answer.headers["location"] == "/calls?before=1"


@pytest.mark.parametrize(
    "next", ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)"]
)
async def test_sign_in_never_leads_to_another_site(visitor: Visitor, kari: User, next: str) -> None:
    answer = await visitor.sign_in("kari@a.example", next=next)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    ("email", "password"), [("kari@a.example", "wrong"), ("nobody@a.example", PASSWORD), ("kari@b.example", PASSWORD)]
)
async def test_what_was_wrong_is_not_told(visitor: Visitor, kari: User, email: str, password: str) -> None:
    answer = await visitor.sign_in(email, password)
    assert answer.status_code == 401
    assert "What you sign in with or the password is wrong." in answer.text
    assert "session" not in answer.cookies


async def test_a_user_who_is_switched_off_cannot_sign_in(visitor: Visitor, kari: User) -> None:
    with system():
        await User.update({User.active: False}).where(User.id == kari.id)
    assert (await visitor.sign_in("kari@a.example")).status_code == 401


async def test_a_user_without_password_cannot_sign_in(visitor: Visitor, tenant_a: UUID) -> None:
    with tenant(tenant_a):
        await create_user("new@a.example", "New")
    assert (await visitor.sign_in("new@a.example", "x")).status_code == 401


async def test_guessing_is_stopped_with_429_and_a_time(visitor: Visitor, kari: User) -> None:
    for _ in range(SIGN_IN.pair):
        assert (await visitor.sign_in("kari@a.example", "wrong")).status_code == 401
    answer = await visitor.sign_in("kari@a.example")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 15 * 60
    assert "Try again in 15 min." in answer.text


async def test_a_user_with_her_address_in_another_company_buys_nobody_more_guesses(
    visitor: Visitor, kari: User, tenant_b: UUID
) -> None:
    with tenant(tenant_b):
        await create_user("kari@a.example", "Not Kari", "known to the guesser")
    for _ in range(SIGN_IN.pair):
        assert (
            await visitor.sign_in("kari@a.example", "known to the guesser", company=str(tenant_b))
        ).status_code == 303
        visitor.client.cookies.clear()
        assert (await visitor.sign_in("kari@a.example", "a guess")).status_code == 401
    assert (await visitor.sign_in("kari@a.example", "one more guess")).status_code == 429


async def test_the_id_of_a_session_changes_at_sign_in_and_the_old_one_is_dead(
    visitor: Visitor, stranger: Visitor, kari: User
) -> None:
    visitor.client.cookies.set("session", "chosen-by-an-attacker")
    await visitor.sign_in("kari@a.example")
    first = visitor.cookie("session")
    assert first != "chosen-by-an-attacker"
    page = await visitor.get("/live")
    again = await visitor.client.post(
        "/sign-in", data={"csrf": token(page.text), "identifier": "kari@a.example", "password": PASSWORD}, headers=HTML
    )
    assert again.status_code == 303
    assert visitor.cookie("session") != first
    stranger.client.cookies.set("session", first)
    assert (await stranger.get("/live")).status_code == 302


async def test_sign_out_ends_the_session(visitor: Visitor, stranger: Visitor, kari: User) -> None:
    await visitor.sign_in("kari@a.example")
    session, page = visitor.cookie("session"), await visitor.get("/live")
    answer = await visitor.client.post("/sign-out", data={"csrf": token(page.text)}, headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    stranger.client.cookies.set("session", session)
    assert (await stranger.get("/live")).status_code == 302


async def test_a_revoked_session_is_dead_at_once(visitor: Visitor, kari: User, redis: Redis) -> None:
    await visitor.sign_in("kari@a.example")
    assert await Sessions(redis, idle_seconds=60).revoke(kari.id) == 1
    assert (await visitor.get("/live")).status_code == 302


async def test_somebody_with_users_in_two_companies_chooses(
    visitor: Visitor, kari: User, tenant_a: UUID, tenant_b: UUID
) -> None:
    with tenant(tenant_b):
        await create_user("kari@a.example", "Kari B", PASSWORD)
    answer = await visitor.sign_in("kari@a.example")
    assert answer.status_code == 200
    assert "Company A" in answer.text
    assert "Company B" in answer.text
    assert (await visitor.sign_in("kari@a.example", company=str(tenant_b))).status_code == 303
    assert "Company B" in (await visitor.get("/live")).text


async def test_the_cookies_are_out_of_reach_of_scripts(visitor: Visitor, kari: User) -> None:
    answer = await visitor.sign_in("kari@a.example")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("session="))
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))


async def test_the_language_is_kept_with_the_user(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in("kari@a.example")
    page = await visitor.get("/live")
    answer = await visitor.client.post("/language", data={"csrf": token(page.text), "language": "fi"}, headers=HTML)
    assert answer.status_code == 303
    assert '<html lang="fi"' in (await visitor.get("/live")).text
    with system():
        assert (await User.objects().get(User.id == kari.id)).language == "fi"
    bad = await visitor.client.post("/language", data={"csrf": token(page.text), "language": "xx"})
    assert bad.status_code == 400
    assert "en, nb, sv, fi, et, lt" in bad.text


async def test_a_stranger_sees_the_language_of_the_browser(stranger: Visitor) -> None:
    page = await stranger.client.get("/sign-in", headers={"accept-language": "xx, nn;q=0.9, en;q=0.5"})
    assert '<html lang="nb"' in page.text
