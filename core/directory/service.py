"""People of the tenant in force and the devices that ring for them."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from core.data import transaction
from core.directory.tables import Device, Person
from core.tenancy.model import checked_e164

DeviceKind = Literal["number", "sip"]


@dataclass(frozen=True)
class NewDevice:
    """A device to add: an E.164 number or a sip: URI."""

    kind: DeviceKind
    address: str
    enabled: bool = True


@dataclass(frozen=True)
class PersonDevices:
    """A person, and her devices in their order."""

    person: Person
    devices: tuple[Device, ...]

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.person.first_name} {self.person.last_name}".strip()


async def add_person(
    first_name: str,
    last_name: str = "",
    *,
    department: str = "",
    position: str = "",
    extension: str | None = None,
    presentation_number: str | None = None,
    devices: tuple[NewDevice, ...] = (),
) -> PersonDevices:
    """Put a person and her devices into the directory. Raises ValueError for a malformed number or address."""
    if presentation_number is not None:
        checked_e164(presentation_number)
    person = Person(
        first_name=first_name,
        last_name=last_name,
        department=department,
        position=position,
        extension=extension,
        presentation_number=presentation_number,
    )
    rows = [_device(person.id, place, device) for place, device in enumerate(devices)]
    async with transaction():
        await person.save()
        if rows:
            await Device.insert(*rows)
    return PersonDevices(person, tuple(rows))


async def people_with_devices() -> list[PersonDevices]:
    """Everybody, by name, with all devices, also switched-off ones."""
    async with transaction(read_only=True):
        people = await Person.objects().order_by(Person.last_name, Person.first_name)
        devices = await Device.objects().order_by(Device.position)
    return [PersonDevices(p, tuple(d for d in devices if d.person_id == p.id)) for p in people]


async def set_devices(person_id: UUID, devices: tuple[NewDevice, ...]) -> PersonDevices:
    """Replace a person's devices. Raises ValueError for a malformed number or address, LookupError without her."""
    rows = [_device(person_id, place, device) for place, device in enumerate(devices)]
    async with transaction():
        person = await Person.objects().where(Person.id == person_id).first()
        if person is None:
            raise LookupError(f"there is no person {person_id}")
        await Device.delete().where(Device.person_id == person_id)
        if rows:
            await Device.insert(*rows)
    return PersonDevices(person, tuple(rows))


def _device(person_id: UUID, position: int, device: NewDevice) -> Device:
    if device.kind == "number":
        checked_e164(device.address)
    elif not device.address.startswith(("sip:", "sips:")):
        raise ValueError(f"the address {device.address!r} of a SIP device must begin with sip: or sips:")
    return Device(
        person_id=person_id, kind=device.kind, address=device.address, position=position, enabled=device.enabled
    )


async def names() -> dict[UUID, str]:
    """Person → name, of everybody in the tenant in force."""
    rows = await Person.select(Person.id, Person.first_name, Person.last_name)
    return {row["id"]: f"{row['first_name']} {row['last_name']}".strip() for row in rows}
