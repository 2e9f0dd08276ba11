"""What the form of a user sends and shows: texts by the names of its fields."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import UNSET, Struct, UnsetType

from core.api.errors import Invalid
from core.api.texts import N_
from core.directory.custom_fields import Fields
from core.directory.user_values import UserChange
from core.directory.users import DeviceRow, UserDetails
from core.ui.templating import current_view

TEXTS = ("first_name", "last_name", "position", "department", "email")
FIELD_NAMES = {
    "first_name": N_("First name"),
    "last_name": N_("Last name"),
    "position": N_("Position"),
    "department": N_("Department"),
    "email": N_("E-mail address"),
    "extension": N_("Extension"),
    "presentation_number": N_("Shown when she calls"),
    "hidden": N_("Hidden from the directory"),
    "tags": N_("Tags"),
    "numbers": N_("Rings at"),
    "role": N_("Role"),
    "active": N_("May sign in"),
}
CUSTOM = "custom."
"""Before the id of a custom field."""


class Difference(Struct, frozen=True):
    """A field in which what was typed is not what there is now."""

    field: str
    typed: str
    now: str


def values_of(user: UserDetails | None) -> dict[str, str]:
    """A user as the form shows her; an empty form for somebody new."""
    if user is None:
        return {}
    return {
        **{name: getattr(user, name) for name in TEXTS},
        "extension": user.extension or "",
        "presentation_number": user.presentation_number or "",
        "hidden": "on" if user.hidden else "",
        "tags": ", ".join(user.tags),
        "numbers": "\n".join(one.address for one in user.devices),
        "role": user.role,
        "active": "" if user.account == "off" else "on",
        **{f"{CUSTOM}{key}": value for key, value in user.custom.items()},
    }


def change_of(form: Mapping[str, str], before: UserDetails | None) -> UserChange:
    """What a form asks for; `before`: the user, None when she is new. A field that was not sent stays.

    Raises Invalid for a custom field that can be none.
    """
    plain: dict[str, Any] = {name: form[name] for name in (*TEXTS, "extension", "presentation_number") if name in form}
    if "tags" in form:
        plain["tags"] = [form["tags"]]
    if "numbers" in form:
        plain["devices"] = _devices(form["numbers"], before)
    has_account = before is not None and before.account_id is not None
    return UserChange(
        **plain,
        custom=custom_of(form),
        hidden=bool(form.get("hidden")),
        role=form.get("role") or UNSET,
        active=bool(form.get("active")) if has_account else UNSET,
    )


def differences(form: Mapping[str, str], now: UserDetails, fields: Fields) -> list[Difference]:
    """Where what she typed is not what somebody else has stored meanwhile; custom fields by their titles."""
    found = []
    for name, value in values_of(now).items():
        typed = form.get(name, "")
        if typed.split() != value.split():
            key = name.removeprefix(CUSTOM)
            custom = name.startswith(CUSTOM)
            title, shown = (fields.title(key), fields.text(key, value)) if custom else (name, value)
            found.append(Difference(title, typed, shown))
    return found


def moment(text: str) -> datetime | None:
    """A time of a form in the zone of the request; None for nothing. Raises Invalid."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(current_view().zone)) if text else None
    except ValueError:
        raise Invalid(N_("{text} is no time: write it as 2026-11-25T08:00."), field="until", text=text[:40]) from None


def custom_of(form: Mapping[str, str]) -> dict[UUID, str] | UnsetType:
    """What a form says of custom fields. Raises Invalid for one that can be none."""
    return {_id(name): text for name, text in form.items() if name.startswith(CUSTOM)} or UNSET


def _id(name: str) -> UUID:
    """The custom field that a field of the form is for."""
    try:
        return UUID(name.removeprefix(CUSTOM))
    except ValueError:
        raise Invalid(N_("There is no custom field {key}."), key=name.removeprefix(CUSTOM)[:40]) from None


def _devices(text: str, before: UserDetails | None) -> list[DeviceRow]:
    """One address a line, in the order in which they ring; what else is known of one that was there stays so."""
    known = {one.address: one for one in before.devices} if before else {}
    addresses = [line.strip() for line in text.splitlines() if line.strip()]
    return [
        known.get(one) or DeviceRow("sip" if one.startswith(("sip:", "sips:")) else "number", one) for one in addresses
    ]
