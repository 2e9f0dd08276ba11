"""The companies of the installation as the REST API shows them. Times are UTC."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from core.tenancy.tables import Tenant


class TenantOut(Struct, frozen=True):
    """A company. `suspended_at`: since when nobody signs in and no number answers; null: it works."""

    id: UUID
    slug: str
    name: str
    timezone: str
    language: str
    operator: Annotated[bool, Meta(description="The operator's own company")]
    created_at: datetime
    suspended_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: Tenant) -> "TenantOut":
        """The row of the table as the API shows it."""
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class NewTenantIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A company to make."""

    slug: Annotated[
        str, Meta(max_length=63, description="Small letters, digits and hyphens; unique", examples=["acme"])
    ]
    name: Annotated[str, Meta(max_length=100)]
    timezone: Annotated[str, Meta(description="IANA zone", examples=["Europe/Oslo"])] = "Europe/Oslo"
    language: Annotated[str, Meta(description="Of prompts and of new users: ISO 639", examples=["nb"])] = "nb"
