"""My profile → Switchboard: REST API."""

from typing import Any

from litestar import Controller, Request, get, patch
from litestar.di import NamedDependency
from litestar.params import JSONBody

from core.identity.model import Preferences, Principal
from core.identity.preferences import PreferencesChange, change_preferences
from core.identity.service import reread
from core.identity.sessions import Session, Sessions

Me = Request[Principal, Session, Any]


class MyPreferences(Controller):
    """How the one who asks likes her screens; kept with her account."""

    path = "/api/v1/profile/preferences"
    tags = ("Profile",)
    opt = {"permission": "signed_in"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="My preferences")
    async def show(self, request: Me) -> Preferences:
        """Theme, density, what opens first, and sounds."""
        return request.user.preferences

    @patch(summary="Change my preferences")
    async def change(
        self, request: Me, data: JSONBody[PreferencesChange], sessions: NamedDependency[Sessions]
    ) -> Preferences:
        """What is not given stays. No If-Match: the last one to say wins."""
        after = await change_preferences(request.user, data)
        await reread(sessions, request.auth)
        return after
