"""Queues and members in the database, and logging in and out in both places at once."""

from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError

from core.api.scope import tenant
from core.calls.events import AgentLoggedIn, AgentLoggedOut
from core.calls.ports import Address
from core.directory.service import NewDevice, add_person
from core.queues.errors import NotAllowed, UnknownMember, UnknownQueue
from core.queues.service import (
    add_member,
    create_queue,
    load_queue,
    load_queues,
    log_in,
    log_out,
    prolong_after_call,
    remove_member,
)
from core.queues.state import QueueState
from tests.core.queues.scripted import Journal

ANNAS = (NewDevice("sip", "sip:anna@192.0.2.1"), NewDevice("number", "+4790000001"), NewDevice("sip", "sip:x@y", False))


class Sessions:
    """The journals of agents' sessions."""

    def __init__(self) -> None:
        self.journals: dict[UUID, Journal] = {}
        self.written: list[int] = []

    def __call__(self, session_id: UUID, written: int) -> Journal:
        self.written.append(written)
        return self.journals.setdefault(session_id, Journal())


@pytest.fixture
def state(redis: Redis) -> QueueState:
    return QueueState(redis)


async def test_routing_gets_parameters_members_and_their_devices_in_order(tenant_a: UUID, tenant_b: UUID) -> None:
    with tenant(tenant_a):
        anna = (await add_person("Anna", "Berg", devices=ANNAS)).person
        nils = (await add_person("Nils")).person
        support = await create_queue("Support", acw_seconds=20, service_level_seconds=45, lost_to_callback=True)
        sales = await create_queue("Sales")
        await add_member(support.id, anna.id, priority=2)
        await add_member(support.id, nils.id)
        loaded = await load_queues()
        assert loaded.keys() == {support.id, sales.id}
        assert loaded[support.id] == await load_queue(support.id)
    queue = loaded[support.id]
    assert (queue.name, queue.acw_seconds, queue.service_level_seconds) == ("Support", 20, 45)
    assert (queue.lost_to_callback, queue.hidden) == (True, False)
    members = {member.person_id: member for member in queue.members}
    assert members[anna.id].devices == (Address("sip", "sip:anna@192.0.2.1"), Address("number", "+4790000001"))
    assert (members[anna.id].name, members[anna.id].priority, members[anna.id].reachable) == ("Anna Berg", 2, True)
    assert (members[nils.id].devices, members[nils.id].reachable, members[nils.id].logged_in) == ((), False, False)
    with tenant(tenant_b):
        assert await load_queues() == {}
        with pytest.raises(UnknownQueue):
            await load_queue(support.id)


async def test_a_log_in_is_stored_live_and_journaled_as_one_session(tenant_a: UUID, state: QueueState) -> None:
    sessions, boss = Sessions(), uuid4()
    with tenant(tenant_a):
        anna = (await add_person("Anna", "Berg")).person
        queue = await create_queue("Support")
        await add_member(queue.id, anna.id)
        for _ in range(2):
            await log_in(queue.id, anna.id, state, sessions, by=boss)
        config = await load_queue(queue.id)
        assert config.members[0].logged_in
        since = (await state.snapshot(tenant_a, config)).members[0].logged_in
        assert since > 0
        for _ in range(2):
            await log_out(queue.id, anna.id, state, sessions)
        assert not (await load_queue(queue.id)).members[0].logged_in
        assert (await state.snapshot(tenant_a, config)).members[0].logged_in == 0
    (session,) = sessions.journals.values()
    assert session.events == [
        AgentLoggedIn(person_id=anna.id, person="Anna Berg", queue_id=queue.id, queue="Support", by=boss),
        AgentLoggedOut(),
    ]
    assert sessions.written == [0, 1]


async def test_a_log_in_without_redis_changes_nothing(tenant_a: UUID, redis: Redis) -> None:
    sessions = Sessions()
    away = QueueState(Redis(unix_socket_path="/nonexistent/redis.sock"))
    with tenant(tenant_a):
        anna = (await add_person("Anna")).person
        queue = await create_queue("Support")
        await add_member(queue.id, anna.id)
        with pytest.raises(ConnectionError):
            await log_in(queue.id, anna.id, away, sessions)
        assert not (await load_queue(queue.id)).members[0].logged_in
    assert not sessions.journals


async def test_a_removed_member_is_logged_out(tenant_a: UUID, state: QueueState) -> None:
    sessions = Sessions()
    with tenant(tenant_a):
        anna = (await add_person("Anna")).person
        queue = await create_queue("Support")
        await add_member(queue.id, anna.id)
        await log_in(queue.id, anna.id, state, sessions)
        await remove_member(queue.id, anna.id, state, sessions)
        assert (await load_queue(queue.id)).members == ()
        with pytest.raises(UnknownMember, match=str(anna.id)):
            await log_in(queue.id, anna.id, state, sessions)
    (journal,) = sessions.journals.values()
    assert len(journal.of(AgentLoggedOut)) == 1


async def test_after_call_work_is_prolonged_only_where_the_queue_allows_it(tenant_a: UUID, state: QueueState) -> None:
    with tenant(tenant_a):
        strict, kind = await create_queue("Strict"), await create_queue("Kind", acw_prolong=True)
        with pytest.raises(NotAllowed, match="Strict"):
            await prolong_after_call(await load_queue(strict.id), uuid4(), 60, state)
        assert await prolong_after_call(await load_queue(kind.id), uuid4(), 60, state) == 0
