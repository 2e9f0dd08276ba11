"""Signing in, and reading who somebody is."""

import logging
import time
from uuid import UUID

import msgspec
from piccolo.columns.combination import WhereRaw
from piccolo.query.functions import Lower

from core.api.errors import Invalid, Taken
from core.api.texts import N_
from core.audit.service import record
from core.data import DatabaseUnavailable, system, tenant, transaction
from core.data.errors import CheckViolationError, ForeignKeyViolationError, UniqueViolationError
from core.identity.errors import NoSuchUser, SeveralCompanies, UnknownRole, WrongCredentials
from core.identity.identifier import Kind, checked_identifier, read_identifier
from core.identity.identifiers import keep_identifier, users_with
from core.identity.model import Principal
from core.identity.passwords import checked_password, hash_password, verify_password
from core.identity.preferences import read as read_preferences
from core.identity.sessions import Session, Sessions
from core.identity.settings import security_settings
from core.identity.tables import PasswordLink, User, role_columns
from core.identity.throttle import PASSWORD_CHANGE, Throttle
from core.tenancy.tables import Tenant

log = logging.getLogger(__name__)

CHECK_SECONDS = 30
"""A user is read anew at least so often: should a change of hers ever not have been told (see core.identity.stamps)."""
OF_WORKING_TENANT = WhereRaw(
    "NOT EXISTS (SELECT FROM tenant WHERE tenant.id = user_account.tenant_id AND suspended_at IS NOT NULL)"
)
"""Users of a suspended tenant are nobody to the sign-in."""


async def sign_in(
    throttle: Throttle, identifier: str, password: str, address: str, company: UUID | None = None
) -> Principal:
    """The user with this identifier (of any tenant, or of `company`) and password: GEN-4, GEN-5.

    `address` is where the attempt comes from. Raises WrongCredentials, TooManyAttempts, or SeveralCompanies when
    identifier and password fit users of several tenants. Takes as long when nobody has the identifier.
    """
    wanted = read_identifier(identifier)
    account = wanted.account
    await throttle.begin(account, address)
    try:
        everybody = await users_with(identifier)
        users = [user for user in everybody if company in (None, user.tenant_id)]
        verdicts = [(user, await verify_password(user.password_hash or "", password)) for user in users]
        if not users:
            await verify_password("", password)
        matches = [(user, verdict) for user, verdict in verdicts if verdict.matches]
        matches = [one for one in matches if await _allowed(one[0], wanted.kind)]
    except Exception:
        await throttle.withdraw(account, address)
        raise
    if not matches:
        raise WrongCredentials
    if len(matches) == len(everybody):
        await throttle.succeeded(account, address)
    else:  # a user of one company with a colleague's address must not buy guesses at her password in another
        await throttle.withdraw(account, address)
    for user, verdict in matches:
        if verdict.new_hash:
            await _keep_hash(user, verdict.new_hash)
    found = [await _principal(user) for user, _ in matches]
    if len(found) > 1:
        raise SeveralCompanies({principal.tenant_id: principal.tenant for principal in found})
    return found[0]


async def create_user(
    email: str, name: str, password: str = "", *, role: str = "user", language: str = "", person_id: UUID | None = None
) -> User:
    """A user of the tenant in force, who signs in with her address; without a password she cannot yet.

    `role`: key of a system role or id of a custom one. Raises Invalid, Taken, WeakPassword, UnknownRole.
    """
    address = email.strip()
    checked_identifier("email", address, "")
    row = User(
        email=address,
        name=name,
        password_hash=await _new_hash(password, name, address) if password else None,
        **role_columns(role),
        language=language,
        person_id=person_id,
    )
    async with transaction() as unit:
        try:
            async with unit.savepoint():
                await row.save()
        except UniqueViolationError:
            raise Taken(N_("There is a user with the address {address} already."), address=address) from None
        except (CheckViolationError, ForeignKeyViolationError):
            raise UnknownRole from None
        await keep_identifier(row.id, "email", address)
    return row


async def users() -> list[User]:
    """The users of the tenant in force, by e-mail address."""
    return await User.objects().order_by(User.email)


async def set_password(sessions: Sessions, user: User, password: str) -> None:
    """Give a user of the tenant in force a new password; her links and sessions end. Raises WeakPassword."""
    user.password_hash = await _new_hash(password, user.name, user.email)
    async with transaction():
        await user.save([User.password_hash])
        await PasswordLink.delete().where(PasswordLink.user_id == user.id)
        await record("user.password_set", user.id, user.name)
    await sessions.revoke(user.id)


async def change_password(
    sessions: Sessions, throttle: Throttle, user_id: UUID, current: str, new: str, address: str
) -> None:
    """A user's own change: she proves the password that she has, and all her sessions but the caller's end (PRF-2).

    The caller gives the session that goes on a new id. Raises Invalid, WeakPassword, TooManyAttempts.
    """
    await throttle.begin(str(user_id), address, PASSWORD_CHANGE)
    user = await User.objects().get(User.id == user_id)
    assert user is not None, "who is signed in is there"
    if not (await verify_password(user.password_hash or "", current)).matches:
        raise Invalid(N_("This is not the password that you have."), field="current")
    await throttle.withdraw(str(user_id), address, PASSWORD_CHANGE)
    await set_password(sessions, user, new)


async def user_with_email(email: str) -> User:
    """The user of the tenant in force with this address. Raises NoSuchUser."""
    row = await User.objects().where(Lower(User.email) == email.strip().lower()).first()
    if row is None:
        raise NoSuchUser(N_("There is no user with the address {email}."), email=email)
    return row


async def principal_of(user_id: UUID) -> Principal | None:
    """The user as she is now; None when she is gone or switched off, or her tenant is suspended."""
    with system():
        user = await User.objects().where(User.id == user_id, User.active.eq(True), OF_WORKING_TENANT).first()
    return await _principal(user) if user else None


async def current_session(sessions: Sessions, session_id: str) -> Session | None:
    """The session with this id, if its user may still use it.

    Her row is read anew when what the company's users may do has changed since, and at least every CHECK_SECONDS.
    While PostgreSQL is away it is as it was.
    """
    session = await sessions.find(session_id) if session_id else None
    if session is None:
        return None
    stamp = await sessions.stamps.current(session.principal.tenant_id)
    if session.stamp == stamp and time.time() - session.checked < CHECK_SECONDS:
        return session
    try:
        principal = await principal_of(session.principal.user_id)
    except DatabaseUnavailable as error:
        log.warning("could not read user %s again: %s", session.principal.user_id, error)
        return session
    if principal is None:
        await sessions.end(session)
        return None
    return await sessions.update(session, principal, stamp)


async def reread(sessions: Sessions, session: Session) -> Principal:
    """The user of a session as she is after a change of her own, so that her next request knows it already."""
    principal = await principal_of(session.principal.user_id)
    return (await sessions.update(session, principal or session.principal)).principal


async def set_language(principal: Principal, language: str) -> Principal:
    """Keep the user's own choice of language (GEN-12)."""
    with tenant(principal.tenant_id):
        async with transaction():
            await User.update({User.language: language}).where(User.id == principal.user_id)
    return msgspec.structs.replace(principal, language=language)


async def _allowed(user: User, kind: Kind) -> bool:
    """Whether users of this user's company sign in with this kind of identifier."""
    with tenant(user.tenant_id):
        return kind in (await security_settings()).identifiers


async def _principal(user: User) -> Principal:
    with system():
        company = await Tenant.objects().get(Tenant.id == user.tenant_id)
    assert company is not None, "a user has a tenant: there is a foreign key"
    return Principal(
        user_id=user.id,
        tenant_id=user.tenant_id,
        tenant=company.name,
        name=user.name,
        email=user.email,
        role=user.role,
        language=user.language or company.language,
        zone=company.timezone,
        operator=company.operator,
        preferences=read_preferences(user.preferences),
    )


async def _new_hash(password: str, *about: str) -> str:
    """The hash of a password that the company's rules allow. Raises WeakPassword."""
    least = (await security_settings()).password_length
    return await hash_password(checked_password(password, *about, least=least))


async def _keep_hash(user: User, new_hash: str) -> None:
    """Store the password under today's parameters."""
    with tenant(user.tenant_id):
        async with transaction():
            await User.update({User.password_hash: new_hash}).where(User.id == user.id)
