"""Signing in, and reading who somebody is."""

from uuid import UUID

import msgspec

from core.data import system, tenant, transaction
from core.identity.errors import SeveralCompanies, WrongCredentials
from core.identity.model import Principal
from core.identity.passwords import verify_password
from core.identity.tables import User
from core.identity.throttle import Throttle
from core.tenancy.tables import Tenant

MOST_COMPANIES = 5
"""One address is looked up in at most so many tenants: each costs a password check."""


async def sign_in(throttle: Throttle, email: str, password: str, address: str, company: UUID | None = None) -> Principal:
    """The user with this e-mail address (of any tenant, or of `company`) and password.

    `address` is where the attempt comes from. Raises WrongCredentials, TooManyAttempts, or SeveralCompanies when
    address and password fit users of several tenants. Takes as long when nobody has the address.
    """
    account = email.casefold()
    await throttle.check(account, address)
    users = await _users(email, company)
    verdicts = [(user, await verify_password(user["password_hash"] or "", password)) for user in users]
    if not users:
        await verify_password("", password)
    matches = [(user, verdict) for user, verdict in verdicts if verdict.matches]
    if not matches:
        await throttle.failed(account, address)
        raise WrongCredentials
    await throttle.succeeded(account, address)
    for user, verdict in matches:
        if verdict.new_hash:
            await _keep_hash(user, verdict.new_hash)
    found = [await _principal(user) for user, _ in matches]
    if len(found) > 1:
        raise SeveralCompanies({principal.tenant_id: principal.tenant for principal in found})
    return found[0]


async def principal_of(user_id: UUID) -> Principal | None:
    """The user as she is now; None when she is gone or switched off."""
    with system():
        user = await _select().where(User.id == user_id, User.active.eq(True)).first()
    return await _principal(user) if user else None


async def set_language(principal: Principal, language: str) -> Principal:
    """Keep the user's own choice of language (GEN-12)."""
    with tenant(principal.tenant_id):
        async with transaction():
            await User.update({User.language: language}).where(User.id == principal.user_id)
    return msgspec.structs.replace(principal, language=language)


def _select():  # type: ignore[no-untyped-def]  # Piccolo's query types are private
    return User.select(
        User.id, User.tenant_id, User.email, User.name, User.password_hash, User.role, User.language, exclude_secrets=False
    )


async def _users(email: str, company: UUID | None) -> list[dict]:
    query = _select().where(User.active.eq(True)).where(Lower(User.email) == email.lower()).limit(MOST_COMPANIES)
    with system():
        return await (query.where(User.tenant_id == company) if company else query)


async def _principal(user: dict) -> Principal:
    with system():
        company = await Tenant.select().where(Tenant.id == user["tenant_id"]).first()
    return Principal(
        user_id=user["id"],
        tenant_id=user["tenant_id"],
        tenant=company["name"],
        name=user["name"],
        email=user["email"],
        role=user["role"],
        language=user["language"] or company["language"],
        zone=company["timezone"],
    )


async def _keep_hash(user: dict, new_hash: str) -> None:
    """Store the password under today's parameters."""
    with tenant(user["tenant_id"]):
        async with transaction():
            await User.update({User.password_hash: new_hash}).where(User.id == user["id"])
