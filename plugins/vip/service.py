"""What can be done with VIP lists, always for the tenant in force."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from core.api import N_, Context, FlowUses, LastGood, Unit, transaction
from core.api.errors import Changed, Invalid, Problems
from plugins.vip.errors import ListInUse, ListNotFound, NameTaken
from plugins.vip.model import Callers, Pattern, callers

LONGEST_NAME = 100
LONGEST_LEVEL = 3600


class ListValues(Struct, frozen=True, kw_only=True):
    """What can be chosen of a list."""

    name: str
    blocks: bool = False
    """Its callers are refused (VIP-2)."""
    withheld: bool = False
    """Who withholds the number is on the list."""
    service_level_seconds: int | None = None
    """VIP-3; None: that of the queue."""


class ListInfo(Struct, frozen=True, kw_only=True):
    """A list as lists of lists show it."""

    id: UUID
    name: str
    blocks: bool
    withheld: bool
    service_level_seconds: int | None
    version: int
    numbers: int
    """How many numbers and beginnings are on it."""


class Asked(Struct, frozen=True):
    """A list as the flow's element asks it."""

    name: str
    blocks: bool
    service_level_seconds: int | None
    callers: Callers


_LISTS = """
    SELECT id, name, blocks, withheld, service_level_seconds, version,
           (SELECT count(*) FROM vip_number n WHERE n.list_id = l.id) AS numbers
      FROM vip_list l WHERE $1::uuid IS NULL OR id = $1 ORDER BY name"""


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


async def create_list(ctx: Context, values: ListValues) -> ListInfo:
    """A new, empty list. Raises Invalid, NameTaken."""
    values = _checked(values)
    async with transaction() as unit:
        list_id = await unit.fetchval(
            "INSERT INTO vip_list (name, blocks, withheld, service_level_seconds) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT (tenant_id, name) DO NOTHING RETURNING id",
            *_columns(values),
        )
        if list_id is None:
            raise NameTaken(values.name)
        await ctx.record("vip.list_created", list_id, values.name, after=_facts(values))
        return await list_by_id(list_id)


async def change_list(ctx: Context, list_id: UUID, values: ListValues, version: int) -> ListInfo:
    """Let the list be otherwise. Raises ListNotFound, Changed, Invalid, NameTaken."""
    values = _checked(values)
    async with transaction() as unit:
        before = await held_list(unit, list_id, version)
        if await unit.fetchval("SELECT id FROM vip_list WHERE name = $1 AND id <> $2 FOR UPDATE", values.name, list_id):
            raise NameTaken(values.name)
        await unit.execute(
            "UPDATE vip_list SET name = $1, blocks = $2, withheld = $3, service_level_seconds = $4 WHERE id = $5",
            *_columns(values),
            list_id,
        )
        await ctx.record("vip.list_changed", list_id, values.name, before=_facts(before), after=_facts(values))
        return await list_by_id(list_id)


async def remove_list(ctx: Context, list_id: UUID, version: int, uses: FlowUses) -> None:
    """Remove a list with its numbers. Raises ListNotFound, Changed, ListInUse."""
    async with transaction() as unit:
        before = await held_list(unit, list_id, version)
        if flows := await uses("list", list_id):
            raise ListInUse(flows)
        await unit.execute("DELETE FROM vip_list WHERE id = $1", list_id)
        await ctx.record("vip.list_removed", list_id, before.name, before=_facts(before))


async def held_list(unit: Unit, list_id: UUID, version: int | None) -> ListInfo:
    """The list, held for a change and one version further on. Raises ListNotFound; Changed for another `version`."""
    found = await unit.fetchval("SELECT version FROM vip_list WHERE id = $1 FOR UPDATE", list_id)
    if found is None:
        raise ListNotFound
    if version not in (None, found):
        raise Changed
    before = await list_by_id(list_id)
    await unit.execute("UPDATE vip_list SET version = version + 1 WHERE id = $1", list_id)
    return before


async def _version(list_id: UUID) -> int | None:
    async with transaction(read_only=True) as unit:
        version: int | None = await unit.fetchval("SELECT version FROM vip_list WHERE id = $1", list_id)
        return version


async def _asked(list_id: UUID) -> Asked | None:
    async with transaction(read_only=True) as unit:
        row = await unit.fetchrow(
            "SELECT name, blocks, withheld, service_level_seconds FROM vip_list WHERE id = $1", list_id
        )
        found = await unit.fetch("SELECT number, prefix FROM vip_number WHERE list_id = $1", list_id)
    if row is None:
        return None
    patterns = [Pattern(one["number"], one["prefix"]) for one in found]
    who = callers(patterns, withheld=row["withheld"])
    return Asked(row["name"], row["blocks"], row["service_level_seconds"], who)


ASKED = LastGood(_version, _asked)
"""The lists that calls of this process have asked."""


def _checked(values: ListValues) -> ListValues:
    name, problems = values.name.strip(), Problems()
    with problems.of("name"):
        if not name:
            raise Invalid(N_("Give the list a name."))
        if len(name) > LONGEST_NAME:
            raise Invalid(N_("The name has at most {most} characters."), most=LONGEST_NAME)
    with problems.of("service_level_seconds"):
        level = values.service_level_seconds
        if level is not None and not 1 <= level <= LONGEST_LEVEL:
            raise Invalid(N_("A service level has 1 to {most} seconds."), most=LONGEST_LEVEL)
    problems.check()
    return ListValues(
        name=name, blocks=values.blocks, withheld=values.withheld, service_level_seconds=values.service_level_seconds
    )


def _columns(values: ListValues) -> tuple[Any, ...]:
    return values.name, values.blocks, values.withheld, values.service_level_seconds


def _facts(values: ListValues | ListInfo) -> dict[str, Any]:
    """What the audit trail tells of a list."""
    return {name: getattr(values, name) for name in ListValues.__struct_fields__}
