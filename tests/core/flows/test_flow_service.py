"""Flows in the database: versions, publishing, and that tenants stay apart."""

import asyncio
from uuid import UUID, uuid4

import pytest

from core.api.errors import Changed, Invalid, NotFound
from core.audit.model import Actor, acting_as
from core.audit.service import AuditFilter, entries
from core.data import system, tenant, transaction
from core.flows.document import Document
from core.flows.elements import BUILT_IN
from core.flows.errors import FlowInUse, FlowInvalid, FlowLinked, NameTaken, VersionNotFound
from core.flows.service import create_flow, flow_by_id, flow_names, list_flows, remove_flow, rename_flow
from core.flows.versions import LINKED, list_versions, load_published, publish, restore_version, save_version
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
        assert [flow.name for flow in await list_flows()] == ["Switchboard"]


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
        with pytest.raises(NameTaken, match="Another flow is called Switchboard"):
            await create_flow(" Switchboard ")
        for wrong in ("  ", "x" * 101):
            with pytest.raises(Invalid, match="name"):
                await create_flow(wrong)
    with tenant(tenant_b):
        await create_flow("Switchboard")


async def test_a_restored_version_is_a_new_one_and_those_between_stay(tenant_a: UUID) -> None:
    """IVR-3."""
    with tenant(tenant_a):
        flow_id, _ = await stored()
        await save_version(flow_id, switchboard(), BUILT_IN, author="Ola")
        restored = await restore_version(flow_id, 1, BUILT_IN, edition=3)
        assert (await load_published(restored.id)).document == GOODBYE
        assert [(one.version, one.comment) for one in await list_versions(flow_id)] == [(3, "← 1"), (2, ""), (1, "")]
        with pytest.raises(VersionNotFound):
            await restore_version(flow_id, 9, BUILT_IN, edition=4)


async def test_of_two_who_change_a_flow_the_second_is_told_and_nothing_is_lost(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        flow_id, _ = await stored()
        seen = (await flow_by_id(flow_id)).edition
        await save_version(flow_id, switchboard(), BUILT_IN, edition=seen)
        for late in (
            save_version(flow_id, GOODBYE, BUILT_IN, edition=seen),
            restore_version(flow_id, 1, BUILT_IN, edition=seen),
            rename_flow(flow_id, "Mine", seen),
            remove_flow(flow_id, seen),
        ):
            with pytest.raises(Changed):
                await late
        assert [one.version for one in await list_versions(flow_id)] == [2, 1]


async def test_a_flow_that_answers_a_number_stays_and_another_goes_with_its_versions(tenant_a: UUID) -> None:
    """IVR-4."""
    with tenant(tenant_a):
        flow_id, version = await stored()
        other_id, other = await stored("Other")
        number = await main_number()
        await publish(number, version)
        await save_version(flow_id, switchboard(), BUILT_IN)
        assert [one.answers for one in await list_versions(flow_id)] == [(), ("+4721000001",)]
        with pytest.raises(FlowInUse, match=r"\+4721000001"):
            await remove_flow(flow_id, 3)
        await publish(number, other)
        await remove_flow(flow_id, 3)
        assert [flow.name for flow in await list_flows()] == ["Other"]
        assert await list_versions(flow_id) == []
        assert (await flow_by_id(other_id)).newest == 1


async def test_who_did_what_to_a_flow_is_in_the_trail(tenant_a: UUID) -> None:
    with tenant(tenant_a), acting_as(Actor(kind="user", name="Kari")):
        flow_id = await create_flow("Switchboard")
        saved = await save_version(flow_id, GOODBYE, BUILT_IN, comment=" First ")
        assert (saved.author, saved.comment) == ("Kari", "First")
        assert (await rename_flow(flow_id, "Main", 2)).name == "Main"
        await publish(await main_number(), saved.id)
        trail = (await entries(AuditFilter(action="flow."))).items
        told = ["flow.published", "flow.renamed", "flow.saved", "flow.created"]
        assert [entry.action for entry in trail] == told
        assert {entry.actor for entry in trail} == {"Kari"}


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
        with pytest.raises(VersionNotFound):
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
            restore_version(flow_id, 1, BUILT_IN, edition=2),
            rename_flow(flow_id, "Mine", 2),
            remove_flow(flow_id, 2),
        ):
            with pytest.raises(NotFound):
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


async def test_a_link_leads_to_the_newest_version_and_a_flow_that_is_linked_to_stays(
    tenant_a: UUID, tenant_b: UUID
) -> None:
    """IVR-19."""
    with tenant(tenant_a):
        target, _ = await stored("Target")
        empty = await create_flow("Nothing saved")
        await save_version(target, switchboard(), BUILT_IN)
        await stored("Origin", document(node("link", "link", flow=str(target))))
        found = await LINKED.of(target)
        assert found is not None
        assert (found.version, found.document) == (2, switchboard())
        assert await LINKED.of(empty) is None
        assert sorted((await flow_names()).values()) == ["Origin", "Target"]
        with pytest.raises(FlowLinked, match="Origin"):
            await remove_flow(target, (await flow_by_id(target)).edition)
    with tenant(tenant_b):
        assert await LINKED.of(target) is None
