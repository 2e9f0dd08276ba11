"""The numbers of the tenant in force: what answers each, who shows it, what it is called."""

from uuid import UUID

from msgspec import Struct

from core.api.errors import Changed, NotFound
from core.api.texts import N_
from core.audit.service import record
from core.data import transaction
from core.tenancy.model import checked_label

_NUMBERS = """
    SELECT m.id, m.number, m.label, m.version, f.name AS flow, v.version AS flow_version,
           coalesce((SELECT array_agg(trim(first_name || ' ' || last_name) ORDER BY last_name, first_name)
                       FROM person WHERE presentation_number = m.number), '{}') AS people
      FROM main_number m
      LEFT JOIN flow_version v ON (v.tenant_id, v.id) = (m.tenant_id, m.flow_version_id)
      LEFT JOIN flow f ON (f.tenant_id, f.id) = (v.tenant_id, v.flow_id)
     WHERE $1::uuid IS NULL OR m.id = $1
     ORDER BY m.number"""


class Number(Struct, frozen=True, kw_only=True):
    """A number of the company. `flow`: the one that answers it, "" when none does; `people`: who shows it (PRF-4)."""

    id: UUID
    number: str
    label: str
    version: int
    flow: str
    flow_version: int | None
    people: tuple[str, ...]


async def numbers() -> list[Number]:
    """All numbers of the company, in their order."""
    return await _read(None)


async def number(number_id: UUID) -> Number:
    """One of them. Raises NotFound."""
    found = await _read(number_id)
    if not found:
        raise NotFound(N_("The company has no such number."))
    return found[0]


async def rename(number_id: UUID, label: str, version: int) -> Number:
    """Call a number something else. Raises NotFound, Changed, Invalid."""
    label = checked_label(label)
    async with transaction() as unit:
        before = await number(number_id)
        done = await unit.fetchval(
            "UPDATE main_number SET label = $3, version = version + 1 WHERE id = $1 AND version = $2 RETURNING true",
            number_id,
            version,
            label,
        )
        if not done:
            raise Changed
        await record("number.renamed", number_id, before.number, before={"label": before.label}, after={"label": label})
        return await number(number_id)


async def _read(number_id: UUID | None) -> list[Number]:
    async with transaction() as unit:
        rows = await unit.fetch(_NUMBERS, number_id)
    return [Number(**{**row, "flow": row["flow"] or "", "people": tuple(row["people"])}) for row in rows]
