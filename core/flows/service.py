"""Use cases of flows, for the tenant in force: make, name, list, remove. What they do is in core.flows.versions."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from core.api.errors import Changed, Invalid
from core.api.texts import N_
from core.audit.service import record
from core.data import transaction
from core.data.errors import UniqueViolationError
from core.data.unit import Transaction
from core.flows.errors import FlowInUse, FlowLinked, FlowNotFound, NameTaken

LONGEST_NAME = 100


class FlowInfo(Struct, frozen=True, kw_only=True):
    """A flow in the list of flows (IVR-3)."""

    id: UUID
    name: str
    created_at: datetime
    edition: int
    """Grows with each saved version and each new name."""
    newest: int | None
    """The number of its newest version; None: nothing has been saved yet."""


_FLOWS = """
    SELECT id, name, created_at, edition, (SELECT max(version) FROM flow_version v WHERE v.flow_id = f.id) AS newest
      FROM flow f WHERE $1::uuid IS NULL OR id = $1 ORDER BY name"""

_ANSWERED = """
    SELECT number FROM main_number m JOIN flow_version v ON (v.tenant_id, v.id) = (m.tenant_id, m.flow_version_id)
     WHERE v.flow_id = $1 ORDER BY number"""


async def list_flows() -> list[FlowInfo]:
    """All flows by name."""
    async with transaction(read_only=True) as unit:
        return [FlowInfo(**row) for row in await unit.fetch(_FLOWS, None)]


async def flow_by_id(flow_id: UUID) -> FlowInfo:
    """One of them. Raises FlowNotFound."""
    async with transaction(read_only=True) as unit:
        row = await unit.fetchrow(_FLOWS, flow_id)
    if row is None:
        raise FlowNotFound
    return FlowInfo(**row)


async def create_flow(name: str) -> UUID:
    """A new flow without versions. Raises Invalid, NameTaken."""
    name = _named(name)
    async with transaction() as unit:
        flow_id: UUID | None = await unit.fetchval(
            "INSERT INTO flow (name) VALUES ($1) ON CONFLICT (tenant_id, name) DO NOTHING RETURNING id", name
        )
        if flow_id is None:
            raise NameTaken(name)
        await record("flow.created", flow_id, name)
    return flow_id


async def rename_flow(flow_id: UUID, name: str, edition: int) -> FlowInfo:
    """Call it something else. Raises FlowNotFound, Changed, Invalid, NameTaken."""
    async with transaction() as unit:
        before = await held_flow(unit, flow_id, edition)
        name = _named(name)
        try:
            async with unit.savepoint():
                await unit.execute("UPDATE flow SET name = $2, edition = edition + 1 WHERE id = $1", flow_id, name)
        except UniqueViolationError:
            raise NameTaken(name) from None
        await record("flow.renamed", flow_id, name, before={"name": before}, after={"name": name})
        return await flow_by_id(flow_id)


async def remove_flow(flow_id: UUID, edition: int) -> None:
    """Remove a flow with all its versions. Raises FlowNotFound, Changed, FlowInUse when it answers a number,
    FlowLinked when another flow leads to it.
    """
    async with transaction() as unit:
        name = await held_flow(unit, flow_id, edition)
        numbers = await unit.fetch(_ANSWERED, flow_id)
        if numbers:
            raise FlowInUse([row["number"] for row in numbers])
        if linking := [one for one in await flows_with("flow", flow_id) if one != name]:
            raise FlowLinked(linking)
        # A version that is published meanwhile holds its row, and the foreign key refuses what follows.
        await unit.execute("DELETE FROM flow_version WHERE flow_id = $1", flow_id)
        await unit.execute("DELETE FROM flow WHERE id = $1", flow_id)
        await record("flow.removed", flow_id, name, before={"name": name})


async def held_flow(unit: Transaction, flow_id: UUID, edition: int | None) -> str:
    """The flow's name, held against changes by others. Raises FlowNotFound; Changed when it is of another edition."""
    row = await unit.fetchrow("SELECT name, edition FROM flow WHERE id = $1 FOR UPDATE", flow_id)
    if row is None:
        raise FlowNotFound
    if edition is not None and row["edition"] != edition:
        raise Changed
    name: str = row["name"]
    return name


async def flow_names() -> dict[UUID, str]:
    """Name of each flow that has a version: those that another can link to."""
    return {flow.id: flow.name for flow in await list_flows() if flow.newest is not None}


async def flows_with(setting: str, id: UUID) -> list[str]:
    """Names of the flows whose newest version, or one that answers a number, has the id in this setting of a node."""
    async with transaction(read_only=True) as unit:
        rows = await unit.fetch(
            "SELECT DISTINCT f.name FROM flow f JOIN flow_version v ON (v.tenant_id, v.flow_id) = (f.tenant_id, f.id) "
            "WHERE v.document->'nodes' @> jsonb_build_array(jsonb_build_object('settings', "
            "jsonb_build_object($1::text, $2::text))) AND (EXISTS (SELECT FROM main_number n WHERE "
            "n.flow_version_id = v.id) OR v.version = (SELECT max(version) FROM flow_version WHERE flow_id = f.id)) "
            "ORDER BY f.name",
            setting,
            str(id),
        )
    return [row["name"] for row in rows]


def _named(name: str) -> str:
    name = name.strip()
    if not name:
        raise Invalid(N_("Give the flow a name."), field="name")
    if len(name) > LONGEST_NAME:
        raise Invalid(N_("The name has at most {most} characters."), field="name", most=LONGEST_NAME)
    return name
