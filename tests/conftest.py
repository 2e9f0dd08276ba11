"""Fixtures: a real PostgreSQL and a real Redis for each pytest worker, a fresh database for each test."""

import gc
import itertools
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from functools import partial
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from redis.asyncio import Redis
from xdist.scheduler import LoadScopeScheduling

from core.api.hookspecs import ENTRY_POINTS
from core.data import Database
from core.data.embedded import EmbeddedPostgres, EmbeddedRedis
from core.data.migrate import App, migrate
from core.data.redis import connect_redis
from core.host.loader import load
from core.host.registry import Registry
from core.identity import passwords
from core.tenancy.service import create_tenant

CORE = Path(__file__).parent.parent / "core"
EXAMPLE = Path(__file__).parent / "example_plugin"
_numbers = itertools.count(1)


def core_apps() -> list[App]:
    """The apps of all core packages that have tables."""
    return [App.load(f"core.{file.parent.name}.piccolo_app") for file in sorted(CORE.glob("*/piccolo_app.py"))]


class ByTest(LoadScopeScheduling):
    """Deals the tests out to the workers one by one; those that share an installation go to one worker, and first."""

    def _split_scope(self, nodeid: str) -> str:
        return "e2e" if "/e2e/" in nodeid else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByTest:
    """Takes the place of --dist."""
    return ByTest(config, log)


def pytest_collection_finish() -> None:
    """What has been loaded stays until the end: the collector of garbage need not look it through again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash costs little here; a test of the work that it costs overrides this."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", quick)
    monkeypatch.setattr(passwords, "_nobody", partial(quick.hash, "nobody"))


@pytest.fixture(scope="session")
def services_folder() -> Iterator[Path]:
    """A folder for this worker's servers, in memory if there is room: a database is cloned in 15 ms instead of 400."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2 << 30
    folder = Path(tempfile.mkdtemp(prefix="sb-test-", dir=memory if roomy else None))
    folder.chmod(0o711)  # PostgreSQL runs as another user when we are root
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(services_folder: Path) -> Iterator[EmbeddedPostgres]:
    """This worker's PostgreSQL; it does not wait for the disk."""
    server = EmbeddedPostgres(services_folder, durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis_server(services_folder: Path) -> Iterator[EmbeddedRedis]:
    """This worker's Redis."""
    server = EmbeddedRedis(services_folder)
    server.start()
    yield server
    server.stop()


@pytest_asyncio.fixture(scope="session")
async def superuser(postgres: EmbeddedPostgres) -> AsyncIterator[asyncpg.Connection]:
    """A connection that may make and drop databases."""
    connection = await asyncpg.connect(postgres.superuser_url)
    yield connection
    await connection.close()


@pytest_asyncio.fixture(scope="session")
async def template(postgres: EmbeddedPostgres, superuser: asyncpg.Connection) -> str:
    """Name of a database with all migrations of core, to be cloned."""
    await superuser.execute("CREATE DATABASE template_core OWNER sentralbord_owner")
    await migrate(Database(database_url(postgres, "template_core")), core_apps())
    return "template_core"


@pytest_asyncio.fixture
async def empty_database(postgres: EmbeddedPostgres, superuser: asyncpg.Connection) -> AsyncIterator[Database]:
    """A database with nothing in it, not opened."""
    name = f"empty_{next(_numbers)}"
    await superuser.execute(f"CREATE DATABASE {name} OWNER sentralbord_owner STRATEGY file_copy")
    yield Database(database_url(postgres, name))
    await superuser.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def database(postgres: EmbeddedPostgres, superuser: asyncpg.Connection, template: str) -> AsyncIterator[Database]:
    """A migrated database of this test's own, open: the tables' queries go there. Its `url` is for other processes."""
    name = f"test_{next(_numbers)}"
    await superuser.execute(f"CREATE DATABASE {name} OWNER sentralbord_owner TEMPLATE {template} STRATEGY file_copy")
    async with Database(database_url(postgres, name)) as opened:
        yield opened
    await superuser.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def tenant_a(database: Database) -> UUID:
    """Id of a tenant."""
    return (await create_tenant("a", "Company A")).id


@pytest_asyncio.fixture
async def tenant_b(database: Database) -> UUID:
    """Id of another tenant."""
    return (await create_tenant("b", "Company B")).id


@pytest_asyncio.fixture
async def redis(redis_server: EmbeddedRedis) -> AsyncIterator[Redis]:
    """A client of an empty Redis; `redis_server.url` is for other processes."""
    client = connect_redis(redis_server.url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder into which pip has installed the example plugin's wheel; importable meanwhile."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--target", str(folder), str(EXAMPLE)], check=True)
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture
def example(installed: Path) -> Registry:
    """The example plugin, found by its entry point and loaded."""
    found = distributions(path=[str(installed)])
    return load(point for one in found for point in one.entry_points.select(group=ENTRY_POINTS))


def database_url(postgres: EmbeddedPostgres, name: str) -> str:
    """URL of one database of the server."""
    return postgres.url.replace("@/sentralbord?", f"@/{name}?")
