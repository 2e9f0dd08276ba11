"""A tenant never reaches another tenant's rows, whatever the query."""

from uuid import UUID

import pytest

from core.data import tenant, transaction
from core.directory.service import add_person
from core.directory.tables import Person


@pytest.fixture
async def two_tenants(tenant_a: UUID, tenant_b: UUID) -> tuple[UUID, UUID]:
    for tenant_id, name in ((tenant_a, "Anna"), (tenant_b, "Berit")):
        with tenant(tenant_id):
            await add_person(name)
    return tenant_a, tenant_b


async def test_a_query_without_a_filter_sees_one_tenant(two_tenants: tuple[UUID, UUID]) -> None:
    with tenant(two_tenants[0]):
        assert [p.first_name for p in await Person.objects()] == ["Anna"]
        async with transaction():
            assert await Person.count() == 1
