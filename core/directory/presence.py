"""Whether people are available, and what they tell their colleagues; a status with an end resets by itself (AVL-7)."""

from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from core.api.errors import Invalid
from core.api.texts import N_
from core.audit.service import record
from core.data import Transaction, transaction
from core.directory.model import LONGEST_MESSAGE, LONGEST_TAG, Status, checked_text
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


async def status_names() -> dict[str, dict[Status, str]]:
    """Language → status → name, where the tenant in force has chosen one (AVL-1)."""
    names: dict[str, dict[Status, str]] = {}
    async with transaction(read_only=True) as unit:
        for row in await unit.fetch("SELECT status, language, name FROM status_name"):
            names.setdefault(row["language"], {})[Status(row["status"])] = row["name"]
    return names


async def rename_statuses(language: str, names: dict[Status, str]) -> None:
    """Call statuses so in a language; "" brings the usual name back. Raises Invalid for one that is too long."""
    wanted = {status: checked_text(name, most=LONGEST_TAG) for status, name in names.items()}
    async with transaction() as unit:
        before = (await status_names()).get(language, {})
        await unit.execute("DELETE FROM status_name WHERE language = $1", language)
        rows = [(status.value, language, name) for status, name in wanted.items() if name]
        await unit.executemany("INSERT INTO status_name (status, language, name) VALUES ($1, $2, $3)", rows)
        await record(
            "status_name.changed",
            language,
            language,
            before={status.value: before.get(status, "") for status in wanted},
            after={status.value: name for status, name in wanted.items()},
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
