"""Roles: what each may do, as an access level for each area of the product."""

from enum import IntEnum

from msgspec import Struct


class AccessLevel(IntEnum):
    """How much a role may do in an area; each level includes those below it."""

    NONE = 0
    VIEW = 1
    USE = 2
    MANAGE = 3


class Permission(Struct, frozen=True):
    """Something a route asks for. `area` is the part of the product (a plugin's name for plugins);
    `level` is the access level that grants it."""

    key: str
    area: str
    level: AccessLevel


PUBLIC = "public"
"""Declared by a route that anybody may ask, signed in or not."""
SIGNED_IN = "signed_in"
"""Declared by a route about nobody but the one who asks: sign out, own language."""

PERMISSIONS = {
    permission.key: permission
    for permission in (
        Permission("live.view", "live", AccessLevel.VIEW),
        Permission("calls.view", "calls", AccessLevel.VIEW),
        Permission("queues.view", "queues", AccessLevel.VIEW),
    )
}
"""Permissions of core. Those of plugins come with their manifests."""

_ADMINISTRATOR = dict.fromkeys(("live", "calls", "queues"), AccessLevel.MANAGE)
_TEAM_LEADER = {"live": AccessLevel.USE, "calls": AccessLevel.VIEW, "queues": AccessLevel.USE}
_USER = {"live": AccessLevel.VIEW, "calls": AccessLevel.NONE, "queues": AccessLevel.VIEW}

SYSTEM_ROLES = {"administrator": _ADMINISTRATOR, "team_leader": _TEAM_LEADER, "user": _USER}
"""ROL-2: role → area → level. These cannot be changed."""


def level_of(role: str, area: str) -> AccessLevel:
    """The access level of a role in an area; NONE for a role or area that nobody knows."""
    return SYSTEM_ROLES.get(role, {}).get(area, AccessLevel.NONE)


def allows(role: str, permission: str) -> bool:
    """Whether the role has the permission. An unknown permission is had by nobody."""
    if permission == SIGNED_IN:
        return role in SYSTEM_ROLES
    wanted = PERMISSIONS.get(permission)
    return wanted is not None and level_of(role, wanted.area) >= wanted.level
