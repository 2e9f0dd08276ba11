"""Exports of a company for the operator: asked for, looked at and downloaded, told in both trails."""

from collections.abc import AsyncIterator
from uuid import UUID

from core.data import tenant
from core.exports import service as exports
from core.exports.service import Export
from core.platform.acts import act
from core.platform.service import tenant_of


async def exports_of(tenant_id: UUID) -> list[Export]:
    """The company's exports, whoever asked for them. Raises NoSuchTenant."""
    await tenant_of(tenant_id)
    with tenant(tenant_id):
        return await exports.exports()


async def ask(tenant_id: UUID, by: str) -> Export:
    """Have everything of a company exported; `by`: the name of who asks. Raises NoSuchTenant, ExportRuns."""
    async with act() as this:
        row = await this.tenant(tenant_id)
        export_id = await exports.add(this.unit, tenant_id, by)
        await this.record("export.asked", row)
    with tenant(tenant_id):
        return await exports.export(export_id)


async def download(tenant_id: UUID, export_id: UUID) -> tuple[Export, AsyncIterator[bytes]]:
    """An export and its archive in pieces. Raises NoSuchTenant, NoSuchExport, NotReady."""
    row = await tenant_of(tenant_id)
    with tenant(tenant_id):
        found = await exports.finished(export_id)
    async with act() as this:
        await this.record("export.downloaded", row)
    return found, exports.pieces(tenant_id, export_id)


async def remove(tenant_id: UUID, export_id: UUID) -> None:
    """Delete an export with its archive. Raises NoSuchTenant, NoSuchExport."""
    row = await tenant_of(tenant_id)
    with tenant(tenant_id):
        await exports.export(export_id)
    async with act() as this:
        await this.unit.execute("DELETE FROM data_export WHERE tenant_id = $1 AND id = $2", tenant_id, export_id)
        await this.record("export.removed", row)
