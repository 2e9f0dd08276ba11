"""What stands in front of every route."""

import re
from uuid import UUID

import pytest
from httpx import AsyncClient
from litestar import Litestar
from redis.asyncio import Redis

from core.config import load_settings
from core.data import Database, tenant
from core.identity.service import create_user
from core.identity.tables import User
from core.roles.guards import routes_without_permission
from core.roles.model import PERMISSIONS, PUBLIC, SIGNED_IN, Catalogue
from core.web.app import create_app
from tests.core.web.conftest import PASSWORD, Visitor, serving, token
from tests.core.web.support import Route, routes_of

HTML = {"accept": "text/html"}
SOMETHING = UUID("01912345-6789-7abc-8def-0123456789ab")


def routes(app: Litestar) -> list[Route]:
    return routes_of(app, SOMETHING)


def test_every_route_declares_a_permission_that_exists(app: Litestar) -> None:
    assert list(routes_without_permission(app, Catalogue())) == []


async def test_every_route_that_is_not_public_refuses_strangers(app: Litestar, stranger: Visitor) -> None:
    await stranger.client.get("/sign-in")
    csrf = stranger.cookie("csrf")
    closed = [route for route in routes(app) if route[2] != PUBLIC]
    assert closed
    for method, path, _ in closed:
        answer = await stranger.client.request(method, path, headers={"x-csrf-token": csrf})
        assert answer.status_code == 401, (method, path)


@pytest.mark.parametrize("role", ["user", "team_leader"])
async def test_every_route_refuses_a_role_without_its_permission(
    app: Litestar, visitor: Visitor, tenant_a: UUID, role: str
) -> None:
    with tenant(tenant_a):
        await create_user("u@a.example", "U", PASSWORD, role=role)
    await visitor.sign_in("u@a.example")
    closed = [route for route in routes(app) if route[2] != PUBLIC]
    access = Catalogue().access(role, Catalogue().system_levels(role), ())
    refused = [(method, path) for method, path, permission in closed if not access.allows(permission)]
    assert refused
    for method, path in refused:
        assert (await visitor.client.request(method, path)).status_code == 403, (method, path)


def test_every_permission_of_core_is_asked_for_by_a_route(app: Litestar) -> None:
    asked = {permission for _, _, permission in routes(app)}
    assert asked == {PUBLIC, SIGNED_IN, *PERMISSIONS}


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/language"])
async def test_a_request_without_its_pages_token_changes_nothing(visitor: Visitor, kari: User, path: str) -> None:
    await visitor.sign_in("kari@a.example")
    for headers in ({}, {"x-csrf-token": "wrong"}, {"x-csrf-token": "æ"}):
        answer = await visitor.client.post(path, data={"language": "fi"}, headers=_bytes(headers))
        assert answer.status_code == 403
    assert '<html lang="nb"' in (await visitor.get("/live")).text


async def test_the_token_of_another_session_does_not_count(
    visitor: Visitor, stranger: Visitor, kari: User, ola: User
) -> None:
    await visitor.sign_in("kari@a.example")
    await stranger.sign_in("ola@b.example")
    theirs = token((await stranger.get("/live")).text)
    assert (await visitor.client.post("/sign-out", data={"csrf": theirs})).status_code == 403


async def test_another_site_is_refused_even_with_the_token(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in("kari@a.example")
    csrf = token((await visitor.get("/live")).text)
    answer = await visitor.client.post("/sign-out", data={"csrf": csrf}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403


async def test_pages_are_confined_and_never_stored(visitor: Visitor) -> None:
    pages = [await visitor.get(path) for path in ("/sign-in", "/nothing/here")]
    for page in pages:
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        nonce = re.search(r"'nonce-([^']+)'", policy)[1]
        assert set(re.findall(r'nonce="([^"]+)"', page.text)) == {nonce}
        assert page.headers["x-content-type-options"] == "nosniff"
        assert len(page.headers["x-request-id"]) == 16
        assert page.headers["cache-control"] == "no-store"
        assert not re.search(r"<[^>]+\s(style|on\w+)=", page.text)
    assert len({re.search(r"'nonce-([^']+)'", page.headers["content-security-policy"])[1] for page in pages}) == 2


async def test_built_files_are_kept_for_ever_and_nothing_else_is_served(visitor: Visitor) -> None:
    page = await visitor.get("/sign-in")
    for path in re.findall(r'"(/(?:static|i18n)/[^"#]+)"', page.text):
        answer = await visitor.client.get(path)
        assert answer.status_code == 200, path
        assert "immutable" in answer.headers["cache-control"]
    outside = ("/static/../assets.py", "/static/%2e%2e/assets.py")
    for path in (*outside, "/static/nothing.js", "/i18n/en-0.js", "/i18n/xx.js"):
        assert (await visitor.client.get(path)).status_code == 404


async def test_errors_are_a_page_for_people_and_problem_details_for_programs(visitor: Visitor, kari: User) -> None:
    page = await visitor.get("/nothing")
    assert page.status_code == 404
    assert "There is nothing here" in page.text
    await visitor.sign_in("kari@a.example")
    framed = await visitor.get("/nothing/at/all")
    assert framed.status_code == 404
    assert "Her er det ingenting" in framed.text
    assert 'href="/calls"' in framed.text
    problem = await visitor.client.get("/api/nothing", headers=HTML)
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["status"] == 404
    assert problem.json()["instance"] == problem.headers["x-request-id"]


@pytest.mark.parametrize(
    "setting", [{"SENTRALBORD_WEB__SECURE_COOKIES": "true"}, {"SENTRALBORD_WEB__PUBLIC_URL": "https://pbx.example"}]
)
async def test_cookies_are_bound_to_the_host_when_the_installation_is_secure(
    database: Database, redis: Redis, kari: User, setting: dict[str, str]
) -> None:
    settings = load_settings(environment={"SENTRALBORD_WEB__PORT": "0"} | setting)
    async with serving(create_app(settings, database, redis), settings) as url, AsyncClient(base_url=url) as client:
        cookie = (await client.get("/sign-in")).headers["set-cookie"]
    assert cookie.startswith("__Host-csrf=")
    assert "Secure" in cookie


async def test_health_tells_whether_the_services_answer(visitor: Visitor, redis: Redis) -> None:
    assert (await visitor.client.get("/health/live")).json() == {"status": "ok"}
    ready = await visitor.client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"postgresql": "ok", "redis": "ok"})


def _bytes(headers: dict[str, str]) -> dict[str, bytes]:
    return {name: value.encode() for name, value in headers.items()}
