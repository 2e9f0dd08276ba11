"""What a company decides about signing in: changed with a version, recorded, and said to whom it concerns."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from core.api.errors import Changed, Invalid, Problems
from core.api.texts import N_
from core.audit.service import record
from core.data import transaction
from core.identity.identifier import Kind
from core.identity.passwords import MIN_LENGTH
from core.identity.settings import OWNER, SecuritySettings, security_settings
from core.tenancy.service import write_settings

LONGEST_GRACE = 90
LONGEST_MINIMUM = 64


class PolicyChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that can be decided."""

    identifiers: tuple[Kind, ...]
    second_factor: bool
    """Whoever signs in with a password needs a second factor."""
    grace_days: int
    password_length: int


async def change_policy(change: PolicyChange, version: int) -> SecuritySettings:
    """Decide anew. Sessions that are running go on: it holds from each one's next sign-in, or next password.

    Raises Changed, Invalid.
    """
    _check(change)
    async with transaction() as unit:
        await unit.execute("SELECT pg_advisory_xact_lock(hashtext(current_setting('app.tenant_id') || $1))", OWNER)
        before = await security_settings()
        if before.version != version:
            raise Changed
        since = (before.second_factor_since or datetime.now(UTC)) if change.second_factor else None
        after = SecuritySettings(
            identifiers=tuple(dict.fromkeys(change.identifiers)),
            second_factor_since=since,
            grace_days=change.grace_days,
            password_length=change.password_length,
            version=version + 1,
        )
        await write_settings(OWNER, after)
        await record("security.changed", before=_told(before), after=_told(after))
    return after


def _check(change: PolicyChange) -> None:
    problems = Problems()
    if not change.identifiers:
        problems.add(Invalid(N_("Choose at least one: nobody could sign in otherwise."), field="identifiers"))
    for field, given, least, most in (
        ("grace_days", change.grace_days, 0, LONGEST_GRACE),
        ("password_length", change.password_length, MIN_LENGTH, LONGEST_MINIMUM),
    ):
        if not least <= given <= most:
            problems.add(Invalid(N_("Choose a number from {least} to {most}."), field=field, least=least, most=most))
    problems.check()


def _told(settings: SecuritySettings) -> dict[str, Any]:
    """As the audit trail has it."""
    plain = msgspec.structs.asdict(settings)
    return {name: value for name, value in plain.items() if name != "version"}
