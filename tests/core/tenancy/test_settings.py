"""A tenant's settings: defaults, storing, and what no longer fits."""

from uuid import UUID

from core.data import Database, tenant
from core.telephony.limits import OutgoingPolicy
from core.tenancy.service import read_settings, write_settings
from core.tenancy.tables import TenantSetting


async def test_settings_are_default_until_stored_and_belong_to_one_tenant(
    database: Database, tenant_a: UUID, tenant_b: UUID
) -> None:
    stored = OutgoingPolicy(premium=True, countries=frozenset({"NO"}))
    with tenant(tenant_a):
        assert await read_settings("telephony", OutgoingPolicy) == OutgoingPolicy()
        await write_settings("telephony", OutgoingPolicy())
        await write_settings("telephony", stored)
        assert await read_settings("telephony", OutgoingPolicy) == stored
    with tenant(tenant_b):
        assert await read_settings("telephony", OutgoingPolicy) == OutgoingPolicy()


async def test_settings_that_no_longer_fit_are_not_used(database: Database, tenant_a: UUID) -> None:
    with tenant(tenant_a):
        await TenantSetting(plugin="telephony", value='{"gone": 1}').save()
        assert await read_settings("telephony", OutgoingPolicy) == OutgoingPolicy()
