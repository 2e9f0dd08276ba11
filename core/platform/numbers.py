"""The inventory of numbers: entered by the operator, given to companies, returned (DIR-13)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from core.api.errors import InUse, Invalid
from core.api.rest import Page, page_of
from core.api.texts import N_
from core.data import current_tenant, system, transaction
from core.platform.acts import Act, act
from core.tenancy.errors import NoSuchTenant, TenancyError
from core.tenancy.model import checked_e164, checked_label
from core.tenancy.tables import MainNumber, Tenant

_LIST = """
    SELECT p.number, p.note, p.entered_at, t.id AS tenant_id, coalesce(t.name, '') AS tenant
      FROM platform_number p LEFT JOIN main_number m ON m.number = p.number LEFT JOIN tenant t ON t.id = m.tenant_id
     WHERE p.number > $1 AND p.number LIKE $2 AND ($3::uuid IS NULL OR t.id = $3) AND (NOT $4 OR t.id IS NULL)
     ORDER BY p.number LIMIT $5"""

_USES = """
    SELECT 'flow' AS kind, f.name FROM main_number m
      JOIN flow_version v ON (v.tenant_id, v.id) = (m.tenant_id, m.flow_version_id)
      JOIN flow f ON (f.tenant_id, f.id) = (v.tenant_id, v.flow_id)
     WHERE m.tenant_id = $1 AND m.number = $2
    UNION ALL
    SELECT 'person', trim(first_name || ' ' || last_name) FROM person
     WHERE tenant_id = $1 AND presentation_number = $2
    ORDER BY 1, 2"""


class InventoryNumber(Struct, frozen=True, kw_only=True):
    """A number of the operator (E.164), and the company that has it; without one it is free."""

    number: str
    note: str
    entered_at: datetime
    tenant_id: UUID | None
    tenant: str


async def inventory(
    begins: str = "", *, of: UUID | None = None, free: bool = False, after: str = "", limit: int = 50
) -> Page[InventoryNumber]:
    """Numbers in their order: that begin so, `of` a company, or `free` ones; `after`: behind this number."""
    digits = "".join(sign for sign in begins if sign.isdecimal() and sign.isascii())
    with system():
        async with transaction(read_only=True) as unit:
            rows = await unit.fetch(_LIST, after, f"+{digits}%", of, free, limit + 1)
    return page_of([InventoryNumber(**row) for row in rows], limit, lambda one: [one.number])


async def enter(numbers: Sequence[str], note: str = "") -> int:
    """Add numbers (E.164) to the inventory; returns how many are new."""
    note = checked_label(note)
    async with act() as this:
        rows = await this.unit.fetch(
            "INSERT INTO platform_number (number, note) SELECT n, $2 FROM unnest($1::text[]) AS n "
            "ON CONFLICT DO NOTHING RETURNING number",
            list(numbers),
            note,
        )
        new = sorted(row["number"] for row in rows)
        if new:
            await this.record_for_operator("platform.numbers_entered", after=_told(new) | {"note": note})
    return len(new)


async def remove(number: str) -> None:
    """Take a free number out of the inventory. Raises NoSuchTenant (unknown number), TenancyError (not free)."""
    async with act() as this:
        holder = await _holder(this, number)
        if holder is not None:
            raise TenancyError(
                N_("{number} belongs to {company}: return it first."), number=number, company=holder.name
            )
        await this.unit.execute("DELETE FROM platform_number WHERE number = $1", number)
        await this.record_for_operator("platform.number_removed", before=_told([number]))


async def add_main_number(number: str, label: str = "") -> MainNumber:
    """Enter a number (E.164) and give it to the tenant in force. Raises InvalidTenant, TenancyError if it is taken."""
    tenant_id = current_tenant()
    await enter([checked_e164(number)])
    async with act() as this:
        await assign_in(this, await this.tenant(tenant_id), [number], label)
        row = await MainNumber.objects().get(MainNumber.number == number)
    assert row is not None, "it has just been given"
    return row


async def assign(tenant_id: UUID, numbers: Sequence[str]) -> None:
    """Give free numbers to a company. Raises NoSuchTenant; TenancyError naming those that are not free."""
    async with act() as this:
        await assign_in(this, await this.tenant(tenant_id), numbers)


async def assign_in(this: Act, row: Tenant, numbers: Sequence[str], label: str = "") -> None:
    """The same, as a part of an act; `label`: what the company calls them."""
    wanted = list(dict.fromkeys(numbers))
    free = await this.unit.fetch(
        "SELECT number FROM platform_number p WHERE number = ANY($1) "
        "AND NOT EXISTS (SELECT FROM main_number m WHERE m.number = p.number) FOR UPDATE",
        wanted,
    )
    if missing := sorted(set(wanted) - {one["number"] for one in free}):
        raise TenancyError(
            N_("These numbers are not free in the inventory: {numbers}."),
            field="numbers",
            numbers=", ".join(missing[:5]) + (" …" if missing[5:] else ""),
        )
    await this.unit.executemany(
        "INSERT INTO main_number (tenant_id, number, label) VALUES ($1, $2, $3)",
        [(row.id, number, checked_label(label)) for number in wanted],
    )
    await this.record("tenant.numbers_assigned", row, after=_told(wanted))


async def give_back(number: str) -> None:
    """Take a number from its company; it is free again.

    Raises NoSuchTenant (unknown number), Invalid (nobody has it), InUse naming the flow and the people that use it.
    """
    async with act() as this:
        holder = await _holder(this, number)
        if holder is None:
            raise Invalid(N_("Nobody has the number {number}."), number=number)
        uses = await this.unit.fetch(_USES, holder.id, number)
        if uses:
            names = ", ".join(f"“{one['name']}”" if one["kind"] == "flow" else one["name"] for one in uses)
            raise InUse(
                N_("{number} is in use at {company}: {users}. Take it out of use there first."),
                number=number,
                company=holder.name,
                users=names,
            )
        await this.unit.execute("DELETE FROM main_number WHERE number = $1", number)
        await this.record("tenant.number_returned", holder, before=_told([number]))


async def _holder(this: Act, number: str) -> Tenant | None:
    """The company that has a number, held against changes by others. Raises NoSuchTenant for an unknown number."""
    found = await this.unit.fetchrow("SELECT number FROM platform_number WHERE number = $1 FOR UPDATE", number)
    if found is None:
        raise NoSuchTenant(N_("{number} is not in the inventory."), number=number)
    tenant_id = await this.unit.fetchval("SELECT tenant_id FROM main_number WHERE number = $1", number)
    return await this.tenant(tenant_id) if tenant_id else None


def _told(numbers: Sequence[str]) -> dict[str, object]:
    """Numbers as a trail tells them: all when they are few."""
    return (
        {"numbers": list(numbers)}
        if len(numbers) <= 20
        else {"count": len(numbers), "from": numbers[0], "to": numbers[-1]}
    )
