"""Slows down password guessing, in Redis, without letting a stranger lock anybody out."""

import hashlib
import time
from ipaddress import IPv6Address, ip_address

from redis.asyncio import Redis

from core.identity.errors import TooManyAttempts

WINDOW = 15 * 60
"""Seconds over which failures are counted."""
PAIR_LIMIT = 5
"""Failures for one account from one address."""
ADDRESS_LIMIT = 50
"""Failures from one address, whatever the account: an office shares one."""
ACCOUNT_LIMIT = 25
"""Failures for one account from addresses that it never signed in from: a guess from many addresses.

It does not touch the addresses where the account has signed in before, so it locks its owner out of nothing.
"""
FAMILIAR_DAYS = 90

PREFIX = "signin"


class Throttle:
    """Counts failed sign-ins per account, per address and per pair of both."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def check(self, account: str, address: str) -> None:
        """Raise TooManyAttempts when this account from this address is to wait."""
        keys = _Keys(account, address)
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in keys.counters:
                pipe.get(key)
                pipe.ttl(key)
            pipe.zscore(keys.familiar, keys.address)
            *answers, familiar = await pipe.execute()
        for limit, count, left in zip(
            (PAIR_LIMIT, ADDRESS_LIMIT, ACCOUNT_LIMIT), answers[::2], answers[1::2], strict=True
        ):
            if limit == ACCOUNT_LIMIT and familiar is not None:
                continue
            if int(count or 0) >= limit:
                raise TooManyAttempts(max(int(left), 1))

    async def failed(self, account: str, address: str) -> None:
        """Count a failure."""
        async with self._redis.pipeline(transaction=True) as pipe:
            for key in _Keys(account, address).counters:
                pipe.set(key, 0, ex=WINDOW, nx=True)
                pipe.incr(key)
            await pipe.execute()

    async def succeeded(self, account: str, address: str) -> None:
        """Forget the failures of this pair, and remember the address as familiar."""
        keys, now = _Keys(account, address), time.time()
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(keys.counters[0])
            pipe.zadd(keys.familiar, {keys.address: now})
            pipe.zremrangebyscore(keys.familiar, 0, now - FAMILIAR_DAYS * 86400)
            pipe.zremrangebyrank(keys.familiar, 0, -51)
            pipe.expire(keys.familiar, FAMILIAR_DAYS * 86400)
            await pipe.execute()


class _Keys:
    """The Redis keys of one attempt. Account names are hashed: they may be anything a visitor typed."""

    def __init__(self, account: str, address: str) -> None:
        name = hashlib.sha256(account.encode()).hexdigest()[:32]
        self.address = network(address)
        self.counters = (
            f"{PREFIX}:pair:{name}:{self.address}",
            f"{PREFIX}:address:{self.address}",
            f"{PREFIX}:account:{name}",
        )
        self.familiar = f"{PREFIX}:familiar:{name}"


def network(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 network of an IPv6 one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped) if parsed.ipv4_mapped else parsed.exploded[:19]
    return str(parsed)
