"""Flows in the database: versions, publishing, and that tenants stay apart."""

import asyncio
from uuid import UUID, uuid4

import pytest

from core.data import system, tenant, transaction
from core.flows.document import Document
from core.flows.elements import BUILT_IN
from core.flows.errors import FlowInvalid, FlowNotFound
from core.flows.service import (
    create_flow,
    list_flows,
    list_versions,
    load_published,
    publish,
    save_version,
)
from core.platform.numbers import add_main_number
from core.tenancy import service as tenancy
from core.tenancy.errors import TenancyError
from tests.core.flows.flows import document, node, switchboard

GOODBYE = document(node("bye", "hang_up"))


async def stored(name: str = "Switchboard", flow: Document = GOODBYE) -> tuple[UUID, UUID]:
    flow_id = await create_flow(name)
    return flow_id, (await save_version(flow_id, flow, BUILT_IN, author="Kari")).id


async def main_number(number: str = "+4721000001") -> UUID:
    return (await add_main_number(number)).id


async def test_every_save_is_a_version_and_earlier_ones_stay(database: object, tenant_a: UUID) -> None:
    with tenant(tenant_a):
        flow_id, first = await stored()
        second = await save_version(flow_id, switchboard(), BUILT_IN, author="Ola", comment="Menu added")
        assert [(v.version, v.author, v.comment) for v in await list_versions(flow_id)] == [
            (2, "Ola", "Menu added"),
            (1, "Kari", ""),
        ]
        assert (await load_published(first)).document == GOODBYE
        assert (await load_published(second.id)).document == switchboard()
        assert (await load_published(second.id)).name == "Switchboard"
        assert [row["name"] for row in await list_flows()] == ["Switchboard"]


async def test_two_who_save_at_the_same_time_get_versions_of_their_own(database: object, tenant_a: UUID) -> None:
    with tenant(tenant_a):
        flow_id, _ = await stored()
        saves = (save_version(flow_id, GOODBYE, BUILT_IN, author=str(i)) for i in range(8))
        assert sorted(v.version for v in await asyncio.gather(*saves)) == list(range(2, 10))


async def test_a_faulty_document_is_refused_with_all_its_problems(database: object, tenant_a: UUID) -> None:
    with tenant(tenant_a):
        flow_id = await create_flow("Switchboard")
        faulty = document(node("menu", "menu", prompt="One?", keys="1"), node("x", "fax"))
        with pytest.raises(FlowInvalid) as raised:
            await save_version(flow_id, faulty, BUILT_IN, author="Kari")
        assert len(raised.value.problems) == 5
        assert await list_versions(flow_id) == []


async def test_a_flow_needs_a_name_of_its_own(database: object, tenant_a: UUID, tenant_b: UUID) -> None:
    with tenant(tenant_a):
        await create_flow("Switchboard")
        with pytest.raises(FlowInvalid, match="another flow is called Switchboard"):
            await create_flow(" Switchboard ")
        with pytest.raises(FlowInvalid, match="has no name"):
            await create_flow("  ")
    with tenant(tenant_b):
        await create_flow("Switchboard")


async def test_publishing_points_a_main_number_at_a_version(database: object, tenant_a: UUID) -> None:
    with tenant(tenant_a):
        _, version = await stored()
        number = await main_number()
        assert (await publish(number, version)).document == GOODBYE
        (row,) = await tenancy.main_numbers()
        assert row.flow_version_id == version
        assert row.published_at is not None
        with pytest.raises(TenancyError, match="no main number"):
            await publish(uuid4(), version)
        with pytest.raises(FlowNotFound, match="no version"):
            await publish(number, uuid4())


async def test_a_tenant_neither_sees_nor_publishes_anothers_flow(
    database: object, tenant_a: UUID, tenant_b: UUID
) -> None:
    with tenant(tenant_a):
        flow_id, version = await stored()
    with tenant(tenant_b):
        number = await main_number()
        for attempt in (
            load_published(version),
            publish(number, version),
            save_version(flow_id, GOODBYE, BUILT_IN, author="Mallory"),
        ):
            with pytest.raises(FlowNotFound):
                await attempt
        assert await list_versions(flow_id) == await list_flows() == []
        # Also past the service: the foreign key is of the tenant.
        with pytest.raises(Exception, match="main_number_flow_version_id_fk"):
            async with transaction() as unit:
                await unit.execute("UPDATE main_number SET flow_version_id = $1", version)


async def test_a_published_version_cannot_be_removed_but_its_tenant_can(database: object, tenant_a: UUID) -> None:
    with tenant(tenant_a):
        _, version = await stored()
        await publish(await main_number(), version)
        with pytest.raises(Exception, match="main_number_flow_version_id_fk"):
            async with transaction() as unit:
                await unit.execute("DELETE FROM flow_version")
    with system():
        async with transaction() as unit:
            await unit.execute("DELETE FROM tenant WHERE id = $1", tenant_a)
            assert await unit.fetchval("SELECT count(*) FROM flow_version WHERE tenant_id = $1", tenant_a) == 0
