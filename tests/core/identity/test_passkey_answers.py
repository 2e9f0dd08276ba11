"""Passkeys: what is believed of an authenticator's answer, and what is not."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from core.api.errors import Changed, Invalid, NotFound, Taken
from core.audit.service import AuditFilter, entries
from core.data import system, tenant
from core.identity import passkeys as module
from core.identity.challenges import Challenges
from core.identity.errors import IdentityError, NoSuchUser, PasskeyRefused
from core.identity.passkey_sign_in import PasskeySignIn
from core.identity.passkeys import NewPasskey, Registration, passkeys, remove_passkey, rename_passkey
from core.identity.recovery import CODES
from core.identity.second_factor import FactorState, SecondFactors, factor_state
from core.identity.service import create_user
from core.identity.site import Site
from core.identity.tables import User
from core.identity.vault import Vault
from core.tenancy.tables import Tenant
from tests.core.identity.authenticator import ELIGIBLE, PRESENT, SYNCED, VERIFIED, Authenticator

SITE = Site("https://pbx.example", "pbx.example")
BROWSER = "what only this browser knows"


@pytest.fixture
def registration(redis: Redis) -> Registration:
    return Registration(Challenges(redis), SITE)


@pytest.fixture
def sign_in(redis: Redis) -> PasskeySignIn:
    return PasskeySignIn(Challenges(redis), SITE)


@pytest_asyncio.fixture
async def kari(tenant_a: UUID) -> User:
    with tenant(tenant_a):
        return await create_user("kari@a.example", "Kari", "correct horse battery staple")


@pytest_asyncio.fixture
async def ola(tenant_b: UUID) -> User:
    with tenant(tenant_b):
        return await create_user("ola@b.example", "Ola", "correct horse battery staple")


def device(**bent: Any) -> Authenticator:
    return Authenticator(**{"origin": SITE.origin, "rp_id": SITE.rp_id} | bent)


async def made(registration: Registration, user: User, authenticator: Authenticator) -> NewPasskey:
    with tenant(user.tenant_id):
        options = await registration.options(user.id, "session")
        return await registration.finish(user.id, "session", authenticator.create(options), "Telephone")


async def actions(tenant_id: UUID) -> list[str]:
    with tenant(tenant_id):
        return [one.action for one in (await entries(AuditFilter(action="passkey."))).items]


async def test_a_passkey_signs_in_whose_it_is(
    registration: Registration, sign_in: PasskeySignIn, kari: User, ola: User
) -> None:
    hers, his = device(), device()
    await made(registration, kari, hers)
    await made(registration, ola, his)
    for authenticator, user in ((hers, kari), (his, ola), (hers, kari)):
        principal = await sign_in.sign_in(authenticator.get(await sign_in.options(BROWSER)), BROWSER)
        assert (principal.user_id, principal.tenant_id) == (user.id, user.tenant_id)
    with tenant(kari.tenant_id):
        assert (await passkeys(kari.id))[0].last_used_at is not None


async def test_the_first_second_factor_comes_with_recovery_codes_and_the_last_takes_them_along(
    registration: Registration, kari: User
) -> None:
    first = await made(registration, kari, device(flags=PRESENT | VERIFIED | ELIGIBLE | SYNCED))
    second = await made(registration, kari, device())
    assert (len(first.recovery_codes), len(second.recovery_codes)) == (CODES, 0)
    assert (first.passkey.synced, first.passkey.transports) == (True, ["internal"])
    with tenant(kari.tenant_id):
        assert (await factor_state(kari.id)).any
        await remove_passkey(kari.id, first.passkey.id)
        assert (await factor_state(kari.id)).recovery_codes == CODES
        await remove_passkey(kari.id, second.passkey.id)
        assert (await factor_state(kari.id)).recovery_codes == 0
        assert not (await factor_state(kari.id)).any
    assert await actions(kari.tenant_id) == ["passkey.removed", "passkey.removed", "passkey.added", "passkey.added"]


async def test_who_has_lost_everything_is_freed_of_her_passkeys_with_her_codes(
    registration: Registration, kari: User, tmp_path: Path
) -> None:
    await made(registration, kari, device())
    with tenant(kari.tenant_id):
        await SecondFactors(Vault("", tmp_path)).reset(kari.id)
        assert await factor_state(kari.id) == FactorState(codes=False, passkeys=0, recovery_codes=0)
    assert (await actions(kari.tenant_id))[0] == "passkey.removed"


@pytest.mark.parametrize(
    "bent",
    [
        {"origin": "https://pbx.example.evil.example"},
        {"origin": "http://pbx.example"},
        {"rp_id": "evil.example"},
        {"flags": VERIFIED},
        {"flags": PRESENT},
    ],
    ids=["other origin", "without TLS", "other domain", "nobody there", "nobody verified"],
)
async def test_an_answer_from_elsewhere_or_without_her_makes_no_passkey_and_signs_nobody_in(
    registration: Registration, sign_in: PasskeySignIn, kari: User, bent: dict[str, Any]
) -> None:
    with pytest.raises(PasskeyRefused):
        await made(registration, kari, device(**bent))
    good = device()
    await made(registration, kari, good)
    for name, value in bent.items():
        setattr(good, name, value)
    with pytest.raises(PasskeyRefused):
        await sign_in.sign_in(good.get(await sign_in.options(BROWSER)), BROWSER)


async def test_a_challenge_is_answered_once_by_who_was_asked_and_for_what_it_was_made(
    registration: Registration, sign_in: PasskeySignIn, kari: User
) -> None:
    authenticator = device(count=1)
    with tenant(kari.tenant_id):
        options = await registration.options(kari.id, "session")
        answer = authenticator.create(options)
        with pytest.raises(PasskeyRefused, match="too long"):
            await registration.finish(kari.id, "another session", answer, "x")
        await registration.finish(kari.id, "session", answer, "x")
        with pytest.raises(PasskeyRefused, match="twice"):
            await registration.finish(kari.id, "session", answer, "x")
        second = await sign_in.second_options(kari.id, "pending")
    used = authenticator.get(await sign_in.options(BROWSER))
    tried = await asyncio.gather(*(sign_in.sign_in(used, BROWSER) for _ in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in tried) == ["PasskeyRefused"] * 3 + ["Principal"]
    elsewhere = authenticator.get(await sign_in.options("another browser"))
    for answer in (elsewhere, authenticator.get(second), authenticator.get({"challenge": "bm9uZSBvZiBvdXJz"})):
        with pytest.raises(PasskeyRefused, match="too long"):
            await sign_in.sign_in(answer, BROWSER)


async def test_a_challenge_is_short_lived(sign_in: PasskeySignIn, redis: Redis) -> None:
    await sign_in.options(BROWSER)
    (key,) = await redis.keys("challenge:*")
    assert 0 < await redis.ttl(key) <= 300


async def test_a_cloned_authenticator_is_found_by_its_counter_refused_and_told(
    registration: Registration, sign_in: PasskeySignIn, kari: User
) -> None:
    authenticator = device(count=5)
    await made(registration, kari, authenticator)
    clone = authenticator.clone()
    await sign_in.sign_in(authenticator.get(await sign_in.options(BROWSER)), BROWSER)
    for count in (clone.count, 0):
        clone.count = count
        with pytest.raises(PasskeyRefused, match="copied"):
            await sign_in.sign_in(clone.get(await sign_in.options(BROWSER)), BROWSER)
    assert (await actions(kari.tenant_id))[:2] == ["passkey.copied", "passkey.copied"]


async def test_an_authenticator_that_never_counts_is_taken(
    registration: Registration, sign_in: PasskeySignIn, kari: User
) -> None:
    authenticator = device(count=0)
    await made(registration, kari, authenticator)
    for _ in range(2):
        await sign_in.sign_in(authenticator.get(await sign_in.options(BROWSER)), BROWSER)


async def test_neither_another_key_nor_another_user_nor_another_company_passes_for_hers(
    registration: Registration, sign_in: PasskeySignIn, kari: User, ola: User
) -> None:
    hers, his = device(), device()
    await made(registration, kari, hers)
    row = (await made(registration, ola, his)).passkey
    forged = device(id=hers.id, handle=hers.handle)
    swapped = his.clone()
    swapped.handle = hers.handle
    stranger = device(handle=hers.handle)
    for authenticator in (forged, swapped, stranger):
        with pytest.raises(PasskeyRefused):
            await sign_in.sign_in(authenticator.get(await sign_in.options(BROWSER)), BROWSER)
    with tenant(kari.tenant_id):
        for authenticator in (his, forged, stranger):
            options = await sign_in.second_options(kari.id, "pending")
            with pytest.raises(PasskeyRefused):
                await sign_in.check(kari.id, authenticator.get(options), "pending")
        await sign_in.check(kari.id, hers.get(await sign_in.second_options(kari.id, "pending")), "pending")
        for user in (kari, ola):
            with pytest.raises(NotFound):
                await rename_passkey(user.id, row.id, "Mine", 1)
            with pytest.raises(NotFound):
                await remove_passkey(user.id, row.id)


async def test_as_a_second_step_it_is_enough_that_she_is_there(
    registration: Registration, sign_in: PasskeySignIn, kari: User
) -> None:
    authenticator = device()
    await made(registration, kari, authenticator)
    authenticator.flags = PRESENT
    with tenant(kari.tenant_id):
        options = await sign_in.second_options(kari.id, "pending")
        assert [one["transports"] for one in options["allowCredentials"]] == [["internal"]]
        await sign_in.check(kari.id, authenticator.get(options), "pending")


async def test_who_is_switched_off_or_whose_company_is_suspended_is_nobody(
    registration: Registration, sign_in: PasskeySignIn, kari: User, ola: User
) -> None:
    hers, his = device(), device()
    await made(registration, kari, hers)
    await made(registration, ola, his)
    with system():
        await User.update({User.active: False}).where(User.id == kari.id)
        await Tenant.update({Tenant.suspended_at: ola.created_at}).where(Tenant.id == ola.tenant_id)
    for authenticator in (hers, his):
        with pytest.raises(PasskeyRefused, match="Nobody"):
            await sign_in.sign_in(authenticator.get(await sign_in.options(BROWSER)), BROWSER)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "[]",
        "{",
        "[" * 100_000,
        '{"id": "x"}',
        {},
        {"id": 1},
        {"id": "æ", "rawId": "æ", "response": {"clientDataJSON": "\x00"}},
    ],
)
async def test_what_is_no_answer_is_refused_in_words(
    registration: Registration, sign_in: PasskeySignIn, kari: User, answer: Any
) -> None:
    with tenant(kari.tenant_id):
        with pytest.raises(PasskeyRefused):
            await registration.finish(kari.id, "session", answer, "x")
        with pytest.raises(PasskeyRefused):
            await sign_in.check(kari.id, answer, "pending")
    with pytest.raises(PasskeyRefused):
        await sign_in.sign_in(answer, BROWSER)


async def test_each_has_a_name_which_two_do_not_change_at_once(registration: Registration, kari: User) -> None:
    row = (await made(registration, kari, device())).passkey
    with tenant(kari.tenant_id):
        assert (await rename_passkey(kari.id, row.id, " My  key ", 1)).name == "My key"
        with pytest.raises(Changed):
            await rename_passkey(kari.id, row.id, "Other", 1)
        for name in ("", "x" * 101):
            with pytest.raises(Invalid):
                await rename_passkey(kari.id, row.id, name, 2)


async def test_a_user_has_so_many_and_each_once(
    registration: Registration, kari: User, ola: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    authenticator = device()
    await made(registration, kari, authenticator)
    with pytest.raises(Taken):
        await made(registration, ola, authenticator)
    monkeypatch.setattr(module, "MOST", 1)
    with pytest.raises(IdentityError, match="at most"):
        await made(registration, kari, device())
    with tenant(kari.tenant_id), pytest.raises(NoSuchUser):
        await registration.options(uuid4(), "session")


async def test_without_a_site_there_are_none(redis: Redis, kari: User) -> None:
    with tenant(kari.tenant_id), pytest.raises(IdentityError, match="public_url"):
        await Registration(Challenges(redis), None).options(kari.id, "session")
    with pytest.raises(IdentityError):
        await PasskeySignIn(Challenges(redis), None).options(BROWSER)
