"""One unit of work: a transaction on one connection, its scope, and its certain end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import asyncpg

from core.api.scope import Scope

logger = logging.getLogger(__name__)

ROLLBACK_TIMEOUT = 2.0
"""Seconds after which a connection is thrown away instead; PostgreSQL then rolls back by itself."""


class TransactionError(RuntimeError):
    """A transaction was used wrongly, or could not be committed."""


class Transaction:
    """An open transaction. Statements of several tasks run one after the other on its connection."""

    def __init__(self, connection: Any, scope: Scope) -> None:
        self.connection = connection
        self.scope = scope
        self.ended = False
        self._lock = asyncio.Lock()
        self._savepoints = 0
        self._afterwards: list[Callable[[], Awaitable[None]]] = []

    def after_commit(self, work: Callable[[], Awaitable[None]]) -> None:
        """Await `work()` when everything is stored, before the transaction's block is left; never after a rollback.

        For telling others what has changed. It must not raise: the change is made.
        """
        self._afterwards.append(work)

    def require(self, scope: Scope) -> None:
        """Raise TransactionError unless this transaction is open and belongs to `scope`."""
        if self.ended:
            raise TransactionError(
                "this task was started inside a transaction that has ended since: "
                "open one of its own with `async with transaction():`"
            )
        if self.scope != scope:
            raise TransactionError(f"an open transaction of {self.scope} cannot be used for {scope}")

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        """All rows of a statement; arguments are written $1, $2 … in it."""
        async with self._turn():
            return list(await self.connection.fetch(sql, *arguments))

    async def fetchrow(self, sql: str, *arguments: Any) -> Any:
        """The first row, or None."""
        async with self._turn():
            return await self.connection.fetchrow(sql, *arguments)

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        """The first column of the first row, or None."""
        async with self._turn():
            return await self.connection.fetchval(sql, *arguments)

    async def execute(self, sql: str, *arguments: Any) -> str:
        """Run a statement (without arguments: several, separated by ;) and return the last one's status."""
        async with self._turn():
            return str(await self.connection.execute(sql, *arguments))

    async def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each row of arguments, in one round trip."""
        async with self._turn():
            await self.connection.executemany(sql, rows)

    async def cursor(self, sql: str, *arguments: Any) -> Any:
        """An asyncpg cursor, for results too large to hold."""
        async with self._turn():
            return await self.connection.cursor(sql, *arguments)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Undo only this block when it raises; the exception goes on."""
        self._savepoints += 1
        name = f"savepoint_{self._savepoints}"
        await self.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            await self.execute(f"ROLLBACK TO SAVEPOINT {name}")
            raise
        await self.execute(f"RELEASE SAVEPOINT {name}")

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        async with self._lock:
            self.require(self.scope)
            yield

    async def _commit(self) -> None:
        async with self._lock:
            self.ended = True
            # PostgreSQL answers a COMMIT after a failed statement with ROLLBACK and no error.
            if await self.connection.execute("COMMIT") == "ROLLBACK":
                raise TransactionError(
                    "nothing was stored: an earlier statement of this transaction failed and its error was "
                    "swallowed; let it out, or put the statement in `async with transaction.savepoint():`"
                )

    async def _roll_back(self) -> None:
        async with self._lock:
            self.ended = True
            if self.connection.is_closed():
                return
            try:
                # A cancelled statement has to end first, and PostgreSQL may have missed the request to cancel it.
                async with asyncio.timeout(ROLLBACK_TIMEOUT):
                    await self.connection.execute("ROLLBACK")
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                logger.warning("a connection is given up, because it could not roll back: %r", error)
                self.connection.terminate()


@asynccontextmanager
async def unit_of_work(
    current: ContextVar[Transaction | None], connection: Any, scope: Scope
) -> AsyncIterator[Transaction]:
    """Run the block in the transaction that was begun on `connection`; commit, or roll back when it raises."""
    unit = Transaction(connection, scope)
    token = current.set(unit)
    try:
        try:
            yield unit
        except BaseException:
            await unit._roll_back()
            raise
        await unit._commit()
    finally:
        unit.ended = True
        try:
            current.reset(token)
        except ValueError:
            # The block ended in another context than it began in; `ended` keeps the leftover harmless.
            logger.debug("transaction ended in another context")
    for work in unit._afterwards:
        await work()
