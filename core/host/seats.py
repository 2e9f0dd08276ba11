"""Named seats of the modules of the tenant in force: given to users, counted, never more than were granted (GEN-10)."""

from collections.abc import Mapping
from uuid import UUID

from core.api.errors import NotFound
from core.api.seats import Seat, Seats
from core.api.texts import N_
from core.audit.service import record
from core.data import transaction
from core.host.errors import NoSeatLeft
from core.host.service import entitled

_TAKEN = """
    SELECT s.user_id, u.name AS user, s.taken_at FROM module_seat s
      JOIN user_account u ON (u.tenant_id, u.id) = (s.tenant_id, s.user_id)
     WHERE s.plugin = $1 ORDER BY lower(u.name), u.id"""


async def take_seat(plugin: str, user_id: UUID) -> None:
    """Give a user a seat of a module; one who has one keeps it.

    Raises NoSeatLeft, NoSuchModule when the tenant may not use the module, NotFound for somebody who is no user.
    """
    async with transaction() as unit:
        row = await entitled(plugin)  # held: of two who want the last seat, one waits and then finds none
        name = await unit.fetchval("SELECT name FROM user_account WHERE id = $1 FOR KEY SHARE", user_id)
        if name is None:
            raise NotFound(N_("There is no such user."))
        rows = await unit.fetch("SELECT user_id FROM module_seat WHERE plugin = $1", plugin)
        given = {one["user_id"] for one in rows}
        if user_id in given:
            return
        if row.seats is not None and len(given) >= row.seats:
            raise NoSeatLeft(row.seats)
        await unit.execute("INSERT INTO module_seat (plugin, user_id) VALUES ($1, $2)", plugin, user_id)
        await record("seat.taken", user_id, name, after={"module": plugin})


async def release_seat(plugin: str, user_id: UUID) -> None:
    """Take a user's seat of a module back; nothing happens when she has none."""
    async with transaction() as unit:
        name = await unit.fetchval("SELECT name FROM user_account WHERE id = $1", user_id)
        gone = await unit.fetchval(
            "DELETE FROM module_seat WHERE plugin = $1 AND user_id = $2 RETURNING true", plugin, user_id
        )
        if gone:
            await record("seat.released", user_id, name or "", before={"module": plugin})


async def seats_of(plugin: str) -> Seats:
    """The seats of a module. Raises NoSuchModule."""
    async with transaction() as unit:
        row = await entitled(plugin)
        return Seats(row.seats, tuple(Seat(**one) for one in await unit.fetch(_TAKEN, plugin)))


async def seats_taken() -> Mapping[str, int]:
    """Module → how many of its seats are taken; none where it is not named."""
    async with transaction(read_only=True) as unit:
        return {
            row["plugin"]: row["taken"]
            for row in await unit.fetch("SELECT plugin, count(*) AS taken FROM module_seat GROUP BY plugin")
        }
