"""How a user signs in, on a page: her second factor, where she is signed in, her API tokens."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template

from core.api.errors import NotFound, Refused
from core.api.messages import Outbox
from core.directory import account_security as service
from core.identity.second_factor import SecondFactors
from core.identity.sessions import Sessions
from core.identity.token_pages import Permissions
from core.roles.guards import access_of
from core.ui.forms import problem_of
from core.ui.shell import done, page
from core.ui.templating import _

PATH = "/admin/users/{user_id:uuid}/security"
VIEW, MANAGE = {"permission": "security.view"}, {"permission": "security.manage"}
Asked = Request[Any, Any, Any]


@dataclass
class ReasonForm:
    """Why it is done."""

    reason: str = ""


@get(PATH, opt=VIEW, include_in_schema=False)
async def security_page(
    request: Asked,
    user_id: FromPath[UUID],
    sessions: NamedDependency[Sessions],
    permissions: NamedDependency[Permissions],
) -> Template:
    """How she signs in."""
    found = await service.account_security(user_id, sessions)
    return page(
        request,
        "admin/user_security.html",
        found=found,
        choices={key: permission.title for key, permission in permissions.items()},
        manage=access_of(request).allows("security.manage"),
        longest=service.LONGEST_REASON,
    )


@post(PATH + "/sessions/end", opt=MANAGE, include_in_schema=False)
async def end_all(request: Asked, user_id: FromPath[UUID], sessions: NamedDependency[Sessions]) -> Response[Any]:
    """Sign her out everywhere."""
    return await _after(request, service.end_sessions(user_id, sessions), _("She is signed out everywhere."))


@post(PATH + "/sessions/{digest:str}/end", opt=MANAGE, include_in_schema=False)
async def end_one(
    request: Asked, user_id: FromPath[UUID], digest: FromPath[str], sessions: NamedDependency[Sessions]
) -> Response[Any]:
    """Sign her out of one browser."""
    return await _after(request, service.end_session(user_id, digest, sessions), _("The session has ended."))


@post(PATH + "/factor/reset", opt=MANAGE, include_in_schema=False)
async def reset(
    request: Asked,
    user_id: FromPath[UUID],
    data: URLEncodedBody[ReasonForm],
    sessions: NamedDependency[Sessions],
    factors: NamedDependency[SecondFactors],
    outbox: NamedDependency[Outbox],
) -> Response[Any]:
    """Remove her second factor, as confirmed."""
    doing = service.reset_second_factor(user_id, data.reason, sessions, factors, outbox)
    return await _after(request, doing, _("The second factor is removed, and she is told."))


@post(PATH + "/tokens/{token_id:uuid}/revoke", opt=MANAGE, include_in_schema=False)
async def revoke(request: Asked, user_id: FromPath[UUID], token_id: FromPath[UUID]) -> Response[Any]:
    """Revoke a token of hers, as confirmed."""
    return await _after(request, service.revoke_users_token(user_id, token_id), _("The token is revoked."))


async def _after(request: Asked, doing: Awaitable[Any], text: str) -> Response[Any]:
    """Back to the page with what came of it."""
    path = request.url.path.partition("/security")[0] + "/security"
    try:
        await doing
    except NotFound:
        raise
    except Refused as error:
        return done(request, path, problem_of(error), tone="error")
    return done(request, path, text)


PAGES = (security_page, end_all, end_one, reset, revoke)
