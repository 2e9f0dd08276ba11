"""An administrator of one tenant asks every route for what is another's, and gets nothing.

The routes are those of the running app, so a new one is tried as soon as it is there.
"""

import asyncio
from collections.abc import AsyncIterator
from importlib.metadata import entry_points
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from httpx import AsyncClient, Response
from litestar import Controller, Litestar, delete, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody
from litestar.routes import WebSocketRoute
from redis.asyncio import Redis
from websockets.asyncio.client import connect

from core.api import Manifest
from core.api.access import AccessLevel, Permission
from core.api.context import PluginEvent
from core.api.hookspecs import ENTRY_POINTS
from core.config import Settings
from core.data import Database, system, tenant, transaction, uuid7
from core.data.embedded import EmbeddedPostgres
from core.data.migrate import App, migrate
from core.host.context import ContextFactory
from core.host.loader import load
from core.host.registry import Registry
from core.identity.cookies import SESSION
from core.identity.model import Principal
from core.identity.service import create_user, principal_of
from core.identity.sessions import Sessions
from core.roles.model import PUBLIC
from core.tenancy.service import create_tenant, set_module
from core.web.app import create_app
from core.web.csrf import HEADER
from tests.conftest import core_apps
from tests.core.host.plugins import entry_point
from tests.core.web.conftest import serving
from tests.core.web.foreign import MARK, Attempt, Foreign, attempts

OPERATORS = "platform."
HARMLESS: dict[tuple[str, str], str] = {
    ("POST", "/sign-in"): "asks for an address and a password, and says nothing of either",
    ("POST", "/forgot-password"): "says the same whoever asks for a password, of whichever company",
    ("POST", "/sign-in/second"): "leads back to the sign-in, as nobody waits for a second step",
    ("POST", "/api/v1/custom-fields"): "takes a title, which is a text",
    ("POST", "/sign-in/second/passkey"): "leads back as well",
    ("POST", "/language"): "takes an address to go on to, which is a text",
}
"""Routes that take a body with another tenant's ids and are content, each with the reason."""


@pytest_asyncio.fixture
async def foreign(postgres: EmbeddedPostgres, database: Database, everything: Registry) -> AsyncIterator[Foreign]:
    """Tenant B with a row in every table of core and plugins."""
    apps = [App.load(one.manifest.piccolo_app) for one in everything.plugins.values() if one.manifest.piccolo_app]
    await migrate(database, [*core_apps(), *apps])
    name = database.url.rpartition("@/")[2].partition("?")[0]
    superuser = await asyncpg.connect(postgres.superuser_url, database=name)
    her = Foreign(superuser, (await create_tenant("b", f"Company {MARK}")).id, uuid7())
    await her.fill()
    yield her
    await superuser.close()


@pytest.fixture
def everything(installed: object) -> Registry:
    """Every plugin that is installed."""
    return load(entry_points(group=ENTRY_POINTS))


class Walk:
    """Somebody who tries everything; `complaints` are what went wrong."""

    def __init__(self, app: Litestar, settings: Settings, redis: Redis, foreign: Foreign, tenant_id: UUID) -> None:
        self._app, self._settings, self._redis, self._foreign = app, settings, redis, foreign
        self._sessions, self._tenant_id = Sessions(redis, idle_seconds=600), tenant_id
        self.tried: list[Attempt] = []
        self.complaints: list[str] = []

    async def run(self, *, operator: bool = False) -> list[str]:
        """Try every route; as the operator not those that are there to look after other tenants."""
        her = Principal(self._foreign.id, self._foreign.tenant_id, MARK, MARK, f"{MARK}@b.example", "administrator")
        await self._sessions.start(her)
        before = await self._state()
        async with serving(self._app, self._settings) as url, AsyncClient(base_url=url, timeout=20) as client:
            for attempt in attempts(self._app, self._foreign):
                if operator and attempt.permission.startswith(OPERATORS):
                    continue
                answer = await self._ask(client, attempt)
                self.tried.append(attempt)
                if fault := verdict(attempt, answer):
                    self.complaints.append(f"{attempt}: {fault} ({answer.status_code} {answer.text[:200]!r})")
                if (after := await self._state()) != before:
                    changed = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
                    self.complaints.append(f"{attempt}: changed the other tenant's {', '.join(changed)}")
                    before = after
            await self._listen(url)
        return self.complaints

    async def _ask(self, client: AsyncClient, attempt: Attempt) -> Response:
        """As an administrator of her own, so that nothing that one route does stands in the way of the next."""
        cookie, csrf = await self._administrator()
        sent = attempt.sent | {"headers": attempt.sent["headers"] | {HEADER: csrf, "cookie": cookie}}
        return await client.request(attempt.method, attempt.path, **sent)

    async def _administrator(self) -> tuple[str, str]:
        with tenant(self._tenant_id):
            user = await create_user(f"{uuid7()}@a.example", "Kari", role="administrator")
        principal = await principal_of(user.id)
        assert principal is not None
        session = await self._sessions.start(principal)
        return f"{SESSION}={session.id}", session.csrf

    async def _listen(self, url: str) -> None:
        """Every channel, and what can be said on it."""
        for route in self._app.routes:
            if not isinstance(route, WebSocketRoute):
                continue
            cookie, _ = await self._administrator()
            headers = {"Cookie": cookie, "Origin": url}
            async with connect(url.replace("http", "ws") + route.path, additional_headers=headers) as channel:
                for said in ("resync", str(self._foreign.id), f'{{"topic": "{self._foreign.id}"}}'):
                    heard = await asyncio.wait_for(channel.recv(), 10)
                    if MARK in str(heard) or str(self._foreign.id) in str(heard):
                        self.complaints.append(f"channel {route.path}: tells of the other tenant: {heard[:200]!r}")
                    await channel.send(said)
                    if said != "resync":
                        break

    async def _state(self) -> dict[str, object]:
        """Everything of hers, in PostgreSQL and in Redis."""
        found: dict[str, object] = dict(await self._foreign.rows())
        for part in (self._foreign.id, self._foreign.tenant_id):
            async for key in self._redis.scan_iter(f"*{part}*", count=1000):
                found[str(key)] = await self._redis.dump(key)
        return found


def verdict(attempt: Attempt, answer: Response) -> str:
    """What is wrong with an answer; "" when it gives nothing away."""
    echo = MARK in attempt.path and answer.status_code == 404
    if MARK in answer.text + str(answer.headers) and not echo:
        return "tells what is the other tenant's"
    if answer.status_code >= 500:
        return "fails"
    if attempt.permission.startswith(OPERATORS):
        return "" if answer.status_code in (403, 404) else "is open to who is no operator"
    if attempt.in_path and attempt.permission != PUBLIC:
        return "" if answer.status_code == 404 else "does not say that there is no such thing"
    if attempt.in_body and answer.status_code < 400 and (attempt.method, attempt.route) not in HARMLESS:
        return "is content with ids of the other tenant"
    return ""


def an_app(settings: Settings, database: Database, redis: Redis, registry: Registry) -> Litestar:
    async def enqueue(job: str, *args: object, tenant_id: UUID, delay: float = 0) -> None:
        return None

    async def emit(event: PluginEvent) -> None:
        return None

    return create_app(settings, database, redis, registry, contexts=ContextFactory(enqueue, emit))


@pytest.mark.timeout(400)  # each route in many ways: a busy machine takes its time
@pytest.mark.parametrize("operator", [False, True])
async def test_no_route_and_no_channel_gives_away_or_changes_what_is_another_tenants(
    settings: Settings, database: Database, redis: Redis, everything: Registry, foreign: Foreign, operator: bool
) -> None:
    mine = (await create_tenant("a", "Company A", operator=operator)).id
    with tenant(mine):
        for name in everything.plugins:
            await set_module(name, entitled=True, enabled=True)
    app = an_app(settings, database, redis, everything)
    walk = Walk(app, settings, redis, foreign, mine)
    assert await walk.run(operator=operator) == []
    tried = {attempt.route for attempt in walk.tried}
    assert {"/api/v1/calls/{call_id:uuid}", "/calls/{call_id:uuid}", "/p/nightbell/rings", "/sign-out"} <= tried


VIEW = Permission("leaky.view", "Leak", AccessLevel.VIEW)
OPEN = {"permission": VIEW.key}


class Leaks(Controller):
    """Every fault that the walk has to find."""

    @get("/tells/{one:uuid}", opt=OPEN)
    async def tells(self, one: FromPath[UUID]) -> str:
        with system():
            async with transaction() as unit:
                return str(await unit.fetchval("SELECT name FROM sound WHERE id = $1", one))

    @get("/denies/{one:uuid}", opt=OPEN)
    async def denies(self, one: FromPath[UUID]) -> str:
        return "nothing"

    @get("/breaks/{one:str}", opt=OPEN)
    async def breaks(self, one: FromPath[str]) -> str:
        return str(UUID(one))

    @post("/takes", opt=OPEN)
    async def takes(self, data: JSONBody[dict[str, UUID]]) -> int:
        return len(data)

    @delete("/removes/{one:uuid}", opt=OPEN)
    async def removes(self, one: FromPath[UUID]) -> None:
        with system():
            async with transaction() as unit:
                await unit.execute("DELETE FROM queue WHERE id = $1", one)
        raise NotFoundException


@pytest.mark.timeout(400)  # each route in many ways: a busy machine takes its time
async def test_a_route_that_leaks_is_found(
    settings: Settings, database: Database, redis: Redis, foreign: Foreign
) -> None:
    manifest = Manifest(
        name="leaky",
        title="leaky",
        version="1",
        api=1,
        package="leaky",
        permissions=(VIEW,),
        controllers=(Leaks,),
    )
    registry = load([entry_point("leaky", manifest)])
    mine = (await create_tenant("a", "Company A")).id
    with tenant(mine):
        await set_module("leaky", entitled=True, enabled=True)
    walk = Walk(an_app(settings, database, redis, registry), settings, redis, foreign, mine)
    complaints = await walk.run()
    for path, fault in {
        "tells": "tells what is the other tenant's",
        "denies": "does not say that there is no such thing",
        "breaks": "fails",
        "takes": "is content with ids of the other tenant",
        "removes": "changed the other tenant's queue",
    }.items():
        assert [line for line in complaints if f"/p/leaky/{path}" in line and fault in line], path
    assert [line for line in complaints if "/p/leaky/" not in line] == []
