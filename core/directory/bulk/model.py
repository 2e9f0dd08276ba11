"""What is done to many users at once, and what comes of it for each; no I/O."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct

from core.api.errors import Refused
from core.directory.presence import Availability
from core.directory.user_values import UserChange
from core.directory.users import UserDetails, UserFilter

MOST = 10_000
"""Users of one batch."""


class Act(Struct, frozen=True, tag_field="act", forbid_unknown_fields=True):
    """Something that is done to one user."""


class SetRole(Act, frozen=True, tag="role"):
    """She gets this role (USR-8); one without an account gets one, if she has an e-mail address."""

    role: str


class SetHidden(Act, frozen=True, tag="hidden"):
    """She is hidden from the directory, or shown in it (DIR-7)."""

    hidden: bool


class AddTags(Act, frozen=True, tag="add_tags"):
    """She has these tags as well (USR-7)."""

    tags: list[str]


class RemoveTags(Act, frozen=True, tag="remove_tags"):
    """She has these tags no longer, whatever their case (USR-7)."""

    tags: list[str]


class SetAvailability(Act, frozen=True, tag="availability"):
    """She is available so (USR-4)."""

    availability: Availability


class Invite(Act, frozen=True, tag="invite"):
    """She is sent a link to her first password."""


class Remove(Act, frozen=True, tag="remove"):
    """She is removed, with her account."""


class Add(Act, frozen=True, tag="add"):
    """A new user; `invite`: she is sent a link to her first password."""

    change: UserChange
    invite: bool = False


class Put(Act, frozen=True, tag="put"):
    """She is changed so. `version`: nobody else has changed her since that one; None: whatever it is."""

    change: UserChange
    version: int | None = None


class Discard(Act, frozen=True, tag="discard"):
    """She was added and is removed again, unless she has been changed or has chosen a password since."""

    version: int


BulkAct = SetRole | SetHidden | AddTags | RemoveTags | SetAvailability | Invite | Remove
"""What can be asked for."""
AnyAct = BulkAct | Add | Put | Discard
"""What a batch is made of."""


class Result(StrEnum):
    """What comes of a batch for one user. A fixed list: screens translate it."""

    ADDED = "added"
    CHANGED = "changed"
    INVITED = "invited"
    REMOVED = "removed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Why(Struct, frozen=True):
    """A reason that can be told in every language: a gettext id with {placeholders}, and what fills them."""

    code: str
    message: str
    values: dict[str, str] = {}
    field: str = ""

    @classmethod
    def of(cls, error: Refused) -> tuple["Why", ...]:
        """The reasons that an error stands for."""
        return tuple(
            cls(one.code, one.message, {name: str(value) for name, value in one.values.items()}, one.field)
            for one in error.all
        )

    @property
    def text(self) -> str:
        """In English."""
        return self.message.format(**self.values)


def change_of(act: AnyAct, before: UserDetails | None) -> UserChange | None:
    """The change that an act makes of a user; None for one that changes no details of hers."""
    match act:
        case SetRole(role=role):
            return UserChange(role=role)
        case SetHidden(hidden=hidden):
            return UserChange(hidden=hidden)
        case AddTags(tags=tags) if before:
            return UserChange(tags=[*before.tags, *tags])
        case RemoveTags(tags=tags) if before:
            gone = {tag.strip().casefold() for tag in tags}
            return UserChange(tags=[tag for tag in before.tags if tag.casefold() not in gone])
        case Put(change=change) | Add(change=change):
            return change
    return None


def reverse_of(change: UserChange, before: UserDetails) -> UserChange:
    """The change that brings back what she was. An account that she got stays, and her password with it."""
    given = {name for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
    values: dict[str, Any] = {name: getattr(before, name) for name in given - {"custom", "role", "active"}}
    for name in ("tags", "devices", "allowed_numbers"):
        if name in values:
            values[name] = list(values[name])
    if isinstance(change.custom, dict):
        values["custom"] = {key: before.custom.get(str(key), "") for key in change.custom}
    if before.account_id is not None:
        if "role" in given:
            values["role"] = before.role
        if "active" in given:
            values["active"] = before.account != "off"
    return UserChange(**values)


def same(before: UserDetails, after: UserDetails) -> bool:
    """Whether nothing of hers is different."""
    return _plain(before) == _plain(after)


def _plain(of: UserDetails) -> Mapping[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(of).items() if name != "version"}


class Chosen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom it is about: those with these ids, or all that fit a filter."""

    ids: list[UUID] = []
    matching: UserFilter | None = None


class Step(Struct, frozen=True, array_like=True):
    """One field of a user before and after; custom ones by their titles, others by their names."""

    field: str
    before: str
    after: str


class Prediction(Struct, frozen=True):
    """What would come of an act for a user."""

    result: Result
    why: tuple[Why, ...] = ()
    steps: tuple[Step, ...] = ()


class Done(Struct, frozen=True):
    """What came of an act. `undo`: what brings back what was; None: it cannot be, or need not."""

    result: Result
    person_id: UUID | None = None
    label: str = ""
    undo: AnyAct | None = None
    why: tuple[Why, ...] = ()
