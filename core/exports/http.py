"""The company's exports of everything that is kept of it: REST API."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from litestar import Controller, Request, delete, get, post
from litestar.params import FromPath
from litestar.response import Stream

from core.api.rest import Page
from core.exports import service
from core.exports.service import Export

ZIP = "application/zip"


class Exports(Controller):
    """Everything that is kept of the company, in one archive, made in the background and deleted after a week."""

    path = "/api/v1/exports"
    tags = ("Exports",)
    opt = {"permission": "exports.manage"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="The company's exports")
    async def list(self) -> Page[Export]:
        """The newest first, on one page."""
        return Page(await service.exports())

    @post(summary="Export everything")
    async def ask(self, request: Request[Any, Any, Any]) -> Export:
        """It begins within a minute; ask for it again to see how far it is. One at a time."""
        return await service.ask(request.user.name)

    @get("/{export_id:uuid}", summary="An export")
    async def one(self, export_id: FromPath[UUID]) -> Export:
        """How far it is."""
        return await service.export(export_id)

    @delete("/{export_id:uuid}", summary="Delete an export")
    async def remove(self, export_id: FromPath[UUID]) -> None:
        """With its archive. One that is being made is given up."""
        await service.remove(export_id)

    @get("/{export_id:uuid}/archive", summary="Download an export", media_type=ZIP)
    async def archive(self, export_id: FromPath[UUID]) -> Stream:
        """A ZIP file; `manifest.json` in it says what it holds."""
        return archive_of(*await service.download(export_id))


def archive_of(found: Export, pieces: AsyncIterator[bytes]) -> Stream:
    """The answer that brings an archive."""
    name = f"sentralbord-{found.asked_at:%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(found.size)}
    return Stream(pieces, media_type=ZIP, headers=headers)
