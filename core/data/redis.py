"""Connections to Redis that survive its restart."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.connection import Connection, ConnectionPool, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

CONNECT_TIMEOUT = 2.0
"""Seconds to reach the server."""
ANSWER_TIMEOUT = 5.0
"""Seconds to wait for an answer; a blocking command (XREAD BLOCK, BLPOP) must ask for less."""
RETRIES = 7
"""Tries after the first, 40 ms to 1 s apart: about 3 s, longer than a restart of the server."""

_retrying: ContextVar[bool] = ContextVar("retrying", default=False)


def connect_redis(url: str) -> Redis:
    """A client with its own pool for `redis://host:port/0` or `unix:///path/redis.sock`; answers are bytes.

    It connects with the first command. A command that meets a lost connection is sent again, so a command that must
    not run twice needs to be idempotent. Raises redis.ConnectionError or TimeoutError when tries are used up.
    The caller closes it (`await client.aclose()`).
    """
    pool = _Pool.from_url(
        url,
        decode_responses=False,
        socket_connect_timeout=CONNECT_TIMEOUT,
        socket_timeout=ANSWER_TIMEOUT,
        retry=_OneRetry(ExponentialBackoff(cap=1.0, base=0.02), RETRIES),
        # OSError: the server's socket is not there yet, which redis-py does not count as a lost connection.
        retry_on_error=[exceptions.ConnectionError, exceptions.TimeoutError, exceptions.BusyLoadingError, OSError],
        health_check_interval=30,
    )
    return Redis.from_pool(pool)


class _OneRetry(Retry):
    """Tries that do not multiply: redis-py repeats a command, and in each of its tries the connecting."""

    async def call_with_retry(self, do: Callable[[], Awaitable[Any]], fail: Callable[[Any], Any]) -> Any:
        if _retrying.get():
            return await do()
        token = _retrying.set(True)
        try:
            return await super().call_with_retry(do, fail)
        finally:
            _retrying.reset(token)


class _Cancellable:
    """Sending that can be cancelled: redis-py uses asyncio.wait_for, which swallows a cancellation in Python 3.11."""

    socket_timeout: float | None

    async def send_packed_command(self, *args: Any, **options: Any) -> None:
        limit, self.socket_timeout = self.socket_timeout, None
        try:
            async with asyncio.timeout(limit):
                await super().send_packed_command(*args, **options)  # type: ignore[misc]
        except TimeoutError:
            raise exceptions.TimeoutError("Timeout writing to socket") from None
        finally:
            self.socket_timeout = limit


class _TcpConnection(_Cancellable, Connection):
    pass


class _TlsConnection(_Cancellable, SSLConnection):
    pass


class _UnixConnection(_Cancellable, UnixDomainSocketConnection):
    pass


_CONNECTIONS: dict[type, type] = {
    Connection: _TcpConnection,
    SSLConnection: _TlsConnection,
    UnixDomainSocketConnection: _UnixConnection,
}


class _Pool(ConnectionPool):
    def __init__(self, connection_class: type = Connection, **options: Any) -> None:
        super().__init__(connection_class=_CONNECTIONS[connection_class], **options)
