"""The embedded servers: found by every process, alive again after kill -9, nothing lost."""

import asyncio
import multiprocessing
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis

from core.data import Database, DatabaseUnavailable, system, tenant, transaction, uuid7
from core.data.database import ACQUIRE_TIMEOUT
from core.data.embedded import EmbeddedError, EmbeddedPostgres, EmbeddedRedis
from core.data.redis import connect_redis
from core.data.server_folder import SOCKET_PATH_LIMIT, socket_folder


@pytest.fixture
def folder(services_folder: Path) -> Iterator[Path]:
    """A data folder of this test's own."""
    path = Path(tempfile.mkdtemp(prefix="own-", dir=services_folder))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def own_postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that a test may kill."""
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_redis(folder: Path) -> Iterator[EmbeddedRedis]:
    """A Redis that a test may kill."""
    server = EmbeddedRedis(folder)
    server.start()
    yield server
    server.stop()


def postmaster(server: EmbeddedPostgres) -> psutil.Process:
    """The server's main process."""
    return psutil.Process(int((server.folder / "cluster" / "postmaster.pid").read_text().split()[0]))


def redis_process(server: EmbeddedRedis) -> psutil.Process:
    """The server's process."""
    return psutil.Process(int((server.folder / "redis.pid").read_text()))


def in_another_process(program: str, *arguments: str) -> str:
    """What a Python program prints."""
    result = subprocess.run([sys.executable, "-c", program, *arguments], check=True, capture_output=True, text=True)
    return result.stdout.strip()


def test_postgres_starts_once_stops_once_and_is_found_by_another_process(own_postgres: EmbeddedPostgres) -> None:
    before = postmaster(own_postgres).pid
    program = """
import sys; from pathlib import Path; from core.data.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1])); was = server.is_running(); server.start(); print(was, server.url)"""
    printed = in_another_process(program, str(own_postgres.folder.parent))
    assert printed == f"True {own_postgres.url}"
    assert postmaster(own_postgres).pid == before
    own_postgres.stop()
    assert not own_postgres.is_running()
    own_postgres.stop()


def test_two_processes_that_start_it_at_once_start_one(folder: Path) -> None:
    program = """
import sys; from pathlib import Path; from core.data.embedded import EmbeddedPostgres, EmbeddedRedis
EmbeddedPostgres(Path(sys.argv[1]), durable=False).start(); EmbeddedRedis(Path(sys.argv[1])).start()"""
    starting = [subprocess.Popen([sys.executable, "-c", program, str(folder)]) for _ in range(2)]
    assert [process.wait(60) for process in starting] == [0, 0]
    postgres, redis_server = EmbeddedPostgres(folder), EmbeddedRedis(folder)
    assert postgres.is_running()
    assert redis_server.is_running()
    postgres.stop()
    redis_server.stop()


async def test_postgres_killed_with_work_in_it_starts_again_with_what_was_committed(folder: Path) -> None:
    own_postgres = EmbeddedPostgres(folder)
    await asyncio.to_thread(own_postgres.start)
    busy = await asyncpg.connect(own_postgres.superuser_url)
    await busy.execute("CREATE TABLE kept (x int); INSERT INTO kept VALUES (1)")
    await busy.execute("BEGIN; INSERT INTO kept VALUES (2)")
    postmaster(own_postgres).kill()  # its children live on for a moment and hold the shared memory
    await asyncio.to_thread(own_postgres.start)
    connection = await asyncpg.connect(own_postgres.superuser_url)
    assert [row[0] for row in await connection.fetch("SELECT x FROM kept")] == [1]
    await connection.close()
    busy.terminate()
    await asyncio.to_thread(own_postgres.stop)


def test_a_pid_file_that_names_another_process_does_not_fool_it(own_postgres: EmbeddedPostgres) -> None:
    own_postgres.stop()
    stale = own_postgres.folder / "cluster" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n1\n5432\n{own_postgres.folder}\n\n\n\n")
    assert not own_postgres.is_running()
    own_postgres.start()
    assert own_postgres.is_running()


async def test_the_pool_recovers_when_postgres_is_restarted_under_it(own_postgres: EmbeddedPostgres) -> None:
    async with Database(own_postgres.url) as database:

        async def work() -> int:
            with tenant(uuid7()):
                async with transaction() as unit:
                    return int(await unit.fetchval("SELECT 1"))

        assert await asyncio.gather(*(work() for _ in range(10))) == [1] * 10
        assert database.pool("app").get_size() > 1
        with tenant(uuid7()), pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            async with transaction() as unit:  # what is cut in the middle fails, and says so
                await asyncio.to_thread(own_postgres.stop)
                await unit.fetchval("SELECT 1")
        waiting = asyncio.gather(*(work() for _ in range(10)))  # what begins while it is away waits
        await asyncio.to_thread(own_postgres.start)
        assert await waiting == [1] * 10
        pool = database.pool("app")
        assert pool.get_idle_size() == pool.get_size()


async def test_a_postgres_that_stays_away_is_reported_after_the_time_limit(
    own_postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.data.database.ACQUIRE_TIMEOUT", ACQUIRE_TIMEOUT / 10)
    own_postgres.stop()
    async with Database(own_postgres.url):
        with system(), pytest.raises(DatabaseUnavailable, match="cannot be reached"):
            async with transaction():
                pass


async def test_redis_killed_keeps_its_data_and_a_client_goes_on(own_redis: EmbeddedRedis) -> None:
    client = connect_redis(own_redis.url)
    await client.rpush("jobs", *range(500))
    killed = redis_process(own_redis)
    killed.kill()
    psutil.wait_procs([killed], 10)
    waiting = asyncio.create_task(client.llen("jobs"))
    await asyncio.to_thread(own_redis.start)
    assert await waiting == 500
    await client.aclose()


async def test_a_redis_that_stays_away_is_reported(own_redis: EmbeddedRedis) -> None:
    client = connect_redis(own_redis.url)
    await client.ping()
    own_redis.stop()
    assert not own_redis.is_running()
    with pytest.raises(redis.ConnectionError):
        await client.ping()
    await client.aclose()


def test_redis_is_found_by_another_process(own_redis: EmbeddedRedis) -> None:
    before = redis_process(own_redis).pid
    program = """
import sys; from pathlib import Path; from core.data.embedded import EmbeddedRedis
server = EmbeddedRedis(Path(sys.argv[1])); was = server.is_running(); server.start(); print(was, server.url)"""
    assert in_another_process(program, str(own_redis.folder.parent)) == f"True {own_redis.url}"
    assert redis_process(own_redis).pid == before


def test_a_long_path_gets_its_sockets_elsewhere(folder: Path) -> None:
    deep = folder / ("deep" * 30)
    deep.mkdir()
    server = EmbeddedRedis(deep)
    assert len(os.fsencode(server.socket)) <= SOCKET_PATH_LIMIT
    server.start()
    assert server.is_running()
    server.stop()
    shutil.rmtree(server.socket.parent)


def test_a_socket_folder_that_somebody_else_made_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = folder / ("deep" * 30)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    chosen = socket_folder(deep, "redis.sock", None)
    chosen.rmdir()
    (folder / "bait").mkdir()
    chosen.symlink_to(folder / "bait")
    with pytest.raises(EmbeddedError, match="belongs to another user"):
        socket_folder(deep, "redis.sock", None)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's folders can be closed to the server's user")
def test_root_may_keep_the_data_where_only_root_can_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = Path(tempfile.mkdtemp(prefix="sb-shared-"))
    shared.chmod(0o755)
    monkeypatch.setattr("core.data.server_folder.SHARED_FOLDER", shared)
    closed = folder / "closed" / "data"
    closed.mkdir(parents=True)
    closed.parent.chmod(0o700)
    closed.rmdir()
    server = EmbeddedPostgres(closed, durable=False)
    url = server.url
    server.start()
    assert server.is_running()
    assert (EmbeddedPostgres(closed).url, EmbeddedPostgres(closed).is_running()) == (url, True)
    server.stop()
    shutil.rmtree(shared)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_it_runs_for_a_user_who_is_not_root() -> None:
    folder = Path(tempfile.mkdtemp(prefix="sb-nobody-"))
    shutil.chown(folder, "nobody")
    child = multiprocessing.get_context("fork").Process(target=start_and_stop_as_nobody, args=(folder,))
    child.start()
    child.join(60)
    shutil.rmtree(folder)
    assert child.exitcode == 0


def start_and_stop_as_nobody(folder: Path) -> None:
    """In a process of its own: give up being root, then start a server, find it and stop it."""
    os.setgroups([])
    os.setuid(pwd.getpwnam("nobody").pw_uid)
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    assert server.is_running()
    assert (server.folder / "cluster").stat().st_uid == os.getuid()
    server.stop()
    assert not server.is_running()


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    server.stop()
    (server.folder / "cluster" / "local.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedError, match="no_such_setting"):
        server.start()


def test_stopping_lets_go_of_the_socket(own_redis: EmbeddedRedis) -> None:
    path = own_redis.socket
    own_redis.stop()
    with socket.socket(socket.AF_UNIX) as client, pytest.raises(OSError, match=r"refused|No such file"):
        client.connect(str(path))


def test_what_redis_writes_is_closed_to_other_users(own_redis: EmbeddedRedis) -> None:
    own_redis.folder.chmod(0o755)
    own_redis.start()
    assert own_redis.folder.stat().st_mode & 0o077 == 0
    assert own_redis.socket.stat().st_mode & 0o077 == 0
