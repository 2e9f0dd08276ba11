"""Connections to Redis that survive its restart."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, TimeoutError

CONNECT_TIMEOUT = 2.0
"""Seconds to reach the server."""
ANSWER_TIMEOUT = 5.0
"""Seconds to wait for an answer, beyond what a blocking command asks for itself."""
RETRIES = 6
"""Tries after the first, 20 ms to 1 s apart: about 2 s, longer than a restart of the server."""


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
        retry=Retry(ExponentialBackoff(cap=1.0, base=0.02), RETRIES),
        retry_on_error=[ConnectionError, TimeoutError, BusyLoadingError],
        health_check_interval=30,
    )
    return client
