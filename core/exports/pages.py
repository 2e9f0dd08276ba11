"""Administration → Export: everything that is kept of the company, to take away."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Stream, Template

from core.api.errors import Refused
from core.exports import service
from core.exports.http import archive_of
from core.exports.model import LIFE
from core.ui.forms import problem_of
from core.ui.shell import done, page
from core.ui.templating import _

PATH = "/admin/exports"
OPTIONS = {"permission": "exports.manage"}
Asked = Request[Any, Any, Any]


@get(PATH, opt=OPTIONS, include_in_schema=False)
async def exports_page(request: Asked) -> Template:
    """What has been exported and how far the rest is."""
    return await _page(request)


@post(PATH, opt=OPTIONS, include_in_schema=False)
async def ask(request: Asked) -> Response[Any]:
    """Have everything exported."""
    try:
        await service.ask(request.user.name)
    except Refused as error:
        return await _page(request, error)
    return done(request, PATH, _("The export begins within a minute. You can leave this page meanwhile."))


@get(PATH + "/{export_id:uuid}/archive", opt=OPTIONS, include_in_schema=False)
async def archive(export_id: FromPath[UUID]) -> Stream:
    """Download one."""
    return archive_of(*await service.download(export_id))


@post(PATH + "/{export_id:uuid}/remove", opt=OPTIONS, include_in_schema=False)
async def remove(request: Asked, export_id: FromPath[UUID]) -> Response[Any]:
    """Delete one."""
    await service.remove(export_id)
    return done(request, PATH, _("The export is deleted."))


async def _page(request: Asked, error: Refused | None = None) -> Template:
    return page(
        request,
        "admin/exports.html",
        status=error.status if error else 200,
        exports=await service.exports(),
        days=LIFE.days,
        problem=problem_of(error) if error else "",
    )


PAGES = (exports_page, ask, archive, remove)
