"""Journals of agents' sessions, for a process that is no media process: a log-in is told as safely as a call is."""

import asyncio
import fcntl
import logging
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from types import TracebackType
from uuid import UUID

from redis.asyncio import Redis

from core.calls.confirm import Confirmer
from core.calls.journal import CallJournal
from core.calls.publisher import Publisher
from core.calls.spool import Spool
from core.data import current_tenant

log = logging.getLogger(__name__)

DRAIN_SECONDS = 10.0


class AgentJournals:
    """Makes the journals while it is entered; at the end, what was written has reached Redis or waits in the spool.

    `folder`: of the installation's spools; `author`: the kind of process. Each process takes the first spool of its
    kind that no other works with, and sends again what a killed one has left there.
    """

    def __init__(self, redis: Redis, folder: Path, author: str) -> None:
        self._folder, self._author = folder, author
        self._publisher = Publisher(redis)
        self._stack = AsyncExitStack()
        self._spool: Spool | None = None

    async def __aenter__(self) -> "AgentJournals":
        self._spool = Spool(self._take_folder())
        for work in (self._publisher.run(), Confirmer(self._spool, self._publisher).run()):
            self._stack.push_async_callback(_ended, asyncio.create_task(work))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._publisher.drained()
        except TimeoutError:
            log.warning("some log-ins are still in the spool; they are sent at the next start")
        assert self._spool is not None
        self._spool.rotate()
        await self._stack.aclose()

    def __call__(self, session_id: UUID, written: int) -> CallJournal:
        """The journal of a session of the tenant in force, which has `written` events already."""
        assert self._spool is not None, "journals are written while they are entered"
        return CallJournal(current_tenant(), session_id, self._spool, self._publisher, written=written)

    def _take_folder(self) -> Path:
        for number in count(1):
            folder = self._folder / f"{self._author}-{number}"
            folder.mkdir(parents=True, exist_ok=True)
            lock = self._stack.enter_context((folder / "lock").open("w"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            return folder
        raise AssertionError("count() has no end")


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
