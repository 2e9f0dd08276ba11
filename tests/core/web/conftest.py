"""The real app on a real PostgreSQL and Redis: over HTTP, and on a port for browsers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from httpx import AsyncClient, Response
from litestar import Litestar
from playwright.async_api import Browser, Page, async_playwright
from redis.asyncio import Redis

from core.config import Settings, load_settings
from core.data import Database, tenant
from core.identity.service import create_user
from core.web.app import create_app
from core.web.process import WebServer
from tests.core.web.support import Telephony, running

CHROMIUM = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "correct horse battery staple"


@dataclass
class Visitor:
    """A browser without a browser: keeps cookies, sends the page's CSRF token."""

    client: AsyncClient
    csrf: str = ""

    def cookie(self, name: str) -> str:
        """The cookie as the browser would send it."""
        return [cookie.value or "" for cookie in self.client.cookies.jar if cookie.name == name][-1]

    async def get(self, path: str) -> Response:
        """Ask for a page as a browser does, without following redirects."""
        return await self.client.get(path, headers={"accept": "text/html"})

    async def post(self, path: str, **fields: Any) -> Response:
        """Send a form as a signed-in browser does."""
        csrf = token((await self.get("/profile/details")).text)
        return await self.client.post(path, data={"csrf": csrf, **fields}, headers={"accept": "text/html"})

    async def send(self, method: str, path: str, body: Any = None, version: int | None = None) -> Response:
        """Send JSON to the API as a script of a page does; `version`: If-Match."""
        headers = {"x-csrf-token": token((await self.get("/profile/details")).text)}
        if version is not None:
            headers["if-match"] = f'"{version}"'
        return await self.client.request(method, path, json=body, headers=headers)

    async def sign_in(self, email: str, password: str = PASSWORD, **fields: str) -> Response:
        page = await self.client.get("/sign-in")
        self.csrf = token(page.text)
        return await self.client.post(
            "/sign-in",
            data={"csrf": self.csrf, "identifier": email, "password": password, **fields},
            headers={"accept": "text/html"},
        )


def token(html: str) -> str:
    """The CSRF token in a page."""
    return html.split('name="csrf" value="')[1].split('"')[0]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(environment={"SENTRALBORD_WEB__PORT": "0", "SENTRALBORD_DATA__FOLDER": str(tmp_path / "data")})


@pytest.fixture
def app(settings: Settings, database: Database, redis: Redis) -> Litestar:
    return create_app(settings, database, redis)


@pytest_asyncio.fixture
async def telephony(redis: Redis, tmp_path: Path) -> AsyncIterator[Telephony]:
    """Writes calls into the journal."""
    telephony = Telephony(redis, tmp_path / "spool")
    async with running(telephony.publisher.run()):
        yield telephony


@pytest_asyncio.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def tab(chromium: Browser) -> AsyncIterator[Page]:
    """A page of a fresh browser profile; the test fails when a script fails or the policy is violated."""
    context = await chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    page = await context.new_page()
    faults: list[str] = []
    await page.add_init_script(
        "window.broken = [];"
        "addEventListener('securitypolicyviolation', e => broken.push(e.effectiveDirective + ' ' + e.blockedURI))"
    )
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    assert await page.evaluate("window.broken") == []
    assert faults == []
    await context.close()


@asynccontextmanager
async def serving(app: Litestar, settings: Settings) -> AsyncIterator[str]:
    """The address of the app on a port of its own."""
    server = WebServer(app, settings)
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done(), task
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.stop()
        await task


@pytest_asyncio.fixture
async def address(app: Litestar, settings: Settings) -> AsyncIterator[str]:
    async with serving(app, settings) as url:
        yield url


@pytest_asyncio.fixture
async def visitor(address: str) -> AsyncIterator[Visitor]:
    async with AsyncClient(base_url=address) as client:
        yield Visitor(client)


@pytest_asyncio.fixture
async def stranger(address: str) -> AsyncIterator[Visitor]:
    """Another browser."""
    async with AsyncClient(base_url=address) as client:
        yield Visitor(client)


@pytest_asyncio.fixture
async def kari(tenant_a: UUID):
    """An administrator of tenant A."""
    with tenant(tenant_a):
        return await create_user("kari@a.example", "Kari Nordmann", PASSWORD, role="administrator")


@pytest_asyncio.fixture
async def ola(tenant_b: UUID):
    """An administrator of tenant B."""
    with tenant(tenant_b):
        return await create_user("ola@b.example", "Ola Hansen", PASSWORD, role="administrator")
