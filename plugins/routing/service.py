"""What can be done with route lists, always for the tenant in force."""

from uuid import UUID

from msgspec import Struct

from core.api import N_, Context, FlowUses, LastGood, Unit, transaction
from core.api.errors import Changed, Invalid
from plugins.routing.errors import ListInUse, ListNotFound, NameTaken
from plugins.routing.model import Destination, Value

LONGEST_NAME = 100


class ListInfo(Struct, frozen=True, kw_only=True):
    """A list as lists of lists show it."""

    id: UUID
    name: str
    version: int
    routes: int
    """How many values it has."""


_LISTS = """
    SELECT id, name, version, (SELECT count(*) FROM routing_route r WHERE r.list_id = l.id) AS routes
      FROM routing_list l WHERE $1::uuid IS NULL OR id = $1 ORDER BY name"""


async def lists() -> list[ListInfo]:
    """All lists by name."""
    async with transaction(read_only=True) as unit:
        return [ListInfo(**row) for row in await unit.fetch(_LISTS, None)]


async def list_by_id(list_id: UUID) -> ListInfo:
    """One of them. Raises ListNotFound."""
    async with transaction(read_only=True) as unit:
        row = await unit.fetchrow(_LISTS, list_id)
    if row is None:
        raise ListNotFound
    return ListInfo(**row)


async def create_list(ctx: Context, name: str) -> ListInfo:
    """A new, empty list (ADM-2). Raises Invalid, NameTaken."""
    name = _named(name)
    async with transaction() as unit:
        list_id = await unit.fetchval(
            "INSERT INTO routing_list (name) VALUES ($1) ON CONFLICT (tenant_id, name) DO NOTHING RETURNING id", name
        )
        if list_id is None:
            raise NameTaken(name)
        await ctx.record("routing.list_created", list_id, name, after={"name": name})
        return await list_by_id(list_id)


async def rename_list(ctx: Context, list_id: UUID, name: str, version: int) -> ListInfo:
    """Call it something else. Raises ListNotFound, Changed, Invalid, NameTaken."""
    name = _named(name)
    async with transaction() as unit:
        before = await held_list(unit, list_id, version)
        if await unit.fetchval("SELECT id FROM routing_list WHERE name = $1 AND id <> $2 FOR UPDATE", name, list_id):
            raise NameTaken(name)
        await unit.execute("UPDATE routing_list SET name = $1 WHERE id = $2", name, list_id)
        await ctx.record("routing.list_renamed", list_id, name, before={"name": before.name}, after={"name": name})
        return await list_by_id(list_id)


async def remove_list(ctx: Context, list_id: UUID, version: int, uses: FlowUses) -> None:
    """Remove a list with its routes. Raises ListNotFound, Changed, ListInUse."""
    async with transaction() as unit:
        before = await held_list(unit, list_id, version)
        if flows := await uses("list", list_id):
            raise ListInUse(flows)
        await unit.execute("DELETE FROM routing_list WHERE id = $1", list_id)
        await ctx.record("routing.list_removed", list_id, before.name, before={"routes": before.routes})


async def held_list(unit: Unit, list_id: UUID, version: int | None) -> ListInfo:
    """The list, held for a change and one version further on. Raises ListNotFound; Changed for another `version`."""
    found = await unit.fetchval("SELECT version FROM routing_list WHERE id = $1 FOR UPDATE", list_id)
    if found is None:
        raise ListNotFound
    if version not in (None, found):
        raise Changed
    before = await list_by_id(list_id)
    await unit.execute("UPDATE routing_list SET version = version + 1 WHERE id = $1", list_id)
    return before


async def all_routes(unit: Unit, list_id: UUID) -> dict[Value, Destination]:
    """Every route of a list."""
    rows = await unit.fetch("SELECT digits, prefix, number, flow_id FROM routing_route WHERE list_id = $1", list_id)
    return {Value(row["digits"], row["prefix"]): Destination(row["number"], row["flow_id"]) for row in rows}


async def _version(list_id: UUID) -> int | None:
    async with transaction(read_only=True) as unit:
        version: int | None = await unit.fetchval("SELECT version FROM routing_list WHERE id = $1", list_id)
        return version


async def _routes(list_id: UUID) -> dict[Value, Destination]:
    async with transaction(read_only=True) as unit:
        return await all_routes(unit, list_id)


ASKED = LastGood(_version, _routes)
"""The lists that calls of this process have asked."""


def _named(name: str) -> str:
    name = name.strip()
    if not name:
        raise Invalid(N_("Give the list a name."), field="name")
    if len(name) > LONGEST_NAME:
        raise Invalid(N_("The name has at most {most} characters."), field="name", most=LONGEST_NAME)
    return name
