"""The demo company is made once, and follows its documents afterwards."""

from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from redis.asyncio import Redis

from core.calls.events import AgentLoggedIn, Event
from core.calls.live import STREAM
from core.config import Settings, load_settings
from core.data import Database, tenant
from core.demo.company import seed
from core.demo.documents import DemoCompany, DemoError, load_company, load_flow, load_traffic
from core.directory.service import people_with_devices
from core.flows.service import list_flows
from core.flows.versions import list_versions
from core.host.gate import Gate
from core.host.registry import Registry
from core.identity.tables import User
from core.queues.service import load_queues
from core.tenancy.service import main_numbers
from core.wiring import DataServices, Installation

NETWORK = "127.0.0.1:5999"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(environment={"SENTRALBORD_DATA__FOLDER": str(tmp_path)})


@pytest.fixture
def installation(settings: Settings, database: Database, redis: "Redis") -> Installation:
    return Installation(settings, DataServices("", "", None, None), database, redis, Registry({}), Gate(frozenset()))


async def test_the_company_is_there_with_people_queues_and_a_flow(installation: Installation) -> None:
    company = load_company()
    tenant_id = await seed(installation, company, load_flow(), NETWORK)
    with tenant(tenant_id):
        people = {person.name: person for person in await people_with_devices()}
        assert set(people) == {person.name for person in company.people}
        assert people["Kari Nordmann"].devices[0].address == f"sip:kari@{NETWORK}"
        queues = {queue.name: queue for queue in (await load_queues()).values()}
        assert set(queues) == {"Kundeservice", "Teknisk hjelp"}
        assert all(member.logged_in for queue in queues.values() for member in queue.members)
        assert await User.count() == len(company.users)
        (number,) = await main_numbers()
        assert number.number == company.main_number
        assert number.flow_version_id is not None


async def test_log_ins_are_in_the_journal(installation: Installation, redis: "Redis") -> None:
    tenant_id = await seed(installation, load_company(), load_flow(), NETWORK)
    events = [msgspec.json.decode(fields[b"e"], type=Event) for _, fields in await redis.xrange(STREAM)]
    logged_in = [event for event in events if isinstance(event.data, AgentLoggedIn)]
    assert len(logged_in) == sum(len(queue.members) for queue in load_company().queues)
    assert {event.tenant_id for event in logged_in} == {tenant_id}


async def test_a_second_time_changes_nothing(installation: Installation) -> None:
    first = await _seeded(installation, load_company(), load_flow(), NETWORK)
    assert await _seeded(installation, load_company(), load_flow(), NETWORK) == first


async def test_devices_and_flow_follow_the_documents(installation: Installation) -> None:
    await seed(installation, load_company(), load_flow(), NETWORK)
    changed = load_flow().replace("Velkommen til Nordlys Bygg.", "God dag.")
    tenant_id = await seed(installation, load_company(), changed, "127.0.0.1:6000")
    with tenant(tenant_id):
        kari = next(person for person in await people_with_devices() if person.name == "Kari Nordmann")
        assert [device.address for device in kari.devices] == ["sip:kari@127.0.0.1:6000"]
        (flow,) = await list_flows()
        versions = await list_versions(flow.id)
        assert [version.version for version in versions] == [2, 1]
        (number,) = await main_numbers()
        assert number.flow_version_id == versions[0].id


def test_an_error_in_a_document_names_file_key_and_what_is_allowed(tmp_path: Path) -> None:
    text = (Path("config/demo/company.toml")).read_text()
    (tmp_path / "company.toml").write_text(text.replace('members = ["kari",', 'members = ["nobody",'))
    with pytest.raises(DemoError, match=r"company.toml: queues.customer-service.members: .*'nobody'; there are .*kari"):
        load_company(tmp_path)
    (tmp_path / "traffic.toml").write_text("calls_per_minute = 0\nbusiest = 1\ncallers = []\nhabits = []")
    with pytest.raises(DemoError, match=r"traffic.toml: .*`\$.calls_per_minute`"):
        load_traffic(tmp_path)


async def _seeded(installation: Installation, company: DemoCompany, flow: str, network: str) -> tuple[UUID, object]:
    """The tenant, and the ids of all that was made in it."""
    tenant_id = await seed(installation, company, flow, network)
    with tenant(tenant_id):
        people = await people_with_devices()
        return tenant_id, (
            [(person.person.id, [device.id for device in person.devices]) for person in people],
            [(queue.id, [member.person_id for member in queue.members]) for queue in (await load_queues()).values()],
            [[version.id for version in await list_versions(flow.id)] for flow in await list_flows()],
            [(number.id, number.flow_version_id) for number in await main_numbers()],
            await User.select(User.id).order_by(User.email),
        )
