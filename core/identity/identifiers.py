"""What users sign in with (GEN-4, GEN-5): given, taken away, looked up."""

from uuid import UUID

from core.api.errors import Taken
from core.api.texts import N_
from core.audit.service import record
from core.data import system, transaction
from core.data.errors import UniqueViolationError
from core.identity.errors import IdentityError, NoSuchUser
from core.identity.identifier import Kind, checked_identifier, country_of, read_identifier
from core.identity.tables import User, UserIdentifier
from core.tenancy.service import this_tenant

MOST_COMPANIES = 5
"""What was typed is looked up in at most so many tenants: each costs a password check."""
MOST = 10
"""Identifiers of one user."""

_WHO = """
    SELECT u.* FROM user_account u JOIN user_identifier i ON (i.tenant_id, i.user_id) = (u.tenant_id, u.id)
      JOIN tenant t ON t.id = u.tenant_id AND t.suspended_at IS NULL
     WHERE u.active AND i.kind = $1 AND (i.value = $2 OR (i.national <> '' AND i.national = $3))
     ORDER BY u.created_at LIMIT $4"""


async def users_with(typed: str) -> list[User]:
    """Active users of any tenant who may sign in with this, with the system role."""
    wanted = read_identifier(typed)
    with system():
        async with transaction() as unit:
            rows = await unit.fetch(_WHO, wanted.kind, wanted.value, wanted.national, MOST_COMPANIES)
    return [User(**row) for row in rows]


async def identifiers(user_id: UUID) -> list[UserIdentifier]:
    """What a user of the tenant in force signs in with: addresses first, then names, then numbers."""
    rows = UserIdentifier.objects().where(UserIdentifier.user_id == user_id)
    return await rows.order_by(UserIdentifier.kind, UserIdentifier.value)


async def add_identifier(user_id: UUID, kind: Kind, text: str) -> UserIdentifier:
    """Let a user of the tenant in force sign in with this as well.

    Whoever calls this vouches that it is hers: an administrator, or she herself by a code that was sent there.
    Raises Invalid, Taken, NoSuchUser, IdentityError when she has MOST already.
    """
    async with transaction():
        user = await locked_user(user_id)
        if await UserIdentifier.count().where(UserIdentifier.user_id == user_id) >= MOST:
            raise IdentityError(
                N_("A user signs in with at most {most} different things: remove one first."), most=MOST
            )
        row = await keep_identifier(user_id, kind, text)
        await record("user.identifier_added", user_id, user.name, after={row.kind: row.value})
    return row


async def keep_identifier(user_id: UUID, kind: Kind, text: str) -> UserIdentifier:
    """As part of a change that is recorded as a whole. Raises Invalid, Taken."""
    new = checked_identifier(kind, text, country_of((await this_tenant()).timezone))
    row = UserIdentifier(user_id=user_id, kind=new.kind, value=new.value, national=new.national)
    async with transaction() as unit:
        try:
            async with unit.savepoint():
                await row.save()
        except UniqueViolationError:
            raise Taken(N_("Somebody in the company signs in with {text} already."), text=new.value) from None
    return row


async def remove_identifier(user_id: UUID, identifier_id: UUID) -> None:
    """Take one away. Raises NoSuchUser, or IdentityError when it is the last one: she could never sign in again."""
    async with transaction():
        user = await locked_user(user_id)
        there = await identifiers(user_id)
        gone = next((one for one in there if one.id == identifier_id), None)
        if gone is None:
            raise NoSuchUser(N_("{user} does not sign in with this."), user=user.name)
        if len(there) == 1:
            raise IdentityError(N_("This is the last thing that {user} can sign in with."), user=user.name)
        await UserIdentifier.delete().where(UserIdentifier.id == identifier_id)
        await record("user.identifier_removed", user_id, user.name, before={gone.kind: gone.value})


async def change_email(user_id: UUID, email: str) -> None:
    """Give a user another address, for mail and for signing in; the caller records it with what else changes.

    Raises Invalid, Taken, NoSuchUser.
    """
    new = email.strip()
    async with transaction():
        user = await locked_user(user_id)
        if new.lower() != user.email.lower():
            hers = {one.value: one.id for one in await identifiers(user_id) if one.kind == "email"}
            if new.lower() not in hers:
                await keep_identifier(user_id, "email", new)
            if old := hers.get(user.email.lower()):
                await UserIdentifier.delete().where(UserIdentifier.id == old)
        await User.update({User.email: new}).where(User.id == user_id)


async def locked_user(user_id: UUID) -> User:
    """The user of the tenant in force, held so that changes of her come one after the other. Raises NoSuchUser."""
    found: list[User] = await User.objects().where(User.id == user_id).lock_rows("UPDATE")
    if not found:
        raise NoSuchUser(N_("There is no such user."))
    return found[0]
