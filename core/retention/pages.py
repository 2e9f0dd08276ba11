"""Administration → Retention: for how long each class of data is kept, and what the last night deleted."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template
from msgspec import Struct

from core.api.errors import Refused
from core.api.retention import Unit
from core.api.texts import N_
from core.retention import service
from core.retention.errors import Unconfirmed
from core.retention.model import CORE, Classes
from core.roles.guards import access_of
from core.ui.forms import number_in, problem_of
from core.ui.shell import done, page
from core.ui.templating import _, ngettext
from core.ui.translations import DOMAIN

PATH = "/admin/retention"
UNITS: dict[Unit, str] = {"days": N_("days"), "months": N_("months")}
Asked = Request[Any, Any, Any]


@dataclass
class PeriodForm:
    """One class. `confirmed`: she has seen how much will go."""

    keep: str = ""
    confirmed: str = ""
    version: int = 0


class Tried(Struct, frozen=True):
    """What was sent for a class and not saved. `entries`: how much would go, to be confirmed; None: it cannot be."""

    key: str
    keep: str
    problem: str
    entries: int | None = None


@get(PATH, opt={"permission": "retention.view"}, include_in_schema=False)
async def retention_page(request: Asked, retention: NamedDependency[Classes]) -> Template:
    """Every class that the company has."""
    return await _page(request, retention)


@post(PATH + "/{key:str}", opt={"permission": "retention.manage"}, include_in_schema=False)
async def keep_so_long(
    request: Asked, key: FromPath[str], data: URLEncodedBody[PeriodForm], retention: NamedDependency[Classes]
) -> Response[Any]:
    """Keep a class longer or shorter; asks once more when something would go for good."""
    await service.period(retention, key)
    try:
        keep = number_in(data.keep, "keep") or 0
        saved = await service.change_period(retention, key, keep, data.version, confirmed=bool(data.confirmed))
    except Refused as error:
        entries = error.entries if isinstance(error, Unconfirmed) else None
        tried = Tried(key, data.keep, problem_of(error), entries)
        return await _page(request, retention, tried, error.status)
    text = ngettext("%(what)s: kept for %(num)s day.", "%(what)s: kept for %(num)s days.", saved.keep)
    if saved.unit == "months":
        text = ngettext("%(what)s: kept for %(num)s month.", "%(what)s: kept for %(num)s months.", saved.keep)
    return done(request, PATH, text % {"what": _(saved.title, domain_of(saved.plugin)), "num": saved.keep})


def domain_of(plugin: str) -> str:
    """The gettext domain of a class's texts."""
    return DOMAIN if plugin == CORE else plugin


async def _page(request: Asked, retention: Classes, tried: Tried | None = None, status: int = 200) -> Template:
    return page(
        request,
        "admin/retention.html",
        status=status,
        periods=await service.periods(retention),
        tried=tried,
        units=UNITS,
        domain_of=domain_of,
        manage=access_of(request).allows("retention.manage"),
    )


PAGES = (retention_page, keep_so_long)
