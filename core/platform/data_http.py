"""A company's exports and its erasure: the operator's REST API."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Stream
from redis.asyncio import Redis

from core.api.rest import IfMatch, Page, wanted_version, with_etag
from core.exports.http import ZIP, archive_of
from core.exports.service import Export
from core.platform import exports
from core.platform.erasure import erase
from core.platform.schemas import ErasureIn, TenantOut


class TenantData(Controller):
    """Everything that is kept of a company: taken out, or deleted for good."""

    path = "/api/v1/platform/tenants/{tenant_id:uuid}"
    tags = ("Platform",)
    opt = {"permission": "platform.manage"}  # noqa: RUF012  (Litestar's way to declare it)

    @get("/exports", summary="A company's exports")
    async def list(self, tenant_id: FromPath[UUID]) -> Page[Export]:
        """The newest first, on one page, whoever asked for them."""
        return Page(await exports.exports_of(tenant_id))

    @post("/exports", summary="Export everything of a company")
    async def ask(self, request: Request[Any, Any, Any], tenant_id: FromPath[UUID]) -> Export:
        """It begins within a minute. One at a time."""
        return await exports.ask(tenant_id, request.user.name)

    @delete("/exports/{export_id:uuid}", summary="Delete a company's export")
    async def remove(self, tenant_id: FromPath[UUID], export_id: FromPath[UUID]) -> None:
        """With its archive."""
        await exports.remove(tenant_id, export_id)

    @get("/exports/{export_id:uuid}/archive", summary="Download a company's export", media_type=ZIP)
    async def archive(self, tenant_id: FromPath[UUID], export_id: FromPath[UUID]) -> Stream:
        """A ZIP file; `manifest.json` in it says what it holds."""
        return archive_of(*await exports.download(tenant_id, export_id))

    @post("/erasure", summary="Erase a company", status_code=202)
    async def erase(
        self,
        tenant_id: FromPath[UUID],
        data: JSONBody[ErasureIn],
        redis: NamedDependency[Redis],
        if_match: IfMatch = "",
    ) -> Response[TenantOut]:
        """All of it goes for good, beginning after a minute. It must be suspended; `confirm` is its name."""
        row = await erase(redis, tenant_id, data.confirm, wanted_version(if_match))
        return with_etag(TenantOut.of(row), row.version, status=202)
