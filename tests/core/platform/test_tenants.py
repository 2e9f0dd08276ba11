"""The companies of the installation: made and found by the operator, told in both trails."""

from uuid import uuid4

import pytest

from core.api.errors import Refused, SeveralInvalid
from core.audit.model import Actor, acting_as
from core.audit.service import AuditFilter, entries
from core.audit.tables import AuditEntry
from core.data import Database, tenant
from core.platform.service import NewTenant, create_tenant, find_tenants
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
