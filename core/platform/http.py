"""The operator's REST API: companies, what they may use, and the inventory of numbers."""

from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from core.api.rest import PAGE, After, IfMatch, Limit, Page, read_cursor, wanted_version, with_etag
from core.host.service import Modules
from core.identity.links import PasswordLinks
from core.identity.sessions import Sessions
from core.platform import numbers, service
from core.platform.data_http import TenantData
from core.platform.entitlements import Entitlement, entitle, entitlements
from core.platform.model import parse_numbers
from core.platform.numbers import InventoryNumber
from core.platform.schemas import (
    AssignmentIn,
    EntitlementIn,
    NewTenantIn,
    NumbersEntered,
    NumbersIn,
    TenantChangeIn,
    TenantOut,
)
from core.platform.service import FirstAdministrator, NewTenant, TenantChange
from core.tenancy.tables import Tenant

VIEW, MANAGE = {"permission": "platform.view"}, {"permission": "platform.manage"}


def _answer(row: Tenant, *, status: int = 200, **headers: str) -> Response[TenantOut]:
    return with_etag(TenantOut.of(row), row.version, status=status, **headers)


class Tenants(Controller):
    """The companies of the installation; for the operator's own company only."""

    path = "/api/v1/platform/tenants"
    tags = ("Platform",)
    opt = VIEW

    @get(summary="Companies by name")
    async def list(self, search: FromQuery[str] = "", after: After = "", limit: Limit = PAGE) -> Page[TenantOut]:
        """A page of companies. `search`: part of the name or the short name."""
        place = read_cursor(after, tuple[str, str]) if after else None
        return (await service.find_tenants(search, after=place, limit=limit)).map(TenantOut.of)

    @post(summary="Make a company", opt=MANAGE)
    async def create(self, data: JSONBody[NewTenantIn], links: NamedDependency[PasswordLinks]) -> Response[TenantOut]:
        """With free numbers of the inventory and a first administrator, who is invited, if these are given."""
        who = data.administrator
        new = NewTenant(
            slug=data.slug,
            name=data.name,
            timezone=data.timezone,
            language=data.language,
            numbers=data.numbers,
            administrator=FirstAdministrator(who.email, who.name) if who else None,
        )
        row = await service.create_tenant(new, links)
        return _answer(row, status=201, Location=f"{self.path}/{row.id}")

    @get("/{tenant_id:uuid}", summary="A company")
    async def one(self, tenant_id: FromPath[UUID]) -> Response[TenantOut]:
        """Its names, zone and language, and whether it is suspended."""
        return _answer(await service.tenant_of(tenant_id))

    @patch("/{tenant_id:uuid}", summary="Change a company", opt=MANAGE)
    async def change(
        self, tenant_id: FromPath[UUID], data: JSONBody[TenantChangeIn], if_match: IfMatch = ""
    ) -> Response[TenantOut]:
        """Give it another name, time zone or language."""
        change = TenantChange(name=data.name, timezone=data.timezone, language=data.language)
        return _answer(await service.change_tenant(tenant_id, change, wanted_version(if_match)))

    @put("/{tenant_id:uuid}/suspension", summary="Suspend a company", opt=MANAGE)
    async def suspend(
        self, tenant_id: FromPath[UUID], sessions: NamedDependency[Sessions], if_match: IfMatch = ""
    ) -> Response[TenantOut]:
        """Nobody of it signs in and no number of it answers until it is resumed; a running call goes on."""
        return _answer(await service.suspend(sessions, tenant_id, wanted_version(if_match)))

    @delete("/{tenant_id:uuid}/suspension", summary="Resume a company", opt=MANAGE, status_code=200)
    async def resume(self, tenant_id: FromPath[UUID], if_match: IfMatch = "") -> Response[TenantOut]:
        """It works again as before."""
        return _answer(await service.resume(tenant_id, wanted_version(if_match)))

    @get("/{tenant_id:uuid}/modules", summary="What a company may use")
    async def modules(self, tenant_id: FromPath[UUID], modules: NamedDependency[Modules]) -> Page[Entitlement]:
        """Every installed module, on one page; `version` is the ETag for changing it."""
        return Page(await entitlements(modules, (await service.tenant_of(tenant_id)).id))

    @put("/{tenant_id:uuid}/modules/{plugin:str}", summary="Grant a module or take it away", opt=MANAGE)
    async def entitle(
        self,
        tenant_id: FromPath[UUID],
        plugin: FromPath[str],
        data: JSONBody[EntitlementIn],
        modules: NamedDependency[Modules],
        if_match: IfMatch = "",
    ) -> Response[Entitlement]:
        """A module that is taken away goes off at once; its data stays."""
        version = wanted_version(if_match)
        found = await entitle(modules, tenant_id, plugin, entitled=data.entitled, seats=data.seats, version=version)
        return with_etag(found, found.version)

    @post("/{tenant_id:uuid}/numbers", summary="Give numbers to a company", opt=MANAGE, status_code=204)
    async def assign(self, tenant_id: FromPath[UUID], data: JSONBody[AssignmentIn]) -> None:
        """All of them or, when one is not free, none."""
        await numbers.assign(tenant_id, data.numbers)


class Inventory(Controller):
    """The operator's numbers; for the operator's own company only."""

    path = "/api/v1/platform/numbers"
    tags = ("Platform",)
    opt = VIEW

    @get(summary="Numbers of the inventory")
    async def list(
        self,
        begins: FromQuery[str] = "",
        tenant: FromQuery[UUID | None] = None,
        free: FromQuery[bool] = False,
        after: After = "",
        limit: Limit = PAGE,
    ) -> Page[InventoryNumber]:
        """In their order. `begins`: first digits; `tenant`: those of a company; `free`: those of none."""
        place = read_cursor(after, tuple[str])[0] if after else ""
        return await numbers.inventory(begins, of=tenant, free=free, after=place, limit=limit)

    @post(summary="Enter numbers", opt=MANAGE)
    async def enter(self, data: JSONBody[NumbersIn]) -> NumbersEntered:
        """Single numbers and ranges; those that are there already stay as they are."""
        return NumbersEntered(await numbers.enter(parse_numbers(data.numbers), data.note))

    @delete("/{number:str}", summary="Take a number out", opt=MANAGE)
    async def remove(self, number: FromPath[str]) -> None:
        """It must be free."""
        await numbers.remove(number)

    @delete("/{number:str}/tenant", summary="Return a number", opt=MANAGE)
    async def give_back(self, number: FromPath[str]) -> None:
        """Take it from its company. Refused while a flow or a person of the company uses it; the answer names them."""
        await numbers.give_back(number)


PLATFORM_API = (Tenants, TenantData, Inventory)
