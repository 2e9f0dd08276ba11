"""What a right password leads to: a second step where there is one, then a new session."""

from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response
from litestar.response import Redirect

from core.data import tenant
from core.identity.cookies import CSRF, PENDING, SESSION, Cookies
from core.identity.model import Principal
from core.identity.pending import SECONDS, Pending, PendingSignIns
from core.identity.second_factor import factor_state
from core.identity.sessions import How, Sessions
from core.identity.settings import security_settings

SECOND_STEP = "/sign-in/second"
SECURITY_PAGE = "/profile/security"


def address_of(request: Request[Any, Any, Any]) -> str:
    """The IP address that a request comes from."""
    return request.client.host if request.client else ""


class Entrance:
    """Lets users in."""

    def __init__(self, sessions: Sessions, pending: PendingSignIns, cookies: Cookies) -> None:
        self._sessions = sessions
        self._pending = pending
        self._cookies = cookies

    async def proved(self, request: Request[Any, Any, Any], principal: Principal, goal: str) -> Response[Any]:
        """Her password was right: on to the second step, or in."""
        with tenant(principal.tenant_id):
            state = await factor_state(principal.user_id)
        if not state.any:
            return await self.let_in(request, principal, goal, "password")
        pending_id = await self._pending.begin(Pending(principal.user_id, principal.tenant_id, goal))
        cookie = self._cookies.make(PENDING, pending_id, max_age=SECONDS)
        return Redirect(SECOND_STEP, status_code=303, cookies=[cookie])

    def pending_id(self, request: Request[Any, Any, Any]) -> str:
        """The sign-in of this browser that waits for its second step."""
        return request.cookies.get(self._cookies.name(PENDING), "")

    async def let_in(self, request: Request[Any, Any, Any], principal: Principal, goal: str, how: How) -> Response[Any]:
        """Begin a new session, whatever the browser came with; the one that it had ends."""
        if request.auth is not None:
            await self._sessions.end(request.auth)
        lead = force = False
        if how == "password":
            with tenant(principal.tenant_id):
                settings = await security_settings()
            lead, force = settings.second_factor_since is not None, settings.second_factor_forced(datetime.now(UTC))
        session = await self._sessions.start(
            principal, how=how, enrol=force, address=address_of(request), agent=request.headers.get("user-agent", "")
        )
        return Redirect(
            SECURITY_PAGE if lead else goal,
            status_code=303,
            cookies=[
                self._cookies.make(SESSION, session.id),
                self._cookies.make(CSRF, "", max_age=0),
                self._cookies.make(PENDING, "", max_age=0),
            ],
        )
