"""The operator's pages: the companies of the installation."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Template

from core.api.errors import Refused
from core.api.rest import PAGE, read_cursor
from core.host.service import Modules
from core.identity.links import PasswordLinks
from core.identity.sessions import Sessions
from core.platform import service
from core.platform.data_pages import DATA_PAGES
from core.platform.entitlements import entitle
from core.platform.model import parse_numbers
from core.platform.number_pages import NUMBER_PAGES
from core.platform.numbers import assign
from core.platform.service import FirstAdministrator, NewTenant, TenantChange
from core.platform.tenant_view import MANAGE, PATH, VIEW, Asked, languages, tenant_view
from core.ui.forms import number_in, problem_of, problems_of
from core.ui.shell import done, page
from core.ui.templating import _


@dataclass
class TenantForm:
    """A company, new or changed; what only a new one has stays empty otherwise."""

    name: str = ""
    timezone: str = "Europe/Oslo"
    language: str = "nb"
    slug: str = ""
    numbers: str = ""
    administrator: str = ""
    email: str = ""
    version: int = 0


@dataclass
class VersionForm:
    version: int = 0


@dataclass
class EntitlementForm:
    """One module of a company. `seats`: a number, or empty for unlimited."""

    entitled: str = ""
    seats: str = ""
    version: int = 0


@dataclass
class NumbersForm:
    numbers: str = ""


@get(PATH, opt=VIEW, include_in_schema=False)
async def tenants_page(request: Asked, search: FromQuery[str] = "", after: FromQuery[str] = "") -> Template:
    """Companies by name, to be searched."""
    place = read_cursor(after, tuple[str, str]) if after else None
    found = await service.find_tenants(search, after=place, limit=PAGE)
    return page(request, "platform/tenants.html", tenants=found.items, next=found.next, first=not after, search=search)


@get(f"{PATH}/new", opt=MANAGE, include_in_schema=False)
async def new_tenant_page(request: Asked) -> Template:
    """The form of a new company."""
    return _new(request, TenantForm())


@post(PATH, opt=MANAGE, include_in_schema=False)
async def create(
    request: Asked, data: URLEncodedBody[TenantForm], links: NamedDependency[PasswordLinks]
) -> Response[Any]:
    """Make a company, with numbers and a first administrator if they are given."""
    try:
        numbers = tuple(parse_numbers(data.numbers)) if data.numbers.strip() else ()
        who = FirstAdministrator(data.email.strip(), data.administrator.strip()) if data.email.strip() else None
        new = NewTenant(
            slug=data.slug,
            name=data.name,
            timezone=data.timezone,
            language=data.language,
            numbers=numbers,
            administrator=who,
        )
        row = await service.create_tenant(new, links)
    except Refused as error:
        return _new(request, data, error)
    return done(request, f"{PATH}/{row.id}", _("%(company)s is made.") % {"company": row.name})


@get(f"{PATH}/{{tenant_id:uuid}}", opt=VIEW, include_in_schema=False)
async def tenant_page(request: Asked, tenant_id: FromPath[UUID], modules: NamedDependency[Modules]) -> Template:
    """One company: its details, numbers and modules."""
    return await tenant_view(request, tenant_id, modules)


@post(f"{PATH}/{{tenant_id:uuid}}", opt=MANAGE, include_in_schema=False)
async def change(
    request: Asked, tenant_id: FromPath[UUID], data: URLEncodedBody[TenantForm], modules: NamedDependency[Modules]
) -> Response[Any]:
    """Keep a company's details."""
    wanted = TenantChange(name=data.name, timezone=data.timezone, language=data.language)
    try:
        row = await service.change_tenant(tenant_id, wanted, data.version)
    except Refused as error:
        return await tenant_view(request, tenant_id, modules, error, details=data)
    return done(request, f"{PATH}/{tenant_id}", _("%(company)s is saved.") % {"company": row.name})


@post(f"{PATH}/{{tenant_id:uuid}}/suspend", opt=MANAGE, include_in_schema=False)
async def suspend(
    request: Asked,
    tenant_id: FromPath[UUID],
    data: URLEncodedBody[VersionForm],
    modules: NamedDependency[Modules],
    sessions: NamedDependency[Sessions],
) -> Response[Any]:
    """Let nobody of the company sign in and no number of it answer."""
    try:
        row = await service.suspend(sessions, tenant_id, data.version)
    except Refused as error:
        return await tenant_view(request, tenant_id, modules, error)
    return done(request, f"{PATH}/{tenant_id}", _("%(company)s is suspended.") % {"company": row.name})


@post(f"{PATH}/{{tenant_id:uuid}}/resume", opt=MANAGE, include_in_schema=False)
async def resume(
    request: Asked, tenant_id: FromPath[UUID], data: URLEncodedBody[VersionForm], modules: NamedDependency[Modules]
) -> Response[Any]:
    """Let the company work again."""
    try:
        row = await service.resume(tenant_id, data.version)
    except Refused as error:
        return await tenant_view(request, tenant_id, modules, error)
    return done(request, f"{PATH}/{tenant_id}", _("%(company)s works again.") % {"company": row.name})


@post(f"{PATH}/{{tenant_id:uuid}}/modules/{{plugin:str}}", opt=MANAGE, include_in_schema=False)
async def set_entitlement(
    request: Asked,
    tenant_id: FromPath[UUID],
    plugin: FromPath[str],
    data: URLEncodedBody[EntitlementForm],
    modules: NamedDependency[Modules],
) -> Response[Any]:
    """Grant a module, change its seats, or take it away."""
    try:
        await entitle(
            modules,
            tenant_id,
            plugin,
            entitled=bool(data.entitled),
            seats=number_in(data.seats, "seats"),
            version=data.version,
        )
    except Refused as error:
        return await tenant_view(request, tenant_id, modules, error)
    return done(request, f"{PATH}/{tenant_id}", _("The company's modules are saved."))


@post(f"{PATH}/{{tenant_id:uuid}}/numbers", opt=MANAGE, include_in_schema=False)
async def give_numbers(
    request: Asked, tenant_id: FromPath[UUID], data: URLEncodedBody[NumbersForm], modules: NamedDependency[Modules]
) -> Response[Any]:
    """Give free numbers of the inventory to the company."""
    try:
        await assign(tenant_id, parse_numbers(data.numbers))
    except Refused as error:
        return await tenant_view(request, tenant_id, modules, error, numbers=data.numbers)
    return done(request, f"{PATH}/{tenant_id}", _("The company has its new numbers."))


def _new(request: Asked, values: TenantForm, error: Refused | None = None) -> Template:
    return page(
        request,
        "platform/new_tenant.html",
        status=error.status if error else 200,
        values=values,
        languages=languages(),
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
    )


PAGES = (
    tenants_page,
    new_tenant_page,
    create,
    tenant_page,
    change,
    suspend,
    resume,
    set_entitlement,
    give_numbers,
    *DATA_PAGES,
    *NUMBER_PAGES,
)
