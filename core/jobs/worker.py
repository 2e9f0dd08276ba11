"""Runs background jobs: in their tenant's scope, in time, again when they fail."""

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from datetime import UTC
from typing import Any, cast
from uuid import UUID

import msgspec
from arq import Retry
from arq.cron import CronJob, cron
from arq.typing import WorkerCoroutine
from arq.worker import Function, Worker, func
from redis.exceptions import RedisError

from core.data import tenant
from core.jobs.model import GiveUp, WorkerJob, pause_before, periods
from core.jobs.service import EXPIRES_MS, Jobs, job_redis

logger = logging.getLogger(__name__)

POLL_DELAY = 0.05
"""Seconds between looks into the queue: a job starts after 25 ms on average."""
GRACE = 5
"""Seconds after its own time-out at which arq ends a job that does not let itself be ended."""


class JobWorker:
    """Takes jobs from their queues and runs up to `at_once` of each queue beside each other.

    Many workers may run; each job is run by one of them, and a periodic job once for each period. A job that was
    running when its worker was killed is run again, so a job must stand being repeated.
    """

    def __init__(self, redis_url: str, jobs: Iterable[WorkerJob], *, at_once: int = 20) -> None:
        self._redis_url = redis_url
        self._at_once = at_once
        self._jobs = list(jobs)
        self._client = Jobs(redis_url, self._jobs)

    async def run(self) -> None:
        """Work until cancelled. Raises redis.ConnectionError when Redis stays away: the process should then end
        with an error and be started again by its supervisor."""
        queues: dict[str, list[WorkerJob]] = {}
        for job in self._jobs:
            queues.setdefault(job.queue, []).append(job)
        # Made here, because arq binds a worker to the event loop it is made in.
        workers = [self._worker(queue, jobs) for queue, jobs in queues.items()]
        try:
            async with asyncio.TaskGroup() as group:
                for worker in workers:
                    group.create_task(worker.async_run())
        except* RedisError as errors:
            raise errors.exceptions[0] from None
        finally:
            await self._close(workers)

    async def _close(self, workers: list[Worker]) -> None:
        for worker in workers:
            # Jobs that are cut short go back into the queue, if Redis is there to take them.
            with contextlib.suppress(RedisError, asyncio.CancelledError):
                await worker.close()
        await self._client.close()

    def _worker(self, queue: str, jobs: list[WorkerJob]) -> Worker:
        return Worker(
            functions=[self._function(job) for job in jobs],
            cron_jobs=[self._periodic(job) for job in jobs if job.every_minutes],
            redis_pool=job_redis(self._redis_url),
            queue_name=queue,
            job_serializer=_encode_result,
            job_deserializer=msgspec.json.decode,
            expires_extra_ms=EXPIRES_MS,
            max_jobs=self._at_once,
            poll_delay=POLL_DELAY,
            keep_result=0,  # a kept result would hold back the next job with the same id
            log_results=False,
            handle_signals=False,
            timezone=UTC,
        )

    def _function(self, job: WorkerJob) -> Function:
        async def run(context: dict[str, Any], tenant_id: str | None, *args: Any) -> None:
            await _attempt(job, tenant_id, args, context["job_try"])

        return func(
            cast(WorkerCoroutine, run),
            name=job.name,
            timeout=job.timeout_seconds + GRACE,
            max_tries=job.max_tries,
            keep_result=0,
        )

    def _periodic(self, job: WorkerJob) -> CronJob:
        """The moment of a periodic job only enqueues it, once for each tenant: those runs are then retried singly."""

        async def due(context: dict[str, Any]) -> None:
            period = context["job_id"].rpartition(":")[2]
            if job.tenants is None:
                await self._client.enqueue(job.name, job_id=period)
                return
            for tenant_id in await job.tenants():
                await self._client.enqueue(job.name, tenant_id=tenant_id, job_id=period)

        hours, minutes = periods(job.name, job.every_minutes)
        work = cast(WorkerCoroutine, due)
        return cron(work, name=f"every:{job.name}", hour=hours, minute=minutes, second=0, unique=True, max_tries=3)


async def _attempt(job: WorkerJob, tenant_id: str | None, args: tuple[Any, ...], attempt: int) -> None:
    scope = tenant(UUID(tenant_id)) if tenant_id else contextlib.nullcontext()
    try:
        with scope:
            async with asyncio.timeout(job.timeout_seconds):
                await job.run(*args)
    except GiveUp as error:
        logger.error("job %s of tenant %s gave up: %s", job.name, tenant_id, error)
    except Exception as error:
        if attempt >= job.max_tries:
            logger.exception("job %s of tenant %s failed %d times, the last", job.name, tenant_id, attempt)
            return
        pause = pause_before(attempt + 1)
        logger.warning("job %s of tenant %s failed, again in %d s: %r", job.name, tenant_id, pause, error)
        # arq repeats a job only when told to.
        raise Retry(defer=pause) from error


def _encode_result(value: Any) -> bytes:
    """arq also encodes the exceptions of jobs that it gives up."""
    return msgspec.json.encode(value, enc_hook=repr)
