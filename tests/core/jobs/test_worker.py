"""Jobs on a real Redis: in their tenant's scope, at least once, repeated when they fail, unique when asked."""

import asyncio
import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from uuid import UUID

import pytest
import redis.exceptions
from redis.asyncio import Redis

from core.api.scope import current_scope
from core.data import NoTenant, current_tenant, uuid7
from core.data.embedded import EmbeddedRedis
from core.jobs.model import GiveUp, JobError, WorkerJob, periods
from core.jobs.service import Jobs
from core.jobs.worker import JobWorker
from tests.waiting import until

TENANTS = [uuid7(), uuid7()]


async def all_of_them() -> list[UUID]:
    """The tenants that periodic jobs run for."""
    return TENANTS


async def until_empty(redis: Redis) -> None:
    """Wait until no job waits or runs."""
    async with asyncio.timeout(15):
        while await redis.zcard("jobs"):
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def working(url: str, jobs: list[WorkerJob]) -> AsyncIterator[Jobs]:
    """A running worker, and what enqueues for it."""
    client, task = Jobs(url, jobs), asyncio.create_task(JobWorker(url, jobs).run())
    try:
        yield client
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await client.close()


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed jobs are repeated at once."""
    monkeypatch.setattr("core.jobs.worker.pause_before", lambda attempt: 0.01)


async def test_a_job_runs_in_its_tenants_scope_with_its_arguments(redis: Redis, redis_server: EmbeddedRedis) -> None:
    ran: list[tuple[UUID, str, int]] = []

    async def greet(word: str, number: int) -> None:
        ran.append((current_tenant(), word, number))

    async with working(redis_server.url, [WorkerJob("greet", greet, all_of_them)]) as jobs:
        for tenant_id in TENANTS:
            assert await jobs.enqueue("greet", "hello", 5, tenant_id=tenant_id)
        await until(lambda: len(ran) == 2)
    assert sorted(ran) == sorted((tenant_id, "hello", 5) for tenant_id in TENANTS)


async def test_a_job_of_the_platform_has_no_tenant(redis: Redis, redis_server: EmbeddedRedis) -> None:
    ran: list[bool] = []

    async def tidy() -> None:
        with pytest.raises(NoTenant):
            current_scope()
        ran.append(True)

    async with working(redis_server.url, [WorkerJob("tidy", tidy)]) as jobs:
        await jobs.enqueue("tidy")
        await until(lambda: bool(ran))


async def test_a_failing_job_is_repeated_until_it_succeeds(
    redis: Redis, redis_server: EmbeddedRedis, fast: None
) -> None:
    tries: list[str] = []

    async def flaky() -> None:
        tries.append("try")
        if len(tries) < 3:
            raise OSError("the provider is away")

    async with working(redis_server.url, [WorkerJob("flaky", flaky)]) as jobs:
        await jobs.enqueue("flaky", job_id="one")
        await until(lambda: len(tries) == 3)
        await until_empty(redis)


async def test_a_job_that_keeps_failing_ends_after_its_tries(
    redis: Redis, redis_server: EmbeddedRedis, fast: None, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[str] = []

    async def broken() -> None:
        tries.append("try")
        raise OSError("never")

    async with working(redis_server.url, [WorkerJob("broken", broken, max_tries=3)]) as jobs:
        await jobs.enqueue("broken")
        await until(lambda: len(tries) == 3)
        await until_empty(redis)
    assert len(tries) == 3
    assert "job broken of tenant None failed 3 times, the last" in caplog.text


async def test_a_job_that_gives_up_is_not_repeated(redis: Redis, redis_server: EmbeddedRedis, fast: None) -> None:
    tries: list[str] = []

    async def hopeless() -> None:
        tries.append("try")
        raise GiveUp("the number does not exist")

    async with working(redis_server.url, [WorkerJob("hopeless", hopeless)]) as jobs:
        await jobs.enqueue("hopeless")
        await until(lambda: len(tries) == 1)
        await until_empty(redis)
    assert len(tries) == 1


async def test_a_job_that_takes_too_long_is_ended_and_repeated(
    redis: Redis, redis_server: EmbeddedRedis, fast: None
) -> None:
    tries: list[str] = []

    async def stuck() -> None:
        tries.append("try")
        if len(tries) == 1:
            await asyncio.Event().wait()

    async with working(redis_server.url, [WorkerJob("stuck", stuck, timeout_seconds=1)]) as jobs:
        await jobs.enqueue("stuck")
        await until(lambda: len(tries) == 2)


async def test_a_unique_job_is_added_once_for_each_tenant_and_again_when_it_is_done(
    redis: Redis, redis_server: EmbeddedRedis
) -> None:
    ran: list[UUID] = []

    async def report() -> None:
        ran.append(current_tenant())

    jobs = Jobs(redis_server.url, [WorkerJob("report", report, all_of_them)])
    first, second = TENANTS
    assert await jobs.enqueue("report", tenant_id=first, job_id="daily")
    assert not await jobs.enqueue("report", tenant_id=first, job_id="daily")
    assert await jobs.enqueue("report", tenant_id=second, job_id="daily")
    await jobs.close()
    async with working(redis_server.url, [WorkerJob("report", report, all_of_them)]) as jobs:
        await until(lambda: len(ran) == 2)
        await until_empty(redis)
        assert await jobs.enqueue("report", tenant_id=first, job_id="daily")
        await until(lambda: len(ran) == 3)


async def test_a_delayed_job_waits(redis: Redis, redis_server: EmbeddedRedis) -> None:
    ran: list[float] = []

    async def remind() -> None:
        ran.append(time.monotonic())

    async with working(redis_server.url, [WorkerJob("remind", remind)]) as jobs:
        asked = time.monotonic()
        await jobs.enqueue("remind", delay=0.5)
        await until(lambda: bool(ran))
    assert ran[0] - asked > 0.45


async def test_a_period_runs_once_for_each_tenant_however_many_workers_there_are(
    redis: Redis, redis_server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[UUID] = []

    async def tidy() -> None:
        ran.append(current_tenant())

    job = WorkerJob("tidy", tidy, all_of_them, every_minutes=60)
    (minute,) = periods("tidy", 60)[1]
    now = datetime.now(UTC)
    last = now.replace(minute=minute, second=0, microsecond=0)
    offset = (last if last < now else last - timedelta(hours=1)) - timedelta(seconds=2) - now

    class Clock(datetime):
        """arq's clock, set to two seconds before the job's last period."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + offset

    monkeypatch.setattr("arq.worker.datetime", Clock)
    async with working(redis_server.url, [job]), working(redis_server.url, [job]), working(redis_server.url, [job]):
        await until(lambda: len(ran) >= 2)
        await until_empty(redis)
    assert sorted(ran) == sorted(TENANTS)


async def test_wrong_enqueueing_is_explained(redis: Redis, redis_server: EmbeddedRedis) -> None:
    async def nothing() -> None:
        pass

    jobs = Jobs(redis_server.url, [WorkerJob("a", nothing), WorkerJob("b", nothing, all_of_them)])
    with pytest.raises(JobError, match="no job 'c'; there are: a, b"):
        await jobs.enqueue("c")
    with pytest.raises(JobError, match="a takes no tenant_id"):
        await jobs.enqueue("a", tenant_id=TENANTS[0])
    with pytest.raises(JobError, match="b needs a tenant_id"):
        await jobs.enqueue("b")
    with pytest.raises(JobError, match="two jobs are named a"):
        Jobs(redis_server.url, [WorkerJob("a", nothing)] * 2)
    await jobs.close()


async def test_a_worker_that_is_stopped_puts_its_job_back(redis: Redis, redis_server: EmbeddedRedis) -> None:
    tries: list[str] = []

    async def slow() -> None:
        tries.append("try")
        if len(tries) == 1:
            await asyncio.Event().wait()

    async with working(redis_server.url, [WorkerJob("slow", slow)]) as jobs:
        await jobs.enqueue("slow")
        await until(lambda: len(tries) == 1)
    async with working(redis_server.url, [WorkerJob("slow", slow)]):
        await until(lambda: len(tries) == 2)


@pytest.fixture
def own_redis() -> Iterator[EmbeddedRedis]:
    """A Redis that a test may stop."""
    folder = Path(tempfile.mkdtemp(prefix="sb-own-"))
    server = EmbeddedRedis(folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


async def test_a_worker_rides_out_a_restart_of_redis(own_redis: EmbeddedRedis) -> None:
    ran: list[int] = []

    async def count(number: int) -> None:
        ran.append(number)

    async with working(own_redis.url, [WorkerJob("count", count)]) as jobs:
        await jobs.enqueue("count", 1)
        await until(lambda: ran == [1])
        await asyncio.to_thread(own_redis.stop)
        await asyncio.to_thread(own_redis.start)
        await jobs.enqueue("count", 2)
        await until(lambda: ran == [1, 2])


async def test_a_worker_whose_redis_stays_away_ends_with_an_error(own_redis: EmbeddedRedis) -> None:
    async def nothing() -> None:
        pass

    task = asyncio.create_task(JobWorker(own_redis.url, [WorkerJob("a", nothing)]).run())
    await asyncio.to_thread(own_redis.stop)
    with pytest.raises(redis.exceptions.ConnectionError):
        await asyncio.wait_for(task, 60)


async def test_the_job_of_a_killed_worker_is_run_again(redis: Redis, redis_server: EmbeddedRedis) -> None:
    program = """
import asyncio, os, signal, sys
from core.jobs.model import WorkerJob
from core.jobs.worker import JobWorker
async def fatal():
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(JobWorker(sys.argv[1], [WorkerJob("fatal", fatal, timeout_seconds=1)]).run())
"""
    ran: list[str] = []

    async def survives() -> None:
        ran.append("again")

    job = WorkerJob("fatal", survives, timeout_seconds=1)
    jobs = Jobs(redis_server.url, [job])
    await jobs.enqueue("fatal")
    await jobs.close()
    killed = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program, redis_server.url], check=False, timeout=60
    )
    assert killed.returncode == -9
    # It comes back when its claim ends: the longest time-out of the queue, arq's 10 s and our 5 s.
    async with working(redis_server.url, [job]):
        await until(lambda: ran == ["again"], 40)
