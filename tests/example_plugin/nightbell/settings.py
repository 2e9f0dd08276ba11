"""A tenant's settings."""

from typing import Annotated

from msgspec import Meta, Struct

from core.api import N_


class NightBellSettings(Struct, frozen=True, kw_only=True):
    """How long rings are kept."""

    keep_days: Annotated[int, Meta(ge=1, le=365, title=N_("Days that a ring is kept"))] = 30
