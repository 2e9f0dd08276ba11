"""The numbers on a VIP list: found, added, taken off, imported and exported."""

import asyncio
from uuid import UUID

from msgspec import Struct

from core.api import N_, Context, Unit, transaction
from core.api.errors import Invalid
from core.api.rest import Page, page_of
from core.api.sheets import Format, read_sheet, write_sheet
from plugins.vip.errors import NumberNotFound, NumberTaken
from plugins.vip.model import (
    COLUMNS,
    MOST_NUMBERS,
    Pattern,
    Plan,
    Sheet,
    checked_comment,
    plan,
    read_pattern,
    read_rows,
)
from plugins.vip.service import held_list, list_by_id


class Number(Struct, frozen=True):
    """A number on a list, or the beginning of numbers, which ends with *."""

    id: UUID
    number: str
    comment: str


_NUMBERS = """
    SELECT id, number || CASE WHEN prefix THEN '*' ELSE '' END AS number, comment FROM vip_number
     WHERE list_id = $1 AND (number, prefix) > ($2, $3)
       AND ($4 = '' OR position($4 in number) > 0 OR position(lower($4) in lower(comment)) > 0)
     ORDER BY number, prefix LIMIT $5"""


async def numbers(list_id: UUID, *, text: str = "", after: Pattern | None = None, limit: int = 50) -> Page[Number]:
    """Numbers in their order; `text`: a part of the number or the comment. Raises ListNotFound."""
    await list_by_id(list_id)
    place = after or Pattern("")
    part = text.strip().replace(" ", "") if text.strip()[:1] in {"+", *"0123456789"} else text.strip()
    async with transaction(read_only=True) as unit:
        rows = await unit.fetch(_NUMBERS, list_id, place.number, place.prefix, part, limit + 1)
    return page_of([Number(**row) for row in rows], limit, lambda one: (one.number.rstrip("*"), one.number[-1:] == "*"))


async def add_number(ctx: Context, list_id: UUID, text: str, comment: str = "") -> Number:
    """Put a number, or with * the beginning of numbers, on the list. Raises Invalid, ListNotFound, NumberTaken."""
    pattern, comment = read_pattern(text), checked_comment(comment)
    async with transaction() as unit:
        changed = await held_list(unit, list_id, None)
        if changed.numbers >= MOST_NUMBERS:
            raise Invalid(N_("A list has at most {most} numbers."), field="number", most=MOST_NUMBERS)
        added = await unit.fetchval(
            "INSERT INTO vip_number (list_id, number, prefix, comment) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT (tenant_id, list_id, number, prefix) DO NOTHING RETURNING id",
            list_id, pattern.number, pattern.prefix, comment,
        )  # fmt: skip
        if added is None:
            raise NumberTaken(str(pattern))
        await ctx.record("vip.number_added", list_id, changed.name, after={"number": str(pattern), "comment": comment})
        return Number(added, str(pattern), comment)


async def remove_number(ctx: Context, list_id: UUID, number_id: UUID) -> Number:
    """Take a number off the list; what was taken off. Raises ListNotFound, NumberNotFound."""
    async with transaction() as unit:
        changed = await held_list(unit, list_id, None)
        row = await unit.fetchrow(
            "DELETE FROM vip_number WHERE list_id = $1 AND id = $2 RETURNING number, prefix, comment",
            list_id,
            number_id,
        )
        if row is None:
            raise NumberNotFound
        gone = Number(number_id, str(Pattern(row["number"], row["prefix"])), row["comment"])
        before = {"number": gone.number, "comment": gone.comment}
        await ctx.record("vip.number_removed", list_id, changed.name, before=before)
        return gone


async def read_file(content: bytes) -> Sheet:
    """What a CSV or XLSX file says. Raises Invalid when it cannot be read at all."""
    rows = await asyncio.to_thread(read_sheet, content, most_rows=MOST_NUMBERS + 1)
    return await asyncio.to_thread(read_rows, rows)


async def preview(list_id: UUID, sheet: Sheet, *, replace: bool) -> Plan:
    """What taking a file into the list would do; nothing is changed. Raises ListNotFound."""
    await list_by_id(list_id)
    async with transaction(read_only=True) as unit:
        return plan(await _all(unit, list_id), sheet.entries, replace=replace)


async def take_in(ctx: Context, list_id: UUID, sheet: Sheet, version: int, *, replace: bool) -> Plan:
    """Take what can be taken of a file into the list. Raises ListNotFound, Changed, Invalid."""
    async with transaction() as unit:
        before = await held_list(unit, list_id, version)
        steps = plan(await _all(unit, list_id), sheet.entries, replace=replace)
        if before.numbers + len(steps.added) - len(steps.removed) > MOST_NUMBERS:
            raise Invalid(N_("A list has at most {most} numbers."), field="file", most=MOST_NUMBERS)
        given = [(list_id, one.number, one.prefix, comment) for one, comment in (steps.added | steps.changed).items()]
        await unit.executemany(
            "INSERT INTO vip_number (list_id, number, prefix, comment) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT (tenant_id, list_id, number, prefix) DO UPDATE SET comment = excluded.comment",
            given,
        )
        await unit.executemany(
            "DELETE FROM vip_number WHERE list_id = $1 AND number = $2 AND prefix = $3",
            [(list_id, one.number, one.prefix) for one in steps.removed],
        )
        facts = {"added": len(steps.added), "changed": len(steps.changed), "removed": len(steps.removed)}
        await ctx.record("vip.imported", list_id, before.name, after=facts)
        return steps


async def export(ctx: Context, list_id: UUID, form: Format) -> bytes:
    """A file of all numbers, which read_file() takes; the export is an act of its own. Raises ListNotFound."""
    found = await list_by_id(list_id)
    async with transaction() as unit:
        everyone = await _all(unit, list_id)
        await ctx.record("vip.exported", list_id, found.name, after={"numbers": len(everyone)})
    rows = [COLUMNS, *((str(one), comment) for one, comment in sorted(everyone.items()))]
    return await asyncio.to_thread(write_sheet, rows, form)


async def _all(unit: Unit, list_id: UUID) -> dict[Pattern, str]:
    rows = await unit.fetch("SELECT number, prefix, comment FROM vip_number WHERE list_id = $1", list_id)
    return {Pattern(row["number"], row["prefix"]): row["comment"] for row in rows}
