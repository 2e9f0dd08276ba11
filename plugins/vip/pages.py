"""VIP lists on pages (VIP-1)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, MultipartBody, URLEncodedBody
from litestar.response import Template
from msgspec import Struct

from core.api import N_, Context, FlowUses, Pages
from core.api.errors import Invalid, Refused
from core.api.rest import read_cursor
from core.api.sheets import Row
from plugins.vip import numbers, service
from plugins.vip.http import MAY_MANAGE, MAY_VIEW, MOST_BODY
from plugins.vip.model import Pattern, Sheet, read_rows
from plugins.vip.permissions import MANAGE
from plugins.vip.service import ListValues

PATH = "/p/vip/lists"
FAULTS_SHOWN = 200


@dataclass
class ListForm:
    """What the forms of a list send."""

    name: str = ""
    blocks: str = ""
    withheld: str = ""
    service_level_seconds: str = ""
    version: int = 0

    def values(self) -> ListValues:
        """As the service takes them. Raises Invalid."""
        level = self.service_level_seconds.strip()
        if level and not (level.isascii() and level.isdecimal() and len(level) < 6):
            raise Invalid(N_("“{text}” is no whole number."), field="service_level_seconds", text=level)
        return ListValues(
            name=self.name,
            blocks=bool(self.blocks),
            withheld=bool(self.withheld),
            service_level_seconds=int(level) if level else None,
        )


@dataclass
class NumberForm:
    """What the form of a number sends."""

    number: str = ""
    comment: str = ""


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

    def sheet(self) -> Sheet:
        """As it was read from the file."""
        lines = (tuple(line.split("\t")) for line in self.rows.splitlines())
        return read_rows([Row(number, cells) for number, cells in enumerate(lines, start=1)])


class VipPages(Controller):
    """The pages below Administration → VIP lists."""

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
            made = await service.create_list(ctx, data.values())
        except Refused as error:
            return await _lists(pages, error, data)
        return pages.done(f"{PATH}/{made.id}", pages.gettext("The list %(name)s is made.") % {"name": made.name})

    @get("/{list_id:uuid}", opt=MAY_VIEW)
    async def one(
        self,
        pages: NamedDependency[Pages],
        list_id: FromPath[UUID],
        q: FromQuery[str] = "",
        after: FromQuery[str] = "",
    ) -> Template:
        """A list: what it does, and who is on it."""
        return await _list(pages, list_id, q=q, after=after)

    @post("/{list_id:uuid}", opt=MAY_MANAGE)
    async def change(
        self,
        ctx: NamedDependency[Context],
        pages: NamedDependency[Pages],
        list_id: FromPath[UUID],
        data: URLEncodedBody[ListForm],
    ) -> Response[Any]:
        """Let the list be otherwise."""
        try:
            await service.change_list(ctx, list_id, data.values(), data.version)
        except Refused as error:
            return await _list(pages, list_id, error=error, typed=data)
        return pages.done(f"{PATH}/{list_id}", pages.gettext("The list is saved. It holds from the next call on."))

    @post("/{list_id:uuid}/remove", opt=MAY_MANAGE)
    async def remove(
        self,
        ctx: NamedDependency[Context],
        pages: NamedDependency[Pages],
        list_id: FromPath[UUID],
        flow_uses: NamedDependency[FlowUses],
        data: URLEncodedBody[ListForm],
    ) -> Response[Any]:
        """Remove the list with its numbers."""
        try:
            await service.remove_list(ctx, list_id, data.version, flow_uses)
        except Refused as error:
            return await _list(pages, list_id, error=error)
        return pages.done(PATH, pages.gettext("The list is removed."))

    @post("/{list_id:uuid}/numbers", opt=MAY_MANAGE)
    async def add(
        self,
        ctx: NamedDependency[Context],
        pages: NamedDependency[Pages],
        list_id: FromPath[UUID],
        data: URLEncodedBody[NumberForm],
    ) -> Response[Any]:
        """Put a number on the list."""
        try:
            made = await numbers.add_number(ctx, list_id, data.number, data.comment)
        except Refused as error:
            return await _list(pages, list_id, error=error, number=data)
        said = pages.gettext("%(number)s is on the list now.") % {"number": made.number}
        return pages.done(f"{PATH}/{list_id}", said)

    @post("/{list_id:uuid}/numbers/{number_id:uuid}/remove", opt=MAY_MANAGE)
    async def take_off(
        self,
        ctx: NamedDependency[Context],
        pages: NamedDependency[Pages],
        list_id: FromPath[UUID],
        number_id: FromPath[UUID],
    ) -> Response[Any]:
        """Take a number off the list."""
        try:
            gone = await numbers.remove_number(ctx, list_id, number_id)
        except Refused as error:
            return await _list(pages, list_id, error=error)
        said = pages.gettext("%(number)s is no longer on the list.") % {"number": gone.number}
        return pages.done(f"{PATH}/{list_id}", said)

    @post("/{list_id:uuid}/preview", opt=MAY_MANAGE, status_code=200, request_max_body_size=MOST_BODY)
    async def preview(
        self, pages: NamedDependency[Pages], list_id: FromPath[UUID], data: MultipartBody[FileForm]
    ) -> Response[Any]:
        """What taking a file in would do, and what is wrong with it row by row."""
        try:
            sheet = await numbers.read_file(await data.file.read())
            steps = await numbers.preview(list_id, sheet, replace=bool(data.replace))
        except Refused as error:
            return await _list(pages, list_id, error=error)
        return pages.show(
            "preview.html",
            list=await service.list_by_id(list_id),
            path=PATH,
            steps=steps,
            faults=[(one.row, one.text, one.why.text(pages.gettext)) for one in sheet.faults[:FAULTS_SHOWN]],
            fault_count=len(sheet.faults),
            replace=data.replace,
            rows="\n".join(f"{one}\t{comment}" for one, comment in sheet.entries.items()),
            file=data.file.filename[:100],
        )

    @post("/{list_id:uuid}/import", opt=MAY_MANAGE, request_max_body_size=MOST_BODY)
    async def take_in(
        self,
        ctx: NamedDependency[Context],
        pages: NamedDependency[Pages],
        list_id: FromPath[UUID],
        data: URLEncodedBody[ConfirmForm],
    ) -> Response[Any]:
        """Take in what was looked at."""
        try:
            steps = await numbers.take_in(ctx, list_id, data.sheet(), data.version, replace=bool(data.replace))
        except Refused as error:
            return await _list(pages, list_id, error=error)
        said = pages.gettext("Taken in: %(added)s added, %(changed)s changed, %(removed)s taken off.")
        counts = {"added": len(steps.added), "changed": len(steps.changed), "removed": len(steps.removed)}
        return pages.done(f"{PATH}/{list_id}", said % counts)


async def _lists(pages: Pages, error: Refused | None = None, typed: ListForm | None = None) -> Template:
    manage = pages.may(MANAGE.key)
    return pages.show(
        "lists.html", error=error, lists=await service.lists(), path=PATH, manage=manage, typed=typed or ListForm()
    )


async def _list(
    pages: Pages,
    list_id: UUID,
    *,
    error: Refused | None = None,
    typed: ListForm | None = None,
    number: NumberForm | None = None,
    q: str = "",
    after: str = "",
) -> Template:
    """The page of a list; `typed` and `number`: what a refused form sent. Raises ListNotFound."""
    found = await service.list_by_id(list_id)
    place = Pattern(*read_cursor(after, tuple[str, bool])) if after else None
    shown = await numbers.numbers(list_id, text=q, after=place)
    level = "" if found.service_level_seconds is None else str(found.service_level_seconds)
    as_stored = ListForm(found.name, "on" * found.blocks, "on" * found.withheld, level, found.version)
    return pages.show(
        "list.html",
        error=error,
        list=found,
        path=PATH,
        manage=pages.may(MANAGE.key),
        numbers=shown.items,
        next=shown.next,
        first=not after,
        values={"q": q},
        typed=typed or as_stored,
        number=number or NumberForm(),
    )
