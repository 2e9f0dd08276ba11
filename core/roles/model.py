"""Roles: what each may do, as an access level for each area of the product. Pure: no I/O."""

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from core.api.access import PUBLIC, AccessLevel, Permission
from core.api.manifest import Manifest
from core.api.texts import N_
from core.identity.model import USER

__all__ = ["PUBLIC", "AccessLevel", "Permission"]

SIGNED_IN = "signed_in"
"""Declared by a route about nobody but the one who asks: sign out, own language."""

PERMISSIONS = {
    permission.key: permission
    for permission in (
        Permission("live.view", N_("Follow calls, queues and people live"), AccessLevel.VIEW),
        Permission("calls.view", N_("Read the call log"), AccessLevel.VIEW),
        Permission("queues.view", N_("See the state of the queues"), AccessLevel.VIEW),
        Permission("flows.view", N_("See call flows"), AccessLevel.VIEW),
        Permission("flows.manage", N_("Change call flows, and choose which one answers"), AccessLevel.MANAGE),
        Permission("schedules.view", N_("See opening hours"), AccessLevel.VIEW),
        Permission("schedules.manage", N_("Change opening hours"), AccessLevel.MANAGE),
        Permission("sounds.view", N_("See and hear the company's sounds"), AccessLevel.VIEW),
        Permission("sounds.manage", N_("Add, change and remove sounds"), AccessLevel.MANAGE),
        Permission("users.view", N_("See the company's users"), AccessLevel.VIEW),
        Permission("users.manage", N_("Add, change and remove users"), AccessLevel.MANAGE),
        Permission("audit.view", N_("Read the audit trail"), AccessLevel.VIEW),
        Permission("modules.view", N_("See the company's modules"), AccessLevel.VIEW),
        Permission("modules.manage", N_("Switch modules on and off, purge their data"), AccessLevel.MANAGE),
        Permission("numbers.view", N_("See the company's numbers"), AccessLevel.VIEW),
        Permission("numbers.manage", N_("Change the company's numbers"), AccessLevel.MANAGE),
        Permission("security.view", N_("See how users sign in"), AccessLevel.VIEW),
        Permission("security.manage", N_("Decide how users sign in"), AccessLevel.MANAGE),
        Permission("exports.manage", N_("Export everything that the company has"), AccessLevel.MANAGE, True),
        Permission("retention.view", N_("See for how long data is kept"), AccessLevel.VIEW),
        Permission("retention.manage", N_("Decide for how long data is kept"), AccessLevel.MANAGE),
        Permission("roles.view", N_("See the roles and who may what"), AccessLevel.VIEW),
        Permission("roles.manage", N_("Make and change roles"), AccessLevel.MANAGE),
        Permission("platform.view", N_("See the companies of the installation"), AccessLevel.VIEW),
        Permission("platform.manage", N_("Change the companies of the installation"), AccessLevel.MANAGE),
    )
}
"""Permissions of core. The part before the dot is the area: of core, or a plugin's name."""

AREAS = {
    "live": N_("Live"),
    "calls": N_("Call log"),
    "queues": N_("Queues"),
    "flows": N_("Call flows"),
    "schedules": N_("Opening hours"),
    "sounds": N_("Sounds"),
    "users": N_("Users"),
    "audit": N_("Audit trail"),
    "modules": N_("Modules"),
    "numbers": N_("Numbers"),
    "security": N_("Security"),
    "exports": N_("Export"),
    "retention": N_("Retention"),
    "roles": N_("Roles"),
    "platform": N_("Companies of the installation"),
}
"""Areas of core and their titles: one for each permission."""

OPERATOR_AREA = "platform"
"""The area that only the operator's own tenant has: in any other no role, however made, gives access to it."""

LEVEL_TITLES = {
    AccessLevel.NONE: N_("No access"),
    AccessLevel.VIEW: N_("View"),
    AccessLevel.USE: N_("Use"),
    AccessLevel.MANAGE: N_("Manage"),
}

ADMINISTRATOR = "administrator"
TEAM_LEADER = "team_leader"

SYSTEM_ROLES: Mapping[str, Mapping[str, AccessLevel]] = {
    ADMINISTRATOR: dict.fromkeys(AREAS, AccessLevel.MANAGE),
    TEAM_LEADER: {"live": AccessLevel.USE, "calls": AccessLevel.VIEW, "queues": AccessLevel.USE},
    USER: {"live": AccessLevel.VIEW, "queues": AccessLevel.VIEW},
}
"""ROL-2: role → area of core → level. These cannot be changed."""

SYSTEM_TITLES = {ADMINISTRATOR: N_("Administrator"), TEAM_LEADER: N_("Team leader"), USER: N_("User")}

SYSTEM_PLUGIN_LEVELS = {
    ADMINISTRATOR: AccessLevel.MANAGE,
    TEAM_LEADER: AccessLevel.USE,
    USER: AccessLevel.USE,
}
"""What the system roles may do in a plugin that is on for their tenant."""

MOST_FOR_CUSTOM_ROLES = {"roles": AccessLevel.VIEW, "queues": AccessLevel.USE}
"""ROL-7: what of core only administrators may do; in any other of its areas a custom role can have every level.

Whoever changes users gives them roles, but never one that gives more than she has (core.roles.acting).
"""


class Area(Struct, frozen=True):
    """A part of the product that roles have a level in: of core, or a plugin. `title`: a gettext id, of its domain."""

    key: str
    title: str
    permissions: tuple[Permission, ...]
    plugin: bool = False

    @property
    def most(self) -> AccessLevel:
        """The highest level that a custom role can have here (ROL-7)."""
        reserved = any(permission.administrators_only for permission in self.permissions)
        return AccessLevel.USE if reserved else MOST_FOR_CUSTOM_ROLES.get(self.key, AccessLevel.MANAGE)

    def gives(self, level: AccessLevel) -> frozenset[str]:
        """Keys of the permissions that a level includes."""
        return frozenset(permission.key for permission in self.permissions if permission.level <= level)


class Access(Struct, frozen=True):
    """What somebody may do just now: the level in each area that her company has, and the permissions it includes."""

    role: str
    levels: Mapping[str, AccessLevel]
    permissions: frozenset[str]

    def allows(self, permission: str) -> bool:
        """Whether the permission is had. One that nobody knows is had by nobody."""
        return permission in self.permissions

    def covers(self, other: "Access") -> bool:
        """Whether everything that `other` allows is allowed here too."""
        return other.permissions <= self.permissions

    def only(self, permissions: Collection[str]) -> "Access":
        """No more than these permissions of it: what an API token was made for."""
        kept = self.permissions & frozenset(permissions)
        return Access(self.role, self.levels, kept | {PUBLIC})


NOBODY = Access("", {}, frozenset({PUBLIC}))
"""What a stranger may do."""


class Catalogue:
    """Everything that can be allowed: the areas of core, then the loaded plugins in the order of their names."""

    def __init__(self, manifests: Iterable[Manifest] = ()) -> None:
        self.permissions: dict[str, Permission] = dict(PERMISSIONS)
        self.areas: dict[str, Area] = {}
        for key, title in AREAS.items():
            own = tuple(permission for permission in PERMISSIONS.values() if area_of(permission.key) == key)
            self.areas[key] = Area(key, title, own)
        for manifest in sorted(manifests, key=lambda manifest: manifest.name):
            self.permissions |= {permission.key: permission for permission in manifest.permissions}
            if manifest.permissions:
                self.areas[manifest.name] = Area(manifest.name, manifest.title, manifest.permissions, plugin=True)

    def areas_of(self, on: Collection[str], *, operator: bool = False) -> list[Area]:
        """The areas that a tenant has: with the plugins that are `on`; the platform's if it is the operator's."""
        return [
            area
            for area in self.areas.values()
            if (area.key in on if area.plugin else operator or area.key != OPERATOR_AREA)
        ]

    def system_levels(self, role: str) -> dict[str, AccessLevel]:
        """The level of a system role in every area; empty for a role that is none."""
        if role not in SYSTEM_ROLES:
            return {}
        own, in_plugins = SYSTEM_ROLES[role], SYSTEM_PLUGIN_LEVELS[role]
        return {
            area.key: in_plugins if area.plugin else own.get(area.key, AccessLevel.NONE) for area in self.areas.values()
        }

    def access(
        self, role: str, levels: Mapping[str, AccessLevel], on: Collection[str], *, operator: bool = False
    ) -> Access:
        """What a role with these levels may do in a tenant. A level in what the tenant does not have gives nothing."""
        had = {area.key: levels.get(area.key, AccessLevel.NONE) for area in self.areas_of(on, operator=operator)}
        given = (self.areas[key].gives(level) for key, level in had.items())
        return Access(role, had, frozenset({PUBLIC, SIGNED_IN}).union(*given))


def area_of(permission: str) -> str:
    """The part of the product that a permission belongs to."""
    return permission.partition(".")[0]
