"""Connections to Redis that survive its restart."""

import asyncio
import builtins
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, TimeoutError

CONNECT_TIMEOUT = 2.0
"""Seconds to reach the server."""
ANSWER_TIMEOUT = 5.0
"""Seconds to wait for an answer; a blocking command (XREAD BLOCK, BLPOP) must ask for less."""
RETRIES = 7
"""Tries after the first, 40 ms to 1 s apart: about 3 s, longer than a restart of the server."""

_retrying: ContextVar[bool] = ContextVar("retrying", default=False)


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


def connect_redis(url: str) -> Redis:
    """A client with its own pool for `redis://host:port/0` or `unix:///path/redis.sock`; answers are bytes.

    It connects with the first command. A command that meets a lost connection is sent again, so a command that must
    not run twice needs to be idempotent. Raises redis.ConnectionError or TimeoutError when tries are used up.
    The caller closes it (`await client.aclose()`).
    """
    client: Redis = Redis.from_url(
        url,
        decode_responses=False,
        socket_connect_timeout=CONNECT_TIMEOUT,
        socket_timeout=ANSWER_TIMEOUT,
        retry=_OneRetry(ExponentialBackoff(cap=1.0, base=0.02), RETRIES),
        # OSError: the server's socket is not there yet, which redis-py does not count as a lost connection.
        retry_on_error=[ConnectionError, TimeoutError, BusyLoadingError, OSError],
        health_check_interval=30,
    )
    pool = client.connection_pool
    pool.connection_class = type("CancellableConnection", (_Cancellable, pool.connection_class), {})
    return client


class _Cancellable:
    """Keeps redis-py 5.2 from asyncio.wait_for, which before Python 3.12 can swallow the cancellation of a task."""

    socket_timeout: float | None
    disconnect: Any

    async def send_packed_command(self, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:
        """Write a command within the time limit. Raises redis.TimeoutError."""
        limit, self.socket_timeout = self.socket_timeout, None
        connection: Any = super()
        try:
            async with asyncio.timeout(limit):
                await connection.send_packed_command(command, check_health)
        except builtins.TimeoutError as error:
            await self.disconnect(nowait=True)
            raise TimeoutError("Timeout writing to socket") from error
        finally:
            self.socket_timeout = limit
