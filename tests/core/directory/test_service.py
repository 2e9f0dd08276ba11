"""People and the devices that ring for them."""

from uuid import UUID

import asyncpg
import pytest

from core.data import Database, tenant, uuid7
from core.directory.service import NewDevice, add_person, people_with_devices, set_devices
from core.directory.tables import Device, Person

MOBILE = NewDevice("number", "+4791234567")
DESK = NewDevice("sip", "sip:anna@phones.example", enabled=False)


async def test_people_come_by_name_with_their_devices_in_order(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        await add_person("Berit", "Berg")
        await add_person("Anna", "Aas", extension="101", devices=(MOBILE, DESK))
        people = await people_with_devices()
        assert [p.name for p in people] == ["Anna Aas", "Berit Berg"]
        assert [(d.kind, d.address, d.enabled) for d in people[0].devices] == [
            ("number", "+4791234567", True),
            ("sip", "sip:anna@phones.example", False),
        ]
        assert people[1].devices == ()


async def test_a_person_is_stored_with_all_her_devices_or_not_at_all(database: Database, tenant_a: UUID) -> None:
    with tenant(tenant_a):
        await add_person("Anna", extension="101")
        with pytest.raises(asyncpg.UniqueViolationError):
            await add_person("Berit", extension="101", devices=(MOBILE,))
        with pytest.raises(asyncpg.CheckViolationError):
            await add_person("Cecilie", devices=(NewDevice("sip", "sip:with blank@x"),))
        assert [p.name for p in await people_with_devices()] == ["Anna"]
        assert await Device.count() == 0


@pytest.mark.parametrize(
    ("device", "message"),
    [(NewDevice("number", "91234567"), r"E\.164"), (NewDevice("sip", "anna@x"), "must begin with sip:")],
)
async def test_a_malformed_address_is_refused(tenant_a: UUID, device: NewDevice, message: str) -> None:
    with tenant(tenant_a), pytest.raises(ValueError, match=message):
        await add_person("Anna", devices=(device,))


async def test_devices_go_with_their_person(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        await add_person("Anna", devices=(MOBILE,))
        await Person.delete(force=True)
        assert await Device.count() == 0


async def test_devices_can_be_replaced(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        anna = await add_person("Anna", devices=(DESK, MOBILE))
        await set_devices(anna.person.id, (MOBILE,))
        (found,) = await people_with_devices()
        assert [(d.kind, d.address) for d in found.devices] == [("number", "+4791234567")]
        with pytest.raises(LookupError, match="there is no person"):
            await set_devices(uuid7(), ())
