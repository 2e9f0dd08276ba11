"""Roles: what each may do, as an access level for each area of the product."""

from collections.abc import Mapping

from core.api.access import PUBLIC, AccessLevel, Permission
from core.api.texts import N_

__all__ = ["PERMISSIONS", "PUBLIC", "SIGNED_IN", "SYSTEM_ROLES", "AccessLevel", "Permission", "allows", "level_of"]

SIGNED_IN = "signed_in"
"""Declared by a route about nobody but the one who asks: sign out, own language."""

PERMISSIONS = {
    permission.key: permission
    for permission in (
        Permission("live.view", N_("Follow calls, queues and people live"), AccessLevel.VIEW),
        Permission("calls.view", N_("Read the call log"), AccessLevel.VIEW),
        Permission("queues.view", N_("See the state of the queues"), AccessLevel.VIEW),
        Permission("schedules.view", N_("See opening hours"), AccessLevel.VIEW),
        Permission("schedules.manage", N_("Change opening hours"), AccessLevel.MANAGE),
        Permission("audit.view", N_("Read the audit trail"), AccessLevel.VIEW),
        Permission("numbers.view", N_("See the company's numbers"), AccessLevel.VIEW),
        Permission("numbers.manage", N_("Change the company's numbers"), AccessLevel.MANAGE),
        Permission("platform.view", N_("See the companies of the installation"), AccessLevel.VIEW),
        Permission("platform.manage", N_("Change the companies of the installation"), AccessLevel.MANAGE),
    )
}
"""Permissions of core. The part before the dot is the area: of core, or a plugin's name."""

OPERATOR_AREA = "platform"
"""The area that only the operator's own tenant has: in any other no role, however made, gives access to it."""

AREAS = tuple(dict.fromkeys(key.partition(".")[0] for key in PERMISSIONS))
"""Areas of core."""

SYSTEM_ROLES: Mapping[str, Mapping[str, AccessLevel]] = {
    "administrator": dict.fromkeys(AREAS, AccessLevel.MANAGE),
    "team_leader": {"live": AccessLevel.USE, "calls": AccessLevel.VIEW, "queues": AccessLevel.USE},
    "user": {"live": AccessLevel.VIEW, "queues": AccessLevel.VIEW},
}
"""ROL-2: role → area → level. These cannot be changed."""

PLUGIN_LEVELS = {"administrator": AccessLevel.MANAGE, "team_leader": AccessLevel.USE, "user": AccessLevel.USE}
"""What the system roles may do in a plugin that is on for their tenant."""


def area(permission: str) -> str:
    """The part of the product that a permission belongs to."""
    return permission.partition(".")[0]


def level_of(role: str, area: str, *, plugin: bool = False) -> AccessLevel:
    """The access level of a role in an area; NONE for a role or area that nobody knows."""
    if plugin:
        return PLUGIN_LEVELS.get(role, AccessLevel.NONE)
    return SYSTEM_ROLES.get(role, {}).get(area, AccessLevel.NONE)


def allows(role: str, permission: str, more: Mapping[str, Permission] | None = None, *, operator: bool = False) -> bool:
    """Whether the role has the permission: of core, or of `more` (those of plugins).

    `operator`: the role is one of the operator's own tenant. An unknown permission is had by nobody.
    """
    if area(permission) == OPERATOR_AREA and not operator:
        return False
    if permission == SIGNED_IN:
        return role in SYSTEM_ROLES
    if wanted := PERMISSIONS.get(permission):
        return level_of(role, area(permission)) >= wanted.level
    wanted = (more or {}).get(permission)
    return wanted is not None and level_of(role, area(permission), plugin=True) >= wanted.level
