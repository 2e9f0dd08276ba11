"""What can be said of a user, and whether it may be: checked before it is stored."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from core.api.errors import Invalid, Problems
from core.api.texts import N_
from core.directory import model
from core.directory.custom_fields import Fields
from core.directory.model import TransferMethod
from core.directory.numbering import Numbering
from core.directory.users import DeviceRow, UserDetails
from core.identity.errors import UnknownRole


class UserChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different; what is not given stays."""

    first_name: str | UnsetType = UNSET
    last_name: str | UnsetType = UNSET
    position: str | UnsetType = UNSET
    department: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    """Also what she signs in with, if she has an account."""
    extension: str | UnsetType | None = UNSET
    presentation_number: str | UnsetType | None = UNSET
    """Shown to those she calls; null: the company's."""
    allowed_numbers: list[str] | UnsetType = UNSET
    """The numbers of the company that she may present; none: all of them."""
    hidden: bool | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    custom: dict[UUID, str] | UnsetType = UNSET
    """Id of a custom field → its value, "" for none; fields that are not given stay."""
    devices: list[DeviceRow] | UnsetType = UNSET
    transfer_method: TransferMethod | UnsetType = UNSET
    ring_in_order: bool | UnsetType = UNSET
    """Her devices ring one after the other, else all at once (PRF-5)."""
    shares_outgoing: bool | UnsetType = UNSET
    role: str | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    """False: she cannot sign in, and is signed out at once."""


class Values(Struct, frozen=True):
    """A change, checked: column of the entry → value, and what goes elsewhere."""

    columns: dict[str, Any]
    devices: list[DeviceRow] | None
    role: str | None
    active: bool | None


def checked(
    change: UserChange, before: UserDetails | None, fields: Fields, numbers: Numbering, roles: Collection[str]
) -> Values:
    """The change as it can be stored; `before`: the user, None when she is new;
    `roles`: the keys of those that there are.

    Raises Invalid, of several fields at once when several are wrong.
    """
    given = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
    columns: dict[str, Any] = {}
    problems = Problems()
    for name in ("first_name", "last_name", "position", "department"):
        if name in given:
            with problems.of(name):
                columns[name] = model.checked_text(given[name])
    for name in ("hidden", "transfer_method", "ring_in_order", "shares_outgoing"):
        if name in given:
            columns[name] = given[name]
    if columns.get("transfer_method", "assisted") not in model.TRANSFER_METHODS:
        problems.add(Invalid(N_("Choose one of the ways to transfer."), field="transfer_method"))
    if "email" in given:
        with problems.of("email"):
            columns["email"] = model.checked_email(given["email"])
    if "extension" in given:
        with problems.of("extension"):
            columns["extension"] = model.checked_extension(given["extension"] or "", numbers.regions)
    if "tags" in given:
        with problems.of("tags"):
            columns["tags"] = model.checked_tags(given["tags"])
    if "custom" in given:
        columns["custom"] = _custom(given["custom"], before, fields, problems)
    columns |= _presented(given, before, numbers, problems)
    devices = _devices(given["devices"], numbers, problems) if "devices" in given else None
    _named(columns, before, problems)
    if "role" in given and given["role"] not in roles:
        problems.add(UnknownRole())
    _account(given, columns, before, problems)
    problems.check()
    return Values(columns, devices, given.get("role"), given.get("active"))


def _named(columns: dict[str, Any], before: UserDetails | None, problems: Problems) -> None:
    """A user has a name."""
    names = [columns.get(name, getattr(before, name, "")) for name in ("first_name", "last_name")]
    if not any(names):
        problems.add(Invalid(N_("Enter a first name or a last name."), field="first_name"))


def _account(given: dict[str, Any], columns: dict[str, Any], before: UserDetails | None, problems: Problems) -> None:
    """Who signs in has a role, and an address."""
    signs_in = "role" in given or (before is not None and before.account_id is not None)
    asked = "role" in given or "email" in given
    if signs_in and asked and not columns.get("email", before.email if before else ""):
        problems.add(Invalid(N_("Enter an e-mail address: who signs in needs one."), field="email"))
    if "active" in given and "role" not in given and (before is None or before.account_id is None):
        problems.add(Invalid(N_("She has no account: give her a role first."), field="active"))


def _custom(given: dict[UUID, str], before: UserDetails | None, fields: Fields, problems: Problems) -> str:
    """The custom fields' values after the change, as JSON."""
    values = dict(before.custom) if before else {}
    for key, text in given.items():
        with problems.of(f"custom.{key}"):
            if value := fields.checked(key, text):
                values[str(key)] = value
            else:
                values.pop(str(key), None)
    return msgspec.json.encode(values).decode()


def _presented(
    given: dict[str, Any], before: UserDetails | None, numbers: Numbering, problems: Problems
) -> dict[str, Any]:
    """The number she presents is the company's, and one that she may present (USR-5, PRF-4)."""
    columns: dict[str, Any] = {}
    if "allowed_numbers" in given:
        columns["allowed_numbers"] = allowed = list(dict.fromkeys(given["allowed_numbers"]))
        for foreign in [one for one in allowed if one not in numbers.own]:
            problems.add(
                Invalid(N_("{number} is not a number of the company."), field="allowed_numbers", number=foreign[:40])
            )
    if "presentation_number" in given:
        columns["presentation_number"] = given["presentation_number"] or None
    number = columns.get("presentation_number", before.presentation_number if before else None)
    if number and columns:
        allowed = columns.get("allowed_numbers", before.allowed_numbers if before else ())
        if number not in (allowed or numbers.own) or number not in numbers.own:
            problems.add(
                Invalid(
                    N_("{number} is none of the numbers that may be presented here."),
                    field="presentation_number",
                    number=number[:40],
                )
            )
    return columns


def _devices(given: list[DeviceRow], numbers: Numbering, problems: Problems) -> list[DeviceRow]:
    """Her devices in their order, each address once."""
    found: dict[str, DeviceRow] = {}
    for place, device in enumerate(given):
        with problems.of(f"devices.{place}"):
            address = model.checked_address(device.kind, device.address, numbers.region)
            name = model.checked_text(device.name, most=model.LONGEST_TAG)
            seconds = model.checked_ring_seconds(device.ring_seconds)
            found.setdefault(address, DeviceRow(device.kind, address, device.enabled, name, seconds))
    if len(found) > model.MOST_DEVICES:
        problems.add(Invalid(N_("At most {most} devices, please."), field="devices", most=model.MOST_DEVICES))
    return list(found.values())
