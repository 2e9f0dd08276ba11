"""The queues of a user: an administrator logs her in and out and sets her priority, at once everywhere (USR-6)."""

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from playwright.async_api import Page
from redis.asyncio import Redis

from core.audit.service import AuditFilter, entries
from core.calls.spool import lines
from core.config import Settings
from core.data import Database, tenant
from core.directory.service import add_person
from core.identity.tables import User
from core.queues.service import add_member, create_queue, load_queue
from core.queues.state import QueueState
from core.telephony.routing import Route, Routing
from core.web.app import create_app
from tests.core.web.conftest import PASSWORD, Visitor, serving
from tests.core.web.support import running, sign_in, violations
from tests.waiting import until


class Place:
    """Sara as a member of the queue Support."""

    def __init__(self, tenant_id: UUID, person: UUID, queue: UUID) -> None:
        self.tenant_id, self.person, self.queue = tenant_id, person, queue
        self.page = f"/admin/users/{person}/queues"
        self.api = f"/api/v1/users/{person}/queues/{queue}"


@pytest.fixture
async def sara(kari: User) -> Place:
    with tenant(kari.tenant_id):
        person = (await add_person("Sara", "Bakke")).person.id
        queue = (await create_queue("Support")).id
        await add_member(queue, person, priority=1)
    return Place(kari.tenant_id, person, queue)


async def live_login(redis: Redis, sara: Place) -> int:
    """Since when she is logged in, as every media process sees it before its next decision."""
    with tenant(sara.tenant_id):
        config = await load_queue(sara.queue)
    return (await QueueState(redis).snapshot(sara.tenant_id, config)).members[0].logged_in


async def test_an_administrator_logs_a_member_in_and_out_on_her_page(
    visitor: Visitor, kari: User, sara: Place, redis: Redis, settings: Settings
) -> None:
    """USR-6, QUE-8: live, stored, in the journal of the session, in the audit trail."""
    await visitor.sign_in(kari.email)
    page = (await visitor.get(sara.page)).text
    assert "Support" in page
    assert f'href="{sara.page}"' in (await visitor.get(f"/admin/users/{sara.person}")).text
    assert (await visitor.post(f"{sara.page}/{sara.queue}", logged_in="yes")).status_code == 303
    assert await live_login(redis, sara) > 0
    assert (await visitor.post(f"{sara.page}/{sara.queue}", logged_in="no")).status_code == 303
    assert await live_login(redis, sara) == 0
    written = b"".join(line for file in spools(settings).glob("web-1/*.jsonl") for line in lines(file).values())
    assert written.count(str(kari.id).encode()) == 2, "log-in and log-out, by whom"
    with tenant(kari.tenant_id):
        told = [one.action for one in (await entries(AuditFilter(action="queue_member."))).items]
    assert told == ["queue_member.logged_out", "queue_member.logged_in"]


def spools(settings: Settings) -> Path:
    """Where processes keep what they have written."""
    return Path(settings.data.folder) / "spool"


async def test_the_priority_is_set_and_media_processes_hear_of_it(
    visitor: Visitor, kari: User, sara: Place, database: Database
) -> None:
    """USR-6, QUE-6."""

    async def ignore(_: UUID, __: list[Route]) -> None:
        return None

    async def no_trunks(_: object) -> None:
        return None

    routing = Routing(database, ignore, no_trunks)
    await routing.load()
    async with running(routing.follow()):
        await visitor.sign_in(kari.email)
        assert (await visitor.post(f"{sara.page}/{sara.queue}", priority="0")).status_code == 303
        await until(lambda: routing.queue(sara.tenant_id, sara.queue).members[0].priority == 0)
    for wrong in ({"priority": "100"}, {"priority": "x"}, {}, {"logged_in": "perhaps"}):
        assert (await visitor.post(f"{sara.page}/{sara.queue}", **wrong)).status_code == 422


async def test_the_api_changes_a_place_that_nobody_else_has_changed(
    visitor: Visitor, kari: User, sara: Place, redis: Redis
) -> None:
    """USR-6 by the API."""
    await visitor.sign_in(kari.email)
    listed = (await visitor.client.get(f"/api/v1/users/{sara.person}/queues")).json()["items"]
    assert [(one["queue"], one["priority"], one["logged_in"]) for one in listed] == [("Support", 1, False)]
    version = int((await visitor.client.get(sara.api)).headers["etag"].strip('"'))
    both = await visitor.send("PATCH", sara.api, {"priority": 3, "logged_in": True}, version=version)
    assert (both.json()["priority"], both.json()["logged_in"]) == (3, True)
    assert await live_login(redis, sara) > 0
    assert (await visitor.send("PATCH", sara.api, {"logged_in": False}, version=version)).status_code == 412
    assert (await visitor.send("PATCH", sara.api, {"logged_in": False})).status_code == 428
    elsewhere = sara.api.replace(str(sara.queue), str(uuid4()))
    assert (await visitor.send("PATCH", elsewhere, {"logged_in": True}, version=2)).status_code == 404


async def test_two_web_processes_write_into_journals_of_their_own(
    visitor: Visitor, kari: User, sara: Place, settings: Settings, database: Database, redis: Redis
) -> None:
    """The second process serves the same page and tells the same state."""
    async with serving(create_app(settings, database, redis), settings) as url, AsyncClient(base_url=url) as client:
        other = Visitor(client)
        await other.sign_in(kari.email)
        await visitor.sign_in(kari.email)
        first, second = await asyncio.gather(
            visitor.post(f"{sara.page}/{sara.queue}", logged_in="yes"),
            other.post(f"{sara.page}/{sara.queue}", logged_in="yes"),
        )
        assert (first.status_code, second.status_code) == (303, 303)
        assert (await other.client.get(sara.api)).json()["logged_in"] is True
        folders = sorted(file.name for file in spools(settings).iterdir())
        assert folders == ["web-1", "web-2"]


async def test_places_of_another_company_do_not_exist(visitor: Visitor, ola: User, sara: Place) -> None:
    await visitor.sign_in(ola.email)
    assert (await visitor.get(sara.page)).status_code == 404
    assert (await visitor.post(f"{sara.page}/{sara.queue}", logged_in="yes")).status_code == 404
    assert (await visitor.client.get(sara.api)).status_code == 404


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_page_has_no_barrier(tab: Page, address: str, kari: User, sara: Place, theme: str) -> None:
    await tab.emulate_media(color_scheme=theme)
    await sign_in(tab, address, kari.email, PASSWORD, sara.page)
    assert await violations(tab) == []
