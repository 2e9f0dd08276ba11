"""Makes the demo company, or brings it up to date: through the same services as everybody, as often as one likes."""

import contextlib
from uuid import UUID

import msgspec

from core.api.errors import Taken
from core.api.ids import uuid7
from core.calls.agent_journals import AgentJournals
from core.data import tenant
from core.demo.documents import DemoCompany, DemoUser
from core.directory.service import NewDevice, PersonDevices, add_person, people_with_devices, set_devices
from core.flows.document import parse
from core.flows.elements import BUILT_IN
from core.flows.service import create_flow, list_flows
from core.flows.versions import list_versions, load_published, publish, save_version
from core.identity.service import create_user
from core.platform.numbers import add_main_number
from core.platform.service import NewTenant, create_tenant
from core.queues.service import add_member, create_queue, load_queues, log_in
from core.queues.state import QueueState
from core.telephony.limits import OutgoingPolicy
from core.telephony.service import all_trunks, put_trunk
from core.telephony.trunks import Trunk
from core.tenancy.service import main_numbers, read_settings, tenant_by_slug, write_settings
from core.tenancy.tables import Tenant
from core.wiring import Installation, folder_of

AUTHOR = "demo"
TRUNK, TRUNK_CALLS = "Simulated network", 5000


async def seed(installation: Installation, company: DemoCompany, flow: str, network: str) -> UUID:
    """The company as its document says, with agents logged in to their queues; returns the tenant's id.

    `flow` is the flow's document, in which {queue:key} stands for a queue's id; `network` (host:port) is where the
    simulated telephone network is. What is there already stays, but devices, limits and the flow follow the documents.
    """
    await _operator(company)
    row = await _company(company, company.slug, company.name)
    await _trunk(network)
    with tenant(row.id):
        await _limits(company)
        people = await _people(company, network)
        await _users(company, people)
        queues = await _queues(company, people)
        await _flow(company, flow, queues)
        async with AgentJournals(installation.redis, folder_of(installation.settings) / "spool", AUTHOR) as journal:
            state = QueueState(installation.redis)
            for queue in company.queues:
                for member in queue.members:
                    await log_in(queues[queue.key], people[member].person.id, state, journal)
    return row.id


async def _company(company: DemoCompany, slug: str, name: str, *, operator: bool = False) -> Tenant:
    """The company with this short name, made if need be."""
    new = NewTenant(slug=slug, name=name, timezone=company.timezone, language=company.language, operator=operator)
    return await tenant_by_slug(slug) or await create_tenant(new)


async def _operator(company: DemoCompany) -> None:
    """The company that runs the installation, with its administrator."""
    operator = company.operator
    row = await _company(company, operator.slug, operator.name, operator=True)
    with tenant(row.id):
        await _user(company, operator.user)


async def _trunk(network: str) -> None:
    """Calls come and go over a trunk to the simulated network."""
    host, _, port = network.rpartition(":")
    there = next((trunk.id for trunk in await all_trunks() if trunk.name == TRUNK), uuid7())
    await put_trunk(Trunk(id=there, name=TRUNK, host=host, port=int(port), max_calls=TRUNK_CALLS))


async def _limits(company: DemoCompany) -> None:
    policy = await read_settings("telephony", OutgoingPolicy)
    wanted = msgspec.structs.replace(
        policy, concurrent_calls=company.outgoing_calls, calls_per_minute=company.outgoing_calls_per_minute
    )
    if policy != wanted:
        await write_settings("telephony", wanted)


async def _people(company: DemoCompany, network: str) -> dict[str, PersonDevices]:
    """The agents, by key."""
    there = {person.person.extension: person for person in await people_with_devices()}
    people = {}
    for person in company.people:
        devices = tuple(_device(address, network) for address in person.devices)
        found = there.get(person.extension)
        if found is None:
            found = await add_person(
                person.first_name,
                person.last_name,
                department=person.department,
                position=person.position,
                extension=person.extension,
                devices=devices,
            )
        elif [(device.kind, device.address) for device in found.devices] != [(d.kind, d.address) for d in devices]:
            found = await set_devices(found.person.id, devices)
        people[person.key] = found
    return people


def _device(address: str, network: str) -> NewDevice:
    if address.startswith("+"):
        return NewDevice("number", address)
    return NewDevice("sip", address.replace("{network}", network))


async def _users(company: DemoCompany, people: dict[str, PersonDevices]) -> None:
    for user in company.users:
        await _user(company, user, people[user.person].person.id if user.person else None)


async def _user(company: DemoCompany, user: DemoUser, person: UUID | None = None) -> None:
    with contextlib.suppress(Taken):  # she is there already
        await create_user(
            user.email, user.name, company.password, role=user.role, language=user.language, person_id=person
        )


async def _queues(company: DemoCompany, people: dict[str, PersonDevices]) -> dict[str, UUID]:
    """The ids of the queues, by key."""
    there = {queue.name: queue.id for queue in (await load_queues()).values()}
    ids = {}
    for queue in company.queues:
        if queue.name not in there:
            made = await create_queue(
                queue.name, service_level_seconds=queue.service_level_seconds, acw_seconds=queue.acw_seconds
            )
            there[queue.name] = made.id
        ids[queue.key] = there[queue.name]
        for member in queue.members:
            await add_member(ids[queue.key], people[member].person.id)
    return ids


async def _flow(company: DemoCompany, text: str, queues: dict[str, UUID]) -> None:
    """The flow's newest version is the document, and answers the main number."""
    for key, queue_id in queues.items():
        text = text.replace(f"{{queue:{key}}}", str(queue_id))
    document = parse(text)
    number = next((n for n in await main_numbers() if n.number == company.main_number), None)
    number = number or await add_main_number(company.main_number, company.main_number_label)
    flow_id = next((flow.id for flow in await list_flows() if flow.name == company.flow), None)
    flow_id = flow_id or await create_flow(company.flow)
    versions = await list_versions(flow_id)
    newest = await load_published(versions[0].id) if versions else None
    if newest is None or newest.document != document:
        version = await save_version(flow_id, document, BUILT_IN, author=AUTHOR)
        await publish(number.id, version.id)
    elif number.flow_version_id is None:
        await publish(number.id, newest.version_id)
