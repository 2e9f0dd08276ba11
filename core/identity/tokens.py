"""API tokens: what a program asks with instead of a person, for some of what she may do herself."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from redis.asyncio import Redis

from core.api.errors import Invalid, NotFound, Problems
from core.api.texts import N_
from core.audit.service import record
from core.data import system, tenant, transaction
from core.identity.errors import IdentityError, TooManyAttempts
from core.identity.identifiers import locked_user
from core.identity.model import Principal
from core.identity.service import principal_of
from core.identity.tables import ApiToken

PREFIX = "sbt_"
"""So that scanners find a token that was put into a repository."""
MOST = 50
"""Tokens of one user."""
LONGEST_NAME = 100
LONGEST_DAYS = 366
A_MINUTE = 600
"""Requests with one token."""
SEEN_SECONDS = 60
"""How exactly is kept when a token was last used."""


class NewToken(Struct, frozen=True):
    """A token to make. `scopes`: keys of permissions; `days`: for so long."""

    name: str
    scopes: Sequence[str]
    days: int


class Bearer(Struct, frozen=True):
    """A program that asks, and for whom."""

    token_id: UUID
    name: str
    scopes: frozenset[str]
    principal: Principal


async def make_token(user_id: UUID, new: NewToken, had: Collection[str]) -> tuple[ApiToken, str]:
    """A token of a user of the tenant in force, and its secret, which nobody can read again. `had`: what she may do.

    Raises Invalid, NoSuchUser, IdentityError when she has MOST already.
    """
    name, scopes = " ".join(new.name.split()), sorted(set(new.scopes))
    problems = Problems()
    if not 1 <= len(name) <= LONGEST_NAME:
        problems.add(Invalid(N_("Give it a name of at most {most} characters."), field="name", most=LONGEST_NAME))
    if not scopes or not set(scopes) <= set(had):
        problems.add(Invalid(N_("Choose what it is for, among what you may do yourself."), field="scopes"))
    if not 1 <= new.days <= LONGEST_DAYS:
        problems.add(Invalid(N_("Choose from 1 to {most} days."), field="days", most=LONGEST_DAYS))
    problems.check()
    secret, now = PREFIX + secrets.token_urlsafe(32), datetime.now(UTC)
    row = ApiToken(
        user_id=user_id,
        name=name,
        digest=_digest(secret),
        hint=secret[: len(PREFIX) + 4],
        scopes=scopes,
        created_at=now,
        expires_at=now + timedelta(days=new.days),
    )
    async with transaction():
        user = await locked_user(user_id)
        if await ApiToken.count().where(ApiToken.user_id == user_id) >= MOST:
            raise IdentityError(N_("A user has at most {most} tokens: remove one first."), most=MOST)
        await row.save()
        await record("token.made", row.id, name, after={"user": user.name, "scopes": scopes, "until": row.expires_at})
    return row, secret


async def tokens(user_id: UUID) -> list[ApiToken]:
    """The tokens of a user of the tenant in force, newest first; also those that are too old."""
    return await ApiToken.objects().where(ApiToken.user_id == user_id).order_by(ApiToken.id, ascending=False)


async def revoke_token(user_id: UUID, token_id: UUID) -> None:
    """The token is no good any more, from the next request on. Raises NotFound when it is none of hers."""
    async with transaction():
        gone = ApiToken.delete().where(ApiToken.id == token_id, ApiToken.user_id == user_id)
        found = await gone.returning(ApiToken.name, ApiToken.scopes)
        if not found:
            raise NotFound(N_("There is no such token."))
        await record("token.revoked", token_id, found[0]["name"], before={"scopes": found[0]["scopes"]})


async def bearer_of(secret: str) -> Bearer | None:
    """Who asks with this token; None when it is none, too old, or its owner may not sign in."""
    with system():
        row = await ApiToken.objects().where(ApiToken.digest == _digest(secret)).first()
    now = datetime.now(UTC)
    principal = await principal_of(row.user_id) if row and row.expires_at > now else None
    if row is None or principal is None:
        return None
    if row.last_used_at is None or (now - row.last_used_at).total_seconds() > SEEN_SECONDS:
        with tenant(row.tenant_id):
            async with transaction():
                await ApiToken.update({ApiToken.last_used_at: now}).where(ApiToken.id == row.id)
    return Bearer(row.id, row.name, frozenset(row.scopes), principal)


async def count_request(redis: Redis, token_id: UUID) -> None:
    """Raise TooManyAttempts when the token has asked A_MINUTE times within a minute."""
    key = f"token:{token_id}"
    async with redis.pipeline(transaction=True) as pipe:
        pipe.set(key, 0, ex=60, nx=True)
        pipe.incr(key)
        pipe.ttl(key)
        _, count, left = await pipe.execute()
    if count > A_MINUTE:
        raise TooManyAttempts(max(left, 1))


def _digest(secret: str) -> str:
    """Tokens are kept under a digest: who reads the database still cannot ask with one."""
    return hashlib.sha256(secret.encode()).hexdigest()
