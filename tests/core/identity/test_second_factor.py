"""One-time codes and recovery codes: each is taken once, and the database gives none of them away."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pyotp
import pytest
import pytest_asyncio

from core.api.errors import Invalid
from core.audit.service import AuditFilter, entries
from core.data import system, tenant, transaction
from core.identity.errors import IdentityError, NoSuchUser
from core.identity.recovery import CODES
from core.identity.second_factor import SecondFactors, factor_state
from core.identity.service import create_user
from core.identity.tables import User
from core.identity.vault import FILE, Vault, VaultError


@pytest.fixture
def factors(tmp_path: Path) -> SecondFactors:
    return SecondFactors(Vault("", tmp_path))


@pytest_asyncio.fixture
async def kari(tenant_a: UUID) -> User:
    with tenant(tenant_a):
        return await create_user("kari@a.example", "Kari", "correct horse battery staple")


async def turned_on(factors: SecondFactors, kari: User) -> tuple[pyotp.TOTP, list[str]]:
    """Her app, whose code of now is used up, and her recovery codes."""
    totp = pyotp.TOTP((await factors.begin(kari.id)).secret)
    return totp, list(await factors.confirm(kari.id, totp.now()))


def code(totp: pyotp.TOTP, periods: int) -> str:
    return totp.at(datetime.now(UTC) + timedelta(seconds=30 * periods))


async def test_codes_are_wanted_once_the_app_has_made_a_right_one(factors: SecondFactors, kari: User) -> None:
    with tenant(kari.tenant_id):
        enrolment = await factors.begin(kari.id)
        assert "issuer=Sentralbord%20%28Company%20A%29" in enrolment.uri
        assert not (await factor_state(kari.id)).any
        with pytest.raises(Invalid):
            await factors.confirm(kari.id, "abcdef")
        assert (await factors.enrolment(kari.id)) == enrolment
        assert await factors.check(kari.id, pyotp.TOTP(enrolment.secret).now()) is None
        await factors.confirm(kari.id, pyotp.TOTP(enrolment.secret).now())
        assert (await factor_state(kari.id)).any
        with pytest.raises(IdentityError, match="already"):
            await factors.begin(kari.id)


async def test_a_code_is_taken_once_and_none_older_than_it(factors: SecondFactors, kari: User) -> None:
    with tenant(kari.tenant_id):
        totp, _ = await turned_on(factors, kari)
        assert await factors.check(kari.id, code(totp, 0)) is None  # the one that turned codes on
        tried = await asyncio.gather(*(factors.check(kari.id, code(totp, 1)) for _ in range(5)))
        assert sorted(one or "" for one in tried) == ["", "", "", "", "code"]
        for periods in (-1, 0, 1, 5):
            assert await factors.check(kari.id, code(totp, periods)) is None


async def test_a_recovery_code_is_taken_once_however_it_is_typed(factors: SecondFactors, kari: User) -> None:
    with tenant(kari.tenant_id):
        _, codes = await turned_on(factors, kari)
        assert len(set(codes)) == CODES
        typed = f" {codes[0].upper().replace('-', ' ')}"
        tried = await asyncio.gather(*(factors.check(kari.id, typed) for _ in range(3)))
        assert sorted(one or "" for one in tried) == ["", "", "recovery"]
        assert (await factor_state(kari.id)).recovery_codes == CODES - 1
        fresh = await factors.new_codes(kari.id)
        assert await factors.check(kari.id, codes[1]) is None
        assert await factors.check(kari.id, fresh[0]) == "recovery"


async def test_turned_off_nothing_is_left(factors: SecondFactors, kari: User) -> None:
    with tenant(kari.tenant_id):
        totp, codes = await turned_on(factors, kari)
        await factors.turn_off(kari.id)
        assert await factors.check(kari.id, code(totp, 1)) is None
        assert await factors.check(kari.id, codes[0]) is None
        with pytest.raises(IdentityError):
            await factors.new_codes(kari.id)


async def test_neither_another_user_nor_another_company_has_her_codes(
    factors: SecondFactors, kari: User, tenant_b: UUID
) -> None:
    with tenant(kari.tenant_id):
        totp, codes = await turned_on(factors, kari)
        other = await create_user("ola@a.example", "Ola")
        assert await factors.check(other.id, codes[0]) is None
        assert await factors.check(other.id, code(totp, 1)) is None
    with tenant(tenant_b):
        assert await factors.check(kari.id, code(totp, 1)) is None
        for user_id in (kari.id, uuid4()):
            with pytest.raises(NoSuchUser):
                await factors.begin(user_id)
            with pytest.raises(NoSuchUser):
                await factors.check(user_id, codes[0])


async def test_neither_database_nor_audit_trail_has_a_secret(factors: SecondFactors, kari: User) -> None:
    with tenant(kari.tenant_id):
        totp, codes = await turned_on(factors, kari)
        told = str([one.to_dict() for one in (await entries(AuditFilter())).items])
    with system():
        async with transaction() as unit:
            kept = str([dict(row) for table in ("totp", "recovery_code") for row in await unit.fetch(f"TABLE {table}")])
    for secret in (totp.secret, *codes, *(one.replace("-", "") for one in codes)):
        assert secret not in kept
        assert secret not in told
    assert "user.codes_on" in told


def test_a_sealed_secret_opens_with_its_key_and_in_its_place_only(tmp_path: Path) -> None:
    vault = Vault("", tmp_path)
    sealed = vault.seal("hemmelig", "totp:1")
    assert b"hemmelig" not in sealed
    assert Vault("", tmp_path).open(sealed, "totp:1") == "hemmelig"
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    for other, about in ((vault, "totp:2"), (Vault("", tmp_path / "other"), "totp:1")):
        with pytest.raises(VaultError):
            other.open(sealed, about)


def test_a_key_that_is_none_is_refused_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match=r"web\.secret_key") as refused:
        Vault("too short", tmp_path).seal("x", "y")
    assert "too short" not in str(refused.value)
