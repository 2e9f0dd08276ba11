"""Toll-fraud limits of outgoing calls: where a tenant may call, how many at once and how many a minute."""

import time
from collections.abc import Callable
from typing import Annotated
from uuid import UUID

import phonenumbers
from msgspec import Meta, Struct
from phonenumbers import PhoneNumberType
from redis.asyncio import Redis
from redis.exceptions import RedisError

NORDIC_AND_BALTIC = frozenset({"NO", "SE", "DK", "FI", "IS", "EE", "LV", "LT"})
EXPENSIVE = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN})
LEASE_SECONDS = 4 * 3600
"""A call is forgotten after so long, should its process have died without saying so."""


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
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return f"{number} is not an international number (E.164)"
    if not phonenumbers.is_possible_number(parsed):
        return f"{number} cannot exist: its length is wrong for its country"
    country = phonenumbers.region_code_for_number(parsed) or "?"
    if country != region and country not in policy.countries:
        return f"calls to {country} are not allowed"
    if not policy.premium and phonenumbers.number_type(parsed) in EXPENSIVE:
        return f"{number} is a premium-rate number"
    return ""


# KEYS: live calls (sorted set), this minute's count. ARGV: leg, now, expiry, most at once, most a minute.
_ADMIT = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 1 end
if tonumber(redis.call('GET', KEYS[2]) or '0') >= tonumber(ARGV[5]) then return 2 end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('EXPIRE', KEYS[1], 86400)
redis.call('INCR', KEYS[2])
redis.call('EXPIRE', KEYS[2], 120)
return 0
"""


class TollGuard:
    """Counts the outgoing calls of every tenant over all processes.

    When Redis does not answer, calls are admitted by this process's own count: better a limit that is too
    wide for a minute than agents whom nobody can ring.
    """

    def __init__(self, redis: "Redis", clock: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._clock = clock
        self._admit = redis.register_script(_ADMIT)
        self._local: dict[UUID, set[UUID]] = {}

    async def admit(self, tenant_id: UUID, leg_id: UUID, policy: OutgoingPolicy) -> str:
        """Count a call that is about to be made; returns why it may not be made, or "" when it may."""
        mine = self._local.setdefault(tenant_id, set())
        now = self._clock()
        keys = [f"out:{{{tenant_id}}}:live", f"out:{{{tenant_id}}}:{int(now // 60)}"]
        values: list[bytes | float] = [
            leg_id.bytes,
            now,
            now + LEASE_SECONDS,
            policy.concurrent_calls,
            policy.calls_per_minute,
        ]
        try:
            answer = int(await self._admit(keys, values))
        except (RedisError, OSError):
            answer = 1 if len(mine) >= policy.concurrent_calls else 0
        if answer == 0:
            mine.add(leg_id)
            return ""
        if answer == 1:
            return f"the limit of {policy.concurrent_calls} outgoing calls at once is reached"
        return f"the limit of {policy.calls_per_minute} outgoing calls a minute is reached"

    async def release(self, tenant_id: UUID, leg_id: UUID) -> None:
        """The call is over."""
        self._local.get(tenant_id, set()).discard(leg_id)
        try:
            await self._redis.zrem(f"out:{{{tenant_id}}}:live", leg_id.bytes)
        except (RedisError, OSError):
            return  # its lease runs out
