"""A background job, and when a periodic one runs; no I/O."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID
from zlib import crc32

LONG_JOB = 120
"""Seconds; longer jobs have a queue of their own, because a killed worker's jobs come back only after the longest
time-out of their queue."""


class JobError(ValueError):
    """A job is declared or enqueued wrongly; the message says how to mend it."""


class GiveUp(Exception):
    """Raised by a job that has failed for good: it is not tried again."""


@dataclass(frozen=True)
class WorkerJob:
    """Work in the background, at least once: `await run(*args)`.

    `tenants` names, at each period, those that a periodic job runs for; the job runs in the tenant's scope. None:
    work of the platform, in no tenant's scope. `every_minutes`: 0 for a job that only runs when enqueued, otherwise
    a divisor of an hour, or whole hours that divide a day. A try longer than `timeout_seconds` is ended and counts
    as failed; a failed try is repeated with growing pauses, at most `max_tries` in all. Raises JobError.
    """

    name: str
    run: Callable[..., Awaitable[object]]
    tenants: Callable[[], Awaitable[Sequence[UUID]]] | None = None
    every_minutes: int = 0
    timeout_seconds: int = 60
    max_tries: int = 8

    def __post_init__(self) -> None:
        if self.timeout_seconds < 1 or self.max_tries < 1:
            raise JobError(f"job {self.name}: timeout_seconds and max_tries must be at least 1")
        if self.every_minutes:
            periods(self.name, self.every_minutes)

    @property
    def queue(self) -> str:
        """Name of the queue in Redis."""
        return "jobs:long" if self.timeout_seconds > LONG_JOB else "jobs"


def periods(name: str, every_minutes: int) -> tuple[set[int], set[int]]:
    """Hours and minutes (UTC) at which a periodic job runs.

    The name shifts them, so that not all jobs of a period start at once. Raises JobError for an uneven period.
    """
    if every_minutes < 1 or (60 % every_minutes and (every_minutes % 60 or 1440 % every_minutes)):
        raise JobError(f"job {name}: every_minutes = {every_minutes} must divide 60, or be whole hours that divide 24")
    shift = crc32(name.encode()) % every_minutes
    if every_minutes < 60:
        return set(range(24)), set(range(shift, 60, every_minutes))
    return set(range(shift // 60, 24, every_minutes // 60)), {shift % 60}


def pause_before(next_try: int) -> int:
    """Seconds to wait before a job's second, third … try: 2, 4, 8 … at most 10 minutes."""
    return int(min(600, 2 ** (next_try - 1)))
