"""The PostgreSQL database: one connection pool for each role, and connections that survive its restart."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg

from core.api.data import DatabaseUnavailable
from core.api.scope import Role, Scope

logger = logging.getLogger(__name__)

ACQUIRE_TIMEOUT = 5.0
"""Seconds to wait for a free connection, or for a server that is restarting."""
STATEMENT_TIMEOUT = 60.0
"""Seconds after which a statement of the app or system role is given up."""
RETRY_PAUSE = 0.1

# Raised before anything was done, so that trying again is safe.
_UNREACHABLE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
)


class Database:
    """An installation's database, for one event loop.

    `url` holds `{role}` where the user's name differs, for example
    `postgresql://sentralbord_{role}:secret@db.example/sentralbord`: the roles are owner (migrations), app (under
    row-level security) and system (past it). Nothing connects before the first query.
    """

    def __init__(self, url: str, *, connections: int = 10, system_connections: int = 3) -> None:
        if "{role}" not in url:
            raise ValueError(
                "the database URL must hold {role} in the user's name, because Sentralbord uses three roles: "
                "postgresql://sentralbord_{role}:password@host/sentralbord"
            )
        self.url = url
        self._sizes: dict[Role, int] = {"app": connections, "system": system_connections}
        self._pools: dict[Role, Any] = {}

    async def open(self) -> "Database":
        """Become the database of all tables in the running event loop."""
        loop = asyncio.get_running_loop()
        if loop in _open:
            raise RuntimeError("a database is already open in this event loop; close it first")
        _open[loop] = self
        for role, size in self._sizes.items():
            self._pools[role] = await asyncpg.create_pool(
                self._dsn(role),
                min_size=0,
                max_size=size,
                timeout=ACQUIRE_TIMEOUT,
                command_timeout=STATEMENT_TIMEOUT,
                server_settings={
                    "application_name": "sentralbord",
                    "timezone": "UTC",
                    "idle_in_transaction_session_timeout": "60s",
                    "client_connection_check_interval": "5s",  # ends the statement of a client that has gone
                },
            )
        return self

    async def close(self) -> None:
        """Close all connections; those still in use are cut after ACQUIRE_TIMEOUT seconds."""
        for loop, database in list(_open.items()):
            if database is self:
                del _open[loop]
        pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            try:
                await asyncio.wait_for(pool.close(), ACQUIRE_TIMEOUT)
            except TimeoutError:
                logger.warning("database connections were still in use and have been cut")
                pool.terminate()

    async def __aenter__(self) -> "Database":
        return await self.open()

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def connect(self, role: Role) -> Any:
        """A connection of its own, without time limits: for migrations, checks and LISTEN. The caller closes it."""
        return await asyncpg.connect(self._dsn(role), timeout=ACQUIRE_TIMEOUT, server_settings={"timezone": "UTC"})

    def pool(self, role: Role) -> Any:
        """The role's asyncpg pool. Raises RuntimeError when this database is not open."""
        if role not in self._pools:
            raise RuntimeError(f"the database is not open for {role}")
        return self._pools[role]

    @asynccontextmanager
    async def begun(self, scope: Scope, read_only: bool = False) -> AsyncIterator[Any]:
        """A connection on which BEGIN and the tenant have been sent, in one round trip; released in any case.

        Raises DatabaseUnavailable after ACQUIRE_TIMEOUT seconds.
        """
        pool = self.pool(scope.role)
        begin = "BEGIN READ ONLY" if read_only else "BEGIN"
        if scope.tenant_id is not None:
            begin += f"; SET LOCAL app.tenant_id = '{scope.tenant_id}'"
        connection = await _begin(pool, begin)
        try:
            yield connection
        finally:
            try:
                await pool.release(connection)
            except _UNREACHABLE as error:
                # The transaction is over by now; the pool has thrown the broken connection away.
                logger.info("a database connection broke while it was released: %s", error)

    def _dsn(self, role: Role) -> str:
        return self.url.replace("{role}", role)


# By event loop, because a connection belongs to the loop that opened it.
_open: WeakKeyDictionary[asyncio.AbstractEventLoop, Database] = WeakKeyDictionary()


def current_database() -> Database:
    """The database open in the running event loop. Raises RuntimeError when there is none."""
    database = _open.get(asyncio.get_running_loop())
    if database is None:
        raise RuntimeError("no database is open in this event loop; open one: `await Database(url).open()`")
    return database


async def _begin(pool: Any, begin: str) -> Any:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + ACQUIRE_TIMEOUT
    while True:
        try:
            connection = await pool.acquire(timeout=max(deadline - loop.time(), RETRY_PAUSE))
            try:
                await connection.execute(begin)
            except BaseException:
                await pool.release(connection)
                raise
            return connection
        except TimeoutError as error:
            raise DatabaseUnavailable(
                f"no database connection was free within {ACQUIRE_TIMEOUT:g} s "
                f"({pool.get_size()} of at most {pool.get_max_size()} are open)"
            ) from error
        except _UNREACHABLE as error:
            if pool.is_closing() or loop.time() + RETRY_PAUSE >= deadline:
                raise DatabaseUnavailable(f"PostgreSQL cannot be reached: {error}") from error
            await asyncio.sleep(RETRY_PAUSE)
