"""Access levels and permissions: what a role needs in order to do something in a plugin (ROL)."""

from enum import IntEnum

from msgspec import Struct


class AccessLevel(IntEnum):
    """How much a role may do in a plugin; each level includes the ones below."""

    NONE = 0
    VIEW = 1
    USE = 2
    MANAGE = 3


class Permission(Struct, frozen=True):
    """Something that can be allowed: its key (begins with the plugin's name), its title (a gettext id)
    and the lowest level that includes it. `administrators_only`: no role that a company makes has the level MANAGE
    in the plugin (ROL-7); the permission's own level is MANAGE."""

    key: str
    title: str
    level: AccessLevel
    administrators_only: bool = False


PUBLIC = "public"
"""In a route's `opt["permission"]`: reachable without signing in."""
