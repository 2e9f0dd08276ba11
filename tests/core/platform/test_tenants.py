"""The companies of the installation: made and found by the operator, told in both trails."""

from uuid import uuid4

import msgspec
import pytest
from redis.asyncio import Redis

from core.api.errors import Changed, NotFound, Refused, SeveralInvalid
from core.audit.model import Actor, acting_as
from core.audit.service import AuditFilter, entries
from core.audit.tables import AuditEntry
from core.data import Database, tenant
from core.identity.errors import WrongCredentials
from core.identity.model import Principal
from core.identity.service import create_user, current_session, principal_of, sign_in, users
from core.identity.sessions import Sessions
from core.identity.throttle import Throttle
from core.platform.service import (
    FirstAdministrator,
    NewTenant,
    TenantChange,
    change_tenant,
    create_tenant,
    find_tenants,
    resume,
    suspend,
)
from core.tenancy.service import all_tenants
from core.tenancy.tables import Tenant

SIGNE = Actor(kind="user", id=uuid4(), name="Signe Drift", address="192.0.2.1")


@pytest.fixture
async def operator(database: Database) -> Tenant:
    """The operator's own company."""
    return await create_tenant(NewTenant(slug="drift", name="Sentralbord Drift", operator=True))


async def trail(row: Tenant) -> list[AuditEntry]:
    """The trail of a company, newest first."""
    with tenant(row.id):
        return (await entries(AuditFilter())).items


async def test_a_new_company_is_told_in_the_operators_trail_and_in_its_own(operator: Tenant) -> None:
    with acting_as(SIGNE):
        acme = await create_tenant(NewTenant(slug="acme", name="Acme AS", timezone="Europe/Vilnius", language="lt"))
    ours, theirs = (await trail(operator))[0], (await trail(acme))[0]
    assert {(one.action, one.subject_id, one.subject) for one in (ours, theirs)} == {
        ("tenant.created", str(acme.id), "Acme AS")
    }
    assert (ours.actor_kind, ours.actor_id, ours.actor, ours.address) == ("user", SIGNE.id, "Signe Drift", "192.0.2.1")
    assert (theirs.actor_kind, theirs.actor_id, theirs.actor, theirs.address) == ("platform", None, "Signe Drift", "")


async def test_there_is_one_operator(operator: Tenant) -> None:
    with pytest.raises(Refused, match="only one"):
        await create_tenant(NewTenant(slug="second", name="Second", operator=True))
    assert [row.slug for row in await all_tenants()] == ["drift"]


async def test_a_company_that_cannot_be_made_leaves_nothing_behind_and_all_faults_are_told(operator: Tenant) -> None:
    with pytest.raises(Refused, match="choose another") as refused:
        await create_tenant(NewTenant(slug="drift", name="Again"))
    assert refused.value.field == "slug"
    with pytest.raises(SeveralInvalid) as invalid:
        await create_tenant(NewTenant(slug="A b", name=" ", timezone="Oslo", language="norsk"))
    assert [one.field for one in invalid.value.all] == ["slug", "name", "timezone", "language"]
    assert len(await trail(operator)) == 1


async def test_companies_are_found_by_a_part_of_their_name_page_by_page(operator: Tenant) -> None:
    for number in range(5):
        await create_tenant(NewTenant(slug=f"bygg-{number}", name=f"{'Åb'[number % 2]}ygg 100%_{number // 2}"))
    found, place = [], None
    while True:
        page = await find_tenants("YGG", after=place, limit=2)
        found += [row.name for row in page.items]
        if page.next is None:
            break
        place = (page.items[-1].name.lower(), page.items[-1].slug)
    assert found == ["bygg 100%_0", "bygg 100%_1", "Åygg 100%_0", "Åygg 100%_1", "Åygg 100%_2"]
    assert [row.slug for row in (await find_tenants("0%_2")).items] == ["bygg-4"]
    assert (await find_tenants("0%2")).items == []


async def test_two_operators_who_change_a_company_do_not_overwrite_each_other(operator: Tenant) -> None:
    acme = await create_tenant(NewTenant(slug="acme", name="Acme AS"))
    change = TenantChange(name="Acme ASA", timezone="Europe/Oslo", language="nb")
    assert (await change_tenant(acme.id, change, acme.version)).name == "Acme ASA"
    with pytest.raises(Changed):
        await change_tenant(acme.id, TenantChange(name="Other", timezone="UTC", language="en"), acme.version)
    with pytest.raises(NotFound):
        await change_tenant(uuid4(), change, 1)
    told = (await trail(acme))[0]
    assert (told.action, msgspec.json.decode(told.before), msgspec.json.decode(told.after)) == (
        "tenant.changed",
        {"name": "Acme AS"},
        {"name": "Acme ASA"},
    )


async def test_nobody_of_a_suspended_company_is_or_gets_signed_in_until_it_works_again(
    operator: Tenant, redis: Redis
) -> None:
    acme = await create_tenant(NewTenant(slug="acme", name="Acme AS"))
    with tenant(acme.id):
        await create_user("kari@a.example", "Kari", "correct horse battery staple")
    sessions, throttle = Sessions(redis, idle_seconds=60), Throttle(redis)

    async def kari() -> Principal:
        return await sign_in(throttle, "kari@a.example", "correct horse battery staple", "192.0.2.1")

    session = await sessions.start(await kari())
    suspended = await suspend(sessions, acme.id, acme.version)
    assert await current_session(sessions, session.id) is None
    assert await principal_of(session.principal.user_id) is None
    with pytest.raises(WrongCredentials):
        await kari()
    await resume(acme.id, suspended.version)
    assert (await kari()).tenant_id == acme.id
    with pytest.raises(Refused, match="cannot be suspended"):
        await suspend(sessions, operator.id, operator.version)


async def test_the_first_administrator_is_made_with_the_company_or_neither(operator: Tenant) -> None:
    with pytest.raises(Refused, match=r"name@example\.com"):
        await create_tenant(NewTenant(slug="acme", name="Acme", administrator=FirstAdministrator("nobody", "N")))
    who = FirstAdministrator("kari@a.example", "Kari Nordmann")
    acme = await create_tenant(NewTenant(slug="acme", name="Acme", language="fi", administrator=who))
    with tenant(acme.id):
        (kari,) = await users()
    assert (kari.email, kari.role, kari.language) == ("kari@a.example", "administrator", "fi")
