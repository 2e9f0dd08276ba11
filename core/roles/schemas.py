"""Roles as the REST API shows them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from core.roles.answers import Holder, RoleAnswer
from core.roles.explain import Chain, There, Verdict
from core.roles.model import AccessLevel, Area
from core.roles.service import RoleInfo
from core.ui.templating import _

Level = Literal["none", "view", "use", "manage"]
"""How much: each includes the ones before."""


class RoleOut(Struct, frozen=True):
    """A role."""

    key: Annotated[str, Meta(description="Of the system: administrator, team_leader or user; else an id")]
    name: str
    system: Annotated[bool, Meta(description="Of the system: it cannot be changed")]
    levels: Annotated[dict[str, Level], Meta(description="By area; an area that is not named: none")]
    members: Annotated[int, Meta(description="How many users have it, also those switched off")]
    copied_from: Annotated[str, Meta(description="Name of the role that it was made from")]

    @classmethod
    def of(cls, role: RoleInfo) -> "RoleOut":
        """A role, its name in the language of the request."""
        levels = {area: level_name(level) for area, level in role.levels.items()}
        name = _(role.name) if role.system else role.name
        return cls(role.key, name, role.system, levels, role.members, role.copied_from)


class RoleIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A new role."""

    name: str
    copy: Annotated[str, Meta(description="Key of the role whose access it begins with")]


class RoleChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be different; what is not given stays."""

    name: str | UnsetType = UNSET
    levels: Annotated[dict[str, Level], Meta(description="By area; areas that are not named stay")] | UnsetType = UNSET


class FallenBack(Struct, frozen=True):
    """Who had the role that was deleted, and the key of the role that they have now."""

    role: str
    users: list[UUID]


class PermissionOut(Struct, frozen=True):
    """Something that can be allowed, and the lowest level that includes it."""

    key: str
    title: str
    level: Level


class AreaOut(Struct, frozen=True):
    """A part of the product that roles have a level in."""

    key: str
    title: str
    plugin: Annotated[bool, Meta(description="Whether it is a module; else it is a part of the product itself")]
    on: Annotated[bool, Meta(description="Whether the company has it just now; if not, no level gives anything")]
    most: Annotated[Level, Meta(description="The highest level that a role of the company can have here")]
    permissions: list[PermissionOut]

    @classmethod
    def of(cls, area: Area, *, on: bool) -> "AreaOut":
        """An area, its texts in the language of the request."""
        permissions = [
            PermissionOut(one.key, text_of(area, one.title), level_name(one.level)) for one in area.permissions
        ]
        return cls(area.key, text_of(area, area.title), area.plugin, on, level_name(area.most), permissions)


class HolderOut(Struct, frozen=True):
    """A user who may do something. `id`: of her account."""

    id: UUID
    name: str
    email: str
    role: str

    @classmethod
    def of(cls, her: Holder) -> "HolderOut":
        """A user as the API shows her."""
        return cls(her.id, her.name, her.email, her.role)


class AnswerOut(Struct, frozen=True, kw_only=True):
    """The links between a role and a permission, and the answer."""

    permission: str
    title: str
    area: str
    role: Annotated[str, Meta(description="Key of the role")]
    level: Annotated[Level, Meta(description="The role's level in the area")]
    needs: Annotated[Level, Meta(description="The lowest level that includes the permission")]
    there: Annotated[There, Meta(description="Whether the company has the area just now, or why not")]
    allowed: bool
    because: Annotated[Verdict, Meta(description="`allowed`, or the first link that breaks")]


class RoleAnswerOut(AnswerOut, frozen=True):
    """What a role may make of a permission."""

    @classmethod
    def of(cls, answer: RoleAnswer) -> "RoleAnswerOut":
        """The answer for a role."""
        return cls(**_chain(answer.chain), role=answer.role.key)


class UserAnswerOut(AnswerOut, frozen=True):
    """Why a user may do something, or may not."""

    user: Annotated[UUID, Meta(description="Id of her account")]
    name: str
    active: Annotated[bool, Meta(description="Whether she may sign in")]

    @classmethod
    def of(cls, her: Holder, chain: Chain) -> "UserAnswerOut":
        """The answer for a user."""
        return cls(**_chain(chain), role=her.role, user=her.id, name=her.name, active=her.active)


def _chain(chain: Chain) -> dict[str, Any]:
    return {
        "permission": chain.permission.key,
        "title": text_of(chain.area, chain.permission.title),
        "area": chain.area.key,
        "level": level_name(chain.level),
        "needs": level_name(chain.permission.level),
        "there": chain.there,
        "allowed": chain.verdict == "allowed",
        "because": chain.verdict,
    }


def text_of(area: Area, text: str) -> str:
    """A text of an area in the language of the request."""
    return _(text, area.key) if area.plugin else _(text)


def level_name(level: AccessLevel) -> Level:
    """A level as the API names it."""
    names: dict[AccessLevel, Level] = {
        AccessLevel.NONE: "none",
        AccessLevel.VIEW: "view",
        AccessLevel.USE: "use",
        AccessLevel.MANAGE: "manage",
    }
    return names[level]


def level_of(name: Level) -> AccessLevel:
    """The level with this name."""
    return AccessLevel[name.upper()]
