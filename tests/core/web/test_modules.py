"""The company's modules, on the page and by the API: entitlement, on and off, data purged (GEN-8, TAG-2)."""

import json
from uuid import UUID

import pytest
import pytest_asyncio
from litestar import Litestar
from playwright.async_api import Page, expect
from redis.asyncio import Redis

from core.audit.service import AuditFilter, entries
from core.config import Settings
from core.data import Database, tenant
from core.data.migrate import App, migrate
from core.flows.document import Document, Edge, Node
from core.flows.elements import with_plugins
from core.flows.service import create_flow
from core.flows.versions import publish, save_version
from core.host.context import ContextFactory
from core.host.registry import Registry
from core.host.seats import take_seat
from core.identity.service import create_user
from core.identity.tables import User
from core.platform.numbers import add_main_number
from core.tenancy.service import set_module
from core.web.app import create_app
from tests.conftest import core_apps
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.support import sign_in, violations

API = "/api/v1/modules"
BELL = f"{API}/nightbell"
PAGE = "/admin/modules/nightbell"


@pytest_asyncio.fixture
async def migrated(database: Database, example: Registry) -> Registry:
    """The example plugin with its tables."""
    await migrate(database, [*core_apps(), App.load("nightbell.piccolo_app")])
    return example


@pytest.fixture
def app(settings: Settings, database: Database, redis: Redis, migrated: Registry) -> Litestar:
    """The app with the example plugin."""

    async def nothing(*_: object, **__: object) -> None: ...

    return create_app(settings, database, redis, migrated, contexts=ContextFactory(nothing, nothing))


async def grant(tenant_id: UUID, *, enabled: bool = False) -> None:
    with tenant(tenant_id):
        await set_module("nightbell", entitled=True, enabled=enabled, seats=5)


async def test_what_is_not_granted_is_named_and_nothing_more(visitor: Visitor, kari: User) -> None:  # GEN-8, TAG-2
    await visitor.sign_in(kari.email)
    (listed,) = (await visitor.client.get(API)).json()["items"]
    assert (listed["plugin"], listed["entitled"], listed["enabled"], listed["seats"]) == (
        "nightbell",
        False,
        False,
        None,
    )
    page = (await visitor.get("/admin/modules")).text
    assert "Nattklokke" in page
    assert PAGE not in page
    assert (await visitor.client.get(BELL)).status_code == 404
    assert (await visitor.get(PAGE)).status_code == 404
    assert (await visitor.send("PUT", BELL, {"enabled": True}, version=0)).status_code == 404


async def test_it_is_told_what_a_module_adds_before_it_is_switched_on(visitor: Visitor, kari: User) -> None:
    await grant(kari.tenant_id)
    await visitor.sign_in(kari.email)
    answer = await visitor.client.get(BELL)
    assert {one["kind"] for one in answer.json()["adds"]} == {"panel", "element", "permission"}
    assert (answer.json()["module"]["seats"], answer.headers["etag"]) == (5, '"1"')  # GEN-10
    on = await visitor.send("PUT", BELL, {"enabled": True}, version=1)
    assert (on.json()["module"]["enabled"], on.json()["rows"]) == (True, 1)  # tenant_enabled rang the bell once
    assert (await visitor.client.get("/p/nightbell/rings")).status_code == 200


async def test_who_has_a_seat_is_on_the_page_and_in_the_api(visitor: Visitor, kari: User) -> None:  # GEN-10
    await grant(kari.tenant_id, enabled=True)
    with tenant(kari.tenant_id):
        await take_seat("nightbell", kari.id)
    await visitor.sign_in(kari.email)
    (module,) = (await visitor.client.get(API)).json()["items"]
    assert (module["seats"], module["seats_taken"]) == (5, 1)
    (seat,) = (await visitor.client.get(f"{BELL}/seats")).json()["items"]
    assert (seat["user_id"], seat["user"]) == (str(kari.id), "Kari Nordmann")
    page = (await visitor.get(PAGE)).text
    assert "1 av 5" in page
    assert '<span class="soft">Kari Nordmann</span>' in page


async def test_a_module_that_goes_off_while_its_page_is_open_says_so(visitor: Visitor, kari: User) -> None:
    await grant(kari.tenant_id, enabled=True)
    await visitor.sign_in(kari.email)
    version = (await visitor.client.get(BELL)).json()["module"]["version"]
    on = await visitor.send("PUT", BELL, {"enabled": True}, version=version)
    assert on.status_code == 200
    assert (await visitor.send("PUT", BELL, {"enabled": False}, version=version)).status_code == 200
    answer = await visitor.client.get("/p/nightbell/rings")
    assert answer.status_code == 404
    assert "Nattklokke" in answer.json()["detail"]
    assert (await visitor.send("PUT", BELL, {"enabled": True}, version=version)).status_code == 412


async def test_only_what_is_off_is_purged_and_only_by_its_name(visitor: Visitor, kari: User, tenant_b: UUID) -> None:
    from nightbell.tables import Ring

    for tenant_id in (kari.tenant_id, tenant_b):
        await grant(tenant_id, enabled=True)
        with tenant(tenant_id):
            await Ring(caller="+4722334455").save()
    await visitor.sign_in(kari.email)
    version = (await visitor.client.get(BELL)).json()["module"]["version"]
    purge = f"{BELL}/purge"
    refused = await visitor.send("POST", purge, {"confirm": "nightbell"}, version=version)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:sentralbord:problem:in_use")
    await visitor.post(PAGE, version=version)
    assert (await visitor.post(f"{PAGE}/purge", confirm="night", version=version + 1)).status_code == 422
    assert (await visitor.send("POST", purge, {"confirm": "nightbell"}, version=version)).status_code == 412
    gone = await visitor.send("POST", purge, {"confirm": "nightbell"}, version=version + 1)
    assert (gone.status_code, gone.json()["rows"]) == (200, 0)
    with tenant(kari.tenant_id):
        (told,) = (await entries(AuditFilter(action="module.purged"))).items
        assert json.loads(told.before) == {"nightbell_ring": 1}
    with tenant(tenant_b):
        assert await Ring.count() == 1


async def test_the_flows_that_use_it_are_named(visitor: Visitor, kari: User, example: Registry) -> None:
    await grant(kari.tenant_id, enabled=True)
    nodes = (Node(id="bell", element="nightbell.ring"), Node(id="end", element="core.hang_up"))
    document = Document(start="bell", nodes=nodes, edges=(Edge("bell", "next", "end"),))
    with tenant(kari.tenant_id):
        flow = await create_flow("Night")
        saved = await save_version(flow, document, with_plugins(example.elements), author="Kari")
        await publish((await add_main_number("+4722334455")).id, saved.id)
    await visitor.sign_in(kari.email)
    assert (await visitor.client.get(BELL)).json()["flows"] == ["Night"]
    assert "Night" in (await visitor.get(PAGE)).text


async def test_a_role_without_the_permission_sees_no_modules(visitor: Visitor, kari: User) -> None:
    with tenant(kari.tenant_id):
        await create_user("u@a.example", "U", PASSWORD)
    await visitor.sign_in("u@a.example")
    assert (await visitor.client.get(API)).status_code == 403
    assert (await visitor.get("/admin/modules")).status_code == 403


async def test_a_module_is_switched_in_the_browser(tab: Page, address: str, kari: User) -> None:
    await grant(kari.tenant_id)
    await sign_in(tab, address, kari.email, PASSWORD, "/admin/modules")
    assert await violations(tab) == []
    await tab.get_by_role("link", name="Nattklokke").click()
    await tab.get_by_role("button", name="Slå på").first.click()
    await expect(tab.get_by_role("dialog")).to_contain_text("Nattklokke")
    await tab.get_by_role("dialog").get_by_role("button", name="Slå på").click()
    await expect(tab.get_by_role("status")).to_contain_text("Nattklokke")
    assert await violations(tab) == []
    await tab.emulate_media(color_scheme="dark")
    await tab.get_by_role("button", name="Slå av").first.click()
    assert await violations(tab) == []
