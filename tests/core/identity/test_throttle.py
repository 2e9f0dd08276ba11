"""Guessing passwords gets slow; nobody is locked out by a stranger."""

import asyncio

import pytest
from redis.asyncio import Redis

from core.identity.errors import TooManyAttempts
from core.identity.throttle import SIGN_IN, Throttle, network


@pytest.fixture
def throttle(redis: Redis) -> Throttle:
    return Throttle(redis)


async def fail(throttle: Throttle, account: str, address: str, times: int = 1) -> None:
    for _ in range(times):
        await throttle.begin(account, address)


async def test_the_pair_is_stopped_and_told_for_how_long(throttle: Throttle) -> None:
    await fail(throttle, "kari", "10.0.0.1", SIGN_IN.pair)
    with pytest.raises(TooManyAttempts) as refused:
        await throttle.begin("kari", "10.0.0.1")
    assert SIGN_IN.window - 5 < refused.value.seconds <= SIGN_IN.window


async def test_others_at_the_address_and_the_owner_elsewhere_go_on(throttle: Throttle) -> None:
    await fail(throttle, "kari", "10.0.0.1", SIGN_IN.pair)
    await throttle.begin("ola", "10.0.0.1")
    await throttle.begin("kari", "10.0.0.2")


async def test_an_address_that_tries_many_accounts_is_stopped(throttle: Throttle) -> None:
    for number in range(SIGN_IN.address):
        await fail(throttle, f"user{number}", "10.0.0.1")
    with pytest.raises(TooManyAttempts):
        await throttle.begin("another", "10.0.0.1")


async def test_many_addresses_are_stopped_but_not_the_owners_own(throttle: Throttle) -> None:
    await throttle.succeeded("kari", "10.0.0.9")
    for number in range(SIGN_IN.account):
        await fail(throttle, "kari", f"192.0.2.{number}")
    with pytest.raises(TooManyAttempts):
        await throttle.begin("kari", "198.51.100.1")
    await throttle.begin("kari", "10.0.0.9")


async def test_a_success_forgets_the_failures_of_the_pair(throttle: Throttle) -> None:
    await fail(throttle, "kari", "10.0.0.1", SIGN_IN.pair - 1)
    await throttle.succeeded("kari", "10.0.0.1")
    await fail(throttle, "kari", "10.0.0.1", SIGN_IN.pair - 1)
    await throttle.begin("kari", "10.0.0.1")


async def test_many_attempts_at_once_pass_no_limit(throttle: Throttle) -> None:
    attempts = (throttle.begin("kari", "10.0.0.1") for _ in range(4 * SIGN_IN.pair))
    refused = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(each, TooManyAttempts) for each in refused) == 3 * SIGN_IN.pair


async def test_what_succeeds_or_is_withdrawn_does_not_count(throttle: Throttle) -> None:
    for number in range(SIGN_IN.address):
        await throttle.begin(f"user{number}", "10.0.0.1")
        await (throttle.succeeded if number % 2 else throttle.withdraw)(f"user{number}", "10.0.0.1")
    await throttle.begin("kari", "10.0.0.1")


def test_an_ipv6_network_counts_as_one_address() -> None:
    assert network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9") != network("2001:db8:1:3::1")
    assert network("::ffff:10.0.0.1") == "10.0.0.1"
