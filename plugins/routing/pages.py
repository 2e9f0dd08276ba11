"""Route lists on pages (ADM-2 … ADM-4)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, MultipartBody, URLEncodedBody
from litestar.response import Template
from msgspec import Struct

from core.api import Context, FlowNames, FlowUses, Pages
from core.api.errors import Refused
from core.api.rest import read_cursor
from core.api.sheets import Row
from plugins.routing import routes, service
from plugins.routing.http import MAY_MANAGE, MAY_VIEW, MOST_BODY
from plugins.routing.model import Destination, Value, read_rows, written
from plugins.routing.permissions import MANAGE
from plugins.routing.routes import Flows

PATH = "/p/routing/lists"
FAULTS_SHOWN = 200


@dataclass
class ListForm:
    """What the forms of a list send."""

    name: str = ""
    version: int = 0


@dataclass
class RouteForm:
    """What the form of a route sends."""

    value: str = ""
    destination: str = ""


class FileForm(Struct):
    """What the form of a file sends."""

    file: UploadFile
    replace: str = ""


@dataclass
class ConfirmForm:
    """A file that was looked at: the lines that can be taken, and the version of the list at that time."""

    rows: str = ""
    replace: str = ""
    version: int = 0

    def read(self) -> list[Row]:
        """The lines as rows of the file."""
        return [Row(number, tuple(line.split("\t"))) for number, line in enumerate(self.rows.splitlines(), start=1)]


class RoutePages(Controller):
    """The pages below Administration → Advanced menu."""

    path = "/lists"
    include_in_schema = False

    @get(opt=MAY_VIEW)
    async def lists(self, pages: NamedDependency[Pages]) -> Template:
        """All lists."""
        return await _lists(pages)

    @post(opt=MAY_MANAGE)
    async def create(
        self, ctx: NamedDependency[Context], pages: NamedDependency[Pages], data: URLEncodedBody[ListForm]
    ) -> Response[Any]:
        """Make a list, and go on to it."""
        try:
            made = await service.create_list(ctx, data.name)
        except Refused as error:
            return await _lists(pages, error, data.name)
        return pages.done(f"{PATH}/{made.id}", pages.gettext("The list %(name)s is made.") % {"name": made.name})

    @get("/{list_id:uuid}", opt=MAY_VIEW)
    async def one(
        self,
        pages: NamedDependency[Pages],
        list_id: FromPath[UUID],
        flow_names: NamedDependency[FlowNames],
        q: FromQuery[str] = "",
        after: FromQuery[str] = "",
    ) -> Template:
        """A list and where its values lead."""
        return await _list(pages, list_id, await flow_names(), q=q, after=after)

    @post("/{list_id:uuid}", opt=MAY_MANAGE)
    async def rename(
        self,
        ctx: NamedDependency[Context],
        pages: NamedDependency[Pages],
        list_id: FromPath[UUID],
        flow_names: NamedDependency[FlowNames],
        data: URLEncodedBody[ListForm],
    ) -> Response[Any]:
        """Call the list something else."""
        try:
            changed = await service.rename_list(ctx, list_id, data.name, data.version)
        except Refused as error:
            return await _list(pages, list_id, await flow_names(), error=error)
        said = pages.gettext("The list is called %(name)s now.") % {"name": changed.name}
        return pages.done(f"{PATH}/{list_id}", said)

    @post("/{list_id:uuid}/remove", opt=MAY_MANAGE)
    async def remove(
        self,
        ctx: NamedDependency[Context],
        pages: NamedDependency[Pages],
        list_id: FromPath[UUID],
        flow_uses: NamedDependency[FlowUses],
        flow_names: NamedDependency[FlowNames],
        data: URLEncodedBody[ListForm],
    ) -> Response[Any]:
        """Remove the list with its routes."""
        try:
            await service.remove_list(ctx, list_id, data.version, flow_uses)
        except Refused as error:
            return await _list(pages, list_id, await flow_names(), error=error)
        return pages.done(PATH, pages.gettext("The list is removed."))

    @post("/{list_id:uuid}/routes", opt=MAY_MANAGE)
    async def add(
        self,
        ctx: NamedDependency[Context],
        pages: NamedDependency[Pages],
        list_id: FromPath[UUID],
        flow_names: NamedDependency[FlowNames],
        data: URLEncodedBody[RouteForm],
    ) -> Response[Any]:
        """Let a value lead somewhere."""
        flows = await flow_names()
        try:
            made = await routes.add_route(ctx, list_id, data.value, data.destination, flows)
        except Refused as error:
            return await _list(pages, list_id, flows, error=error, typed=data)
        said = pages.gettext("%(value)s leads to %(destination)s now.")
        where = written(Destination(made.number, made.flow_id), flows)
        return pages.done(f"{PATH}/{list_id}", said % {"value": made.value, "destination": where})

    @post("/{list_id:uuid}/routes/{route_id:uuid}/remove", opt=MAY_MANAGE)
    async def take_out(
        self,
        ctx: NamedDependency[Context],
        pages: NamedDependency[Pages],
        list_id: FromPath[UUID],
        route_id: FromPath[UUID],
        flow_names: NamedDependency[FlowNames],
    ) -> Response[Any]:
        """Take a value out."""
        flows = await flow_names()
        try:
            gone = await routes.remove_route(ctx, list_id, route_id, flows)
        except Refused as error:
            return await _list(pages, list_id, flows, error=error)
        return pages.done(f"{PATH}/{list_id}", pages.gettext("%(value)s leads nowhere now.") % {"value": gone.value})

    @post("/{list_id:uuid}/preview", opt=MAY_MANAGE, status_code=200, request_max_body_size=MOST_BODY)
    async def preview(
        self,
        pages: NamedDependency[Pages],
        list_id: FromPath[UUID],
        flow_names: NamedDependency[FlowNames],
        data: MultipartBody[FileForm],
    ) -> Response[Any]:
        """What taking a file in would do, and what is wrong with it row by row."""
        flows = await flow_names()
        try:
            sheet = await routes.read_file(await data.file.read(), flows)
            steps = await routes.preview(list_id, sheet, replace=bool(data.replace))
        except Refused as error:
            return await _list(pages, list_id, flows, error=error)
        return pages.show(
            "preview.html",
            list=await service.list_by_id(list_id),
            path=PATH,
            steps=steps,
            faults=[(one.row, one.text, one.why.text(pages.gettext)) for one in sheet.faults[:FAULTS_SHOWN]],
            fault_count=len(sheet.faults),
            replace=data.replace,
            rows="\n".join(f"{value}\t{written(where, flows)}" for value, where in sheet.routes.items()),
            file=data.file.filename[:100],
        )

    @post("/{list_id:uuid}/import", opt=MAY_MANAGE, request_max_body_size=MOST_BODY)
    async def take_in(
        self,
        ctx: NamedDependency[Context],
        pages: NamedDependency[Pages],
        list_id: FromPath[UUID],
        flow_names: NamedDependency[FlowNames],
        data: URLEncodedBody[ConfirmForm],
    ) -> Response[Any]:
        """Take in what was looked at."""
        flows = await flow_names()
        try:
            sheet = read_rows(data.read(), flows)
            steps = await routes.take_in(ctx, list_id, sheet, data.version, replace=bool(data.replace))
        except Refused as error:
            return await _list(pages, list_id, flows, error=error)
        said = pages.gettext("Taken in: %(added)s added, %(changed)s changed, %(removed)s taken out.")
        counts = {"added": len(steps.added), "changed": len(steps.changed), "removed": len(steps.removed)}
        return pages.done(f"{PATH}/{list_id}", said % counts)


async def _lists(pages: Pages, error: Refused | None = None, name: str = "") -> Template:
    manage = pages.may(MANAGE.key)
    return pages.show("lists.html", error=error, lists=await service.lists(), path=PATH, manage=manage, name=name)


async def _list(
    pages: Pages,
    list_id: UUID,
    flows: Flows,
    *,
    error: Refused | None = None,
    typed: RouteForm | None = None,
    q: str = "",
    after: str = "",
) -> Template:
    """The page of a list; `typed`: what a refused form sent. Raises ListNotFound."""
    place = Value(*read_cursor(after, tuple[str, bool])) if after else None
    shown = await routes.routes(list_id, text=q, after=place)
    return pages.show(
        "list.html",
        error=error,
        list=await service.list_by_id(list_id),
        path=PATH,
        manage=pages.may(MANAGE.key),
        routes=shown.items,
        flows=flows,
        next=shown.next,
        first=not after,
        values={"q": q},
        typed=typed or RouteForm(),
    )
