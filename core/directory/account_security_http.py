"""How the company's users sign in, one by one: REST API."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from core.api.messages import Outbox
from core.directory.account_security import (
    LONGEST_REASON,
    account_security,
    end_session,
    end_sessions,
    reset_second_factor,
    revoke_users_token,
)
from core.identity.schemas import SecondFactorOut, SessionOut, TokenOut
from core.identity.second_factor import SecondFactors
from core.identity.sessions import Sessions

MANAGE = {"permission": "security.manage"}


class AccountSecurityOut(Struct, frozen=True):
    """How a user signs in, and where she and her programs are signed in."""

    second_factor: SecondFactorOut
    sessions: list[SessionOut]
    tokens: list[TokenOut]


class ReasonIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is done; the user and the audit trail are told."""

    reason: Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON)]


class UserSecurity(Controller):
    """Only of users who may do no more than the one who asks."""

    path = "/api/v1/users/{user_id:uuid}/security"
    tags = ("Security",)
    opt = {"permission": "security.view"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="How a user signs in")
    async def show(self, user_id: FromPath[UUID], sessions: NamedDependency[Sessions]) -> AccountSecurityOut:
        """Her second factor, her sessions and her API tokens."""
        found = await account_security(user_id, sessions)
        return AccountSecurityOut(
            SecondFactorOut.of(found.factors),
            [SessionOut.of(one, "") for one in found.sessions],
            [TokenOut.of(one) for one in found.tokens],
        )

    @delete("/sessions", summary="Sign a user out everywhere", opt=MANAGE)
    async def end_all(self, user_id: FromPath[UUID], sessions: NamedDependency[Sessions]) -> None:
        """All her sessions end at once."""
        await end_sessions(user_id, sessions)

    @delete("/sessions/{session_id:str}", summary="Sign a user out somewhere", opt=MANAGE)
    async def end_one(
        self, user_id: FromPath[UUID], session_id: FromPath[str], sessions: NamedDependency[Sessions]
    ) -> None:
        """One of her sessions ends at once."""
        await end_session(user_id, session_id, sessions)

    @post("/second-factor/reset", summary="Remove a user's second factor", opt=MANAGE, status_code=204)
    async def reset(
        self,
        user_id: FromPath[UUID],
        data: JSONBody[ReasonIn],
        sessions: NamedDependency[Sessions],
        factors: NamedDependency[SecondFactors],
        outbox: NamedDependency[Outbox],
    ) -> None:
        """She is signed out everywhere, and told with the reason; her password is enough until she sets up another."""
        await reset_second_factor(user_id, data.reason, sessions, factors, outbox)

    @delete("/tokens/{token_id:uuid}", summary="Revoke a user's API token", opt=MANAGE)
    async def revoke(self, user_id: FromPath[UUID], token_id: FromPath[UUID]) -> None:
        """From the next request on it is no good any more."""
        await revoke_users_token(user_id, token_id)
