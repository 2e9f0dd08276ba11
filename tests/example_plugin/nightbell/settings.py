"""A tenant's settings."""

from datetime import time
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

from core.api import N_, Secret


class Sound(StrEnum):
    """What the bell sounds like."""

    CHIME = N_("Chime")
    GONG = N_("Gong")


class Door(Struct, frozen=True, kw_only=True):
    """The lock that opens when the bell is answered."""

    address: Annotated[str, Meta(max_length=100, title=N_("Address of the lock"))] = ""
    code: Annotated[Secret, Meta(max_length=40, title=N_("Code of the lock"))] = ""


class Guard(Struct, frozen=True, kw_only=True):
    """Somebody who is told of a ring."""

    name: Annotated[str, Meta(min_length=1, max_length=60, title=N_("Name"))]
    first: Annotated[bool, Meta(title=N_("Is told first"))] = False


class NightBellSettings(Struct, frozen=True, kw_only=True):
    """How long rings are kept, how the bell sounds, and who hears it."""

    keep_days: Annotated[int, Meta(ge=1, le=365, title=N_("Days that a ring is kept"))] = 30
    loudness: Annotated[float, Meta(ge=0, le=1, title=N_("Loudness"), description=N_("From 0 to 1."))] = 0.5
    sound: Annotated[Sound, Meta(title=N_("Sound"))] = Sound.CHIME
    muted: Annotated[bool, Meta(title=N_("Silent"))] = False
    quiet_from: Annotated[time | None, Meta(title=N_("Quiet from"))] = None
    thanks: Annotated[str, Meta(max_length=500, title=N_("Thanks"))] = ""
    words: Annotated[tuple[Annotated[str, Meta(max_length=20)], ...], Meta(max_length=3, title=N_("Passwords"))] = ()
    guards: Annotated[tuple[Guard, ...], Meta(max_length=5, title=N_("Guards"))] = ()
    door: Annotated[Door, Meta(title=N_("Door"))] = field(default_factory=Door)

    def __post_init__(self) -> None:
        if self.muted and self.guards:
            raise ValueError(N_("A silent bell needs no guards: remove them, or let it ring."))
