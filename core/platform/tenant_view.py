"""The operator's page of one company, which several forms come back to."""

from typing import Any
from uuid import UUID

from litestar import Request
from litestar.response import Template

from core.api.errors import Refused
from core.api.rest import PAGE
from core.host.service import Modules
from core.platform.entitlements import entitlements
from core.platform.exports import exports_of
from core.platform.numbers import inventory
from core.platform.service import tenant_of
from core.ui.forms import problem_of, problems_of
from core.ui.shell import page
from core.ui.translations import LANGUAGES, language_name

PATH = "/admin/platform/tenants"
VIEW, MANAGE = {"permission": "platform.view"}, {"permission": "platform.manage"}
Asked = Request[Any, Any, Any]


async def tenant_view(
    request: Asked,
    tenant_id: UUID,
    modules: Modules,
    error: Refused | None = None,
    *,
    details: object | None = None,
    numbers: str = "",
) -> Template:
    """The page of one company; after a refusal it keeps what was typed and shows what is there now."""
    row = await tenant_of(tenant_id)
    return page(
        request,
        "platform/tenant.html",
        status=error.status if error else 200,
        tenant=row,
        values=details or row,
        languages=languages(),
        typed_numbers=numbers,
        numbers=await inventory(of=tenant_id, limit=PAGE),
        exports=await exports_of(tenant_id),
        modules=await entitlements(modules, tenant_id),
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
    )


def languages() -> dict[str, str]:
    """Code → name of every language that can be chosen."""
    return {code: language_name(code) for code in LANGUAGES}
