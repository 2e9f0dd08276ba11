"""The live channel: snapshot, changes, resync, isolation of tenants, slow and signed-out sockets."""

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from core.api.ids import uuid7
from core.data import tenant
from core.directory.service import add_person
from core.identity.sessions import Sessions
from core.identity.tables import User
from core.queues.model import Activity, WaitingCall
from core.queues.service import add_member, create_queue
from core.queues.state import AgentHold, QueueState
from core.web import feed, live
from tests.core.web.conftest import Visitor
from tests.core.web.support import Telephony


@asynccontextmanager
async def channel(visitor: Visitor, address: str, **headers: str):
    """The visitor's live channel."""
    headers = {"Origin": address, "Cookie": f"session={visitor.cookie('session')}"} | headers
    headers = {name: value for name, value in headers.items() if value}
    async with connect(address.replace("http", "ws") + "/live", additional_headers=headers) as connection:
        yield connection


async def frame(connection: ClientConnection, kind: str) -> dict:
    async with asyncio.timeout(20):
        while True:
            found = json.loads(await connection.recv())
            if found["kind"] == kind:
                return found


async def changes(connection: ClientConnection, topic: str) -> dict:
    """The next changes of a topic by id."""
    while True:
        found = {key: item for t, key, item in (await frame(connection, "changes"))["changes"] if t == topic}
        if found:
            return found


async def test_a_call_shows_and_its_end_too(visitor: Visitor, address: str, kari: User, telephony: Telephony) -> None:
    await visitor.sign_in("kari@a.example")
    async with channel(visitor, address) as connection:
        assert (await frame(connection, "snapshot"))["topics"]["calls"] == []
        call = telephony.call(kari.tenant_id)
        found = await changes(connection, "calls")
        assert found[str(call.id)]["caller"] == "+4792241118"
        call.hang_up()
        while (await changes(connection, "calls")).get(str(call.id), "") is not None:
            pass


async def test_a_snapshot_has_all_calls_and_the_changes_follow_without_a_gap(
    visitor: Visitor, address: str, kari: User, telephony: Telephony
) -> None:
    before = [telephony.call(kari.tenant_id) for _ in range(5)]
    await telephony.publisher.drained()
    await visitor.sign_in("kari@a.example")
    async with channel(visitor, address) as connection:
        snapshot = await frame(connection, "snapshot")
        assert {key for key, _ in snapshot["topics"]["calls"]} == {str(call.id) for call in before}
        seen, seq = dict(snapshot["topics"]["calls"]), snapshot["seq"]
        for number in range(30):
            call = telephony.call(kari.tenant_id)
            if number % 3 == 0:
                call.hang_up()
            await asyncio.sleep(0.01)
        last = telephony.call(kari.tenant_id)
        while str(last.id) not in seen:
            found = await frame(connection, "changes")
            assert feed.stream_position(found["prev"]) <= feed.stream_position(seq)
            seq = found["seq"]
            for topic, key, item in found["changes"]:
                assert topic == "calls"
                seen[key] = item
        await connection.send("resync")
        again = await frame(connection, "snapshot")
        assert dict(again["topics"]["calls"]) == {key: item for key, item in seen.items() if item is not None}
        assert len(again["topics"]["calls"]) == 26


async def test_changes_are_coalesced(visitor: Visitor, address: str, kari: User, telephony: Telephony) -> None:
    await visitor.sign_in("kari@a.example")
    async with channel(visitor, address) as connection:
        await frame(connection, "snapshot")
        calls = {str(telephony.call(kari.tenant_id).id) for _ in range(50)}
        frames, seen = 0, set[str]()
        while not calls <= seen:
            seen |= (await changes(connection, "calls")).keys()
            frames += 1
        assert frames < 25


async def test_a_tenant_sees_nothing_of_another(
    visitor: Visitor, stranger: Visitor, address: str, kari: User, ola: User, telephony: Telephony
) -> None:
    with tenant(kari.tenant_id):
        await create_queue("Secret of A")
    await visitor.sign_in("kari@a.example")
    await stranger.sign_in("ola@b.example")
    async with channel(visitor, address) as hers, channel(stranger, address) as his:
        assert len((await frame(hers, "snapshot"))["topics"]["queues"]) == 1
        assert (await frame(his, "snapshot"))["topics"] == {"calls": [], "queues": [], "people": []}
        call = telephony.call(kari.tenant_id)
        assert str(call.id) in await changes(hers, "calls")
        own = telephony.call(ola.tenant_id)
        assert set(await changes(his, "calls")) == {str(own.id)}


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": ""}, {"Cookie": "session=x"}])
async def test_a_stranger_or_another_site_gets_no_channel(
    visitor: Visitor, address: str, kari: User, headers: dict[str, str]
) -> None:
    await visitor.sign_in("kari@a.example")
    with pytest.raises(InvalidStatus) as refused:
        async with channel(visitor, address, **headers):
            pass
    assert refused.value.response.status_code == 403


async def test_the_channel_closes_when_the_session_ends(
    visitor: Visitor, address: str, kari: User, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "ALIVE_SECONDS", 0.1)
    await visitor.sign_in("kari@a.example")
    async with channel(visitor, address) as connection:
        await frame(connection, "alive")
        await Sessions(redis, idle_seconds=60).revoke(kari.id)
        with pytest.raises(ConnectionClosed):
            await frame(connection, "nothing")
        assert connection.close_code == live.SIGNED_OUT


async def test_a_socket_that_does_not_read_is_dropped_and_delays_nobody(
    visitor: Visitor, address: str, kari: User, telephony: Telephony, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    monkeypatch.setattr(feed, "BACKLOG", 4)
    await visitor.sign_in("kari@a.example")
    calls = [telephony.call(kari.tenant_id, name="x" * 200) for _ in range(400)]
    await telephony.publisher.drained()
    stuck = _raw_socket(address, visitor.cookie("session"))
    async with channel(visitor, address) as connection:
        await frame(connection, "snapshot")
        for number in range(40):
            for call in calls:
                call.flow(title="y" * 2000 + str(number))
            await changes(connection, "calls")
            if "too slow and was dropped" in caplog.text:
                break
        else:
            pytest.fail("the stuck socket was never dropped")
    stuck.close()


async def test_queues_and_people_follow_the_state_in_redis(
    visitor: Visitor, address: str, kari: User, redis: Redis
) -> None:
    state, tenant_id = QueueState(redis), kari.tenant_id
    with tenant(tenant_id):
        queue = (await create_queue("Customer service", service_level_seconds=20)).id
        hidden = (await create_queue("Hidden", hidden=True)).id
        aino, sara = [(await add_person(name, "Bakke")).person.id for name in ("Aino", "Sara")]
        for person in (aino, sara):
            await add_member(queue, person)
            await add_member(hidden, person)
            await state.set_login(tenant_id, queue, person, True)
    await visitor.sign_in("kari@a.example")
    async with channel(visitor, address) as connection:
        topics = (await frame(connection, "snapshot"))["topics"]
        assert [item["name"] for _, item in topics["queues"]] == ["Customer service"]
        assert {item["name"]: item["state"] for _, item in topics["people"]} == {
            "Aino Bakke": "free",
            "Sara Bakke": "free",
        }
        await state.enqueue(tenant_id, queue, WaitingCall(id=uuid7(), priority=10, enqueued_at=123))
        found = (await changes(connection, "queues"))[str(queue)]
        assert (found["waiting"], found["waiting_since"], found["free"]) == (1, 123, 2)
        await state.set_login(tenant_id, queue, sara, False)
        assert (await changes(connection, "people"))[str(sara)]["state"] == "logged_out"
        await state.occupy(tenant_id, AgentHold(aino, uuid7(), Activity.TALKING, await state.now()))
        assert (await changes(connection, "people"))[str(aino)]["state"] == "talking"
    queues = (await visitor.client.get("/api/v1/live/queues")).json()["items"]
    assert [(q["name"], q["waiting"], q["free"], q["busy"]) for q in queues] == [("Customer service", 1, 0, 1)]
    first = (await visitor.client.get("/api/v1/live/people?limit=1")).json()
    rest = (await visitor.client.get(f"/api/v1/live/people?after={first['next']}")).json()
    people = [(person["name"], person["state"]) for person in first["items"] + rest["items"]]
    assert people == [("Aino Bakke", "talking"), ("Sara Bakke", "logged_out")]
    assert rest["next"] is None


def _raw_socket(address: str, session: str) -> socket.socket:
    """A WebSocket whose browser never reads."""
    parts = urlsplit(address)
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect((parts.hostname, parts.port))
    raw.sendall(
        f"GET /live HTTP/1.1\r\nHost: {parts.netloc}\r\nOrigin: {address}\r\nCookie: session={session}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    return raw
