"""Administration → My profile: which of their details the company's users change themselves."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import URLEncodedBody
from litestar.response import Template

from core.api.errors import Changed, Refused
from core.api.texts import N_
from core.directory.own import DETAILS, Detail, change_self_service, self_service
from core.ui.forms import number_in, problem_of, problems_of
from core.ui.shell import done, page
from core.ui.templating import _

PATH = "/admin/self-service"
TITLES: dict[Detail, str] = {
    "first_name": N_("First name"),
    "last_name": N_("Last name"),
    "position": N_("Position"),
    "department": N_("Department"),
    "tags": N_("Tags"),
    "custom": N_("Further details"),
}
Asked = Request[Any, Any, Any]


@dataclass
class DetailsForm:
    """What the page sends: of a detail that is to be theirs anything, of another nothing."""

    first_name: str = ""
    last_name: str = ""
    position: str = ""
    department: str = ""
    tags: str = ""
    custom: str = ""
    version: str = ""


@get(PATH, opt={"permission": "users.view"}, include_in_schema=False)
async def self_service_page(request: Asked) -> Template:
    """What the company has decided."""
    now = await self_service()
    return _page(request, now.details, now.version)


@post(PATH, opt={"permission": "users.manage"}, include_in_schema=False)
async def save(request: Asked, data: URLEncodedBody[DetailsForm]) -> Response[Any]:
    """Decide anew; unless somebody else was faster, then what was typed stays to be saved again."""
    wanted = tuple(one for one in DETAILS if getattr(data, one))
    version = -1
    try:
        version = number_in(data.version, "version") or 0
        await change_self_service(wanted, version)
    except Changed as error:
        return _page(request, wanted, (await self_service()).version, error)
    except Refused as error:
        return _page(request, wanted, version, error)
    return done(request, PATH, _("Saved. It holds at once."))


def _page(request: Asked, shown: tuple[Detail, ...], version: int, error: Refused | None = None) -> Template:
    return page(
        request,
        "admin/self_service.html",
        status=error.status if error else 200,
        shown=shown,
        titles=TITLES,
        version=version,
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
    )


PAGES = (self_service_page, save)
