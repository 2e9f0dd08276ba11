"""Who has which role: exactly one each (ROL-4), and one administrator at least."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from redis.asyncio import Redis

from core.audit.service import record
from core.data import current_tenant, transaction
from core.data.errors import CheckViolationError, ForeignKeyViolationError
from core.identity.errors import UnknownRole
from core.identity.model import USER
from core.identity.stamps import Stamps
from core.identity.tables import ROLE, User, role_columns
from core.roles.errors import LastAdministrator
from core.roles.model import ADMINISTRATOR, SYSTEM_TITLES
from core.roles.tables import Role
from core.ui.templating import _


async def ensure_an_administrator_remains() -> None:
    """Raise LastAdministrator unless an active user of the tenant in force is an administrator.

    Call it in the transaction of whatever takes administrators away (another role, switched off, deleted), after the
    change and as the last thing in it: those that do so at once wait here for each other, so the last one is refused.
    """
    async with transaction() as unit:
        await unit.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('administrators of ' || $1, 0))", str(current_tenant())
        )
        remains = await User.exists().where(User.system_role == ADMINISTRATOR, User.active.eq(True))
    if not remains:
        raise LastAdministrator


async def assign(redis: Redis, role: str, users: Collection[UUID]) -> int:
    """Give users of the tenant in force a role instead of the one they have; how many got another one.

    Followed by their next requests. Raises UnknownRole, LastAdministrator. Users that are gone are passed over.
    """
    async with transaction():
        rows = await User.objects().where(User.id.is_in(list(users))).order_by(User.id).lock_rows("UPDATE")
        changed = [user for user in rows if user.role != role]
        if not changed:
            return 0
        columns = role_columns(role)
        try:
            await User.update(columns).where(User.id.is_in([user.id for user in changed]))
        except (CheckViolationError, ForeignKeyViolationError):
            raise UnknownRole from None
        names = await role_names()
        await _record(changed, names, names[role])
        await Stamps(redis).changed()
        if any(user.system_role == ADMINISTRATOR and user.active for user in changed):
            await ensure_an_administrator_remains()
    return len(changed)


async def role_names() -> dict[str, str]:
    """Key of a role → its name: of a system role the gettext id of its title."""
    custom = await Role.select(Role.id, Role.name).order_by(Role.name)
    return {**SYSTEM_TITLES, **{str(row["id"]): row["name"] for row in custom}}


async def translated_roles() -> dict[str, str]:
    """Key of a role → its name; that of a system role in the language of the request."""
    return {key: _(name) if key in SYSTEM_TITLES else name for key, name in (await role_names()).items()}


async def members_by_role() -> dict[str, int]:
    """Key of a role → how many users of the tenant in force have it (ROL-8)."""
    async with transaction(read_only=True) as unit:
        rows = await unit.fetch(f"SELECT {ROLE} AS role, count(*) FROM user_account u GROUP BY 1")  # noqa: S608
    return {row["role"]: row["count"] for row in rows}


async def fall_back(role_id: UUID, name: str) -> list[User]:
    """The members of a custom role that is about to be deleted, by name; the trail says that they become Users.

    Its row is locked, so nobody is given it meanwhile; deleting it makes them Users (ROL-4).
    """
    members = await User.objects().where(User.custom_role_id == role_id).order_by(User.name)
    await _record(members, {str(role_id): name}, SYSTEM_TITLES[USER])
    return members


async def _record(users: Sequence[User], before: Mapping[str, str], after: str) -> None:
    """Say of each user that she has the role called `after` instead of her own, whose name `before` has."""
    for user in users:
        await record("user.role_changed", user.id, user.name, before={"role": before[user.role]}, after={"role": after})
