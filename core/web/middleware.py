"""Before every request: who asks, for which tenant, in which language, and the frame of the page."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from core.audit.model import Actor, acting_as
from core.data import tenant
from core.identity import service
from core.identity.cookies import CSRF, LANGUAGE, SESSION, THEME, Cookies
from core.identity.model import Principal
from core.identity.sessions import Session, Sessions
from core.identity.tokens import bearer_of
from core.roles.access import Accesses
from core.roles.acting import Acting, with_access_of
from core.roles.model import NOBODY, Access
from core.ui.flash import COOKIE as FLASH
from core.ui.flash import unseal
from core.ui.shell import Entry, Shell
from core.ui.templating import View, show_as
from core.ui.translations import choose_language
from core.web import menu
from core.web.csrf import new_token
from core.web.intake import in_time
from core.web.security import API, cookies_of, nonce, request_id

THEMES = {"light", "dark"}


class RequestContext(ASGIMiddleware):
    """Sets scope["user"] (Principal or None), scope["auth"] (Session or None) and scope["state"]["access"] (Access).

    The request works for the user's tenant.
    """

    scopes = (ScopeType.HTTP, ScopeType.WEBSOCKET)
    exclude_opt_key = "no_context"

    def __init__(
        self, sessions: Sessions, cookies: Cookies, accesses: Accesses, administration: tuple[Entry, ...]
    ) -> None:
        self._sessions = sessions
        self._accesses = accesses
        self._cookies = cookies
        self._administration = administration

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        receive = in_time(receive) if scope["type"] == ScopeType.HTTP else receive
        cookies = cookies_of(scope)
        request_id(scope)
        scope["user"] = scope["auth"] = None
        if (secret := _bearer(scope)) is not None:
            await self._as_program(scope, secret, cookies, receive, send, next_app)
            return
        session_id = cookies.get(self._cookies.name(SESSION), "")
        session = scope["auth"] = await service.current_session(self._sessions, session_id)
        access = await self._accesses.of(session.principal, session.stamp) if session else NOBODY
        scope["state"]["access"] = access
        csrf = session.csrf if session else cookies.get(self._cookies.name(CSRF), "")
        if not csrf:
            csrf = new_token()
            send = self._with_cookie(send, csrf)
        self._frame(scope, session.principal if session else None, access, cookies, csrf)
        if session is None:
            await next_app(scope, receive, send)
            return
        user = scope["user"] = session.principal
        acting = Acting(self._accesses.catalogue, user.role, user.operator)
        with tenant(user.tenant_id), acting_as(_actor(scope, session)), with_access_of(acting):
            await next_app(scope, receive, send)

    async def _as_program(
        self, scope: Scope, secret: str, cookies: dict[str, str], receive: Receive, send: Send, next_app: ASGIApp
    ) -> None:
        """A request with an API token: no session, and never more than its owner may do just now."""
        bearer = scope["state"]["bearer"] = await bearer_of(secret)
        if bearer is None:
            scope["state"]["access"] = NOBODY
            self._frame(scope, None, NOBODY, cookies, "")
            await next_app(scope, receive, send)
            return
        user = scope["user"] = bearer.principal
        stamp = await self._sessions.stamps.current(user.tenant_id)
        access = scope["state"]["access"] = (await self._accesses.of(user, stamp)).only(bearer.scopes)
        self._frame(scope, user, access, cookies, "")
        actor = Actor("token", bearer.token_id, f"{user.name} ({bearer.name})", _address(scope), request_id(scope))
        acting = Acting(self._accesses.catalogue, user.role, user.operator, bearer.scopes)
        with tenant(user.tenant_id), acting_as(actor), with_access_of(acting):
            await next_app(scope, receive, send)

    def _frame(self, scope: Scope, user: Principal | None, access: Access, cookies: dict[str, str], csrf: str) -> None:
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
        language = choose_language(
            user.language if user else "",
            cookies.get(self._cookies.name(LANGUAGE), ""),
            accept=connection.headers.get("accept-language", ""),
        )
        show_as(_view(language, user, cookies.get(THEME, "")))
        scope["state"]["shell"] = Shell(
            nonce=nonce(scope),
            csrf=csrf,
            path=scope["path"],
            name=user.name if user else "",
            initials=user.initials if user else "",
            tenant=user.tenant if user else "",
            entries=_allowed(menu.MAIN, access),
            administration=_allowed(self._administration, access),
            profile=_allowed(menu.PROFILE, access),
            flash=unseal(cookies[FLASH], csrf) if FLASH in cookies else None,
        )

    def _with_cookie(self, send: Send, csrf: str) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = self._cookies.make(CSRF, csrf, samesite="strict")
                MutableScopeHeaders.from_message(message).add("Set-Cookie", cookie.to_header(header=""))
            await send(message)

        return sending


def _view(language: str, user: Principal | None, theme: str) -> View:
    """How she likes to see things; a stranger as the cookie of this browser says."""
    if user is None:
        return View(language, theme=theme if theme in THEMES else "auto")
    return View(language, user.zone, user.preferences.theme, user.preferences.density)


def _allowed(entries: tuple[Entry, ...], access: Access) -> tuple[Entry, ...]:
    """The entries of a menu that this user may see."""
    return tuple(entry for entry in entries if access.allows(entry.permission))


def _actor(scope: Scope, session: Session) -> Actor:
    """The signed-in user, for the audit trail."""
    return Actor(
        kind="user",
        id=session.principal.user_id,
        name=session.principal.name,
        address=_address(scope),
        request=request_id(scope),
    )


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _bearer(scope: Scope) -> str | None:
    """The token that a program sends to the API, in the header Authorization; None: it sends none."""
    if scope["type"] != ScopeType.HTTP or not API.match(scope["path"]):
        return None
    given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    scheme, _, secret = given.decode("latin-1").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None
