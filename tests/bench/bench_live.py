"""How soon a call is on live pages: from its event in a media process to the frame of the live channel.

The app on a real PostgreSQL and Redis. A live page is a plain WebSocket here, so what the browser itself takes comes on
top; `slowest_page_ms` is the time until the last of all open pages has the call.
"""

import asyncio
import json
import os
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from core.config import load_settings
from core.data import tenant
from core.host.registry import Registry
from core.identity.service import create_user, principal_of
from core.identity.sessions import Sessions
from core.tenancy.service import create_tenant
from core.web.app import create_app
from core.web.process import WebServer
from core.wiring import DataServices, Installation, migrate_all, open_installation
from tests.core.web.support import Telephony, running

PAGES = 50
CALLS = 100
PAUSE = 0.03
"""Seconds between calls: shorter than the time in which changes are gathered, so that most have to wait for it."""


async def run() -> dict[str, float]:
    """The figures, with embedded services of its own."""
    with tempfile.TemporaryDirectory(prefix="sb-bench-") as name:
        os.chmod(name, 0o711)
        settings = load_settings(environment={"SENTRALBORD_DATA__FOLDER": name, "SENTRALBORD_WEB__PORT": "0"})
        services = DataServices.of(settings)
        services.start()
        try:
            await migrate_all(settings, Registry({}))
            async with open_installation(settings) as installation:
                return await measure(installation, Path(name))
        finally:
            services.stop()


async def measure(installation: Installation, folder: Path) -> dict[str, float]:
    """Calls that come one after the other while PAGES are open."""
    company = await create_tenant("bench", "Bench")
    with tenant(company.id):
        user = await create_user("bench@example.com", "Bench", role="administrator")
    principal = await principal_of(user.id)
    assert principal is not None
    session = await Sessions(installation.redis, idle_seconds=600).start(principal)
    app = create_app(installation.settings, installation.database, installation.redis)
    server, telephony = WebServer(app, installation.settings), Telephony(installation.redis, folder / "spool")
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(telephony.publisher.run()))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        host, headers = f"127.0.0.1:{server.port}", {"Cookie": f"session={session.id}"}
        headers["Origin"] = f"http://{host}"
        pages = [
            await stack.enter_async_context(connect(f"ws://{host}/live", additional_headers=headers))
            for _ in range(PAGES)
        ]
        shown = []
        for _ in range(CALLS):
            began = time.perf_counter()
            call = telephony.call(company.id)
            await asyncio.gather(*(_shows(page, str(call.id)) for page in pages))
            shown.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(PAUSE)
        server.stop()
        await serving
    return {
        "pages": PAGES,
        "calls": CALLS,
        "slowest_page_ms_median": round(statistics.median(shown), 1),
        "slowest_page_ms_p99": round(sorted(shown)[int(CALLS * 0.99)], 1),
    }


async def _shows(page: ClientConnection, call_id: str) -> None:
    """Read frames until the call is among the changes."""
    while True:
        frame = json.loads(await page.recv())
        if frame["kind"] == "changes" and any(key == call_id for _, key, _ in frame["changes"]):
            return
