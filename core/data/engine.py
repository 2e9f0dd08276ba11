"""Piccolo's engine bound to the tenant: every statement runs in a transaction of a known scope, or not at all."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

from piccolo.engine.base import BaseBatch, Engine
from piccolo.engine.postgres import Atomic
from piccolo.query.base import Query
from piccolo.querystring import QueryString

from core.api.scope import current_scope
from core.data.database import current_database
from core.data.unit import Transaction, unit_of_work


class TenantEngine(Engine[Any]):
    """The one engine of all tables. It speaks to the database that is open in the event loop."""

    def __init__(self) -> None:
        super().__init__(engine_type="postgres", min_version_number=18)
        self.current_transaction = ContextVar("current_transaction", default=None)

    @asynccontextmanager
    async def transaction(self, allow_nested: bool = True, read_only: bool = False) -> AsyncIterator[Transaction]:
        """See core.data.transaction."""
        scope = current_scope()
        running = self.current_transaction.get()
        if running is not None and not running.ended:
            if not allow_nested:
                raise RuntimeError("a transaction is already open here")
            running.require(scope)
            yield running
            return
        async with (
            current_database().begun(scope, read_only) as connection,
            unit_of_work(self.current_transaction, connection, scope) as unit,
        ):
            yield unit

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Any:
        """Run one Piccolo query in the open transaction, or in a short one of its own."""
        sql, arguments = querystring.compile_string(engine_type=self.engine_type)
        return await self._run(sql, arguments)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Any:
        """Run one statement without arguments, as run_querystring does."""
        return await self._run(ddl, ())

    async def _run(self, sql: str, arguments: Sequence[Any]) -> Any:
        running = self.current_transaction.get()
        if running is not None:
            # A task that outlives the transaction it was started in gets an error, never another transaction.
            running.require(current_scope())
            return await running.fetch(sql, *arguments)
        async with self.transaction() as unit:
            return await unit.fetch(sql, *arguments)

    async def batch(self, query: Query[Any, Any], batch_size: int = 100, node: str | None = None) -> "Batch":
        """Rows of a large result, `batch_size` at a time: `async with await T.select().batch() as rows`."""
        return Batch(self, query, batch_size)

    def transform_response_to_dicts(self, results: Any) -> list[dict[str, Any]]:
        """asyncpg's records as dictionaries."""
        return [dict(record) for record in results]

    def atomic(self) -> Atomic:
        """Piccolo's collected queries, run in one transaction."""
        return Atomic(self)  # type: ignore[arg-type]

    # Piccolo asks the server's version when an engine is made; ours is made at import, before any server runs.
    async def get_version(self) -> float:
        return float(self.min_version_number)

    def get_version_sync(self) -> float:
        return float(self.min_version_number)

    async def prep_database(self) -> None:
        return None


class Batch(BaseBatch):
    """A server-side cursor in the open transaction, or in a read-only one of its own."""

    def __init__(self, engine: TenantEngine, query: Query[Any, Any], size: int) -> None:
        self._query = query
        self._size = size
        self._transaction = engine.transaction(read_only=True)

    async def __aenter__(self) -> "Batch":
        unit = await self._transaction.__aenter__()
        try:
            sql, arguments = self._query.querystrings[0].compile_string(engine_type="postgres")
            self._cursor = await unit.cursor(sql, *arguments)
        except BaseException as error:
            await self._transaction.__aexit__(type(error), error, error.__traceback__)
            raise
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._transaction.__aexit__(*error)

    def __aiter__(self) -> "Batch":
        return self

    async def __anext__(self) -> Any:
        rows = await self._cursor.fetch(self._size)
        if not rows:
            raise StopAsyncIteration
        return await self._query._process_results(rows)


ENGINE = TenantEngine()
