"""My profile → API tokens."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template
from msgspec import Meta

from core.api.access import Permission
from core.api.errors import Refused
from core.identity.model import Principal
from core.identity.sessions import Session
from core.identity.tokens import LONGEST_DAYS, LONGEST_NAME, NewToken, make_token, revoke_token, tokens
from core.ui.forms import problem_of, problems_of
from core.ui.shell import done, page
from core.ui.templating import _

PATH = "/profile/tokens"
OPTIONS = {"permission": "signed_in"}
Me = Request[Principal, Session, Any]
Permissions = Mapping[str, Permission]


@dataclass
class TokenForm:
    """A token to make; what it is for comes in as many fields `scopes`."""

    name: Annotated[str, Meta(max_length=LONGEST_NAME)] = ""
    days: int = 90


@get(PATH, opt=OPTIONS, include_in_schema=False)
async def tokens_page(request: Me, permissions: NamedDependency[Permissions]) -> Template:
    """Her tokens, and a form for another."""
    return await _page(request, permissions, TokenForm())


@post(PATH, opt=OPTIONS, status_code=200, include_in_schema=False)
async def make(
    request: Me, data: URLEncodedBody[TokenForm], permissions: NamedDependency[Permissions]
) -> Response[Any]:
    """Make a token; this answer is the only one that shows it."""
    request.auth.require_recent()
    scopes = [str(scope) for scope in (await request.form()).getall("scopes", [])]
    new = NewToken(data.name, scopes, data.days)
    try:
        _row, secret = await make_token(request.user.user_id, new, grantable(request, permissions))
    except Refused as error:
        return await _page(request, permissions, data, scopes, error)
    return page(request, "profile/token.html", token=secret)


@post(PATH + "/{token_id:uuid}/revoke", opt=OPTIONS, include_in_schema=False)
async def revoke(request: Me, token_id: FromPath[UUID]) -> Response[Any]:
    """From the next request on it is no good any more."""
    await revoke_token(request.user.user_id, token_id)
    return done(request, PATH, _("The token is revoked."))


def grantable(request: Me, permissions: Permissions) -> set[str]:
    """What the one who asks may do, and so may let a token do."""
    return {key for key in permissions if request.state.access.allows(key)}


async def _page(
    request: Me,
    permissions: Permissions,
    form: TokenForm,
    scopes: Collection[str] = (),
    error: Refused | None = None,
) -> Template:
    mine = grantable(request, permissions)
    return page(
        request,
        "profile/tokens.html",
        status=error.status if error else 200,
        tokens=await tokens(request.user.user_id),
        form=form,
        scopes=scopes,
        choices={key: permission.title for key, permission in permissions.items() if key in mine},
        longest=LONGEST_DAYS,
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
    )


PAGES = (tokens_page, make, revoke)
