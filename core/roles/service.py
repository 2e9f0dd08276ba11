"""The roles of a company: made by copy, renamed, changed, deleted. Each change is followed by the next request."""

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct
from redis.asyncio import Redis

from core.api.errors import Changed, Invalid
from core.api.texts import N_
from core.audit.service import record
from core.data import transaction
from core.data.errors import UniqueViolationError
from core.identity.errors import UnknownRole
from core.identity.model import USER
from core.identity.stamps import Stamps
from core.identity.tables import User
from core.roles.acting import ensure_covers_levels, ensure_covers_roles
from core.roles.levels import custom_levels, write_levels
from core.roles.members import fall_back, members_by_role
from core.roles.model import SYSTEM_TITLES, AccessLevel, Catalogue
from core.roles.names import checked_name, taken
from core.roles.tables import Role


class RoleInfo(Struct, frozen=True):
    """A role as it is now. `key`: the id, or of a system role its key; then `name` is a gettext id."""

    key: str
    name: str
    levels: Mapping[str, AccessLevel]
    """By area, also of plugins that are off."""
    members: int = 0
    """How many users have it, also those switched off (ROL-8)."""
    version: int = 0
    """0: a system role, which cannot be changed (ROL-2)."""
    copied_from: str = ""

    @property
    def system(self) -> bool:
        return not self.version


async def roles(catalogue: Catalogue) -> list[RoleInfo]:
    """Every role of the tenant in force: the system's (ROL-2), then its own by name."""
    async with transaction(read_only=True):
        counts, levels = await members_by_role(), await custom_levels()
        rows = await Role.objects().order_by(Role.name)
    system = [
        RoleInfo(key, title, catalogue.system_levels(key), counts.get(key, 0)) for key, title in SYSTEM_TITLES.items()
    ]
    return system + [_info(row, levels.get(str(row.id), {}), counts.get(str(row.id), 0)) for row in rows]


async def role(catalogue: Catalogue, key: str) -> RoleInfo:
    """One role. Raises UnknownRole."""
    found = next((one for one in await roles(catalogue) if one.key == key), None)
    if found is None:
        raise UnknownRole
    return found


async def create_role(redis: Redis, catalogue: Catalogue, name: str, copy: str) -> RoleInfo:
    """A role that may do what the role with the key `copy` may (ROL-3, ROL-5), as far as a custom role can.

    What a plugin that is installed later adds it may not do. Raises Invalid, Taken, UnknownRole, NotCovered.
    """
    async with transaction():
        source = await role(catalogue, copy)
        row = Role(name=checked_name(name), copied_from=source.name)
        await _save(row, name)
        levels = {
            area.key: min(source.levels.get(area.key, AccessLevel.NONE), area.most) for area in catalogue.areas.values()
        }
        await ensure_covers_levels(levels)
        await write_levels(row.id, levels)
        await record("role.created", row.id, row.name, after={"copied from": source.name, **_words(levels)})
        await Stamps(redis).changed()
    return _info(row, levels)


async def rename_role(redis: Redis, role_id: UUID, name: str, version: int) -> Role:
    """Give a custom role another name. Raises Invalid, Taken, UnknownRole, Changed."""
    async with transaction():
        row = await _locked(role_id, version)
        before, row.name = row.name, checked_name(name)
        row.version += 1
        await _save(row, name)
        await record("role.changed", row.id, row.name, before={"name": before}, after={"name": row.name})
        await Stamps(redis).changed()
    return row


class NewLevels(Struct, frozen=True):
    """The levels that a role is to have in some areas; `version`: of the role that was read."""

    version: int
    levels: Mapping[str, AccessLevel]


async def change_role(
    redis: Redis,
    catalogue: Catalogue,
    role_id: UUID,
    version: int,
    name: str | None,
    levels: Mapping[str, AccessLevel],
) -> RoleInfo:
    """Give a custom role another name (None: it stays) and these levels, or neither.

    Raises Invalid, Taken, UnknownRole, Changed, NotCovered.
    """
    async with transaction():
        if name is not None:
            version = (await rename_role(redis, role_id, name, version)).version
        await change_levels(redis, catalogue, {role_id: NewLevels(version, levels)})
        return await role(catalogue, str(role_id))


async def change_levels(redis: Redis, catalogue: Catalogue, changes: Mapping[UUID, NewLevels]) -> None:
    """Set levels of custom roles, of all or of none (ROL-6); areas that are not named stay as they are.

    Raises UnknownRole, Changed, NotCovered, Invalid for an area that is none or a level that only administrators have
    (ROL-7).
    """
    for wanted in changes.values():
        for area, level in wanted.levels.items():
            _check(catalogue, area, level)
    async with transaction():
        rows = [await _locked(role_id, wanted.version) for role_id, wanted in sorted(changes.items())]
        stored = await custom_levels()
        for row in rows:
            had, new = stored[str(row.id)], changes[row.id].levels
            before = {area: had.get(area, AccessLevel.NONE) for area in new}
            if before != new:
                await ensure_covers_levels({**had, **new})
                row.version += 1
                await row.save([Role.version])
                await write_levels(row.id, new)
                await record("role.changed", row.id, row.name, before=_words(before), after=_words(new))
        await Stamps(redis).changed()


async def delete_role(redis: Redis, role_id: UUID, version: int) -> list[User]:
    """Delete a custom role; returns its members, who are Users from now on (ROL-4).

    Raises UnknownRole, Changed, NotCovered.
    """
    async with transaction():
        row = await _locked(role_id, version)
        levels = (await custom_levels())[str(role_id)]
        await ensure_covers_roles(USER)
        members = await fall_back(role_id, row.name)
        await row.remove()
        await record("role.deleted", role_id, row.name, before=_words(levels))
        await Stamps(redis).changed()
    return members


async def _locked(role_id: UUID, version: int) -> Role:
    """The role, which nobody else changes, or gives to anybody, until the transaction ends."""
    row = await Role.objects().where(Role.id == role_id).lock_rows("UPDATE").first()
    if row is None:
        raise UnknownRole
    if row.version != version:
        raise Changed
    return row


async def _save(row: Role, name: str) -> None:
    try:
        await row.save()
    except UniqueViolationError:
        raise taken(name) from None


def _check(catalogue: Catalogue, area: str, level: AccessLevel) -> None:
    if area not in catalogue.areas:
        raise Invalid(N_("{area} is no part of the product that roles have access to."), field=area, area=area)
    if level > catalogue.areas[area].most:
        raise Invalid(N_("Only administrators can have this level here."), field=area)


def _info(row: Role, levels: Mapping[str, AccessLevel], members: int = 0) -> RoleInfo:
    return RoleInfo(str(row.id), row.name, levels, members, row.version, row.copied_from)


def _words(levels: Mapping[str, AccessLevel]) -> dict[str, str]:
    """Levels as the audit trail keeps them."""
    return {area: AccessLevel(level).name.lower() for area, level in levels.items()}
