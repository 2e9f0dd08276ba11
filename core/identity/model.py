"""Who is signed in."""

from uuid import UUID

from msgspec import Struct

USER = "user"
"""Key of the system role that a user has unless she is given another, and falls back to (ROL-4)."""


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

    @property
    def initials(self) -> str:
        """First letters of the first and the last name."""
        return initials(self.name)


def initials(name: str) -> str:
    """First letters of the first and the last word of a name."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
