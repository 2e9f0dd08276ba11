"""Toll-fraud limits: which numbers may be called, and how many calls at once and a minute."""

import asyncio
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from core.telephony import limits
from core.telephony.limits import OutgoingPolicy, TollGuard, is_emergency, refusal


@pytest.mark.parametrize("number", ["+4722334455", "+46701234567", "+37255512345"])
def test_the_own_country_and_its_neighbours_are_allowed(number: str) -> None:
    assert refusal(number, "NO", OutgoingPolicy()) == ""


@pytest.mark.parametrize(
    ("number", "word"),
    [("+2522345678", "SO"), ("+4782912345", "premium"), ("22334455", "E.164"), ("+47123", "length")],
)
def test_other_countries_premium_and_broken_numbers_are_refused(number: str, word: str) -> None:
    assert word in refusal(number, "NO", OutgoingPolicy())


@pytest.mark.parametrize(
    "number",
    [
        "+4722334455;ext=5", "0088212345678;phone-context=+47", "+47 22 33 44 55", "+4722CALLME", "+4722334455\n",
        "tel:+4722334455", "+4722334455@192.0.2.1", "+４７22334455", "+9992233445566",
    ],
)  # fmt: skip
def test_only_plain_international_numbers_pass(number: str) -> None:
    assert "international number" in refusal(number, "NO", OutgoingPolicy(countries=frozenset({"NO", "DE", "?"})))


def test_short_numbers_that_cost_more_are_premium() -> None:
    assert "premium" in refusal("+46118118", "SE", OutgoingPolicy())


def test_a_tenant_may_open_countries_and_premium_numbers() -> None:
    policy = OutgoingPolicy(countries=frozenset({"SO"}), premium=True)
    assert refusal("+2522345678", "NO", policy) == refusal("+4782912345", "NO", policy) == ""


def test_the_own_country_is_allowed_even_when_it_is_not_listed() -> None:
    assert refusal("+4722334455", "NO", OutgoingPolicy(countries=frozenset())) == ""


def test_emergency_numbers_are_known_by_country() -> None:
    assert is_emergency("112", "NO")
    assert is_emergency("113", "NO")
    assert not is_emergency("22334455", "NO")


async def test_calls_at_once_are_limited_per_tenant_until_one_ends(redis: Redis) -> None:
    guard, tenant, other = TollGuard(redis), uuid4(), uuid4()
    policy = OutgoingPolicy(concurrent_calls=2)
    first, second, third = uuid4(), uuid4(), uuid4()
    assert await guard.admit(tenant, first, policy) == ""
    assert await guard.admit(tenant, second, policy) == ""
    assert "2 outgoing calls at once" in await guard.admit(tenant, third, policy)
    assert await guard.admit(other, third, policy) == ""
    await guard.release(tenant, first)
    assert await guard.admit(tenant, third, policy) == ""


async def test_calls_of_a_process_that_does_not_renew_them_are_counted_no_longer(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LEASE_SECONDS", 1)
    dead, alive, tenant = TollGuard(redis), TollGuard(redis), uuid4()
    policy = OutgoingPolicy(concurrent_calls=2)
    assert await dead.admit(tenant, uuid4(), policy) == await alive.admit(tenant, uuid4(), policy) == ""
    async with asyncio.timeout(20):
        while await alive.admit(tenant, uuid4(), policy) != "":
            await alive.renew()
            await asyncio.sleep(0.05)
    await alive.renew()
    assert "2 outgoing calls at once" in await alive.admit(tenant, uuid4(), policy)


async def test_calls_are_counted_again_after_a_loss_of_redis(redis: Redis) -> None:
    guard, tenant, policy = TollGuard(redis), uuid4(), OutgoingPolicy(concurrent_calls=1)
    assert await guard.admit(tenant, uuid4(), policy) == ""
    await redis.flushall()
    await guard.renew()
    assert await TollGuard(redis).admit(tenant, uuid4(), policy) != ""


async def test_calls_a_minute_are_limited_over_all_processes(redis: Redis) -> None:
    tenant, policy = uuid4(), OutgoingPolicy(calls_per_minute=3)
    noon = 1_800_000_000.0
    answers = [await TollGuard(redis, lambda: noon).admit(tenant, uuid4(), policy) for _ in range(4)]
    assert answers[:3] == ["", "", ""]
    assert "3 outgoing calls a minute" in answers[3]
    assert await TollGuard(redis, lambda: noon + 60).admit(tenant, uuid4(), policy) == ""


async def test_without_redis_each_process_still_limits_calls_at_once() -> None:
    guard = TollGuard(Redis(unix_socket_path="/nonexistent/redis.sock"))
    tenant, policy = uuid4(), OutgoingPolicy(concurrent_calls=1)
    assert await guard.admit(tenant, uuid4(), policy) == ""
    assert await guard.admit(tenant, uuid4(), policy) != ""
