"""Enqueueing of background jobs."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool

from core.data.redis import connect_redis
from core.jobs.model import JobError, WorkerJob

EXPIRES_MS = 7 * 86_400_000
"""A job that no worker took for a week is forgotten."""


class Jobs:
    """The background jobs of an installation, for those who enqueue them."""

    def __init__(self, redis_url: str, jobs: Iterable[WorkerJob]) -> None:
        self._jobs: dict[str, WorkerJob] = {}
        for job in jobs:
            if job.name in self._jobs:
                raise JobError(f"two jobs are named {job.name}")
            self._jobs[job.name] = job
        self.redis = job_redis(redis_url)

    async def enqueue(
        self,
        name: str,
        *args: Any,
        tenant_id: UUID | None = None,
        delay: float = 0,
        job_id: str | None = None,
    ) -> bool:
        """Have a job run once, `delay` seconds from now, for a tenant (None: a job of the platform).

        Arguments are what JSON holds. `job_id`: while a job of this name, tenant and id waits or runs, another is
        not added, and False is returned. Raises JobError for an unknown job, or a tenant too many or too few.
        """
        job = self._jobs.get(name)
        if job is None:
            raise JobError(f"there is no job {name!r}; there are: {', '.join(sorted(self._jobs)) or 'none'}")
        if (job.tenants is None) != (tenant_id is None):
            raise JobError(f"job {name} {'takes no' if job.tenants is None else 'needs a'} tenant_id")
        unique = None if job_id is None else f"{name}:{tenant_id or ''}:{job_id}"
        added = await self.redis.enqueue_job(
            name,
            str(tenant_id) if tenant_id else None,
            *args,
            _job_id=unique,
            _queue_name=job.queue,
            _defer_by=delay or None,
        )
        return added is not None

    async def close(self) -> None:
        """Close the connections."""
        await self.redis.aclose(close_connection_pool=True)


def job_redis(redis_url: str) -> ArqRedis:
    """arq's client with the connections of connect_redis() and JSON instead of pickle."""
    pool: ConnectionPool = connect_redis(redis_url).connection_pool
    return ArqRedis(
        pool,
        job_serializer=msgspec.json.encode,
        job_deserializer=msgspec.json.decode,
        expires_extra_ms=EXPIRES_MS,
    )
