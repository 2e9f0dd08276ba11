"""Tenants and their main numbers: made by the platform, used by the tenant."""

from uuid import UUID

import asyncpg
import pytest

from core.data import Database, system, tenant
from core.platform.numbers import add_main_number
from core.tenancy.errors import TenancyError
from core.tenancy.service import (
    all_tenants,
    create_tenant,
    main_numbers,
    modules,
    set_module,
    tenant_by_slug,
    this_tenant,
)
from core.tenancy.tables import MainNumber, Tenant


async def test_a_tenant_is_made_once_and_found_by_its_slug(database: Database) -> None:
    made = await create_tenant("acme", "Acme AS", timezone="Europe/Vilnius", language="lt")
    found = await tenant_by_slug("acme")
    assert found is not None
    assert (found.id, found.name, found.timezone, found.language) == (made.id, "Acme AS", "Europe/Vilnius", "lt")
    with pytest.raises(TenancyError, match="“acme” already"):
        await create_tenant("acme", "Another")
    assert [t.slug for t in await all_tenants()] == ["acme"]
    assert await tenant_by_slug("other") is None
    with tenant(made.id):
        assert (await this_tenant()).slug == "acme"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"slug": "Acme"}, "small letters"),
        ({"slug": "-"}, "small letters"),
        ({"timezone": "Oslo"}, "IANA time zone, for example"),
        ({"timezone": "../../etc/passwd"}, "IANA time zone"),
        ({"language": "norsk"}, "ISO 639"),
    ],
)
async def test_wrong_values_are_refused_before_the_database(values: dict[str, str], message: str) -> None:
    arguments = {"slug": "acme", "timezone": "UTC", "language": "nb"} | values
    with pytest.raises(ValueError, match=message):
        await create_tenant(arguments.pop("slug"), "Acme", **arguments)


async def test_a_main_number_belongs_to_one_tenant_of_the_installation(tenant_a: UUID, tenant_b: UUID) -> None:
    with tenant(tenant_a):
        await add_main_number("+4722334455", "Switchboard")
        with pytest.raises(ValueError, match=r"E\.164"):
            await add_main_number("22334455")
    with tenant(tenant_b):
        with pytest.raises(TenancyError, match="not free"):
            await add_main_number("+4722334455")
        assert await main_numbers() == []
    with tenant(tenant_a):
        assert [(n.number, n.tenant_id) for n in await main_numbers()] == [("+4722334455", tenant_a)]


async def test_a_module_is_set_again_and_again(tenant_a: UUID, tenant_b: UUID) -> None:
    with tenant(tenant_a):
        await set_module("chat", entitled=True, enabled=True, seats=5)
        await set_module("chat", entitled=True, enabled=False)
        chat = (await modules())["chat"]
        assert (chat.entitled, chat.enabled, chat.seats) == (True, False, None)
    with tenant(tenant_b):
        assert await modules() == {}


async def test_what_a_tenant_owns_goes_with_it(database: Database, tenant_a: UUID, tenant_b: UUID) -> None:
    for tenant_id, number in ((tenant_a, "+4722334455"), (tenant_b, "+4722334466")):
        with tenant(tenant_id):
            await add_main_number(number)
            await set_module("chat", entitled=True, enabled=True)
    with tenant(tenant_a), pytest.raises(asyncpg.InsufficientPrivilegeError):
        await Tenant.delete().where(Tenant.id == tenant_a)
    connection = await database.connect("system")
    await connection.execute("DELETE FROM tenant WHERE id = $1", tenant_a)
    await connection.close()
    with system():
        assert [n.number for n in await MainNumber.objects()] == ["+4722334466"]
