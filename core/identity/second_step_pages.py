"""The second step of signing in: a one-time code or a recovery code; its page asks for a passkey as well."""

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
from core.identity.pending import Pending, PendingSignIns
from core.identity.second_factor import SecondFactors, factor_state
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
    waiting = await pending.find(entrance.pending_id(request))
    return await second_step_form(request, waiting) if waiting else Redirect("/sign-in")


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
        return await second_step_form(request, waiting, error)
    await throttle.succeeded(account, address, SECOND_FACTOR)
    if not await pending.end(pending_id):
        return Redirect("/sign-in", status_code=303)
    return await entrance.let_in(request, principal, waiting.goal, used)


async def second_step_form(request: Request[Any, Any, Any], waiting: Pending, error: Refused | None = None) -> Template:
    """Asks for what she has."""
    with tenant(waiting.tenant_id):
        state = await factor_state(waiting.user_id)
    answer = page(
        request,
        "second_step.html",
        status=error.status if error else 200,
        factors=state,
        problem=problem_of(error) if error else "",
        here=SECOND_STEP,
    )
    answer.headers.update(getattr(error, "headers", {}))
    return answer


PAGES = (second_step_page, second_step)
