"""The roles of a company and what each may do, on a page (ROL-1)."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template
from redis.asyncio import Redis

from core.api.errors import Refused
from core.roles.access import Accesses
from core.roles.answers import company_of
from core.roles.forms import new_levels
from core.roles.guards import access_of
from core.roles.model import LEVEL_TITLES, SYSTEM_TITLES
from core.roles.names import custom_id
from core.roles.schemas import text_of
from core.roles.service import change_levels, create_role, delete_role, rename_role, roles
from core.ui.forms import problem_of
from core.ui.shell import done, page
from core.ui.templating import _, ngettext

PATH = "/admin/roles"
MANAGE = {"permission": "roles.manage"}


@dataclass
class RoleForm:
    """What the dialogs of a role send."""

    name: str = ""
    copy: str = ""
    version: int = 0


@get(PATH, opt={"permission": "roles.view"}, include_in_schema=False)
async def roles_page(request: Request[Any, Any, Any], accesses: NamedDependency[Accesses]) -> Template:
    """The roles with their members (ROL-8), and the grid of areas and levels."""
    return await _page(request, accesses)


@post(PATH, opt=MANAGE, include_in_schema=False)
async def create(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[RoleForm],
    redis: NamedDependency[Redis],
    accesses: NamedDependency[Accesses],
) -> Response[Any]:
    """Make a role: its name, and the role to copy access from (ROL-5)."""
    try:
        made = await create_role(redis, accesses.catalogue, data.name, data.copy)
    except Refused as error:
        return await _page(request, accesses, error)
    return done(request, PATH, _("The role %(name)s is made.") % {"name": made.name})


@post(PATH + "/levels", opt=MANAGE, include_in_schema=False)
async def save_levels(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[dict[str, str]],
    redis: NamedDependency[Redis],
    accesses: NamedDependency[Accesses],
) -> Response[Any]:
    """Keep the grid as it was filled in (ROL-6)."""
    try:
        await change_levels(redis, accesses.catalogue, new_levels(data))
    except Refused as error:
        return await _page(request, accesses, error, data)
    return done(request, PATH, _("What the roles may do is saved."))


@post(PATH + "/{key:str}/name", opt=MANAGE, include_in_schema=False)
async def rename(
    request: Request[Any, Any, Any],
    key: FromPath[str],
    data: URLEncodedBody[RoleForm],
    redis: NamedDependency[Redis],
    accesses: NamedDependency[Accesses],
) -> Response[Any]:
    """Give a role another name."""
    try:
        row = await rename_role(redis, custom_id(key), data.name, data.version)
    except Refused as error:
        return await _page(request, accesses, error)
    return done(request, PATH, _("The role is called %(name)s now.") % {"name": row.name})


@post(PATH + "/{key:str}/delete", opt=MANAGE, include_in_schema=False)
async def delete(
    request: Request[Any, Any, Any],
    key: FromPath[str],
    data: URLEncodedBody[RoleForm],
    redis: NamedDependency[Redis],
    accesses: NamedDependency[Accesses],
) -> Response[Any]:
    """Delete a role; its members are Users from then on (ROL-4)."""
    try:
        members = await delete_role(redis, custom_id(key), data.version)
    except Refused as error:
        return await _page(request, accesses, error)
    text = ngettext(
        "The role is deleted; %(num)s user has the role User now.",
        "The role is deleted; %(num)s users have the role User now.",
        len(members),
    )
    return done(request, PATH, text % {"num": len(members)})


async def _page(
    request: Request[Any, Any, Any],
    accesses: Accesses,
    error: Refused | None = None,
    typed: dict[str, str] | None = None,
) -> Template:
    """The page; `typed`: the grid as it was filled in when it was refused."""
    company = await company_of(accesses, request.user)
    areas = company.areas(accesses.catalogue)
    return page(
        request,
        "admin/roles.html",
        status=error.status if error else 200,
        roles=await roles(accesses.catalogue),
        areas=areas,
        on={area.key for area in areas if company.there(area) == "there"},
        levels=LEVEL_TITLES,
        titles=SYSTEM_TITLES,
        text_of=text_of,
        manage=access_of(request).allows("roles.manage"),
        typed=typed or {},
        problem=problem_of(error) if error else "",
    )


PAGES = (roles_page, create, save_levels, rename, delete)
