"""Exports of one tenant: asked for, looked at, downloaded, removed. The worker makes them (core.exports.make)."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from core.audit.service import record
from core.data import current_tenant, tenant, transaction
from core.data.errors import UniqueViolationError
from core.data.unit import Transaction
from core.exports.errors import ExportRuns, NoSuchExport, NotReady
from core.exports.model import State

_LIST = """
    SELECT id, state, asked_at, asked_by, done, total, rows, size, finished_at, expires_at FROM data_export
     WHERE ($1::uuid IS NULL OR id = $1) AND coalesce(expires_at > now(), true) ORDER BY id DESC"""


class Export(Struct, frozen=True, kw_only=True):
    """An export of everything that the company has. `done` of `total` tables are in it; `size`: bytes."""

    id: UUID
    state: State
    asked_at: datetime
    asked_by: str
    done: int
    total: int
    rows: int
    size: int
    finished_at: datetime | None
    expires_at: datetime | None

    @property
    def pending(self) -> bool:
        """Whether it is still to come."""
        return self.state in ("waiting", "running")


async def exports() -> list[Export]:
    """Those of the tenant in force, the newest first."""
    async with transaction(read_only=True) as unit:
        return [Export(**row) for row in await unit.fetch(_LIST, None)]


async def export(export_id: UUID) -> Export:
    """One of them. Raises NoSuchExport."""
    async with transaction() as unit:
        row = await unit.fetchrow(_LIST, export_id)
    if row is None:
        raise NoSuchExport
    return Export(**row)


async def ask(by: str) -> Export:
    """Have everything exported; `by`: the name of who asks. Raises ExportRuns."""
    async with transaction() as unit:
        export_id = await add(unit, current_tenant(), by)
        await record("export.asked", export_id)
        return await export(export_id)


async def add(unit: Transaction, tenant_id: UUID, by: str) -> UUID:
    """The same as a part of something larger, which records it; the id of the export."""
    try:
        async with unit.savepoint():
            export_id: UUID = await unit.fetchval(
                "INSERT INTO data_export (tenant_id, asked_by) VALUES ($1, $2) RETURNING id", tenant_id, by
            )
    except UniqueViolationError:
        raise ExportRuns from None
    return export_id


async def remove(export_id: UUID) -> None:
    """Delete an export with its archive; one that is being made is given up. Raises NoSuchExport."""
    async with transaction() as unit:
        await export(export_id)
        await unit.execute("DELETE FROM data_export WHERE id = $1", export_id)
        await record("export.removed", export_id)


async def download(export_id: UUID) -> tuple[Export, AsyncIterator[bytes]]:
    """An export and its archive in pieces; recorded as read. Raises NoSuchExport, NotReady."""
    async with transaction():
        found = await finished(export_id)
        await record("export.downloaded", export_id)
    return found, pieces(current_tenant(), export_id)


async def finished(export_id: UUID) -> Export:
    """An export that can be downloaded. Raises NoSuchExport, NotReady."""
    found = await export(export_id)
    if found.state != "done":
        raise NotReady
    return found


async def pieces(tenant_id: UUID, export_id: UUID) -> AsyncIterator[bytes]:
    """Its archive, piece by piece."""
    position = 0
    while (piece := await _piece(tenant_id, export_id, position)) is not None:
        yield piece
        position += 1


async def _piece(tenant_id: UUID, export_id: UUID, position: int) -> bytes | None:
    with tenant(tenant_id):
        async with transaction(read_only=True) as unit:
            content: bytes | None = await unit.fetchval(
                "SELECT content FROM data_export_part WHERE export_id = $1 AND position = $2", export_id, position
            )
    return content
