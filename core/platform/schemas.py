"""The companies of the installation as the REST API shows them. Times are UTC."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from core.tenancy.tables import Tenant

Slug = Annotated[str, Meta(max_length=63, description="Small letters, digits and hyphens; unique", examples=["acme"])]
Name = Annotated[str, Meta(max_length=100)]
Zone = Annotated[str, Meta(max_length=64, description="IANA zone", examples=["Europe/Oslo"])]
Language = Annotated[str, Meta(max_length=3, description="Of prompts and of new users: ISO 639", examples=["nb"])]
Number = Annotated[str, Meta(max_length=16, description="E.164", examples=["+4722334455"])]


class TenantOut(Struct, frozen=True):
    """A company. `suspended_at`: since when nobody signs in and no number answers; null: it works.

    `erasing_at`: since when all of it is being deleted; then it is gone within minutes, or hours if it was large.
    """

    id: UUID
    slug: str
    name: str
    timezone: str
    language: str
    operator: Annotated[bool, Meta(description="The operator's own company")]
    created_at: datetime
    suspended_at: datetime | None
    erasing_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: Tenant) -> "TenantOut":
        """The row of the table as the API shows it."""
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class AdministratorIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first administrator of a company: she is invited."""

    email: Annotated[str, Meta(max_length=320)]
    name: Name


class NewTenantIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A company to make."""

    slug: Slug
    name: Name
    timezone: Zone = "Europe/Oslo"
    language: Language = "nb"
    numbers: Annotated[tuple[Number, ...], Meta(max_length=10_000, description="Free numbers of the inventory")] = ()
    administrator: AdministratorIn | None = None


class TenantChangeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be changed of a company; its short name stays."""

    name: Name
    timezone: Zone
    language: Language


class EntitlementIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a company may use a module, and with how many licences (GEN-8, GEN-10)."""

    entitled: bool
    seats: Annotated[int, Meta(ge=0, le=1_000_000, description="null: unlimited")] | None = None


class ErasureIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`confirm`: the company's name once more."""

    confirm: Name


class NumbersIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Numbers for the inventory."""

    numbers: Annotated[
        str,
        Meta(
            max_length=200_000,
            description="One number or range a line",
            examples=["+4722334455\n+4722334500 - +4722334599"],
        ),
    ]
    note: Annotated[str, Meta(max_length=100, description="Where they come from")] = ""


class NumbersEntered(Struct, frozen=True):
    """How many of the numbers are new in the inventory."""

    new: int


class AssignmentIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Numbers to give to a company; all must be free."""

    numbers: Annotated[tuple[Number, ...], Meta(min_length=1, max_length=10_000)]
