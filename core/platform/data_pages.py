"""The operator's page of one company: its exports, and its end."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Stream
from redis.asyncio import Redis

from core.api.errors import NotFound, Refused
from core.exports.http import archive_of
from core.host.service import Modules
from core.platform import exports
from core.platform.erasure import erase
from core.platform.tenant_view import MANAGE, PATH, Asked, tenant_view
from core.ui.shell import done
from core.ui.templating import _

EXPORTS = f"{PATH}/{{tenant_id:uuid}}/exports"


@dataclass
class ErasureForm:
    """`confirm`: the company's name, typed."""

    confirm: str = ""
    version: int = 0


@post(EXPORTS, opt=MANAGE, include_in_schema=False)
async def export_all(request: Asked, tenant_id: FromPath[UUID], modules: NamedDependency[Modules]) -> Response[Any]:
    """Have everything of the company exported."""
    try:
        await exports.ask(tenant_id, request.user.name)
    except NotFound:
        raise
    except Refused as error:
        return await tenant_view(request, tenant_id, modules, error)
    return done(
        request, f"{PATH}/{tenant_id}", _("The export begins within a minute. You can leave this page meanwhile.")
    )


@get(EXPORTS + "/{export_id:uuid}/archive", opt=MANAGE, include_in_schema=False)
async def archive(tenant_id: FromPath[UUID], export_id: FromPath[UUID]) -> Stream:
    """Download an export."""
    return archive_of(*await exports.download(tenant_id, export_id))


@post(EXPORTS + "/{export_id:uuid}/remove", opt=MANAGE, include_in_schema=False)
async def remove_export(request: Asked, tenant_id: FromPath[UUID], export_id: FromPath[UUID]) -> Response[Any]:
    """Delete an export."""
    await exports.remove(tenant_id, export_id)
    return done(request, f"{PATH}/{tenant_id}", _("The export is deleted."))


@post(f"{PATH}/{{tenant_id:uuid}}/erase", opt=MANAGE, include_in_schema=False)
async def erase_tenant(
    request: Asked,
    tenant_id: FromPath[UUID],
    data: URLEncodedBody[ErasureForm],
    modules: NamedDependency[Modules],
    redis: NamedDependency[Redis],
) -> Response[Any]:
    """Let nothing of the company be left."""
    try:
        row = await erase(redis, tenant_id, data.confirm, data.version)
    except NotFound:
        raise
    except Refused as error:
        return await tenant_view(request, tenant_id, modules, error)
    text = _("%(company)s is being erased. It disappears from this list when nothing is left of it.")
    return done(request, PATH, text % {"company": row.name})


DATA_PAGES = (export_all, archive, remove_export, erase_tenant)
