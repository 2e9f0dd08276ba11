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


# Looks and counts in one step: of many attempts at once, no more than the limits pass.
# KEYS: pair, address, account, familiar. ARGV: window, address, limits of the three. Returns seconds to wait, 0: go on.
_BEGIN = """
local known = redis.call('ZSCORE', KEYS[4], ARGV[2])
for i = 1, 3 do
  if not (i == 3 and known) and tonumber(redis.call('GET', KEYS[i]) or '0') >= tonumber(ARGV[2 + i]) then
    return math.max(redis.call('TTL', KEYS[i]), 1)
  end
end
for i = 1, 3 do
  redis.call('SET', KEYS[i], 0, 'EX', ARGV[1], 'NX')
  redis.call('INCR', KEYS[i])
end
return 0
"""
# KEYS: counters to reduce by one.
_WITHDRAW = """
for i = 1, #KEYS do
  if tonumber(redis.call('GET', KEYS[i]) or '0') > 0 then redis.call('DECR', KEYS[i]) end
end
"""


class Throttle:
    """Counts sign-ins per account, per address and per pair of both. One counts as failed until it has succeeded."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._begin = redis.register_script(_BEGIN)
        self._withdraw = redis.register_script(_WITHDRAW)

    async def begin(self, account: str, address: str) -> None:
        """Count an attempt; raise TooManyAttempts when this account from this address is to wait."""
        keys = _Keys(account, address)
        limits = (PAIR_LIMIT, ADDRESS_LIMIT, ACCOUNT_LIMIT)
        wait = int(await self._begin([*keys.counters, keys.familiar], [WINDOW, keys.address, *limits]))
        if wait:
            raise TooManyAttempts(wait)

    async def withdraw(self, account: str, address: str) -> None:
        """The attempt does not count: it was not the visitor's doing that it came to nothing."""
        await self._withdraw(list(_Keys(account, address).counters))

    async def succeeded(self, account: str, address: str) -> None:
        """The attempt was no failure: forget those of this pair, and remember the address as familiar."""
        keys, now = _Keys(account, address), time.time()
        await self._withdraw(list(keys.counters[1:]))
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
