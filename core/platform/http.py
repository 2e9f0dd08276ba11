"""The operator's REST API: the companies of the installation."""

from litestar import Controller, Response, get, post
from litestar.params import FromQuery, JSONBody

from core.api.rest import PAGE, After, Limit, Page, read_cursor, with_etag
from core.platform.schemas import NewTenantIn, TenantOut
from core.platform.service import NewTenant, create_tenant, find_tenants


class Tenants(Controller):
    """The companies of the installation; for the operator's own company only."""

    path = "/api/v1/platform/tenants"
    tags = ("Platform",)
    opt = {"permission": "platform.view"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="Companies by name")
    async def list(self, search: FromQuery[str] = "", after: After = "", limit: Limit = PAGE) -> Page[TenantOut]:
        """A page of companies. `search`: part of the name or the short name."""
        place = read_cursor(after, tuple[str, str]) if after else None
        return (await find_tenants(search, after=place, limit=limit)).map(TenantOut.of)

    @post(summary="Make a company", opt={"permission": "platform.manage"})
    async def create(self, data: JSONBody[NewTenantIn]) -> Response[TenantOut]:
        """A company without numbers, modules and users."""
        row = await create_tenant(
            NewTenant(slug=data.slug, name=data.name, timezone=data.timezone, language=data.language)
        )
        return with_etag(TenantOut.of(row), row.version, status=201, Location=f"{self.path}/{row.id}")
