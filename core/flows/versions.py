"""Use cases of a flow's versions, for the tenant in force: save, read, restore, publish to a number."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from core.api.data import LastGood
from core.audit.model import current_actor
from core.audit.service import record
from core.data import transaction
from core.flows.checker import Elements
from core.flows.document import Document, Published, parse
from core.flows.errors import FlowInvalid, VersionNotFound
from core.flows.prompts import problems_of
from core.flows.service import held_flow
from core.tenancy import service as tenancy


class VersionInfo(Struct, frozen=True, kw_only=True):
    """What the list of versions shows of one (IVR-3)."""

    id: UUID
    flow_id: UUID
    version: int
    author: str
    comment: str
    created_at: datetime
    answers: tuple[str, ...] = ()
    """The main numbers (E.164) that it answers (IVR-4)."""


_VERSIONS = """
    SELECT id, flow_id, version, author, comment, created_at,
           coalesce((SELECT array_agg(number ORDER BY number) FROM main_number WHERE flow_version_id = v.id), '{}')
             AS answers
      FROM flow_version v WHERE flow_id = $1 AND ($2::integer IS NULL OR version = $2) ORDER BY version DESC"""


async def save_version(
    flow_id: UUID,
    document: Document,
    elements: Elements,
    *,
    author: str | None = None,
    comment: str = "",
    edition: int | None = None,
) -> VersionInfo:
    """Store the document as the flow's next version; those before it stay as they are.

    `author`: None is whoever acts. `edition`: what the author's work began with; None: whatever is there now.
    Raises FlowNotFound, Changed, FlowInvalid with all its problems.
    """
    author = current_actor().name if author is None else author
    async with transaction() as unit:
        # The lock on the flow makes two who save at the same time take turns.
        name = await held_flow(unit, flow_id, edition)
        if problems := await problems_of(document, elements):
            raise FlowInvalid(problems)
        version = await unit.fetchval(
            "INSERT INTO flow_version (flow_id, version, document, author, comment) "
            "SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4 FROM flow_version WHERE flow_id = $1 "
            "RETURNING version",
            flow_id, msgspec.json.encode(document).decode(), author, comment.strip(),
        )  # fmt: skip
        await unit.execute("UPDATE flow SET edition = edition + 1 WHERE id = $1", flow_id)
        await record("flow.saved", flow_id, name, after={"version": version, "comment": comment.strip()})
        return await version_of(flow_id, version)


async def restore_version(flow_id: UUID, version: int, elements: Elements, *, edition: int) -> VersionInfo:
    """An earlier version becomes the newest once more (IVR-3); what came after it stays.

    Raises as save_version, and VersionNotFound.
    """
    async with transaction() as unit:
        await held_flow(unit, flow_id, edition)
        earlier = await load_published((await version_of(flow_id, version)).id)
        comment = f"← {version}"
        return await save_version(flow_id, earlier.document, elements, comment=comment, edition=edition)


async def list_versions(flow_id: UUID) -> list[VersionInfo]:
    """The versions of a flow, the newest first."""
    return await _versions(flow_id, None)


async def version_of(flow_id: UUID, version: int) -> VersionInfo:
    """One of them, by its number. Raises VersionNotFound."""
    found = await _versions(flow_id, version)
    if not found:
        raise VersionNotFound
    return found[0]


async def load_published(version_id: UUID) -> Published:
    """A version with its document and its flow's name, to be run or edited. Raises VersionNotFound, FlowInvalid."""
    async with transaction(read_only=True) as unit:
        row = await unit.fetchrow(
            "SELECT v.id, v.flow_id, v.version, v.document, f.name FROM flow_version v "
            "JOIN flow f ON (f.tenant_id, f.id) = (v.tenant_id, v.flow_id) WHERE v.id = $1",
            version_id,
        )
    if row is None:
        raise VersionNotFound
    return Published(
        flow_id=row["flow_id"],
        version_id=row["id"],
        version=row["version"],
        name=row["name"],
        document=parse(row["document"]),
    )


async def publish(main_number_id: UUID, version_id: UUID) -> Published:
    """Let the version answer a main number from now on (IVR-4); calls that are in a flow end in it.

    Raises VersionNotFound; core.tenancy's TenancyError when the tenant has no such number.
    """
    async with transaction():
        published = await load_published(version_id)
        number = await tenancy.publish(main_number_id, version_id)
        facts: dict[str, Any] = {"number": number.number, "version": published.version}
        await record("flow.published", published.flow_id, published.name, after=facts)
    return published


async def _versions(flow_id: UUID, version: int | None) -> list[VersionInfo]:
    async with transaction(read_only=True) as unit:
        rows = await unit.fetch(_VERSIONS, flow_id, version)
    return [VersionInfo(**{**row, "answers": tuple(row["answers"])}) for row in rows]


async def _newest(flow_id: UUID) -> int | None:
    async with transaction(read_only=True) as unit:
        newest: int | None = await unit.fetchval("SELECT max(version) FROM flow_version WHERE flow_id = $1", flow_id)
        return newest


async def _newest_document(flow_id: UUID) -> Published | None:
    versions = await _versions(flow_id, None)
    return await load_published(versions[0].id) if versions else None


LINKED = LastGood(_newest, _newest_document)
"""The flows that calls of this process went on in: each in its newest version (IVR-19)."""
