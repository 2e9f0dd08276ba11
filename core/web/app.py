"""The web application: every route, and what stands in front of them. It mounts and holds no rules."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Router, get
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Redirect, Template
from litestar.template.config import TemplateConfig
from redis.asyncio import Redis

from core.calls.live import LiveCalls
from core.config import Settings
from core.data import Database
from core.identity.cookies import Cookies
from core.identity.pages import PAGES as IDENTITY_PAGES
from core.identity.sessions import Sessions
from core.identity.throttle import Throttle
from core.roles.guards import permission_guard
from core.roles.model import SIGNED_IN
from core.queues.service import queue_configs
from core.ui.shell import Entry, page
from core.ui.templating import N_, create_environment
from core.web.boards import QueueBoards
from core.web.csrf import CsrfGuard
from core.web.errors import handle_error
from core.web.health import HEALTH
from core.web.hub import Hub
from core.web.live import live_channel
from core.web.middleware import RequestContext
from core.web.security import add_headers
from core.web.static import messages, static_files

MENU = (
    Entry("/live", "activity", N_("Live"), "live.view"),
    Entry("/calls", "history", N_("Calls"), "calls.view"),
)


@get("/live", opt={"permission": "live.view"}, include_in_schema=False)
async def live_page(request: Request[Any, Any, Any]) -> Template:
    """Calls, queues and people now; filled through the live channel."""
    return page(request, "live.html")


@get("/", opt={"permission": SIGNED_IN}, include_in_schema=False)
async def home() -> Redirect:
    """The first page."""
    return Redirect("/live")


def create_app(settings: Settings, database: Database, redis: Redis, registry: Any = None) -> Litestar:
    """The app over an open database and Redis, which the caller closes after the app's shutdown."""
    cookies = Cookies(secure=settings.web.secure_cookies)
    sessions = Sessions(redis, idle_seconds=settings.web.session_hours * 3600)
    services: dict[str, Any] = {"database": database, "redis": redis, "cookie_jar": cookies, "sessions": sessions}
    services["throttle"] = Throttle(redis)

    services["hub"] = hub = Hub(LiveCalls(redis), QueueBoards(redis, queue_configs))

    @asynccontextmanager
    async def running(_: Litestar) -> AsyncIterator[None]:
        async with hub:
            yield

    return Litestar(
        [home, live_page, live_channel, *IDENTITY_PAGES, *HEALTH, messages, static_files()],
        guards=[CsrfGuard(settings.web.public_url), permission_guard],
        middleware=[RequestContext(sessions, cookies, MENU)],
        dependencies={name: Provide(_constant(value), sync_to_thread=False) for name, value in services.items()},
        exception_handlers={Exception: handle_error},
        before_send=[add_headers],
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(create_environment())),
        openapi_config=OpenAPIConfig(
            title="Sentralbord",
            version="1",
            render_plugins=[JsonRenderPlugin()],
            openapi_router=Router("/schema", route_handlers=[], opt={"permission": SIGNED_IN}),
        ),
        lifespan=[running],
        logging_config=None,
    )


def _constant(value: Any) -> Any:
    def give() -> Any:
        return value

    return give
