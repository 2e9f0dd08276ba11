"""What a company decides about how its users sign in."""

from datetime import UTC, datetime, timedelta

from msgspec import Struct

from core.identity.identifier import Kind
from core.identity.passwords import MIN_LENGTH
from core.tenancy.service import read_settings

OWNER = "security"


class SecuritySettings(Struct, frozen=True):
    """Settings of a tenant."""

    identifiers: tuple[Kind, ...] = ("email", "name", "number")
    """With which kinds its users may sign in (GEN-5)."""
    second_factor_since: datetime | None = None
    """Since when whoever signs in with a password needs a second factor; None: she may have one."""
    grace_days: int = 7
    """For so long after that she is only reminded to set one up; then nothing else opens until she has."""
    password_length: int = MIN_LENGTH
    """Characters that a new password has at least."""
    version: int = 0

    def second_factor_forced(self, now: datetime | None = None) -> bool:
        """Whether the days of grace are over."""
        since = self.second_factor_since
        return since is not None and (now or datetime.now(UTC)) >= since + timedelta(days=self.grace_days)


async def security_settings() -> SecuritySettings:
    """Those of the tenant in force."""
    return await read_settings(OWNER, SecuritySettings)
