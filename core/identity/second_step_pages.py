"""The second step of signing in: a one-time code, or a recovery code."""

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect, Template
from msgspec import Meta

from core.api.errors import Invalid, Refused
from core.api.texts import N_
from core.audit.model import Actor, acting_as
from core.data import tenant
from core.identity.entrance import SECOND_STEP, Entrance, address_of
from core.identity.pending import PendingSignIns
from core.identity.second_factor import SecondFactors
from core.identity.service import principal_of
from core.identity.throttle import SECOND_FACTOR, Throttle
from core.ui.forms import problem_of
from core.ui.shell import page

OPTIONS = {"permission": "public"}


@dataclass
class CodeForm:
    """What her app shows, or one of her recovery codes."""

    code: Annotated[str, Meta(max_length=40)] = ""


@get(SECOND_STEP, opt=OPTIONS, include_in_schema=False)
async def second_step_page(
    request: Request[Any, Any, Any], pending: NamedDependency[PendingSignIns], entrance: NamedDependency[Entrance]
) -> Response[Any]:
    """Asks for the code; who waits for nothing begins at the beginning."""
    if await pending.find(entrance.pending_id(request)) is None:
        return Redirect("/sign-in")
    return _form(request)


@post(SECOND_STEP, opt=OPTIONS, include_in_schema=False)
async def second_step(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[CodeForm],
    pending: NamedDependency[PendingSignIns],
    entrance: NamedDependency[Entrance],
    factors: NamedDependency[SecondFactors],
    throttle: NamedDependency[Throttle],
) -> Response[Any]:
    """Check the code and let her in."""
    pending_id, address = entrance.pending_id(request), address_of(request)
    waiting = await pending.find(pending_id)
    principal = await principal_of(waiting.user_id) if waiting else None
    if waiting is None or principal is None:
        return Redirect("/sign-in", status_code=303)
    account = str(waiting.user_id)
    try:
        await throttle.begin(account, address, SECOND_FACTOR)
        actor = Actor("user", principal.user_id, principal.name, address)
        with tenant(waiting.tenant_id), acting_as(actor):
            used = await factors.check(waiting.user_id, data.code)
        if used is None:
            raise Invalid(N_("This code is wrong, or it has been used. Wait for the next one."), field="code")
    except Refused as error:
        return _form(request, error)
    await throttle.succeeded(account, address, SECOND_FACTOR)
    if not await pending.end(pending_id):
        return Redirect("/sign-in", status_code=303)
    return await entrance.let_in(request, principal, waiting.goal, used)


def _form(request: Request[Any, Any, Any], error: Refused | None = None) -> Template:
    answer = page(
        request,
        "second_step.html",
        status=error.status if error else 200,
        problem=problem_of(error) if error else "",
        here=SECOND_STEP,
    )
    answer.headers.update(getattr(error, "headers", {}))
    return answer


PAGES = (second_step_page, second_step)
