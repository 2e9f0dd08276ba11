"""What a signed-in administrator waits for: pages at 50 requests a second on one core, the search among 5 000 users,
and one check of a permission."""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import cycle, islice
from pathlib import Path
from uuid import UUID

from httpx import ASGITransport, AsyncClient

from core.audit.service import record
from core.config import load_settings
from core.data import Database, tenant, transaction
from core.data.embedded import EmbeddedPostgres, EmbeddedRedis
from core.data.migrate import migrate
from core.data.redis import connect_redis
from core.directory.users import UserFilter, users
from core.identity.cookies import SESSION
from core.identity.service import create_user, principal_of
from core.identity.sessions import Sessions
from core.roles.model import TEAM_LEADER, Catalogue
from core.tenancy.service import create_tenant
from core.web.app import create_app
from tests.conftest import core_apps

PAGES = ("/live", "/calls", "/admin/audit", "/admin/numbers", "/admin/platform/tenants", "/profile/details")
PER_SECOND = 50
REQUESTS = 1500
USERS = 5_000
SEARCHES = ("Nordmann 42", "4999", "user17@", "+4740001234", "", "nobody of this name")
PEOPLE = """
INSERT INTO person (id, first_name, last_name, department, email, extension)
SELECT gen_random_uuid(), 'Kari ' || n, 'Nordmann ' || n, 'Department ' || n % 40, 'user' || n || '@a.example',
  (10000 + n)::text FROM generate_series(1, $1::int) n"""


async def run() -> dict[str, float]:
    """The figures, in milliseconds but for the permission."""
    with tempfile.TemporaryDirectory(prefix="sb-bench-") as name:
        os.chmod(name, 0o755)
        postgres, server = EmbeddedPostgres(Path(name) / "data"), EmbeddedRedis(Path(name) / "data")
        postgres.start()
        server.start()
        try:
            async with opened(postgres, server) as (client, tenant_id):
                return {**await pages(client), **await searches(tenant_id), "permission_us": permission()}
        finally:
            server.stop()
            postgres.stop()


@asynccontextmanager
async def opened(postgres: EmbeddedPostgres, server: EmbeddedRedis) -> AsyncIterator[tuple[AsyncClient, UUID]]:
    """A browser that has signed in to a company of 5 000, and the company; all of the web process is on one core."""
    await migrate(Database(postgres.url), core_apps())
    redis = connect_redis(server.url)
    async with Database(postgres.url) as database:
        tenant_id = (await create_tenant("operator", "Operator", operator=True)).id
        with tenant(tenant_id):
            kari = await create_user("kari@a.example", "Kari Nordmann", role="administrator")
            async with transaction() as unit:
                await unit.execute(PEOPLE, USERS)
                for number in range(200):
                    await record("user.changed", kari.id, "Kari", before={"n": number}, after={"n": number + 1})
                await unit.execute("ANALYZE")
        principal = await principal_of(kari.id)
        assert principal is not None
        session = await Sessions(redis, idle_seconds=3600).start(principal)
        app = create_app(load_settings(environment={}), database, redis)
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(cores)})
        headers = {"cookie": f"{SESSION}={session.id}", "accept": "text/html"}
        try:
            async with app.lifespan(), AsyncClient(transport=ASGITransport(app), headers=headers) as client:
                client.base_url = "http://localhost"
                yield client, tenant_id
        finally:
            os.sched_setaffinity(0, cores)
            await redis.aclose()


async def pages(client: AsyncClient) -> dict[str, float]:
    """Pages in turn, each asked for at its time, whether or not the ones before have been answered."""
    for path in PAGES:  # templates are compiled once
        (await client.get(path)).raise_for_status()
    begin, worked, tasks = time.perf_counter(), time.process_time(), []
    for number, path in enumerate(islice(cycle(PAGES), REQUESTS)):
        due = begin + number / PER_SECOND
        await asyncio.sleep(max(0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(answered(client, path, due)))
    waited = await asyncio.gather(*tasks)
    worked = (time.process_time() - worked) / REQUESTS * 1000
    return {**spread("page", waited), "page_processor_ms": round(worked, 2)}


async def answered(client: AsyncClient, path: str, due: float) -> float:
    """Milliseconds until the answer, from when it should have been asked for."""
    (await client.get(path)).raise_for_status()
    return (time.perf_counter() - due) * 1000


async def searches(tenant_id: UUID) -> dict[str, float]:
    """Each search of the users as the service does it."""

    async def timed(work: Callable[[], Awaitable[object]]) -> float:
        begin = time.perf_counter()
        await work()
        return (time.perf_counter() - begin) * 1000

    with tenant(tenant_id):
        for q in SEARCHES:
            await users(UserFilter(q=q))
        return spread("search", [await timed(lambda q=q: users(UserFilter(q=q))) for q in SEARCHES * 20])


def permission() -> float:
    """Microseconds of one check."""
    catalogue = Catalogue()
    access = catalogue.access(TEAM_LEADER, catalogue.system_levels(TEAM_LEADER), ())
    assert access.allows("calls.view")
    rounds, begin = 100_000, time.perf_counter()
    for _ in range(rounds):
        access.allows("calls.view")
    return round((time.perf_counter() - begin) / rounds * 1e6, 3)


def spread(name: str, values: list[float]) -> dict[str, float]:
    """Median, 95th percentile and longest."""
    ordered = sorted(values)
    points = {"median": ordered[len(ordered) // 2], "p95": ordered[len(ordered) * 95 // 100], "longest": ordered[-1]}
    return {f"{name}_{what}_ms": round(value, 1) for what, value in points.items()}
