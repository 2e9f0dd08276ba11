"""The live channel: one WebSocket for each open page, fed with JSON frames by the hub."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

from litestar import WebSocket, websocket
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from redis.exceptions import RedisError

from core.identity.service import current_session
from core.identity.sessions import Session, Sessions
from core.roles.access import Accesses
from core.web.feed import Feed, Subscription, alive
from core.web.hub import Hub

log = logging.getLogger(__name__)

PERMISSION = "live.view"
ALIVE_SECONDS = 10.0
"""A quiet channel says so often that it is there; the session is looked at as often."""
CLOSE_SECONDS = 2.0
SIGNED_OUT = 4401
TOO_SLOW = 1013


@websocket("/live", opt={"permission": PERMISSION})
async def live_channel(
    socket: WebSocket[Any, Session, Any],
    hub: NamedDependency[Hub],
    sessions: NamedDependency[Sessions],
    accesses: NamedDependency[Accesses],
) -> None:
    """Send frames until the browser goes, the session ends, or the socket cannot keep pace."""
    await socket.accept()
    session: Session = socket.auth
    async with hub.subscribe(session.principal.tenant_id) as (feed, subscription):
        tasks = {
            asyncio.create_task(_send(socket, subscription)): 1000,
            asyncio.create_task(_receive(socket, feed, subscription)): 1000,
            asyncio.create_task(_signed_out(sessions, accesses, session)): SIGNED_OUT,
            asyncio.create_task(_wait(subscription.too_slow)): TOO_SLOW,
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    code = tasks[done.pop()]
    if code == TOO_SLOW:
        log.warning("a live screen of user %s is too slow and was dropped", session.principal.user_id)
    with suppress(Exception):  # the browser may be gone, or not read at all
        await asyncio.wait_for(socket.close(code=code), CLOSE_SECONDS)


async def _send(socket: WebSocket[Any, Any, Any], subscription: Subscription) -> None:
    while True:
        try:
            frame = await asyncio.wait_for(subscription.frames.get(), ALIVE_SECONDS)
        except TimeoutError:
            frame = alive()
        await socket.send_text(frame)


async def _receive(socket: WebSocket[Any, Any, Any], feed: Feed, subscription: Subscription) -> None:
    """The browser says nothing but "resync", when it has missed a frame. Ends when it goes."""
    with suppress(WebSocketDisconnect):
        while True:
            if await socket.receive_text() == "resync":
                subscription.put(feed.snapshot())


async def _signed_out(sessions: Sessions, accesses: Accesses, session: Session) -> None:
    """Ends when the session has, or no longer gives access: looks at once when the tenant's stamp is a new one."""
    with sessions.stamps.watching(session.principal.tenant_id) as changed:
        while True:
            changed.clear()
            with suppress(RedisError):
                current = await current_session(sessions, session.id)
                if current is None or not (await accesses.of(current.principal, current.stamp)).allows(PERMISSION):
                    return
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), ALIVE_SECONDS)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
