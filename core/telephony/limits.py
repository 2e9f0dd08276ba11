"""Toll-fraud limits of outgoing calls: where a tenant may call, how many at once and how many a minute."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Annotated
from uuid import UUID

import phonenumbers
from msgspec import Meta, Struct
from phonenumbers import PhoneNumberType, ShortNumberCost
from redis.asyncio import Redis
from redis.exceptions import RedisError

NORDIC_AND_BALTIC = frozenset({"NO", "SE", "DK", "FI", "IS", "EE", "LV", "LT"})
EXPENSIVE = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN})
E164 = re.compile(r"\+[1-9][0-9]{4,14}")
LEASE_SECONDS = 10
"""A call that its process does not renew is no longer counted: the process has died."""
RENEW_SECONDS = 3.0


class OutgoingPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a tenant may do with outgoing calls; the defaults hold until somebody changes them."""

    countries: frozenset[str] = NORDIC_AND_BALTIC
    """ISO 3166 codes; the tenant's own country is always allowed."""
    premium: bool = False
    """Allow premium-rate and shared-cost numbers."""
    concurrent_calls: Annotated[int, Meta(ge=0)] = 50
    calls_per_minute: Annotated[int, Meta(ge=0)] = 120


def is_emergency(number: str, region: str) -> bool:
    """Whether `number` (as dialled) is an emergency number of the country: those always go out."""
    return phonenumbers.is_emergency_number(number.removeprefix("+"), region)


def refusal(number: str, region: str, policy: OutgoingPolicy) -> str:
    """Why `number` (E.164) may not be called by a tenant in `region`; "" when it may."""
    # The parser forgives much: "00882…;phone-context=+49" counts as German, but the trunk would dial 00882….
    if not E164.fullmatch(number):
        return f"{number!r} is not an international number (E.164: + and digits)"
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return f"{number} is not an international number: no country has that code"
    if not phonenumbers.is_possible_number(parsed):
        return f"{number} cannot exist: its length is wrong for its country"
    country = phonenumbers.region_code_for_number(parsed) or "?"
    if country != region and country not in policy.countries:
        return f"calls to {country} are not allowed"
    # Short ones such as directory enquiries are no valid numbers, so they have no type.
    expensive = phonenumbers.number_type(parsed) in EXPENSIVE
    expensive = expensive or phonenumbers.expected_cost(parsed) == ShortNumberCost.PREMIUM_RATE
    if not policy.premium and expensive:
        return f"{number} is a premium-rate number"
    return ""


# KEYS: live calls (sorted set by the end of their leases), this minute's count.
# ARGV: leg, lease, most at once, most a minute.
_ADMIT = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 1 end
if tonumber(redis.call('GET', KEYS[2]) or '0') >= tonumber(ARGV[4]) then return 2 end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], 86400)
redis.call('INCR', KEYS[2])
redis.call('EXPIRE', KEYS[2], 120)
return 0
"""
# KEYS: live calls. ARGV: lease, legs...
_RENEW = """
local time = redis.call('TIME')
local ends = time[1] + time[2] / 1000000 + ARGV[1]
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], ends, ARGV[i]) end
redis.call('EXPIRE', KEYS[1], 86400)
"""


class TollGuard:
    """Counts the outgoing calls of every tenant over all processes; `run()` keeps those of this process counted.

    When Redis does not answer, calls are admitted by this process's own count: better a limit that is too
    wide for a minute than agents whom nobody can ring.
    """

    def __init__(self, redis: "Redis", clock: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._clock = clock
        self._admit = redis.register_script(_ADMIT)
        self._renew = redis.register_script(_RENEW)
        self._local: dict[UUID, set[UUID]] = {}

    async def run(self) -> None:
        """Renew the leases of this process's calls until cancelled."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await self.renew()
            except (RedisError, OSError):
                continue  # when Redis is back, they are counted again

    async def renew(self) -> None:
        """Keep this process's calls counted, or count them again after a loss of Redis. Raises redis.RedisError."""
        for tenant_id, legs in list(self._local.items()):
            await self._renew([_live(tenant_id)], [LEASE_SECONDS, *(leg.bytes for leg in legs)])

    async def admit(self, tenant_id: UUID, leg_id: UUID, policy: OutgoingPolicy) -> str:
        """Count a call that is about to be made; returns why it may not be made, or "" when it may."""
        keys = [_live(tenant_id), f"out:{{{tenant_id}}}:{int(self._clock() // 60)}"]
        values: list[bytes | int] = [leg_id.bytes, LEASE_SECONDS, policy.concurrent_calls, policy.calls_per_minute]
        try:
            answer = int(await self._admit(keys, values))
        except (RedisError, OSError):
            answer = 1 if len(self._local.get(tenant_id, ())) >= policy.concurrent_calls else 0
        if answer == 0:
            self._local.setdefault(tenant_id, set()).add(leg_id)
            return ""
        if answer == 1:
            return f"the limit of {policy.concurrent_calls} outgoing calls at once is reached"
        return f"the limit of {policy.calls_per_minute} outgoing calls a minute is reached"

    async def release(self, tenant_id: UUID, leg_id: UUID) -> None:
        """The call is over."""
        mine = self._local.get(tenant_id, set())
        mine.discard(leg_id)
        if not mine:
            self._local.pop(tenant_id, None)
        try:
            await self._redis.zrem(_live(tenant_id), leg_id.bytes)
        except (RedisError, OSError):
            return  # its lease runs out


def _live(tenant_id: UUID) -> str:
    return f"out:{{{tenant_id}}}:live"
