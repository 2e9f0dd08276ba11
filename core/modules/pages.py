"""The company's modules: what each adds and keeps, switched on and off, its data purged."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template

from core.api.errors import NotFound, Refused
from core.api.texts import N_
from core.host.seats import seats_of
from core.host.service import Modules
from core.modules import service
from core.ui.forms import problem_of, problems_of
from core.ui.shell import done, page
from core.ui.templating import _

PATH = "/admin/modules"
VIEW, MANAGE = {"permission": "modules.view"}, {"permission": "modules.manage"}
KINDS = {
    "panel": N_("Panels"),
    "element": N_("Elements of call flows"),
    "report": N_("Reports"),
    "provider": N_("Services"),
    "permission": N_("Permissions that roles can have"),
}
LEVELS = {"view": N_("from the level view"), "use": N_("from the level use"), "manage": N_("from the level manage")}
Asked = Request[Any, Any, Any]


@dataclass
class SwitchForm:
    """On when the button says so."""

    on: str = ""
    version: int = 0


@dataclass
class PurgeForm:
    """`confirm`: the module's name, typed."""

    confirm: str = ""
    version: int = 0


@get(PATH, opt=VIEW, include_in_schema=False)
async def modules_page(request: Asked, modules: NamedDependency[Modules]) -> Template:
    """Every installed module, and why one cannot be used."""
    found = await service.modules(modules)
    return page(
        request,
        "admin/modules.html",
        granted=[one for one in found if one.entitled],
        others=[one for one in found if not one.entitled],
    )


@get(PATH + "/{name:str}", opt=VIEW, include_in_schema=False)
async def module_page(request: Asked, name: FromPath[str], modules: NamedDependency[Modules]) -> Template:
    """One module: what comes with it and goes with it."""
    return await _module(request, modules, name)


@post(PATH + "/{name:str}", opt=MANAGE, include_in_schema=False)
async def switch(
    request: Asked, name: FromPath[str], data: URLEncodedBody[SwitchForm], modules: NamedDependency[Modules]
) -> Response[Any]:
    """Switch it on or off."""
    try:
        details = await service.switch(modules, name, on=bool(data.on), version=data.version)
    except NotFound:
        raise
    except Refused as error:
        return await _module(request, modules, name, error)
    text = _("%(module)s is on.") if data.on else _("%(module)s is off. Its data stays.")
    return done(request, f"{PATH}/{name}", text % {"module": _(details.module.title, name)})


@post(PATH + "/{name:str}/purge", opt=MANAGE, include_in_schema=False)
async def purge(
    request: Asked, name: FromPath[str], data: URLEncodedBody[PurgeForm], modules: NamedDependency[Modules]
) -> Response[Any]:
    """Delete its data for good."""
    try:
        details = await service.purge(modules, name, data.confirm, data.version)
    except NotFound:
        raise
    except Refused as error:
        return await _module(request, modules, name, error)
    return done(
        request, f"{PATH}/{name}", _("The data of %(module)s is gone.") % {"module": _(details.module.title, name)}
    )


async def _module(request: Asked, modules: Modules, name: str, error: Refused | None = None) -> Template:
    return page(
        request,
        "admin/module.html",
        status=error.status if error else 200,
        details=await service.module(modules, name),
        seats=(await seats_of(name)).taken,
        kinds=KINDS,
        levels=LEVELS,
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
    )


PAGES = (modules_page, module_page, switch, purge)
