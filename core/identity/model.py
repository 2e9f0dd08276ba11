"""Who is signed in."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

USER = "user"
"""Key of the system role that a user has unless she is given another, and falls back to (ROL-4)."""


Theme = Literal["auto", "light", "dark"]
"""auto: as the system of her computer."""
Density = Literal["comfortable", "compact"]
Start = Literal["live", "calls", "queues"]
"""What opens first."""
Alert = Literal["off", "waiting"]
"""When there is a sound on the live page: waiting: a caller begins to wait."""


class Preferences(Struct, frozen=True):
    """How a user likes her screens (PRF-12)."""

    theme: Theme = "auto"
    density: Density = "comfortable"
    start: Start = "live"
    alert: Alert = "off"


class Principal(Struct, frozen=True):
    """A signed-in user: BCP 47 language or empty, and the tenant's name and IANA zone.

    `role`: key of her one role: of a system role, or the id of a custom one.
    """

    user_id: UUID
    tenant_id: UUID
    tenant: str
    name: str
    email: str
    role: str
    language: str = ""
    zone: str = "UTC"
    operator: bool = False
    """Of the operator's own tenant (docs/adr/0013)."""
    preferences: Preferences = Preferences()

    @property
    def initials(self) -> str:
        """First letters of the first and the last name."""
        return initials(self.name)


def initials(name: str) -> str:
    """First letters of the first and the last word of a name."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
