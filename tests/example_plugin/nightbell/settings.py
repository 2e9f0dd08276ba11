"""A tenant's settings."""

from typing import Annotated

from msgspec import Meta, Struct


class NightBellSettings(Struct, frozen=True, kw_only=True):
    """How long rings are kept."""

    keep_days: Annotated[int, Meta(ge=1, le=365)] = 30
