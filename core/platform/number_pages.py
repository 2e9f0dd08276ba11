"""The operator's pages: the inventory of numbers."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Template

from core.api.errors import Refused
from core.api.rest import PAGE, read_cursor
from core.platform import numbers
from core.platform.model import parse_numbers
from core.ui.forms import problem_of, problems_of
from core.ui.shell import done, page
from core.ui.templating import _, ngettext, telephone

PATH = "/admin/platform/numbers"
VIEW, MANAGE = {"permission": "platform.view"}, {"permission": "platform.manage"}
Asked = Request[Any, Any, Any]


@dataclass
class EnterForm:
    numbers: str = ""
    note: str = ""


@dataclass
class NumberForm:
    number: str = ""


@get(PATH, opt=VIEW, include_in_schema=False)
async def inventory_page(
    request: Asked, begins: FromQuery[str] = "", free: FromQuery[str] = "", after: FromQuery[str] = ""
) -> Template:
    """Numbers and who has them."""
    return await _page(request, begins=begins, free=free, after=after)


@post(PATH, opt=MANAGE, include_in_schema=False)
async def enter(request: Asked, data: URLEncodedBody[EnterForm]) -> Response[Any]:
    """Put numbers and ranges into the inventory."""
    try:
        new = await numbers.enter(parse_numbers(data.numbers), data.note)
    except Refused as error:
        return await _page(request, error, typed=data)
    text = ngettext("One number is new in the inventory.", "%(num)d numbers are new in the inventory.", new)
    return done(request, PATH, text % {"num": new})


@post(f"{PATH}/return", opt=MANAGE, include_in_schema=False)
async def give_back(request: Asked, data: URLEncodedBody[NumberForm]) -> Response[Any]:
    """Take a number from its company, unless it is in use there."""
    try:
        await numbers.give_back(data.number)
    except Refused as error:
        return await _page(request, error)
    return done(request, PATH, _("%(number)s is free again.") % {"number": telephone(data.number)})


@post(f"{PATH}/remove", opt=MANAGE, include_in_schema=False)
async def remove(request: Asked, data: URLEncodedBody[NumberForm]) -> Response[Any]:
    """Take a free number out of the inventory."""
    try:
        await numbers.remove(data.number)
    except Refused as error:
        return await _page(request, error)
    return done(request, PATH, _("%(number)s is out of the inventory.") % {"number": telephone(data.number)})


async def _page(
    request: Asked,
    error: Refused | None = None,
    *,
    begins: str = "",
    free: str = "",
    after: str = "",
    typed: EnterForm | None = None,
) -> Template:
    place = read_cursor(after, tuple[str])[0] if after else ""
    found = await numbers.inventory(begins, free=bool(free), after=place, limit=PAGE)
    return page(
        request,
        "platform/numbers.html",
        status=error.status if error else 200,
        numbers=found.items,
        next=found.next,
        first=not after,
        values={"begins": begins, "free": free},
        typed=typed or EnterForm(),
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
    )


NUMBER_PAGES = (inventory_page, enter, give_back, remove)
