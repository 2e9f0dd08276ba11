"""Routing in memory: it follows the database by itself, and goes on without it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest

from core.data import Database, system, tenant, transaction
from core.directory.service import NewDevice, add_person
from core.flows.document import parse
from core.flows.elements import BUILT_IN
from core.flows.service import create_flow
from core.flows.versions import publish, save_version
from core.platform.numbers import add_main_number
from core.queues.errors import UnknownQueue
from core.queues.service import add_member, create_queue
from core.schedules.model import Schedule
from core.schedules.service import change_schedule, create_schedule
from core.telephony import routing as routing_module
from core.telephony.limits import OutgoingPolicy
from core.telephony.routing import Route, Routing, TenantRouting
from core.telephony.service import all_trunks, put_trunk, remove_trunk
from core.telephony.trunks import Trunk
from core.tenancy.service import write_settings
from tests.waiting import until

NUMBER = "+4721000000"
DOCUMENT = parse(json.dumps({"start": "end", "nodes": [{"id": "end", "element": "core.hang_up"}]}))


class Heard:
    """What a routing tells its process."""

    def __init__(self) -> None:
        self.tenants: list[UUID] = []
        self.trunks: list[Trunk] = []

    async def changed(self, tenant_id: UUID, routes: list[Route]) -> None:
        self.tenants.append(tenant_id)

    async def trunks_changed(self, trunks: list[Trunk]) -> None:
        self.trunks = trunks


@asynccontextmanager
async def following(database: Database, heard: Heard) -> AsyncIterator[Routing]:
    routing = Routing(database, heard.changed, heard.trunks_changed)
    await routing.load()
    task = asyncio.create_task(routing.follow())
    try:
        await until(lambda: len(heard.tenants) >= 4)  # both tenants, by load() and again when it listens
        yield routing
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_number_is_routed_to_its_tenant_as_soon_as_it_exists_and_its_flow_when_published(
    database: Database, tenant_a: UUID, tenant_b: UUID
) -> None:
    async with following(database, Heard()) as routing:
        assert routing.route(NUMBER) is None
        with tenant(tenant_a):
            number = await add_main_number(NUMBER)
            await until(lambda: routing.route(NUMBER) is not None)
            route = routing.route(NUMBER)
            assert route is not None
            assert (route.tenant_id, route.region, route.published) == (tenant_a, "NO", None)
            version = await save_version(await create_flow("Main"), DOCUMENT, BUILT_IN, author="")
            await publish(number.id, version.id)
        await until(lambda: (found := routing.route(NUMBER)) is not None and found.published is not None)
        assert routing.owns(tenant_a, NUMBER)
        assert not routing.owns(tenant_b, NUMBER)


async def test_queues_members_and_devices_are_followed(database: Database, tenant_a: UUID, tenant_b: UUID) -> None:
    async with following(database, Heard()) as routing:
        with tenant(tenant_a):
            queue = await create_queue("Support")
            person = await add_person("Kari", "Nordmann", devices=(NewDevice(kind="number", address="+4799000001"),))
            await add_member(queue.id, person.person.id)

        def devices() -> list[str]:
            try:
                members = routing.queue(tenant_a, queue.id).members
            except UnknownQueue:
                return []
            return [device.value for member in members for device in member.devices]

        await until(lambda: devices() == ["+4799000001"])
        with pytest.raises(UnknownQueue):
            routing.queue(tenant_b, queue.id)


async def test_opening_hours_are_followed(database: Database, tenant_a: UUID, tenant_b: UUID) -> None:
    """OPH-1."""
    async with following(database, Heard()) as routing:
        with tenant(tenant_a):
            made = await create_schedule("Office", Schedule())
        await until(lambda: routing.schedule(tenant_a, made.id) is not None)
        assert routing.schedule(tenant_b, made.id) is None
        with tenant(tenant_a):
            changed = await change_schedule(made.id, 1, "Office", Schedule(zone="Europe/Vilnius"))
        await until(lambda: routing.schedule(tenant_a, made.id) == changed)


async def test_limits_and_trunks_are_followed(database: Database, tenant_a: UUID, tenant_b: UUID) -> None:
    heard = Heard()
    trunk = Trunk(id=uuid4(), name="carrier", host="127.0.0.1", allowed=("10.0.0.0/8",))
    async with following(database, heard) as routing:
        with tenant(tenant_a):
            await add_main_number(NUMBER)
            await write_settings("telephony", OutgoingPolicy(premium=True))
        await until(lambda: (found := routing.route(NUMBER)) is not None and found.policy.premium)
        await put_trunk(trunk)
        await until(lambda: heard.trunks == [trunk])
        await remove_trunk(trunk.id)
        await until(lambda: heard.trunks == [])


async def test_a_version_that_cannot_be_read_costs_only_its_number(
    database: Database, tenant_a: UUID, tenant_b: UUID
) -> None:
    with tenant(tenant_a):
        for number in (NUMBER, "+4721000001"):
            version = await save_version(await create_flow(number), DOCUMENT, BUILT_IN, author="")
            await publish((await add_main_number(number)).id, version.id)
        async with transaction() as unit:
            await unit.execute(
                "UPDATE flow_version SET document = '{\"format\": 9}' WHERE id = "
                "(SELECT flow_version_id FROM main_number WHERE number = $1)",
                NUMBER,
            )
    async with following(database, Heard()) as routing:
        broken, good = routing.route(NUMBER), routing.route("+4721000001")
        assert broken is not None
        assert broken.published is None
        assert good is not None
        assert good.published is not None


async def test_routing_goes_on_while_the_database_is_away_and_follows_again_afterwards(
    database: Database, tenant_a: UUID, tenant_b: UUID
) -> None:
    with tenant(tenant_a):
        await add_main_number(NUMBER)
    async with following(database, Heard()) as routing:
        with system():
            async with transaction() as unit:
                others = "pid <> pg_backend_pid() AND datname = current_database() AND usename = current_user"
                await unit.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        assert routing.route(NUMBER) is not None
        with tenant(tenant_b):
            await add_main_number("+4721000002")
        await until(lambda: routing.route("+4721000002") is not None)


async def test_what_one_tenant_has_stored_wrongly_costs_the_others_nothing(
    database: Database, tenant_a: UUID, tenant_b: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant(tenant_b):
        await add_main_number("+4721000002")

    async def load(tenant_id: UUID) -> TenantRouting:
        if tenant_id == tenant_a and broken:
            raise ValueError("stored wrongly")
        return await load_tenant(tenant_id)

    broken, load_tenant = True, routing_module._load_tenant
    monkeypatch.setattr(routing_module, "_load_tenant", load)
    monkeypatch.setattr(routing_module, "TRY_AGAIN_SECONDS", 0.05)
    with tenant(tenant_a):
        await add_main_number(NUMBER)
    heard = Heard()
    routing = Routing(database, heard.changed, heard.trunks_changed)
    await routing.load()
    task = asyncio.create_task(routing.follow())
    try:
        await until(lambda: len(heard.tenants) == 2)  # the other one, by load() and again when it listens
        assert routing.route("+4721000002") is not None
        assert routing.route(NUMBER) is None
        broken = False
        await until(lambda: routing.route(NUMBER) is not None)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_trunk_that_was_stored_wrongly_is_left_out(database: Database, tenant_a: UUID) -> None:
    good = Trunk(id=uuid4(), name="good", host="127.0.0.1")
    await put_trunk(good)
    await put_trunk(Trunk(id=uuid4(), name="wrong", host="127.0.0.1"))
    with system():
        async with transaction() as unit:
            await unit.execute("UPDATE trunk SET mode = 'registration' WHERE name = 'wrong'")
    assert await all_trunks() == [good]
