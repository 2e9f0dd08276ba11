"""The REST API of My profile → Security, and of what the company decides about signing in."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core.api.rest import IfMatch, wanted_version, with_etag
from core.identity import service
from core.identity.cookies import SESSION, Cookies
from core.identity.entrance import address_of
from core.identity.model import Principal
from core.identity.policy import change_policy
from core.identity.schemas import (
    CodeIn,
    EnrolmentOut,
    MadeTokenOut,
    PasswordIn,
    PolicyIn,
    PolicyOut,
    RecoveryCodesOut,
    SecondFactorOut,
    SessionOut,
    TokenIn,
    TokenOut,
)
from core.identity.second_factor import SecondFactors, factor_state
from core.identity.sessions import Session, Sessions
from core.identity.settings import security_settings
from core.identity.throttle import Throttle
from core.identity.token_pages import Permissions, grantable
from core.identity.tokens import NewToken, make_token, revoke_token, tokens

Me = Request[Principal, Session, Any]
PATH = "/api/v1/profile"


class MySecondFactor(Controller):
    """One-time codes and recovery codes of the one who asks."""

    path = f"{PATH}/second-factor"
    tags = ("Profile",)
    opt = {"permission": "signed_in", "enrolment": True}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="My second factor")
    async def show(self, request: Me) -> SecondFactorOut:
        """Which second factors I have."""
        return SecondFactorOut.of(await factor_state(request.user.user_id))

    @post("/codes", summary="Set up one-time codes", status_code=201)
    async def begin(self, request: Me, factors: NamedDependency[SecondFactors]) -> EnrolmentOut:
        """A secret for an app. Codes are wanted at sign-in once the first one has been sent with PUT."""
        request.auth.require_recent()
        return EnrolmentOut.of(await factors.begin(request.user.user_id))

    @put("/codes", summary="Turn one-time codes on")
    async def confirm(
        self,
        request: Me,
        data: JSONBody[CodeIn],
        factors: NamedDependency[SecondFactors],
        sessions: NamedDependency[Sessions],
        cookie_jar: NamedDependency[Cookies],
    ) -> Response[RecoveryCodesOut]:
        """Send the app's first code. Answers with the recovery codes; the session gets a new id and token."""
        request.auth.require_recent()
        codes = await factors.confirm(request.user.user_id, data.code)
        session = await sessions.renew(request.auth, enrol=False)
        return Response(RecoveryCodesOut(list(codes)), cookies=[cookie_jar.make(SESSION, session.id)])

    @delete("/codes", summary="Turn one-time codes off")
    async def turn_off(self, request: Me, factors: NamedDependency[SecondFactors]) -> None:
        """The password is enough again; the recovery codes go."""
        request.auth.require_recent()
        await factors.turn_off(request.user.user_id)

    @post("/recovery-codes", summary="Make new recovery codes", status_code=201)
    async def new_codes(self, request: Me, factors: NamedDependency[SecondFactors]) -> RecoveryCodesOut:
        """Ten new codes; the old ones are no good any more."""
        request.auth.require_recent()
        return RecoveryCodesOut(list(await factors.new_codes(request.user.user_id)))


class MySessions(Controller):
    """Where the one who asks is signed in, and her password."""

    path = PATH
    tags = ("Profile",)
    opt = {"permission": "signed_in"}  # noqa: RUF012

    @get("/sessions", summary="My sessions")
    async def list(self, request: Me, sessions: NamedDependency[Sessions]) -> list[SessionOut]:
        """Where I am signed in, the latest sign-in first."""
        found = await sessions.of_user(request.user.user_id)
        return [SessionOut.of(one, request.auth.digest) for one in found]

    @delete("/sessions", summary="Sign out everywhere else")
    async def end_others(self, request: Me, sessions: NamedDependency[Sessions]) -> None:
        """End all my sessions but the one that asks."""
        await sessions.revoke(request.user.user_id, but=request.auth.digest)

    @delete("/sessions/{session_id:str}", summary="Sign out somewhere else")
    async def end(self, request: Me, session_id: FromPath[str], sessions: NamedDependency[Sessions]) -> None:
        """End one of my sessions."""
        await sessions.end_one(request.user.user_id, session_id)

    @put("/password", summary="Change my password", status_code=204)
    async def password(
        self,
        request: Me,
        data: JSONBody[PasswordIn],
        sessions: NamedDependency[Sessions],
        throttle: NamedDependency[Throttle],
        cookie_jar: NamedDependency[Cookies],
    ) -> Response[None]:
        """All other sessions end; the one that asks gets a new id and token."""
        user_id, address = request.user.user_id, address_of(request)
        await service.change_password(sessions, throttle, user_id, data.current, data.new, address)
        session = await sessions.renew(request.auth)
        return Response(None, status_code=204, cookies=[cookie_jar.make(SESSION, session.id)])


class MyTokens(Controller):
    """API tokens of the one who asks; a token cannot be used here."""

    path = f"{PATH}/tokens"
    tags = ("Profile",)
    opt = {"permission": "signed_in"}  # noqa: RUF012

    @get(summary="My API tokens")
    async def list(self, request: Me) -> list[TokenOut]:
        """All of them, newest first."""
        return [TokenOut.of(row) for row in await tokens(request.user.user_id)]

    @post(summary="Make an API token")
    async def make(
        self, request: Me, data: JSONBody[TokenIn], permissions: NamedDependency[Permissions]
    ) -> Response[MadeTokenOut]:
        """For some of what I may do. The token is in the answer and nowhere else."""
        request.auth.require_recent()
        new = NewToken(data.name, data.scopes, data.days)
        row, secret = await make_token(request.user.user_id, new, grantable(request, permissions))
        return Response(MadeTokenOut.made(row, secret), status_code=201, headers={"Location": f"{self.path}/{row.id}"})

    @delete("/{token_id:uuid}", summary="Revoke an API token")
    async def revoke(self, request: Me, token_id: FromPath[UUID]) -> None:
        """From the next request on it is no good any more."""
        await revoke_token(request.user.user_id, token_id)


class SecurityPolicy(Controller):
    """What the company decides about how its users sign in."""

    path = "/api/v1/security"
    tags = ("Security",)
    opt = {"permission": "security.view"}  # noqa: RUF012

    @get(summary="How users sign in")
    async def show(self) -> Response[PolicyOut]:
        """What the company has decided."""
        found = PolicyOut.of(await security_settings())
        return with_etag(found, found.version)

    @put(summary="Decide how users sign in", opt={"permission": "security.manage"})
    async def change(self, data: JSONBody[PolicyIn], if_match: IfMatch = "") -> Response[PolicyOut]:
        """Sessions that are running go on."""
        found = PolicyOut.of(await change_policy(data.change(), wanted_version(if_match)))
        return with_etag(found, found.version)


PROFILE_API = (MySecondFactor, MySessions, MyTokens)
