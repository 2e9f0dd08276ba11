"""Every page that an administrator can get to, found by its links: no barrier in light or dark, nothing cut off."""

import re
from collections import deque
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from litestar import Litestar
from litestar.response import Template
from playwright.async_api import Page
from redis.asyncio import Redis

from core.audio.service import add_sound, uploaded
from core.calls.service import recent_calls
from core.config import Settings
from core.data import Database, tenant
from core.data.migrate import App, migrate
from core.directory.field_changes import FieldChange, add_field
from core.directory.model import FieldKind, Option
from core.directory.user_changes import add_user
from core.directory.user_values import UserChange
from core.host.context import ContextFactory
from core.host.registry import Registry
from core.identity.service import create_user
from core.identity.tables import User
from core.platform.numbers import add_main_number
from core.platform.service import NewTenant, create_tenant
from core.queues.service import add_member, create_queue
from core.tenancy.service import set_module
from core.web.app import create_app
from tests.conftest import core_apps
from tests.core.audio.sounds import encoded, sine
from tests.core.web.conftest import PASSWORD
from tests.core.web.support import Telephony, projected, sign_in, violations

LARGE, SMALL = {"width": 1280, "height": 800}, {"width": 640, "height": 400}
"""A usual window, and what is left of it at 200 %."""
NOT_BY_LINK = {
    "/forgot-password": "its guests are not signed in",
    "/password/{secret:str}": "its link comes by mail",
    "/admin/users/batches/new": "it comes after users were chosen in their list",
    "/admin/users/batches/{batch_id:uuid}": "it comes after a form",
    "/admin/users/batches/{batch_id:uuid}/columns": "only an import has columns",
    "/profile/queues/menu": "it is a part of the personal menu",
}
"""Pages that no link leads to from within, which have tests of their own."""


@pytest_asyncio.fixture
async def app(settings: Settings, database: Database, redis: Redis, example: Registry) -> Litestar:
    """The app with the example plugin and its tables."""

    async def nothing(*_: object, **__: object) -> None: ...

    await migrate(database, [*core_apps(), App.load("nightbell.piccolo_app")])
    return create_app(settings, database, redis, example, contexts=ContextFactory(nothing, nothing))


@pytest_asyncio.fixture
async def signe(database: Database, redis: Redis, telephony: Telephony) -> User:
    """An administrator of the operator's own company, which has some of everything."""
    company = await create_tenant(NewTenant(slug="drift", name="Sentralbord Drift", operator=True))
    with tenant(company.id):
        signe = await create_user("signe@drift.example", "Signe Drift", PASSWORD, role="administrator", language="en")
        await set_module("nightbell", entitled=True, enabled=True, seats=5)
        await add_main_number("+4722334455", "Front desk")
        options = (Option("no", "Norwegian"), Option("fi", "Finnish"))
        await add_field(FieldChange(title="Speaks", kind=FieldKind.CHOICE, options=options))
        sara = await add_user(
            UserChange(first_name="Sara", last_name="Bakke", email="sara@drift.example", role="user", tags=["Sales"])
        )
        await add_sound("Closed today", await uploaded(encoded(sine(500, 0.5, 8000), 8000)))
        queue = (await create_queue("Customer service")).id
        await add_member(queue, sara.id)
    call = telephony.call(company.id, ago=600)
    call.flow()
    call.wait("Customer service", queue)
    call.offer(sara.id, "Sara Bakke")
    call.hang_up()

    async def done() -> bool:
        with tenant(company.id):
            return any(row.ended_at for row in (await recent_calls()).items)

    await projected(redis, telephony, done)
    return signe


class Crawl:
    """Follows links from page to page; of the pages of one route it looks at the first."""

    def __init__(self, app: Litestar, tab: Page, address: str) -> None:
        self._tab, self._address = tab, address
        self._routes = {
            route.path: handler
            for route in app.routes
            for handler in getattr(route, "route_handlers", [])
            if "GET" in handler.http_methods and not route.path.startswith("/api/")
        }
        self.seen: set[str] = set()

    def pages(self) -> set[str]:
        """The routes that answer with a page."""
        return {
            path
            for path, handler in self._routes.items()
            if handler.parsed_fn_signature.return_type.annotation is Template
        }

    def _route(self, path: str) -> str:
        """The route that answers an address, the most particular one first."""
        patterns = sorted(self._routes, key=lambda route: (":path" in route, route.count("{"), -len(route)))
        return next(p for p in patterns if re.fullmatch(re.sub(r"\{[^}:]*:path\}", ".*", _open(p)), path))

    async def faults(self, start: str) -> dict[str, list[str]]:
        """What is wrong, by page."""
        found, to_see = {}, deque([start])
        while to_see:
            link = to_see.popleft()
            route = self._route(urlsplit(link).path)
            if route in self.seen:
                continue
            self.seen.add(route)
            answer = await self._tab.goto(link)
            assert answer is not None, link
            assert answer.ok, f"{link} leads to {answer.status}"
            to_see.extend(await self._links())
            found[route] = await self._look()
        return found

    async def _links(self) -> list[str]:
        """Where the page leads, within the installation; what is downloaded is no page."""
        links = await self._tab.eval_on_selector_all("a[href]:not([download])", "all => all.map(a => a.href)")
        return [link.partition("#")[0] for link in links if link.startswith(self._address + "/")]

    async def _look(self) -> list[str]:
        faults = []
        await self._tab.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
        for scheme in ("light", "dark"):
            await self._tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            faults += [f"{scheme}: {one}" for one in await violations(self._tab)]
        await self._tab.set_viewport_size(SMALL)
        wide = await self._tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        faults += [f"at 200 % it is {wide} px too wide"] if wide > 0 else []
        await self._tab.set_viewport_size(LARGE)
        return faults


def _open(route: str) -> str:
    return re.sub(r"\{[^}:]*:(?!path)[^}]*\}", "[^/]+", route)


@pytest.mark.timeout(400)  # it looks at every page three times
async def test_every_page_is_reached_by_links_and_has_no_barrier(
    tab: Page, app: Litestar, address: str, signe: User
) -> None:
    crawl = Crawl(app, tab, address)
    await tab.set_viewport_size(LARGE)
    await sign_in(tab, address, signe.email, PASSWORD)
    found = await crawl.faults(f"{address}/live")
    assert {page: faults for page, faults in found.items() if faults} == {}
    assert crawl.pages() - crawl.seen == NOT_BY_LINK.keys()
