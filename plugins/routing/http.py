"""Route lists of the signed-in user's tenant: REST API, under /p/routing/api/v1/."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody, QueryParameter

from core.api import Context, FlowNames, FlowUses, Pages
from core.api.errors import SeveralInvalid
from core.api.rest import PAGE, After, IfMatch, Limit, Page, read_cursor, wanted_version, with_etag
from core.api.sheets import MEDIA_TYPES, MOST_BYTES, Format
from plugins.routing import routes, service
from plugins.routing.model import Value
from plugins.routing.permissions import MANAGE, VIEW
from plugins.routing.routes import Route
from plugins.routing.schemas import ListIn, PlanOut, RouteFile, RouteIn
from plugins.routing.service import ListInfo

MAY_VIEW, MAY_MANAGE = {"permission": VIEW.key}, {"permission": MANAGE.key}
MOST_BODY = MOST_BYTES + (1 << 16)
"""The form around the file has its own size."""


class RouteLists(Controller):
    """Route lists: where a call goes by the digits that its caller keys in. The flow element routing.menu asks them."""

    path = "/api/v1/lists"
    tags = ("Route lists",)

    @get(summary="All route lists", opt=MAY_VIEW)
    async def list(self) -> Page[ListInfo]:
        """By name; there is one page."""
        return Page(await service.lists())

    @post(summary="Make a route list", opt=MAY_MANAGE)
    async def create(self, ctx: NamedDependency[Context], data: JSONBody[ListIn]) -> Response[ListInfo]:
        """No value leads anywhere yet."""
        made = await service.create_list(ctx, data.name)
        return with_etag(made, made.version, status=201, Location=f"/p/routing{self.path}/{made.id}")

    @get("/{list_id:uuid}", summary="A route list", opt=MAY_VIEW)
    async def one(self, list_id: FromPath[UUID]) -> Response[ListInfo]:
        """Its `ETag` changes with its routes too."""
        found = await service.list_by_id(list_id)
        return with_etag(found, found.version)

    @patch("/{list_id:uuid}", summary="Rename a route list", opt=MAY_MANAGE)
    async def rename(
        self, ctx: NamedDependency[Context], list_id: FromPath[UUID], data: JSONBody[ListIn], if_match: IfMatch = ""
    ) -> Response[ListInfo]:
        """Its routes stay as they are."""
        changed = await service.rename_list(ctx, list_id, data.name, wanted_version(if_match))
        return with_etag(changed, changed.version)

    @delete("/{list_id:uuid}", summary="Remove a route list", opt=MAY_MANAGE)
    async def remove(
        self,
        ctx: NamedDependency[Context],
        list_id: FromPath[UUID],
        flow_uses: NamedDependency[FlowUses],
        if_match: IfMatch = "",
    ) -> None:
        """With its routes. Refused while a call flow asks it."""
        await service.remove_list(ctx, list_id, wanted_version(if_match), flow_uses)

    @get("/{list_id:uuid}/routes", summary="Routes of a list", opt=MAY_VIEW)
    async def routes(
        self,
        list_id: FromPath[UUID],
        q: Annotated[str, QueryParameter(description="How the value begins", max_length=20)] = "",
        after: After = "",
        limit: Limit = PAGE,
    ) -> Page[Route]:
        """In the order of their values; one that ends with … is the beginning of digits."""
        place = Value(*read_cursor(after, tuple[str, bool])) if after else None
        return await routes.routes(list_id, text=q, after=place, limit=limit)

    @post("/{list_id:uuid}/routes", summary="Let a value lead somewhere", opt=MAY_MANAGE)
    async def add(
        self,
        ctx: NamedDependency[Context],
        list_id: FromPath[UUID],
        data: JSONBody[RouteIn],
        flow_names: NamedDependency[FlowNames],
    ) -> Response[Route]:
        """To a telephone number in E.164, or to a call flow by its name."""
        made = await routes.add_route(ctx, list_id, data.value, data.destination, await flow_names())
        return Response(made, status_code=201)

    @delete("/{list_id:uuid}/routes/{route_id:uuid}", summary="Take a value out", opt=MAY_MANAGE)
    async def take_out(
        self,
        ctx: NamedDependency[Context],
        list_id: FromPath[UUID],
        route_id: FromPath[UUID],
        flow_names: NamedDependency[FlowNames],
    ) -> None:
        """From the next call on it leads nowhere."""
        await routes.remove_route(ctx, list_id, route_id, await flow_names())

    @post(
        "/{list_id:uuid}/preview",
        summary="Look at a file of routes",
        opt=MAY_MANAGE,
        status_code=200,
        request_max_body_size=MOST_BODY,
    )
    async def preview(
        self,
        list_id: FromPath[UUID],
        data: MultipartBody[RouteFile],
        pages: NamedDependency[Pages],
        flow_names: NamedDependency[FlowNames],
    ) -> PlanOut:
        """What taking it in would do, and what is wrong with it row by row; nothing is changed."""
        sheet = await routes.read_file(await data.file.read(), await flow_names())
        return PlanOut.of(await routes.preview(list_id, sheet, replace=data.replace), sheet, pages)

    @post(
        "/{list_id:uuid}/import",
        summary="Take a file of routes in",
        opt=MAY_MANAGE,
        status_code=200,
        request_max_body_size=MOST_BODY,
    )
    async def take_in(
        self,
        ctx: NamedDependency[Context],
        list_id: FromPath[UUID],
        data: MultipartBody[RouteFile],
        pages: NamedDependency[Pages],
        flow_names: NamedDependency[FlowNames],
        if_match: IfMatch = "",
    ) -> PlanOut:
        """All of it or nothing; with `partial` what can be taken."""
        version, sheet = wanted_version(if_match), await routes.read_file(await data.file.read(), await flow_names())
        if sheet.faults and not data.partial:
            for fault in sheet.faults:
                fault.why.field = f"rows.{fault.row}"
            raise SeveralInvalid(fault.why for fault in sheet.faults)
        return PlanOut.of(await routes.take_in(ctx, list_id, sheet, version, replace=data.replace), sheet, pages)

    @get("/{list_id:uuid}/export", summary="A file of the routes of a list", opt=MAY_VIEW)
    async def export(
        self,
        ctx: NamedDependency[Context],
        list_id: FromPath[UUID],
        flow_names: NamedDependency[FlowNames],
        form: FromQuery[Format] = "xlsx",
    ) -> Response[bytes]:
        """XLSX or CSV, as it can be taken in again: the template of an import (ADM-4)."""
        content = await routes.export(ctx, list_id, form, await flow_names())
        headers = {"Content-Disposition": f'attachment; filename="route-list.{form}"'}
        return Response(content, media_type=MEDIA_TYPES[form], headers=headers)
