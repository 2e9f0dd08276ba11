"""The companies of the installation, for the operator: find, create."""

from msgspec import Struct
from piccolo.columns.combination import WhereRaw
from piccolo.query.functions import Lower

from core.api.rest import Page, page_of
from core.data import system
from core.platform.acts import act
from core.tenancy import service as tenancy
from core.tenancy.tables import Tenant


class NewTenant(Struct, frozen=True, kw_only=True):
    """A company to make. `slug`: its short unique name; `timezone`: IANA; `language`: ISO 639."""

    slug: str
    name: str
    timezone: str = "Europe/Oslo"
    language: str = "nb"
    operator: bool = False


async def find_tenants(search: str = "", *, after: tuple[str, str] | None = None, limit: int = 50) -> Page[Tenant]:
    """Companies whose name or short name contains `search`, by name; `after`: those behind this name and slug."""
    query = Tenant.objects().order_by(Lower(Tenant.name)).order_by(Tenant.slug).limit(limit + 1)
    if search:
        pattern = f"%{_escaped(search)}%"
        query = query.where(Tenant.name.ilike(pattern) | Tenant.slug.ilike(pattern))
    if after is not None:
        query = query.where(WhereRaw("(lower(name), slug) > ({}, {})", *after))
    with system():
        return page_of(await query, limit, lambda row: [row.name.lower(), row.slug])


async def create_tenant(new: NewTenant) -> Tenant:
    """Make a company. Raises TenancyError when its short name is taken, Invalid for what cannot be right."""
    async with act() as this:
        row = await tenancy.create_tenant(
            new.slug, new.name, timezone=new.timezone, language=new.language, operator=new.operator
        )
        await this.record("tenant.created", row, after=facts(row))
    return row


def facts(row: Tenant) -> dict[str, object]:
    """What the trails say of a company."""
    return {"slug": row.slug, "name": row.name, "timezone": row.timezone, "language": row.language}


def _escaped(text: str) -> str:
    """Text that stands for itself in a LIKE pattern."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
