"""Whether people are available, and what they tell their colleagues; a status with an end resets by itself (AVL-7)."""

from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from core.api.errors import Invalid
from core.api.texts import N_
from core.audit.service import record
from core.data import Transaction, transaction
from core.directory.model import LONGEST_MESSAGE, Status, checked_text
from core.directory.users import UserDetails, user


class Availability(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A status, until when (UTC; null: until it is changed), and a message for colleagues (AVL-12)."""

    status: Status = Status.AVAILABLE
    until: datetime | None = None
    message: str = ""


async def set_availability(user_id: UUID, wanted: Availability) -> UserDetails:
    """Say how somebody is available (USR-4, AVL-11). Raises NotFound; Invalid for an end that is past."""
    await user(user_id)  # who is unknown is told first, whatever else is wrong
    if wanted.until is not None and (wanted.until.tzinfo is None or wanted.until <= datetime.now(UTC)):
        raise Invalid(N_("The end must be a time to come, with its zone."), field="until")
    try:
        message = checked_text(wanted.message, most=LONGEST_MESSAGE)
    except Invalid as error:
        error.field = "message"
        raise
    async with transaction() as unit:
        before = await user(user_id)
        await _store(unit, before.id, wanted.status, message, wanted.until)
        after = await user(before.id)
        await record("presence.changed", after.id, after.name, before=_snapshot(before), after=_snapshot(after))
    return after


async def reset_expired() -> None:
    """The job: whose status has come to its end is available again, in the tenant in force."""
    async with transaction() as unit:
        await unit.execute(
            "UPDATE presence SET status = 'available', message = '', since = until, until = NULL WHERE until <= now()"
        )


async def _store(unit: Transaction, person_id: UUID, status: Status, message: str, until: datetime | None) -> None:
    await unit.execute(
        """
        INSERT INTO presence (person_id, status, message, until) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant_id, person_id) DO UPDATE SET status = excluded.status, message = excluded.message,
          until = excluded.until, since = now()
        """,
        person_id,
        status.value,
        message,
        until,
    )


def _snapshot(of: UserDetails) -> dict[str, object]:
    return {"status": of.status, "message": of.message, "until": of.until}
