"""The call log, a call's page and the REST API of calls."""

from uuid import UUID

import pytest
from redis.asyncio import Redis

from core.api.ids import uuid7
from core.calls.service import recent_calls
from core.data import tenant
from core.directory.tables import Person
from core.identity.tables import User
from core.queues.model import Reason
from core.web.story import REASONS
from tests.core.web.conftest import Visitor
from tests.core.web.support import Caller, Telephony, projected


async def calls_of(tenant_id: UUID) -> list:
    with tenant(tenant_id):
        return (await recent_calls(limit=500)).items


@pytest.fixture
def ended(redis: Redis, telephony: Telephony):
    """Wait until a tenant has so many ended calls in the log."""

    async def wait(tenant_id: UUID, number: int) -> None:
        async def done() -> bool:
            return sum(1 for row in await calls_of(tenant_id) if row.ended_at) == number

        await projected(redis, telephony, done)

    return wait


def answered_call(telephony: Telephony, tenant_id: UUID, **person) -> Caller:
    call = telephony.call(tenant_id, ago=600)
    call.flow()
    call.wait()
    call.offer(**person)
    call.hang_up(talked=75)
    return call


async def test_the_page_tells_the_whole_call(visitor: Visitor, kari: User, telephony: Telephony, ended) -> None:
    with tenant(kari.tenant_id):
        maja = Person(first_name="Maja", last_name="Rebane")
        await maja.save()
    sara = uuid7()
    call = answered_call(
        telephony,
        kari.tenant_id,
        person_id=sara,
        person="Sara Lindqvist",
        passed_over={maja.id: "in_a_call", uuid7(): "a_reason_of_a_newer_version"},
    )
    await ended(kari.tenant_id, 1)
    await visitor.sign_in("kari@a.example")
    page = await visitor.get(f"/calls/{call.id}")
    assert page.status_code == 200
    for text in (
        "+47 92 24 11 18",
        "Besvart",
        "Køen Customer service",
        "Samtale med Sara Lindqvist",
        "Sara Lindqvist svarte etter 4.0 s",
        "ringes",
        "Maja Rebane",
        "i samtale",
        "et tidligere medlem",
        "a_reason_of_a_newer_version",
        "1:15",
    ):
        assert text in page.text, text
    assert page.text.count('<li class="event') == 12
    log = await visitor.get("/calls")
    assert f'href="/calls/{call.id}"' in log.text


async def test_every_reason_has_a_text() -> None:
    assert set(REASONS) == set(Reason)


async def test_what_callers_send_is_shown_as_text(visitor: Visitor, kari: User, telephony: Telephony, ended) -> None:
    call = telephony.call(kari.tenant_id, caller="<script>1</script>", name="<img src=x onerror=alert(1)>")
    call.flow(title='"><b>')
    call.hang_up()
    await ended(kari.tenant_id, 1)
    await visitor.sign_in("kari@a.example")
    for path in ("/calls", f"/calls/{call.id}"):
        page = await visitor.get(path)
        assert page.status_code == 200
        assert "<img" not in page.text
        assert "<script>1" not in page.text


async def test_the_log_goes_back_page_by_page_without_gap_or_repetition(
    visitor: Visitor, kari: User, telephony: Telephony, ended
) -> None:
    made = [telephony.call(kari.tenant_id) for _ in range(23)]
    for call in made:
        call.hang_up()
    await ended(kari.tenant_id, 23)
    await visitor.sign_in("kari@a.example")
    seen, after, pages = [], "", 0
    while after is not None:
        answer = (await visitor.client.get(f"/api/v1/calls?limit=10&after={after}")).json()
        seen += [call["id"] for call in answer["items"]]
        after = answer["next"]
        pages += 1
    assert pages == 3
    assert seen == [str(call.id) for call in reversed(made)]


async def test_the_api_gives_a_call_with_its_events(visitor: Visitor, kari: User, telephony: Telephony, ended) -> None:
    call = answered_call(telephony, kari.tenant_id, person_id=uuid7(), person="Sara Lindqvist")
    await ended(kari.tenant_id, 1)
    await visitor.sign_in("kari@a.example")
    answer = (await visitor.client.get(f"/api/v1/calls/{call.id}")).json()
    assert (answer["call"]["talk_seconds"], answer["call"]["waiting_seconds"]) == (75.0, 4.0)
    assert [event["seq"] for event in answer["events"]] == list(range(1, 13))
    assert answer["events"][4]["data"]["type"] == "queue.entered"


async def test_another_tenants_call_does_not_exist(
    visitor: Visitor, stranger: Visitor, kari: User, ola: User, telephony: Telephony, ended
) -> None:
    call = answered_call(telephony, kari.tenant_id, person_id=uuid7(), person="Sara Lindqvist")
    await ended(kari.tenant_id, 1)
    await visitor.sign_in("kari@a.example")
    await stranger.sign_in("ola@b.example")
    for path in (f"/calls/{call.id}", f"/api/v1/calls/{call.id}"):
        assert (await visitor.get(path)).status_code == 200
        refused = await stranger.get(path)
        assert refused.status_code == 404
        assert "Sara" not in refused.text
    assert (await stranger.client.get("/api/v1/calls")).json() == {"items": [], "next": None}
    assert "Ingen samtaler ennå" in (await stranger.get("/calls")).text
