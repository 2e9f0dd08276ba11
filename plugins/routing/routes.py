"""The routes of a list: found, added, taken out, imported and exported."""

import asyncio
from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct

from core.api import N_, Context, transaction
from core.api.errors import Invalid
from core.api.rest import Page, page_of
from core.api.sheets import Format, read_sheet, write_sheet
from plugins.routing.errors import RouteNotFound, ValueTaken
from plugins.routing.model import (
    COLUMNS,
    MOST_ROUTES,
    Destination,
    Plan,
    Sheet,
    Value,
    plan,
    read_destination,
    read_rows,
    read_value,
    written,
)
from plugins.routing.service import all_routes, held_list, list_by_id

Flows = Mapping[UUID, str]
"""The tenant's flows: id → name."""


class Route(Struct, frozen=True):
    """A value, which ends with … when it is the beginning of digits, and where it leads: a number, or else a flow."""

    id: UUID
    value: str
    number: str
    flow_id: UUID | None


_ROUTES = """
    SELECT id, digits || CASE WHEN prefix THEN '…' ELSE '' END AS value, number, flow_id FROM routing_route
     WHERE list_id = $1 AND (digits, prefix) > ($2, $3) AND ($4 = '' OR digits ^@ $4)
     ORDER BY digits, prefix LIMIT $5"""


async def routes(list_id: UUID, *, text: str = "", after: Value | None = None, limit: int = 50) -> Page[Route]:
    """Routes in the order of their values; `text`: how the value begins. Raises ListNotFound."""
    await list_by_id(list_id)
    place = after or Value("")
    async with transaction(read_only=True) as unit:
        rows = await unit.fetch(_ROUTES, list_id, place.digits, place.prefix, text.strip(), limit + 1)
    return page_of([Route(**row) for row in rows], limit, lambda one: (one.value.rstrip("…"), one.value[-1:] == "…"))


async def add_route(ctx: Context, list_id: UUID, value: str, destination: str, flows: Flows) -> Route:
    """Let a value lead somewhere. Raises ListNotFound, Invalid, ValueTaken."""
    async with transaction() as unit:
        changed = await held_list(unit, list_id, None)
        what, where = read_value(value), read_destination(destination, flows)
        if changed.routes >= MOST_ROUTES:
            raise Invalid(N_("A list has at most {most} values."), field="value", most=MOST_ROUTES)
        added = await unit.fetchval(
            "INSERT INTO routing_route (list_id, digits, prefix, number, flow_id) VALUES ($1, $2, $3, $4, $5) "
            "ON CONFLICT (tenant_id, list_id, digits, prefix) DO NOTHING RETURNING id",
            list_id, what.digits, what.prefix, where.number, where.flow,
        )  # fmt: skip
        if added is None:
            raise ValueTaken(str(what))
        after = {"value": str(what), "destination": written(where, flows)}
        await ctx.record("routing.route_added", list_id, changed.name, after=after)
        return Route(added, str(what), where.number, where.flow)


async def remove_route(ctx: Context, list_id: UUID, route_id: UUID, flows: Flows) -> Route:
    """Take a value out; what was taken out. Raises ListNotFound, RouteNotFound."""
    async with transaction() as unit:
        changed = await held_list(unit, list_id, None)
        row = await unit.fetchrow(
            "DELETE FROM routing_route WHERE list_id = $1 AND id = $2 RETURNING digits, prefix, number, flow_id",
            list_id,
            route_id,
        )
        if row is None:
            raise RouteNotFound
        gone = Route(route_id, str(Value(row["digits"], row["prefix"])), row["number"], row["flow_id"])
        before = {"value": gone.value, "destination": written(Destination(gone.number, gone.flow_id), flows)}
        await ctx.record("routing.route_removed", list_id, changed.name, before=before)
        return gone


async def read_file(content: bytes, flows: Flows) -> Sheet:
    """What a CSV or XLSX file says. Raises Invalid when it cannot be read at all."""
    rows = await asyncio.to_thread(read_sheet, content, most_rows=MOST_ROUTES + 1)
    return await asyncio.to_thread(read_rows, rows, flows)


async def preview(list_id: UUID, sheet: Sheet, *, replace: bool) -> Plan:
    """What taking a file into the list would do; nothing is changed. Raises ListNotFound."""
    await list_by_id(list_id)
    async with transaction(read_only=True) as unit:
        return plan(await all_routes(unit, list_id), sheet.routes, replace=replace)


async def take_in(ctx: Context, list_id: UUID, sheet: Sheet, version: int, *, replace: bool) -> Plan:
    """Take what can be taken of a file into the list. Raises ListNotFound, Changed, Invalid."""
    async with transaction() as unit:
        before = await held_list(unit, list_id, version)
        steps = plan(await all_routes(unit, list_id), sheet.routes, replace=replace)
        if before.routes + len(steps.added) - len(steps.removed) > MOST_ROUTES:
            raise Invalid(N_("A list has at most {most} values."), field="file", most=MOST_ROUTES)
        await unit.executemany(
            "INSERT INTO routing_route (list_id, digits, prefix, number, flow_id) VALUES ($1, $2, $3, $4, $5) "
            "ON CONFLICT (tenant_id, list_id, digits, prefix) DO UPDATE "
            "SET number = excluded.number, flow_id = excluded.flow_id",
            [(list_id, v.digits, v.prefix, to.number, to.flow) for v, to in (steps.added | steps.changed).items()],
        )
        await unit.executemany(
            "DELETE FROM routing_route WHERE list_id = $1 AND digits = $2 AND prefix = $3",
            [(list_id, one.digits, one.prefix) for one in steps.removed],
        )
        facts = {"added": len(steps.added), "changed": len(steps.changed), "removed": len(steps.removed)}
        await ctx.record("routing.imported", list_id, before.name, after=facts)
        return steps


async def export(ctx: Context, list_id: UUID, form: Format, flows: Flows) -> bytes:
    """A file of all routes, which read_file() takes; the export is an act of its own. Raises ListNotFound."""
    found = await list_by_id(list_id)
    async with transaction() as unit:
        every = await all_routes(unit, list_id)
        await ctx.record("routing.exported", list_id, found.name, after={"routes": len(every)})
    rows = [COLUMNS, *((str(value), written(to, flows)) for value, to in sorted(every.items(), key=lambda one: one[0]))]
    return await asyncio.to_thread(write_sheet, rows, form)
