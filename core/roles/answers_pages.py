""" "Why may she?" and "Who may?" on pages: of a user, of a permission, and of one cell of the grid."""

from itertools import groupby
from typing import Any
from uuid import UUID

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from core.api.errors import NotFound
from core.api.rest import PAGE as PAGE_SIZE
from core.api.rest import read_cursor
from core.api.texts import N_
from core.roles.access import Accesses
from core.roles.answers import company_of, holder, holders, permission_of, roles_for, why_all
from core.roles.explain import There, Verdict, chain
from core.roles.model import LEVEL_TITLES, SYSTEM_TITLES
from core.roles.pages import PATH
from core.roles.schemas import text_of
from core.roles.service import RoleInfo, role
from core.ui.shell import page
from core.ui.templating import _

VIEW = {"permission": "roles.view"}
Asked = Request[Any, Any, Any]

VERDICTS: dict[Verdict, str] = {
    "allowed": N_("Yes"),
    "account_off": N_("No: her account is deactivated"),
    "operator_only": N_("No: only the operator's own company has this"),
    "not_granted": N_("No: the module is not granted to the company"),
    "off": N_("No: the module is off"),
    "level": N_("No: the level of the role is too low"),
}
PRESENCE: dict[There, str] = {
    "there": N_("On"),
    "off": N_("Off"),
    "not_granted": N_("Not granted"),
    "operator_only": N_("Only at the operator"),
}
TEXTS: dict[str, Any] = {"levels": LEVEL_TITLES, "verdicts": VERDICTS, "presence": PRESENCE, "text_of": text_of}


@get(PATH + "/users/{user_id:uuid}", opt=VIEW, include_in_schema=False)
async def user_page(request: Asked, user_id: FromPath[UUID], accesses: NamedDependency[Accesses]) -> Template:
    """All that a user may do, and why."""
    her = await holder(user_id)
    found = await why_all(accesses.catalogue, await company_of(accesses, request.user), her)
    return page(
        request,
        "admin/why.html",
        her=her,
        role_name=name_of(await role(accesses.catalogue, her.role)),
        parts=[(area, list(of_area)) for area, of_area in groupby(found, key=lambda one: one.area)],
        **TEXTS,
    )


@get(PATH + "/permissions/{key:str}", opt=VIEW, include_in_schema=False)
async def permission_page(
    request: Asked, key: FromPath[str], accesses: NamedDependency[Accesses], after: FromQuery[str] = ""
) -> Template:
    """Who may do something: the roles, and the users by name."""
    place = read_cursor(after, tuple[str, UUID]) if after else None
    company = await company_of(accesses, request.user)
    permission = permission_of(accesses.catalogue, company, key)
    answers = await roles_for(accesses.catalogue, company, permission)
    giving = [one.role.key for one in answers if one.chain.verdict == "allowed"]
    found = await holders(giving, after=place, limit=PAGE_SIZE)
    return page(
        request,
        "admin/who.html",
        permission=permission,
        area=answers[0].chain.area,
        there=answers[0].chain.there,
        answers=answers,
        users=found.items,
        next=found.next,
        first=not after,
        role_names={one.role.key: name_of(one.role) for one in answers},
        **TEXTS,
    )


@get(PATH + "/{key:str}/areas/{area_key:str}", opt=VIEW, include_in_schema=False)
async def cell_page(
    request: Asked, key: FromPath[str], area_key: FromPath[str], accesses: NamedDependency[Accesses]
) -> Template:
    """One cell of the grid: each permission of the area, and whether the role has it."""
    company = await company_of(accesses, request.user)
    found = await role(accesses.catalogue, key)
    area = next((one for one in company.areas(accesses.catalogue) if one.key == area_key), None)
    if area is None:
        raise NotFound(N_("There is no such part of the product."))
    return page(
        request,
        "admin/cell.html",
        role=found,
        role_name=name_of(found),
        area=area,
        chains=[chain(accesses.catalogue, company, one, found.levels) for one in area.permissions],
        **TEXTS,
    )


def name_of(found: RoleInfo) -> str:
    """The name of a role in the language of the request."""
    return _(found.name) if found.key in SYSTEM_TITLES else found.name


PAGES = (user_page, permission_page, cell_page)
