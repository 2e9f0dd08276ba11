"""Slows down guessing of whatever signs somebody in, in Redis, without letting a stranger lock anybody out."""

import hashlib
import time
from ipaddress import IPv6Address, ip_address

from msgspec import Struct
from redis.asyncio import Redis

from core.identity.errors import TooManyAttempts

FAMILIAR_DAYS = 90


class Limits(Struct, frozen=True):
    """How many attempts of one kind are allowed in `window` seconds. `kind` is part of the keys in Redis."""

    kind: str
    window: int
    pair: int
    """For one account from one address."""
    address: int
    """From one address, whatever the account: an office shares one."""
    account: int
    """For one account from addresses where it never succeeded: a guess from many addresses.

    It does not touch the addresses where the account has succeeded before, so it locks its owner out of nothing.
    """


SIGN_IN = Limits("signin", window=15 * 60, pair=5, address=50, account=25)
SECOND_FACTOR = Limits("second", window=15 * 60, pair=5, address=50, account=10)
"""Only who has the password gets so far, so it locks nobody out but her who gave it away."""
PASSWORD_CHANGE = Limits("password", window=15 * 60, pair=5, address=50, account=25)
PASSKEY = Limits("passkey", window=60, pair=40, address=40, account=40)
"""From one address: nobody guesses a signature, but nobody is to fill Redis with challenges either."""
TOKEN = Limits("token", window=60, pair=60, address=60, account=60)
"""Tokens that are none: nobody guesses one of 256 bits, but nobody is to keep the database busy either."""
LINK_REQUEST = Limits("link", window=30 * 60, pair=3, address=30, account=10)
"""Every request counts. A link lives as long as the window: who is made to wait has one in her mailbox."""
LINK_USE = Limits("link-use", window=15 * 60, pair=10, address=30, account=10)


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
    """Counts attempts per account, per address and per pair of both. One counts as failed until it has succeeded."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._begin = redis.register_script(_BEGIN)
        self._withdraw = redis.register_script(_WITHDRAW)

    async def begin(self, account: str, address: str, limits: Limits = SIGN_IN) -> None:
        """Count an attempt; raise TooManyAttempts when this account from this address is to wait."""
        keys = _Keys(account, address, limits)
        arguments = [limits.window, keys.address, limits.pair, limits.address, limits.account]
        wait = int(await self._begin([*keys.counters, keys.familiar], arguments))
        if wait:
            raise TooManyAttempts(wait)

    async def withdraw(self, account: str, address: str, limits: Limits = SIGN_IN) -> None:
        """The attempt does not count: it was not the visitor's doing that it came to nothing."""
        await self._withdraw(list(_Keys(account, address, limits).counters))

    async def succeeded(self, account: str, address: str, limits: Limits = SIGN_IN) -> None:
        """The attempt was no failure: forget those of this pair, and remember the address as familiar."""
        keys, now = _Keys(account, address, limits), time.time()
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

    def __init__(self, account: str, address: str, limits: Limits) -> None:
        name, prefix = hashlib.sha256(account.encode()).hexdigest()[:32], limits.kind
        self.address = network(address)
        self.counters = (
            f"{prefix}:pair:{name}:{self.address}",
            f"{prefix}:address:{self.address}",
            f"{prefix}:account:{name}",
        )
        self.familiar = f"{prefix}:familiar:{name}"


def network(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 network of an IPv6 one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped) if parsed.ipv4_mapped else parsed.exploded[:19]
    return str(parsed)
