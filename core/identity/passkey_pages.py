"""Signing in with a passkey: alone, or as the second step."""

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect
from msgspec import Meta

from core.api.errors import Refused
from core.api.texts import N_
from core.audit.model import Actor, acting_as
from core.data import tenant
from core.identity.entrance import SECOND_STEP, Entrance, address_of
from core.identity.errors import PasskeyRefused
from core.identity.pages import HOME, safe_next, sign_in_form
from core.identity.passkey_sign_in import PasskeySignIn
from core.identity.pending import PendingSignIns
from core.identity.second_step_pages import second_step_form
from core.identity.service import principal_of
from core.identity.throttle import PASSKEY, SECOND_FACTOR, Throttle

OPTIONS = {"permission": "public"}
PATH = "/sign-in/passkey"
Given = Annotated[str, Meta(max_length=20_000)]
"""AuthenticationResponseJSON, as the page's script puts it into the form."""


@dataclass
class PasskeyForm:
    """What the browser's passkey answers."""

    credential: Given = ""
    next: str = HOME


@dataclass
class SecondForm:
    """What one of her passkeys answers."""

    credential: Given = ""


@post(f"{PATH}/options", opt=OPTIONS, status_code=200, include_in_schema=False)
async def options(
    request: Request[Any, Any, Any],
    passkey_sign_in: NamedDependency[PasskeySignIn],
    throttle: NamedDependency[Throttle],
) -> dict[str, Any]:
    """What the page's script asks the browser's passkeys with."""
    address = address_of(request)
    await throttle.begin(address, address, PASSKEY)
    return await passkey_sign_in.options(request.state.shell.csrf)


@post(PATH, opt=OPTIONS, include_in_schema=False)
async def sign_in(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[PasskeyForm],
    passkey_sign_in: NamedDependency[PasskeySignIn],
    throttle: NamedDependency[Throttle],
    entrance: NamedDependency[Entrance],
) -> Response[Any]:
    """Let in whose passkey has answered; her authenticator has verified her, so there is no second step."""
    address, goal = address_of(request), safe_next(data.next)
    try:
        await throttle.begin(address, address, PASSKEY)
        with acting_as(Actor(address=address)):
            principal = await passkey_sign_in.sign_in(data.credential, request.state.shell.csrf)
    except Refused as error:
        return sign_in_form(request, next=goal, refusal=error)
    await throttle.withdraw(address, address, PASSKEY)
    return await entrance.let_in(request, principal, goal, "passkey")


@post(f"{SECOND_STEP}/passkey/options", opt=OPTIONS, status_code=200, include_in_schema=False)
async def second_options(
    request: Request[Any, Any, Any],
    pending: NamedDependency[PendingSignIns],
    entrance: NamedDependency[Entrance],
    passkey_sign_in: NamedDependency[PasskeySignIn],
    throttle: NamedDependency[Throttle],
) -> dict[str, Any]:
    """What the page's script asks her passkeys with, once her password was right."""
    address, pending_id = address_of(request), entrance.pending_id(request)
    await throttle.begin(address, address, PASSKEY)
    waiting = await pending.find(pending_id)
    if waiting is None:
        raise PasskeyRefused(N_("That took too long. Begin again."))
    with tenant(waiting.tenant_id):
        return await passkey_sign_in.second_options(waiting.user_id, pending_id)


@post(f"{SECOND_STEP}/passkey", opt=OPTIONS, include_in_schema=False)
async def second_step(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[SecondForm],
    pending: NamedDependency[PendingSignIns],
    entrance: NamedDependency[Entrance],
    passkey_sign_in: NamedDependency[PasskeySignIn],
    throttle: NamedDependency[Throttle],
) -> Response[Any]:
    """Let her in when one of her passkeys has answered."""
    pending_id, address = entrance.pending_id(request), address_of(request)
    waiting = await pending.find(pending_id)
    principal = await principal_of(waiting.user_id) if waiting else None
    if waiting is None or principal is None:
        return Redirect("/sign-in", status_code=303)
    account = str(waiting.user_id)
    try:
        await throttle.begin(account, address, SECOND_FACTOR)
        with tenant(waiting.tenant_id), acting_as(Actor(address=address)):
            await passkey_sign_in.check(waiting.user_id, data.credential, pending_id)
    except Refused as error:
        return await second_step_form(request, waiting, error)
    await throttle.succeeded(account, address, SECOND_FACTOR)
    if not await pending.end(pending_id):
        return Redirect("/sign-in", status_code=303)
    return await entrance.let_in(request, principal, waiting.goal, "passkey")


PAGES = (options, sign_in, second_options, second_step)
