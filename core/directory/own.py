"""What a user settles for herself: what is always hers, and those of her details that her company lets her change."""

from collections.abc import Sequence
from typing import Any, Literal, get_args
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from core.api.errors import Changed, Invalid, Problems
from core.api.texts import N_
from core.audit.service import record
from core.data import transaction
from core.directory.errors import NotYours
from core.directory.model import TransferMethod
from core.directory.numbering import Numbering, numbering
from core.directory.user_changes import change_user
from core.directory.user_values import UserChange
from core.directory.users import DeviceRow, UserDetails, user
from core.identity import service as identity
from core.identity.model import Principal
from core.identity.sessions import Sessions
from core.tenancy.service import read_settings, write_settings
from core.ui.translations import LANGUAGES

OWNER = "self_service"

Detail = Literal["first_name", "last_name", "position", "department", "tags", "custom"]
"""A detail that a company may leave to its users; `custom`: all its custom fields. What one signs in with is none."""
DETAILS: tuple[Detail, ...] = get_args(Detail)


class SelfService(Struct, frozen=True):
    """Settings of a tenant: the details that each user changes herself. Names and departments are not at first:
    reports go by them."""

    details: tuple[Detail, ...] = ("position", "tags")
    version: int = 0


class OwnChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different about the one who asks; what is not given stays."""

    first_name: str | UnsetType = UNSET
    last_name: str | UnsetType = UNSET
    position: str | UnsetType = UNSET
    department: str | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    custom: dict[UUID, str] | UnsetType = UNSET
    """Id of a custom field → its value, "" for none; fields that are not given stay."""
    presentation_number: str | UnsetType | None = UNSET
    """Shown to those she calls, one of `numbers`; null: the company's (PRF-4)."""
    devices: list[DeviceRow] | UnsetType = UNSET
    """All of hers, in their order. SIP addresses are set up by administrators: here they neither come nor go."""
    ring_in_order: bool | UnsetType = UNSET
    """Her devices ring one after the other, else all at once (PRF-5)."""
    transfer_method: TransferMethod | UnsetType = UNSET
    """How she transfers a call when she does not say how (PRF-6)."""
    shares_outgoing: bool | UnsetType = UNSET
    """Her colleagues may see the calls that she makes (PRF-9, OUT-3)."""
    language: str | UnsetType = UNSET
    """GEN-12."""


class MyProfile(UserDetails, frozen=True, kw_only=True):
    """All that is known of the one who asks, and what she may choose from."""

    language: str
    may_change: tuple[Detail, ...]
    """Of her details."""
    numbers: tuple[str, ...]
    """The numbers of the company that she may present (PRF-4)."""


async def my_profile(me: Principal) -> MyProfile:
    """Herself."""
    found = await user(me.user_id)
    return MyProfile(
        **msgspec.structs.asdict(found),
        language=me.language,
        may_change=(await self_service()).details,
        numbers=tuple(presentable(found, await numbering())),
    )


def presentable(of: UserDetails, numbers: Numbering) -> dict[str, str]:
    """The numbers that a user may present, each with what the company calls it (PRF-4)."""
    return {number: label for number, label in numbers.own.items() if number in (of.allowed_numbers or numbers.own)}


async def change_own(me: Principal, change: OwnChange, sessions: Sessions, *, version: int | None = None) -> None:
    """Change what is one's own; `version`: the one that was read, None: whatever it is.

    Raises Changed, Taken; NotYours for a detail that the company keeps to itself; Invalid, also for a number that
    she may not present.
    """
    given: dict[str, Any] = {
        name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET
    }
    may = (await self_service()).details
    language = given.pop("language", UNSET)
    problems = Problems()
    for name in DETAILS:
        if name in given and name not in may:
            problems.add(NotYours(field=name))
    if "devices" in given:
        _same_sip_addresses(given["devices"], (await user(me.user_id)).devices, problems)
    if language is not UNSET and language not in LANGUAGES:
        problems.add(Invalid(N_("Choose one of the languages."), field="language"))
    problems.check()
    async with transaction():
        if given or version is not None:
            await change_user(me.user_id, UserChange(**given), sessions, version=version)
        if language is not UNSET:
            await identity.set_language(me, language)
            await record(
                "user.changed", me.user_id, me.name, before={"language": me.language}, after={"language": language}
            )


def _same_sip_addresses(given: Sequence[DeviceRow], before: Sequence[DeviceRow], problems: Problems) -> None:
    """A number is hers to add: the company's limits hold for it. A SIP address could be anything in its network."""
    had = {one.address for one in before if one.kind == "sip"}
    for place, one in enumerate(given):
        if one.kind == "sip" and one.address not in had:
            problems.add(NotYours(field=f"devices.{place}"))
    if had - {one.address for one in given}:
        problems.add(NotYours(field="devices"))


async def self_service() -> SelfService:
    """What the tenant in force lets its users change."""
    return await read_settings(OWNER, SelfService)


async def change_self_service(details: tuple[Detail, ...], version: int) -> SelfService:
    """Let users change these details themselves, and no others. Raises Changed."""
    async with transaction() as unit:
        await unit.execute("SELECT pg_advisory_xact_lock(hashtext(current_setting('app.tenant_id') || $1))", OWNER)
        before = await self_service()
        if before.version != version:
            raise Changed
        after = SelfService(tuple(one for one in DETAILS if one in details), version + 1)
        await write_settings(OWNER, after)
        await record("self_service.changed", before={"details": before.details}, after={"details": after.details})
    return after
