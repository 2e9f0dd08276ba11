"""Trunks of the platform: stored, listed, removed; with the system role."""

import logging
from uuid import UUID

import msgspec

from core.data import system, transaction
from core.telephony.tables import TrunkRow
from core.telephony.trunks import Trunk

log = logging.getLogger(__name__)


async def all_trunks() -> list[Trunk]:
    """Every trunk, the first choice first; one that was stored wrongly is logged and left out."""
    with system():
        rows = await TrunkRow.select().order_by(TrunkRow.priority, TrunkRow.name)
    found = []
    for row in rows:
        try:
            found.append(msgspec.convert(row, Trunk))
        except msgspec.ValidationError as error:
            log.error("the trunk %s is stored wrongly and not used: %s", row["name"], error)
    return found


async def put_trunk(trunk: Trunk) -> None:
    """Store a trunk, or replace the one of its id. Media processes take it into use at once."""
    values = msgspec.to_builtins(trunk, builtin_types=(UUID,))
    values["allowed"] = list(values["allowed"])
    with system():
        async with transaction() as unit:
            columns = ", ".join(values)
            places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
            changes = ", ".join(f"{column} = excluded.{column}" for column in values if column != "id")
            await unit.execute(
                f"INSERT INTO trunk ({columns}) VALUES ({places}) ON CONFLICT (id) DO UPDATE SET {changes}",  # noqa: S608  # names of Trunk's fields
                *values.values(),
            )


async def remove_trunk(trunk_id: UUID) -> None:
    """Forget a trunk; calls over it go on. One that is not there is no error."""
    with system():
        await TrunkRow.delete().where(TrunkRow.id == trunk_id)
