"""What a company decides about how its users sign in."""

from msgspec import Struct

from core.identity.identifier import Kind
from core.tenancy.service import read_settings

OWNER = "security"


class SecuritySettings(Struct, frozen=True):
    """Settings of a tenant."""

    identifiers: tuple[Kind, ...] = ("email", "name", "number")
    """With which kinds its users may sign in (GEN-5)."""


async def security_settings() -> SecuritySettings:
    """Those of the tenant in force."""
    return await read_settings(OWNER, SecuritySettings)
