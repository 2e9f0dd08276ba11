"""Users: found by anything that is known of them, changed by two at once, and never without an administrator."""

import asyncio
from uuid import UUID

import pytest
from msgspec import UNSET

from core.api.errors import Changed, Invalid, NotFound, Refused, Taken
from core.api.rest import read_cursor
from core.audit.model import Actor, acting_as
from core.audit.service import AuditFilter, entries
from core.data import tenant
from core.directory.errors import Yourself
from core.directory.field_changes import FieldChange, add_field
from core.directory.numbering import free_extension
from core.directory.service import NewDevice, add_person
from core.directory.user_changes import add_user, change_user, remove_user
from core.directory.user_values import UserChange
from core.directory.users import DeviceRow, UserDetails, UserFilter, count_users, departments, tags, user, users
from core.identity.identifiers import add_identifier, identifiers
from core.identity.model import Principal
from core.identity.service import create_user
from core.identity.sessions import Sessions
from core.platform.numbers import add_main_number
from core.roles.errors import LastAdministrator

MAIN, OTHER = "+4722334455", "+4722334466"


async def found(q: str = "", **chosen: str) -> list[str]:
    return [row.name for row in (await users(UserFilter(q=q, **chosen))).items]


async def admin(name: str) -> UserDetails:
    return await add_user(UserChange(first_name=name, email=f"{name.lower()}@a.example", role="administrator"))


def as_user(of: UserDetails) -> Actor:
    return Actor(kind="user", id=of.account_id, name=of.name)


async def test_a_user_is_found_by_anything_that_is_known_of_her(tenant_a: UUID) -> None:
    """USR-1, USR-2, DIR-4: name, position, department, e-mail, number, extension, tags, custom fields."""
    with tenant(tenant_a):
        city = await add_field(FieldChange(title="Office"))
        await add_person("Berit", "Berg")
        await add_user(
            UserChange(
                first_name="Åse",
                last_name="Øverås-Lund",
                position="Sveiser",
                department="Verksted",
                email="ase@a.example",
                extension="207",
                tags=["Español"],
                custom={city.id: "Ålesund"},
                devices=[DeviceRow("number", "+4791234567")],
            )
        )
        for q in ("ase", "ØVERÅS", "overas", "sveis", "verksted", "ase@a", "207", "espanol", "alesund", "ase lund"):
            assert await found(q) == ["Åse Øverås-Lund"], q
        for q in ("912 34 567", "+47 91 23", "0047912", "91234567"):
            assert await found(q) == ["Åse Øverås-Lund"], q
        for q in ("ase berg", "%", "_", "nobody"):
            assert await found(q) == [], q


async def test_what_a_user_is_found_by_follows_every_change(tenant_a: UUID, sessions: Sessions) -> None:
    with tenant(tenant_a):
        anna = await add_person("Anna", devices=(NewDevice("number", "+4791234567"),))
        await change_user(
            anna.person.id, UserChange(devices=[DeviceRow("number", "+4798765432")], tags=["x"]), sessions
        )
        assert (await found("912 34 567"), await found("98765432"), await found("x")) == ([], ["Anna"], ["Anna"])


async def test_users_come_in_the_nordic_alphabet_page_by_page_each_once(tenant_a: UUID) -> None:
    names = ["Aas", "Berg", "Élan", "Zahl", "Ærlig", "Ödman", "Østby", "Ås"]
    with tenant(tenant_a):
        for name in reversed(names):
            await add_person("X", name)
        seen: list[str] = []
        after: tuple[str, UUID] | None = None
        while True:
            page = await users(UserFilter(), after=after, limit=3)
            seen += [row.name for row in page.items]
            if page.next is None:
                break
            after = read_cursor(page.next, tuple[str, UUID])
    assert seen == [f"X {name}" for name in names]


async def test_filters_go_together(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        await admin("Kari")
        await add_user(UserChange(first_name="Ola", department="Sales", tags=["norsk"], hidden=True))
        await create_user("pia@a.example", "Pia", "a long password", role="user")
        assert await found(show="invited") == ["Kari"]
        assert await found(show="hidden") == await found(show="none") == await found(tag="norsk") == ["Ola"]
        assert await found(show="active") == await found(role="user") == ["Pia"]
        assert await found("o", department="Sales") == ["Ola"]
        assert (await departments(), await tags()) == (["Sales"], ["norsk"])
        assert await count_users(UserFilter(role="user")) == 1


async def test_an_account_made_without_an_entry_gets_one_as_soon_as_somebody_looks(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        await add_person("Kari", "Nordmann")
        account = await create_user("kari@a.example", "Kari Nordmann", role="administrator")
        seen = await user(account.id)
        assert (seen.first_name, seen.last_name, seen.email) == ("Kari", "Nordmann", "kari@a.example")
        await asyncio.gather(*(users(UserFilter()) for _ in range(4)))
        assert await count_users(UserFilter()) == 2


async def test_a_user_of_another_company_is_not_there(tenant_a: UUID, tenant_b: UUID, sessions: Sessions) -> None:
    with tenant(tenant_b):
        theirs = await admin("Ola")
    with tenant(tenant_a):
        for attempt in (
            user(theirs.id),
            change_user(theirs.id, UserChange(first_name="X"), sessions),
            remove_user(theirs.id, sessions),
        ):
            with pytest.raises(NotFound):
                await attempt


async def test_a_change_is_stored_and_recorded_and_what_is_not_given_stays(tenant_a: UUID, sessions: Sessions) -> None:
    """USR-3."""
    with tenant(tenant_a):
        made = await add_user(UserChange(first_name="Anna", position="Clerk", email="anna@a.example", role="user"))
        after = await change_user(made.id, UserChange(position="Head"), sessions, version=made.version)
        assert (after.first_name, after.position, after.role, after.version) == ("Anna", "Head", "user", 2)
        newest = (await entries(AuditFilter(subject_id=str(made.id)))).items[0]
        assert (newest.action, newest.before, newest.after) == (
            "user.changed",
            '{"position": "Clerk"}',
            '{"position": "Head"}',
        )


async def test_the_second_of_two_who_change_the_same_user_is_told(tenant_a: UUID, sessions: Sessions) -> None:
    with tenant(tenant_a):
        made = await add_user(UserChange(first_name="Anna"))
        await change_user(made.id, UserChange(position="Head"), sessions, version=made.version)
        with pytest.raises(Changed):
            await change_user(made.id, UserChange(position="Boss"), sessions, version=made.version)
        assert (await user(made.id)).position == "Head"


async def test_all_that_is_wrong_is_told_at_once_and_nothing_is_stored(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        with pytest.raises(Invalid) as refused:
            await add_user(
                UserChange(
                    email="none",
                    extension="112",
                    presentation_number=MAIN,
                    devices=[DeviceRow("sip", "x")],
                    custom={tenant_a: "x"},
                    role="emperor",
                )
            )
        assert {one.field for one in refused.value.all} == {
            "first_name",
            "email",
            "extension",
            "presentation_number",
            "devices.0",
            f"custom.{tenant_a}",
            "role",
        }
        assert await count_users(UserFilter()) == 0


async def test_an_extension_and_an_address_belong_to_one_and_the_refusal_says_to_whom(
    tenant_a: UUID, tenant_b: UUID
) -> None:
    with tenant(tenant_a):
        await add_user(UserChange(first_name="Anna", last_name="Aas", extension="101", email="Anna@a.example"))
        with pytest.raises(Taken, match="belongs to Anna Aas") as refused:
            await add_user(UserChange(first_name="Berit", extension="101"))
        assert refused.value.field == "extension"
        with pytest.raises(Taken, match="belongs to Anna Aas"):
            await add_user(UserChange(first_name="Berit", email="anna@A.example"))
        assert await free_extension() == "102"
    with tenant(tenant_b):
        await add_user(UserChange(first_name="Anna", extension="101", email="Anna@a.example"))


async def test_a_new_address_is_what_she_signs_in_with_and_nobody_elses(tenant_a: UUID, sessions: Sessions) -> None:
    with tenant(tenant_a):
        anna, kari = await admin("Anna"), await admin("Kari")
        await add_identifier(kari.account_id, "email", "boss@a.example")
        with pytest.raises(Taken) as refused:
            await change_user(anna.id, UserChange(email="Boss@a.example"), sessions)
        assert refused.value.field == "email"
        await change_user(anna.id, UserChange(email="aas@a.example"), sessions)
        assert [one.value for one in await identifiers(anna.account_id)] == ["aas@a.example"]


async def test_only_a_number_that_is_the_companys_and_allowed_is_presented(tenant_a: UUID, sessions: Sessions) -> None:
    """USR-5, PRF-4, DIR-13."""
    with tenant(tenant_a):
        await add_main_number(MAIN)
        await add_main_number(OTHER)
        anna = await add_user(UserChange(first_name="Anna", presentation_number=MAIN))
        with pytest.raises(Invalid, match="none of the numbers"):
            await change_user(anna.id, UserChange(presentation_number="+4791234567"), sessions)
        with pytest.raises(Invalid, match="none of the numbers"):
            await change_user(anna.id, UserChange(allowed_numbers=[OTHER]), sessions)
        moved = await change_user(anna.id, UserChange(allowed_numbers=[OTHER], presentation_number=OTHER), sessions)
        assert moved.presentation_number == OTHER
        with pytest.raises(Invalid, match="none of the numbers"):
            await change_user(anna.id, UserChange(presentation_number=MAIN), sessions)
        with pytest.raises(Invalid) as refused:
            await change_user(anna.id, UserChange(allowed_numbers=["+4791234567"]), sessions)
        assert refused.value.all[0].field == "allowed_numbers"


async def test_who_is_switched_off_is_signed_out_at_once(tenant_a: UUID, sessions: Sessions) -> None:
    with tenant(tenant_a):
        await admin("Kari")
        anna = await add_user(UserChange(first_name="Anna", email="anna@a.example", role="user"))
        principal = Principal(anna.account_id, tenant_a, "A", anna.name, anna.email, "user")
        session = await sessions.start(principal)
        assert (await change_user(anna.id, UserChange(active=False), sessions)).account == "off"
        assert await sessions.find(session.id) is None


async def test_a_removed_user_is_gone_with_her_account_and_sessions(tenant_a: UUID, sessions: Sessions) -> None:
    with tenant(tenant_a):
        anna = await add_user(UserChange(first_name="Anna", email="anna@a.example", role="user"))
        session = await sessions.start(Principal(anna.account_id, tenant_a, "A", anna.name, anna.email, "user"))
        await remove_user(anna.id, sessions, version=anna.version)
        assert await sessions.find(session.id) is None
        assert await found() == []
        assert (await entries(AuditFilter(action="user.removed"))).items[0].subject == "Anna"
        await add_user(UserChange(first_name="Anna", email="anna@a.example", role="user"))


@pytest.mark.parametrize("change", [UserChange(role="user"), UserChange(active=False), None])
async def test_an_administrator_cannot_lock_herself_out(
    tenant_a: UUID, sessions: Sessions, change: UserChange | None
) -> None:
    with tenant(tenant_a):
        kari = await admin("Kari")
        await admin("Ola")
        with acting_as(as_user(kari)), pytest.raises(Yourself):
            await (change_user(kari.id, change, sessions) if change else remove_user(kari.id, sessions))
        assert (await user(kari.id)).role == "administrator"


@pytest.mark.parametrize("change", [UserChange(role="user"), UserChange(active=False), None])
async def test_the_last_administrator_stays(tenant_a: UUID, sessions: Sessions, change: UserChange | None) -> None:
    with tenant(tenant_a):
        kari, ola = await admin("Kari"), await admin("Ola")
        await change_user(ola.id, UserChange(active=False), sessions)
        with pytest.raises(LastAdministrator):
            await (change_user(kari.id, change, sessions) if change else remove_user(kari.id, sessions))
        await change_user(kari.id, UserChange(position="Head"), sessions)


async def test_two_administrators_who_remove_each_other_at_once_do_not_both_go(
    tenant_a: UUID, sessions: Sessions
) -> None:
    with tenant(tenant_a):
        one, other = await admin("Kari"), await admin("Ola")
        for attempt in range(5):

            async def remove(actor: UserDetails, leaver: UserDetails) -> None:
                with acting_as(as_user(actor)):
                    await remove_user(leaver.id, sessions)

            results = await asyncio.gather(remove(one, other), remove(other, one), return_exceptions=True)
            assert [type(result) for result in results if result is not None] == [LastAdministrator], results
            (left,) = (await users(UserFilter(role="administrator"))).items
            one, other = await user(left.id), await admin(f"Next{attempt}")


async def test_a_role_gives_an_account_and_takes_an_address(tenant_a: UUID, sessions: Sessions) -> None:
    """USR-8, ROL-4: one role."""
    with tenant(tenant_a):
        anna = await add_user(UserChange(first_name="Anna"))
        with pytest.raises(Refused, match="needs one"):
            await change_user(anna.id, UserChange(role="user"), sessions)
        with pytest.raises(Refused, match="no account"):
            await change_user(anna.id, UserChange(active=True), sessions)
        made = await change_user(anna.id, UserChange(role="user", email="anna@a.example"), sessions)
        assert (made.role, made.account) == ("user", "invited")
        renamed = await change_user(anna.id, UserChange(last_name="Aas", email="aas@a.example"), sessions)
        assert renamed.email == "aas@a.example"
        assert UserChange().role is UNSET
