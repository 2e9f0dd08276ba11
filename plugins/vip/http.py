"""VIP lists of the signed-in user's tenant: REST API, under /p/vip/api/v1/."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody, QueryParameter

from core.api import Context, FlowUses, Pages
from core.api.errors import SeveralInvalid
from core.api.rest import PAGE, After, IfMatch, Limit, Page, read_cursor, wanted_version, with_etag
from core.api.sheets import MEDIA_TYPES, MOST_BYTES, Format
from plugins.vip import numbers, service
from plugins.vip.model import Pattern
from plugins.vip.numbers import Number
from plugins.vip.permissions import MANAGE, VIEW
from plugins.vip.schemas import ListIn, NumberFile, NumberIn, PlanOut
from plugins.vip.service import ListInfo

MAY_VIEW, MAY_MANAGE = {"permission": VIEW.key}, {"permission": MANAGE.key}
MOST_BODY = MOST_BYTES + (1 << 16)
"""The form around the file has its own size."""


class VipLists(Controller):
    """VIP lists: whom to serve first, or not at all. The flow element vip.list asks them."""

    path = "/api/v1/lists"
    tags = ("VIP lists",)

    @get(summary="All VIP lists", opt=MAY_VIEW)
    async def list(self) -> Page[ListInfo]:
        """By name; there is one page."""
        return Page(await service.lists())

    @post(summary="Make a VIP list", opt=MAY_MANAGE)
    async def create(self, ctx: NamedDependency[Context], data: JSONBody[ListIn]) -> Response[ListInfo]:
        """Nobody is on it yet."""
        made = await service.create_list(ctx, data.values())
        return with_etag(made, made.version, status=201, Location=f"/p/vip{self.path}/{made.id}")

    @get("/{list_id:uuid}", summary="A VIP list", opt=MAY_VIEW)
    async def one(self, list_id: FromPath[UUID]) -> Response[ListInfo]:
        """Its `ETag` changes with its numbers too."""
        found = await service.list_by_id(list_id)
        return with_etag(found, found.version)

    @put("/{list_id:uuid}", summary="Change a VIP list", opt=MAY_MANAGE)
    async def change(
        self, ctx: NamedDependency[Context], list_id: FromPath[UUID], data: JSONBody[ListIn], if_match: IfMatch = ""
    ) -> Response[ListInfo]:
        """Holds from the next call on."""
        changed = await service.change_list(ctx, list_id, data.values(), wanted_version(if_match))
        return with_etag(changed, changed.version)

    @delete("/{list_id:uuid}", summary="Remove a VIP list", opt=MAY_MANAGE)
    async def remove(
        self,
        ctx: NamedDependency[Context],
        list_id: FromPath[UUID],
        flow_uses: NamedDependency[FlowUses],
        if_match: IfMatch = "",
    ) -> None:
        """With its numbers. Refused while a call flow asks it."""
        await service.remove_list(ctx, list_id, wanted_version(if_match), flow_uses)

    @get("/{list_id:uuid}/numbers", summary="Numbers on a VIP list", opt=MAY_VIEW)
    async def numbers(
        self,
        list_id: FromPath[UUID],
        q: Annotated[str, QueryParameter(description="A part of the number or the comment", max_length=100)] = "",
        after: After = "",
        limit: Limit = PAGE,
    ) -> Page[Number]:
        """In their order; one that ends with * is the beginning of numbers."""
        place = Pattern(*read_cursor(after, tuple[str, bool])) if after else None
        return await numbers.numbers(list_id, text=q, after=place, limit=limit)

    @post("/{list_id:uuid}/numbers", summary="Put a number on a VIP list", opt=MAY_MANAGE)
    async def add(
        self, ctx: NamedDependency[Context], list_id: FromPath[UUID], data: JSONBody[NumberIn]
    ) -> Response[Number]:
        """E.164, or with * at its end the beginning of numbers."""
        made = await numbers.add_number(ctx, list_id, data.number, data.comment)
        return Response(made, status_code=201)

    @delete("/{list_id:uuid}/numbers/{number_id:uuid}", summary="Take a number off a VIP list", opt=MAY_MANAGE)
    async def take_off(self, ctx: NamedDependency[Context], list_id: FromPath[UUID], number_id: FromPath[UUID]) -> None:
        """From the next call on it is a number like others."""
        await numbers.remove_number(ctx, list_id, number_id)

    @post(
        "/{list_id:uuid}/preview",
        summary="Look at a file of numbers",
        opt=MAY_MANAGE,
        status_code=200,
        request_max_body_size=MOST_BODY,
    )
    async def preview(
        self, list_id: FromPath[UUID], data: MultipartBody[NumberFile], pages: NamedDependency[Pages]
    ) -> PlanOut:
        """What taking it in would do, and what is wrong with it row by row; nothing is changed."""
        sheet = await numbers.read_file(await data.file.read())
        return PlanOut.of(await numbers.preview(list_id, sheet, replace=data.replace), sheet, pages)

    @post(
        "/{list_id:uuid}/import",
        summary="Take a file of numbers in",
        opt=MAY_MANAGE,
        status_code=200,
        request_max_body_size=MOST_BODY,
    )
    async def take_in(
        self,
        ctx: NamedDependency[Context],
        list_id: FromPath[UUID],
        data: MultipartBody[NumberFile],
        pages: NamedDependency[Pages],
        if_match: IfMatch = "",
    ) -> PlanOut:
        """All of it or nothing; with `partial` what can be taken."""
        version, sheet = wanted_version(if_match), await numbers.read_file(await data.file.read())
        if sheet.faults and not data.partial:
            for fault in sheet.faults:
                fault.why.field = f"rows.{fault.row}"
            raise SeveralInvalid(fault.why for fault in sheet.faults)
        return PlanOut.of(await numbers.take_in(ctx, list_id, sheet, version, replace=data.replace), sheet, pages)

    @get("/{list_id:uuid}/export", summary="A file of the numbers on a VIP list", opt=MAY_VIEW)
    async def export(
        self, ctx: NamedDependency[Context], list_id: FromPath[UUID], form: FromQuery[Format] = "xlsx"
    ) -> Response[bytes]:
        """XLSX or CSV, as it can be taken in again."""
        content = await numbers.export(ctx, list_id, form)
        headers = {"Content-Disposition": f'attachment; filename="vip-list.{form}"'}
        return Response(content, media_type=MEDIA_TYPES[form], headers=headers)
