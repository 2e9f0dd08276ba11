"""The company's numbers on a page."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template

from core.api.errors import Refused
from core.numbers import service
from core.ui.forms import problem_of
from core.ui.shell import done, page
from core.ui.templating import _

PATH = "/admin/numbers"


@dataclass
class LabelForm:
    """What the dialog of a number sends."""

    label: str = ""
    version: int = 0


@get(PATH, opt={"permission": "numbers.view"}, include_in_schema=False)
async def numbers_page(request: Request[Any, Any, Any]) -> Template:
    """Every number with its flow and those who show it."""
    return await _page(request)


@post(PATH + "/{number_id:uuid}", opt={"permission": "numbers.manage"}, include_in_schema=False)
async def rename(
    request: Request[Any, Any, Any], number_id: FromPath[UUID], data: URLEncodedBody[LabelForm]
) -> Response[Any]:
    """Give a number another label."""
    try:
        changed = await service.rename(number_id, data.label, data.version)
    except Refused as error:
        return await _page(request, error)
    return done(request, PATH, _("%(number)s has a new label.") % {"number": changed.number})


async def _page(request: Request[Any, Any, Any], error: Refused | None = None) -> Template:
    return page(
        request,
        "admin/numbers.html",
        status=error.status if error else 200,
        numbers=await service.numbers(),
        problem=problem_of(error) if error else "",
    )


PAGES = (numbers_page, rename)
