"""Password hashes."""

import time
from statistics import median

import pytest
from argon2 import PasswordHasher

from core.identity.errors import WeakPassword
from core.identity.passwords import checked_password, hash_password, verify_password


@pytest.fixture(autouse=True)
def quick_passwords() -> None:
    """Here they cost what they cost."""


async def test_only_the_right_password_matches() -> None:
    stored = await hash_password("æøå 1")
    assert stored.startswith("$argon2id$")
    assert (await verify_password(stored, "æøå 1")).matches
    assert not (await verify_password(stored, "æøå 2")).matches


async def test_a_hash_of_weaker_parameters_is_made_anew() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("old")
    verdict = await verify_password(weak, "old")
    assert verdict.matches
    assert (await verify_password(verdict.new_hash, "old")) == type(verdict)(True)


async def test_a_hash_that_is_none_never_matches() -> None:
    assert not (await verify_password("", "")).matches
    assert not (await verify_password("", "nobody")).matches
    assert not (await verify_password("not a hash", "x")).matches


async def test_an_unknown_user_costs_as_much_work_as_a_wrong_password() -> None:
    stored = await hash_password("right")
    await verify_password("", "warm")
    times: dict[str, list[float]] = {stored: [], "": []}
    for _ in range(7):
        for value, taken in times.items():
            began = time.process_time()
            await verify_password(value, "wrong")
            taken.append(time.process_time() - began)
    known, unknown = median(times[stored]), median(times[""])
    assert 0.5 < unknown / known < 2


@pytest.mark.parametrize(
    "password",
    [
        "",
        "eleven char",
        "passwordpassword",
        "123456789012",
        "qwertyuiop123",
        "aaaaaaaaaaaa",
        "iloveyou1234",
        "x" * 1025,
    ],
)
def test_a_short_or_common_password_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        checked_password(password)


@pytest.mark.parametrize("password", ["Kari Nordmann", "kari@a.example", "nordmannkari"])
def test_a_password_of_her_own_name_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        checked_password(password, "Kari Nordmann", "kari@a.example")


@pytest.mark.parametrize("password", ["correct horse battery staple", "blåbær og ål i gelé", "jf8w9-ql2mxz"])
def test_a_long_password_needs_no_digits_or_signs(password: str) -> None:
    assert checked_password(password, "Kari") == password
