"""Who is signed in."""

from uuid import UUID

from msgspec import Struct


class Principal(Struct, frozen=True):
    """A signed-in user: key of the role, BCP 47 language or empty, and the tenant's name and IANA zone."""

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
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
