"""Use cases of flows, for the tenant in force: create, save a version, read, publish to a main number."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from core.api.texts import N_
from core.data import transaction
from core.flows.checker import Elements, validate
from core.flows.document import Document, Published, parse
from core.flows.errors import FlowInvalid, FlowNotFound, Problem
from core.flows.tables import Flow, FlowVersion
from core.tenancy import service as tenancy


class VersionInfo(Struct, frozen=True, kw_only=True):
    """What the list of versions shows of one (IVR-3)."""

    id: UUID
    flow_id: UUID
    version: int
    author: str
    comment: str
    created_at: datetime


async def create_flow(name: str) -> UUID:
    """A new flow without versions. Raises FlowInvalid when the name is empty or taken."""
    name = name.strip()
    if not name:
        raise FlowInvalid([_misnamed(N_("the flow has no name"), name)])
    async with transaction() as unit:
        flow_id: UUID | None = await unit.fetchval(
            "INSERT INTO flow (name) VALUES ($1) ON CONFLICT (tenant_id, name) DO NOTHING RETURNING id", name
        )
    if flow_id is None:
        raise FlowInvalid([_misnamed(N_("another flow is called %(name)s"), name)])
    return flow_id


async def save_version(
    flow_id: UUID, document: Document, elements: Elements, *, author: str, comment: str = ""
) -> VersionInfo:
    """Store the document as the flow's next version; those before it stay as they are.

    Raises FlowInvalid with all its problems, FlowNotFound.
    """
    if problems := validate(document, elements):
        raise FlowInvalid(problems)
    async with transaction() as unit:
        # The lock on the flow makes two who save at the same time take turns.
        if not await unit.fetchval("SELECT true FROM flow WHERE id = $1 FOR UPDATE", flow_id):
            raise FlowNotFound(f"there is no flow {flow_id}")
        last = await unit.fetchval("SELECT max(version) FROM flow_version WHERE flow_id = $1", flow_id)
        row = FlowVersion(
            flow_id=flow_id,
            version=(last or 0) + 1,
            document=msgspec.json.encode(document).decode(),
            author=author,
            comment=comment,
            created_at=datetime.now(UTC),
        )
        await row.save()
    return VersionInfo(
        id=row.id,
        flow_id=flow_id,
        version=row.version,
        author=author,
        comment=comment,
        created_at=row.created_at,
    )


async def list_flows() -> list[dict[str, Any]]:
    """All flows by name: id, name, created_at."""
    rows: list[dict[str, Any]] = await Flow.select(Flow.id, Flow.name, Flow.created_at).order_by(Flow.name)
    return rows


async def list_versions(flow_id: UUID) -> list[VersionInfo]:
    """The versions of a flow, the newest first."""
    columns = [getattr(FlowVersion, name) for name in VersionInfo.__struct_fields__]
    rows = (
        await FlowVersion.select(*columns)
        .where(FlowVersion.flow_id == flow_id)
        .order_by(FlowVersion.version, ascending=False)
    )
    return [VersionInfo(**row) for row in rows]


async def flows_with_schedule(schedule_id: UUID) -> list[str]:
    """Names of the flows whose newest version, or one that answers a number, uses these opening hours."""
    async with transaction(read_only=True) as unit:
        rows = await unit.fetch(
            "SELECT DISTINCT f.name FROM flow f JOIN flow_version v ON (v.tenant_id, v.flow_id) = (f.tenant_id, f.id) "
            "WHERE v.document->'nodes' @> jsonb_build_array(jsonb_build_object('settings', "
            "jsonb_build_object('schedule', $1::text))) AND (EXISTS (SELECT FROM main_number n WHERE "
            "n.flow_version_id = v.id) OR v.version = (SELECT max(version) FROM flow_version WHERE flow_id = f.id)) "
            "ORDER BY f.name",
            str(schedule_id),
        )
    return [row["name"] for row in rows]


async def load_published(version_id: UUID) -> Published:
    """A version with its document and its flow's name, to be run or edited. Raises FlowNotFound."""
    async with transaction(read_only=True) as unit:
        row = await unit.fetchrow(
            "SELECT v.id, v.flow_id, v.version, v.document, f.name FROM flow_version v "
            "JOIN flow f ON (f.tenant_id, f.id) = (v.tenant_id, v.flow_id) WHERE v.id = $1",
            version_id,
        )
    if row is None:
        raise FlowNotFound(f"there is no version {version_id} of a flow")
    return Published(
        flow_id=row["flow_id"],
        version_id=row["id"],
        version=row["version"],
        name=row["name"],
        document=parse(row["document"]),
    )


async def publish(main_number_id: UUID, version_id: UUID) -> Published:
    """Let the version answer a main number from now on (IVR-4).

    Raises FlowNotFound; core.tenancy's TenancyError when the tenant has no such number.
    """
    async with transaction():
        published = await load_published(version_id)
        await tenancy.publish(main_number_id, version_id)
    return published


def _misnamed(what: str, name: str) -> Problem:
    return Problem(field="name", what=what, remedy=N_("give it a name of its own"), values={"name": name})
