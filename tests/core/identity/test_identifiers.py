"""What users sign in with: read as typed, unique in the company, never telling who exists (GEN-4, GEN-5)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from core.api.errors import Invalid, Taken
from core.audit.service import AuditFilter, entries
from core.data import tenant
from core.identity import passwords
from core.identity.errors import IdentityError, NoSuchUser, SeveralCompanies, TooManyAttempts, WrongCredentials
from core.identity.identifier import checked_identifier, country_of, read_identifier
from core.identity.identifiers import add_identifier, change_email, identifiers, remove_identifier
from core.identity.service import create_user, sign_in
from core.identity.settings import OWNER, SecuritySettings
from core.identity.tables import User
from core.identity.throttle import SIGN_IN, Throttle
from core.tenancy.service import create_tenant, write_settings

PASSWORD = "correct horse battery staple"
HERE = "192.0.2.1"


@pytest.fixture
async def kari(tenant_a: UUID) -> User:
    with tenant(tenant_a):
        return await create_user("kari@a.example", "Kari Nordmann", PASSWORD)


@pytest.fixture
def throttle(redis: Redis) -> Throttle:
    return Throttle(redis)


@asynccontextmanager
async def hashes(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """The stored hashes that are compared inside the block."""
    compared: list[str] = []
    verify = passwords._verify

    def counting(stored: str, password: str) -> passwords.Verdict:
        compared.append(stored)
        return verify(stored, password)

    monkeypatch.setattr(passwords, "_verify", counting)
    yield compared
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("zone", "kept", "typed"),
    [
        ("Europe/Oslo", "+4792241118", ["92241118", "922 41 118", "+47 922 41 118", "004792241118", "4792241118"]),
        ("Europe/Stockholm", "+46701234567", ["070-123 45 67", "0701234567", "+46 70 123 45 67"]),
        ("Europe/Tallinn", "+37251234567", ["5123 4567", "51234567", "+372 5123 4567"]),
    ],
)
def test_a_number_is_understood_as_people_of_the_company_write_it(zone: str, kept: str, typed: list[str]) -> None:
    # GEN-5
    stored = checked_identifier("number", typed[0], country_of(zone))
    assert stored.value == kept
    for text in typed:
        wanted = read_identifier(text)
        assert (wanted.kind, wanted.fits(stored.value, stored.national)) == ("number", True), text
        assert wanted.account == stored.account


def test_a_number_of_another_country_is_not_taken_for_one_at_home() -> None:
    abroad = checked_identifier("number", "+46701234567", "NO")
    assert abroad.national == ""
    assert not read_identifier("0701234567").fits(abroad.value, abroad.national)


@given(st.text())
def test_whatever_is_typed_is_read_as_something(text: str) -> None:
    wanted = read_identifier(text)
    assert wanted.kind in ("email", "name", "number")
    assert read_identifier(f"  {text}\t") == wanted or not text.isprintable()


@pytest.mark.parametrize(
    ("kind", "text"),
    [("email", "kari"), ("email", "a b@c"), ("name", "1234"), ("name", "k@ri"), ("name", ""), ("number", "12x")],
)
def test_what_is_no_identifier_is_refused_with_an_example(kind, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_identifier(kind, text, "NO")
    assert text in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "text", "typed"), [("name", "Kari.N", "kari.n "), ("number", "922 41 118", "+4792241118")]
)
async def test_a_user_signs_in_with_each_of_her_identifiers(
    kari: User, throttle: Throttle, kind, text: str, typed: str
) -> None:
    # GEN-4, GEN-5
    with tenant(kari.tenant_id):
        await add_identifier(kari.id, kind, text)
        assert len(await identifiers(kari.id)) == 2
    for one in (typed, "KARI@a.example"):
        assert (await sign_in(throttle, one, PASSWORD, HERE)).user_id == kari.id


async def test_only_kinds_that_the_company_allows_sign_anybody_in(kari: User, throttle: Throttle) -> None:
    # GEN-5
    with tenant(kari.tenant_id):
        await add_identifier(kari.id, "name", "kari")
        await write_settings(OWNER, SecuritySettings(identifiers=("email", "number")))
    with pytest.raises(WrongCredentials):
        await sign_in(throttle, "kari", PASSWORD, HERE)
    assert (await sign_in(throttle, "kari@a.example", PASSWORD, HERE)).user_id == kari.id


async def test_an_identifier_is_one_users_in_the_company_but_may_be_somebodys_in_another(
    kari: User, tenant_b: UUID, throttle: Throttle
) -> None:
    with tenant(kari.tenant_id):
        await add_identifier(kari.id, "number", "92241118")
        other = await create_user("ola@a.example", "Ola", PASSWORD)
        for kind, text in (("email", "Kari@A.example"), ("number", "+47 922 41 118")):
            with pytest.raises(Taken):
                await add_identifier(other.id, kind, text)
    with tenant(tenant_b):
        await add_identifier((await create_user("x@b.example", "X", PASSWORD)).id, "number", "92241118")
    with pytest.raises(SeveralCompanies) as several:
        await sign_in(throttle, "92241118", PASSWORD, HERE)
    assert set(several.value.companies) == {kari.tenant_id, tenant_b}


async def test_the_last_identifier_stays_and_a_change_of_address_takes_the_old_one_away(
    kari: User, throttle: Throttle
) -> None:
    with tenant(kari.tenant_id):
        (only,) = await identifiers(kari.id)
        with pytest.raises(IdentityError, match="last"):
            await remove_identifier(kari.id, only.id)
        await change_email(kari.id, "Kari@new.example")
        assert [one.value for one in await identifiers(kari.id)] == ["kari@new.example"]
    with pytest.raises(WrongCredentials):
        await sign_in(throttle, "kari@a.example", PASSWORD, HERE)
    assert (await sign_in(throttle, "kari@new.example", PASSWORD, HERE)).email == "Kari@new.example"


async def test_one_of_her_other_addresses_becomes_her_first(kari: User) -> None:
    with tenant(kari.tenant_id):
        await add_identifier(kari.id, "email", "k@a.example")
        await change_email(kari.id, "k@a.example")
        assert [one.value for one in await identifiers(kari.id)] == ["k@a.example"]


async def test_what_is_given_and_taken_away_is_recorded(kari: User) -> None:
    with tenant(kari.tenant_id):
        given = await add_identifier(kari.id, "name", "kari.n")
        await remove_identifier(kari.id, given.id)
        told = (await entries(AuditFilter(subject_id=str(kari.id)))).items
    assert [(one.action, one.before, one.after) for one in told] == [
        ("user.identifier_removed", '{"name": "kari.n"}', "{}"),
        ("user.identifier_added", "{}", '{"name": "kari.n"}'),
    ]


async def test_users_of_another_company_are_not_there(kari: User, tenant_b: UUID) -> None:
    with tenant(tenant_b):
        for user_id in (kari.id, uuid4()):
            with pytest.raises(NoSuchUser):
                await add_identifier(user_id, "name", "mine")
        assert await identifiers(kari.id) == []


@pytest.mark.parametrize("typed", ["nobody@a.example", "nobody", "+4799999999", "", "@", "kari@a.example"])
async def test_as_many_hashes_are_compared_whether_or_not_somebody_exists(
    kari: User, throttle: Throttle, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    async with hashes(monkeypatch) as compared:
        with pytest.raises(WrongCredentials):
            await sign_in(throttle, typed, "wrong", HERE)
    assert len(compared) == 1


async def test_a_number_written_in_many_ways_buys_no_more_guesses(kari: User, throttle: Throttle) -> None:
    ways = ["92241118", "+4792241118", "922 41 118", "0047 92241118", "922-41-118", "4792241118"]
    for way in ways[: SIGN_IN.pair]:
        with pytest.raises(WrongCredentials):
            await sign_in(throttle, way, "wrong", HERE)
    with pytest.raises(TooManyAttempts):
        await sign_in(throttle, ways[-1], "wrong", HERE)


async def test_the_country_of_a_company_is_that_of_its_zone(throttle: Throttle, database: object) -> None:
    company = await create_tenant("se", "Sverige", timezone="Europe/Stockholm", language="sv")
    with tenant(company.id):
        user = await create_user("s@se.example", "S", PASSWORD)
        await add_identifier(user.id, "number", "070-123 45 67")
    assert (await sign_in(throttle, "0701234567", PASSWORD, HERE)).user_id == user.id
