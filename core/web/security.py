"""Headers that confine a page to what we serve, and the cookies a request came with."""

import re
import secrets
from http.cookies import SimpleCookie

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

# No inline style and no inline script but the import map, which carries the nonce. Blobs are what scripts made.
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "media-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
API = re.compile(r"^/(p/[a-z0-9_]+/)?api/")
"""Addresses of the REST API, core's and those of plugins: answered for programs, and open to API tokens."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}


def request_id(scope: Scope) -> str:
    """The request's id for logs and error pages, made when first asked for."""
    state = scope.setdefault("state", {})
    return str(state.setdefault("request_id", secrets.token_hex(8)))


def nonce(scope: Scope) -> str:
    """The nonce of this response's scripts."""
    state = scope.setdefault("state", {})
    return str(state.setdefault("nonce", secrets.token_urlsafe(16)))


async def add_headers(message: Message, scope: Scope) -> None:
    """Litestar's before_send hook: put the headers on every response, whoever made it."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "no-store")  # what is nobody's in particular says otherwise
    headers.setdefault("Content-Security-Policy", POLICY.format(nonce=nonce(scope)))
    headers["X-Request-ID"] = request_id(scope)


def cookies_of(scope: Scope) -> dict[str, str]:
    """The cookies a connection came with; a malformed header counts as none."""
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                return {key: morsel.value for key, morsel in SimpleCookie(value.decode("latin-1")).items()}
            except Exception:  # http.cookies.CookieError has siblings
                return {}
    return {}
