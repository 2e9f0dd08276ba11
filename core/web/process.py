"""The web process: the app behind uvicorn, until it is told to stop."""

import asyncio
import socket
from contextlib import AbstractContextManager, nullcontext

import uvicorn
from litestar import Litestar

from core.config import Settings
from core.web.app import create_app
from core.wiring import open_host, open_installation
from core.worker import core_jobs

SHUTDOWN_SECONDS = 5


async def run_web(settings: Settings) -> None:
    """Run a web process until it is cancelled; running requests are finished first."""
    async with open_installation(settings) as installation, open_host(installation, core_jobs(installation)) as host:
        app = create_app(
            settings,
            installation.database,
            installation.redis,
            installation.registry,
            installation.gate,
            host.contexts,
            host.enqueue,
        )
        server = WebServer(app, settings)
        serving = asyncio.create_task(server.serve())
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            server.stop()
            await serving
            raise


class WebServer:
    """Serves one app in the running event loop. Signals are the caller's business."""

    def __init__(self, app: Litestar, settings: Settings) -> None:
        config = uvicorn.Config(
            app,
            host=settings.web.host,
            port=settings.web.port,
            lifespan="on",
            ws="websockets-sansio",
            ws_max_size=4096,  # browsers send one word on the live channel
            ws_ping_interval=20,
            ws_ping_timeout=20,
            ws_per_message_deflate=False,
            server_header=False,
            proxy_headers=bool(settings.web.proxies),
            forwarded_allow_ips=settings.web.proxies,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        self._server = _QuietServer(config)
        self._socket = _bound(settings.web.host, settings.web.port)

    @property
    def port(self) -> int:
        """The TCP port: the one the system chose when the setting is 0."""
        return int(self._socket.getsockname()[1])

    async def serve(self) -> None:
        """Serve until `stop()`. Raises RuntimeError when the app could not start."""
        await self._server.serve(sockets=[self._socket])
        if not self._server.started:
            raise RuntimeError("the web process could not start: the log says why")

    @property
    def started(self) -> bool:
        return self._server.started

    def stop(self) -> None:
        """Finish the running requests and end."""
        self._server.should_exit = True


class _QuietServer(uvicorn.Server):
    """uvicorn without its signal handlers."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


def _bound(host: str, port: int) -> socket.socket:
    """A listening address. Raises OSError with the address and what to change."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise OSError(
            error.errno, f"web.host and web.port: cannot listen on {host}:{port}: {error.strerror}; choose another port"
        ) from None
    return bound
