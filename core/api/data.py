"""Reading and writing a plugin's tables: units of work, and what is kept for when the database is away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from piccolo.engine import engine_finder

from core.api.scope import current_tenant

T = TypeVar("T")

log = logging.getLogger(__name__)


class DatabaseUnavailable(RuntimeError):
    """PostgreSQL did not answer, or had no free connection, in time."""


class Unit(Protocol):
    """An open transaction of the tenant in force. In statements, arguments are written $1, $2 …"""

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        """All rows."""
        ...

    async def fetchrow(self, sql: str, *arguments: Any) -> Any:
        """The first row, or None."""
        ...

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        """The first column of the first row, or None."""
        ...

    async def execute(self, sql: str, *arguments: Any) -> str:
        """Run a statement; its status, such as "DELETE 3"."""
        ...

    async def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each row of arguments, in one round trip."""
        ...


def transaction(read_only: bool = False) -> AbstractAsyncContextManager[Unit]:
    """A unit of work: `async with transaction() as unit:`; Piccolo's queries inside it belong to it.

    It commits at the end of the block and rolls back when the block raises; inside an open one it joins that.
    Raises NoTenant, DatabaseUnavailable.
    """
    engine: Any = engine_finder()
    unit: AbstractAsyncContextManager[Unit] = engine.transaction(read_only=read_only)
    return unit


class LastGood(Generic[T]):
    """Something that elements read for each call, kept in this process so that calls go on while the database is away.

    `version(id)`: a number that grows with each change, None when there is no such thing; asked each time. `read(id)`:
    the thing itself; read anew when its version has changed.
    """

    SECONDS = 2.0
    """The caller waits so long at most; then the last good one serves."""
    MOST = 1000
    """So many are kept; those that were read first go first."""

    def __init__(
        self, version: Callable[[UUID], Awaitable[int | None]], read: Callable[[UUID], Awaitable[T | None]]
    ) -> None:
        self._version, self._read = version, read
        self._kept: dict[tuple[UUID, UUID], tuple[int, T]] = {}

    async def of(self, id: UUID) -> T | None:
        """The thing of the tenant in force; None: it does not exist, or was never read and cannot be read now."""
        key = (current_tenant(), id)
        try:
            async with asyncio.timeout(self.SECONDS):
                await self._renew(key, id)
        except (DatabaseUnavailable, OSError, TimeoutError) as error:
            log.warning("what was read last of %s serves, because the database is away: %s", id, error)
        kept = self._kept.get(key)
        return kept[1] if kept else None

    async def _renew(self, key: tuple[UUID, UUID], id: UUID) -> None:
        version = await self._version(id)
        if version is not None and key in self._kept and self._kept[key][0] == version:
            return
        thing = await self._read(id) if version is not None else None
        self._kept.pop(key, None)
        if version is not None and thing is not None:
            self._kept[key] = (version, thing)
            if len(self._kept) > self.MOST:
                del self._kept[next(iter(self._kept))]
