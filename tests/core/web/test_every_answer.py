"""What holds for every route, tried on each route of the app: headers, tokens, sizes."""

from uuid import UUID

import pytest_asyncio
from httpx import Response
from litestar import Litestar
from redis.asyncio import Redis

from core.data import tenant
from core.identity.cookies import SESSION
from core.identity.service import create_user, principal_of
from core.identity.sessions import Sessions
from core.tenancy.service import create_tenant
from core.web.csrf import HEADER, SAFE
from core.web.security import HEADERS
from tests.core.web.conftest import Visitor
from tests.core.web.support import Route, routes_of

SOMETHING = UUID("01912345-6789-7abc-8def-0123456789ab")
LARGE = b"x" * (11 << 20)
"""More than any route takes, in bytes."""


class Administrator:
    """Of the operator's tenant, with every permission there is; each request is in a session of its own."""

    def __init__(self, visitor: Visitor, sessions: Sessions, user_id: UUID) -> None:
        self._client, self._sessions, self._user_id = visitor.client, sessions, user_id

    async def ask(self, route: Route, token: bool = True, **sent: object) -> Response:
        principal = await principal_of(self._user_id)
        assert principal is not None
        session = await self._sessions.start(principal)
        headers = {
            "accept": "text/html",
            "cookie": f"{SESSION}={session.id}",
            **({HEADER: session.csrf} if token else {}),
        }
        headers |= sent.pop("headers", {})
        return await self._client.request(route.method, route.path, headers=headers, **sent)


@pytest_asyncio.fixture
async def administrator(visitor: Visitor, redis: Redis) -> Administrator:
    with tenant((await create_tenant("operator", "Operator", operator=True)).id):
        user = await create_user("kari@operator.example", "Kari", role="administrator")
    return Administrator(visitor, Sessions(redis, idle_seconds=600), user.id)


async def test_every_answer_is_confined_and_what_is_private_is_never_stored(
    app: Litestar, administrator: Administrator, stranger: Visitor
) -> None:
    for route in routes_of(app, SOMETHING):
        answers = [await administrator.ask(route), await stranger.client.request(route.method, route.path)]
        for answer in answers:
            assert answer.status_code < 500, route
            assert HEADERS.items() <= {name: answer.headers.get(name) for name in HEADERS}.items(), route
            assert "default-src 'none'" in answer.headers["content-security-policy"], route
            assert "x-request-id" in answer.headers, route
            assert answer.headers.get("cache-control") == "no-store", route


async def test_every_route_that_changes_something_wants_the_sessions_token(
    app: Litestar, administrator: Administrator
) -> None:
    unsafe = [route for route in routes_of(app, SOMETHING) if route.method not in SAFE]
    assert unsafe
    for route in unsafe:
        assert (await administrator.ask(route, token=False)).status_code == 403, route
        wrong = {HEADER: "somebody-elses-token"}
        assert (await administrator.ask(route, headers=wrong)).status_code == 403, route
        forged = {"origin": "https://evil.example"}
        assert (await administrator.ask(route, headers=forged)).status_code == 403, route


async def test_no_route_takes_a_body_without_end(app: Litestar, administrator: Administrator) -> None:
    taking = routes_of(app, SOMETHING, with_body=True)
    assert taking
    for route in taking:
        for kind in ("application/json", "application/x-www-form-urlencoded"):
            answer = await administrator.ask(route, headers={"content-type": kind}, content=LARGE)
            assert answer.status_code in (413, 415), route
