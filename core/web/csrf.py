"""Requests that change something must come from our own pages."""

import secrets
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler

HEADER = "x-csrf-token"
FIELD = "csrf"
SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
Connection = ASGIConnection[Any, Any, Any, Any]
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


def new_token() -> str:
    return secrets.token_urlsafe(24)


class CsrfGuard:
    """Raises PermissionDeniedException unless an unsafe request carries the token of its page.

    The token is the session's; before sign-in it is the one in the csrf cookie (double submit). It comes in the
    X-CSRF-Token header (scripts, htmx) or in the form field `csrf`. A WebSocket must come from our own origin.
    `public_url` is our address when a proxy asks us by another name.
    """

    def __init__(self, public_url: str = "") -> None:
        self._host = urlsplit(public_url).netloc

    async def __call__(self, connection: Connection, _: BaseRouteHandler) -> None:
        if isinstance(connection, Request) and connection.method in SAFE:
            return
        if not self.same_origin(connection):
            raise PermissionDeniedException("this request came from another site")
        if not isinstance(connection, Request) or "bearer" in connection.scope["state"]:
            return  # nothing that a browser sends by itself names a program
        given = connection.headers.get(HEADER) or await _field(connection)
        expected = connection.state.shell.csrf
        if not given or not secrets.compare_digest(given.encode(), expected.encode()):
            raise PermissionDeniedException("the page was too old: load it again and repeat what you did")

    def same_origin(self, connection: Connection) -> bool:
        """Whether the Origin header names us. Browsers always send it with a WebSocket, so there it must be."""
        origin = connection.headers.get("origin")
        if origin is None:
            return isinstance(connection, Request)
        return urlsplit(origin).netloc in {connection.headers.get("host"), self._host or None}


async def _field(request: Request[Any, Any, Any]) -> str:
    if request.content_type[0] not in FORMS:
        return ""
    return str((await request.form()).get(FIELD, ""))
