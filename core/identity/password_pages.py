"""Forgot the password, and the page behind a password link."""

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template
from msgspec import Meta

from core.api.errors import Invalid, Refused
from core.api.texts import N_
from core.audit.model import Actor, acting_as
from core.identity.entrance import address_of
from core.identity.identifier import read_identifier
from core.identity.links import LinkHolder, PasswordLinks
from core.identity.throttle import LINK_REQUEST, LINK_USE, Throttle
from core.ui.forms import problem_of, problems_of
from core.ui.shell import done, page
from core.ui.templating import _

OPTIONS = {"permission": "public"}


@dataclass
class ForgotForm:
    """Who forgot."""

    identifier: Annotated[str, Meta(max_length=320)] = ""


@dataclass
class PasswordForm:
    """The link's secret, and the new password twice."""

    secret: Annotated[str, Meta(max_length=100)] = ""
    password: str = ""
    again: str = ""


@get("/forgot-password", opt=OPTIONS, include_in_schema=False)
async def forgot_page(request: Request[Any, Any, Any]) -> Template:
    """Asks who forgot."""
    return _forgot(request)


@post("/forgot-password", opt=OPTIONS, status_code=200, include_in_schema=False)
async def forgot(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[ForgotForm],
    links: NamedDependency[PasswordLinks],
    throttle: NamedDependency[Throttle],
) -> Template:
    """Send a link, if there is somebody to send one to: the answer is the same."""
    typed, address = data.identifier.strip(), address_of(request)
    if not typed:
        return _forgot(request, error=Invalid(N_("Enter what you sign in with."), field="identifier"))
    try:
        await throttle.begin(read_identifier(typed).account, address, LINK_REQUEST)
    except Refused as error:
        return _forgot(request, identifier=typed, error=error)
    with acting_as(Actor(address=address)):
        await links.request(typed)
    return _forgot(request, sent=True)


@get("/password/{secret:str}", opt=OPTIONS, include_in_schema=False)
async def link_page(
    request: Request[Any, Any, Any],
    secret: FromPath[str],
    links: NamedDependency[PasswordLinks],
    throttle: NamedDependency[Throttle],
) -> Template:
    """What a link leads to. Programs that read mail open links too: this uses nothing up."""
    address = address_of(request)
    try:
        await throttle.begin(secret, address, LINK_USE)
        holder = await links.holder(secret)
    except Refused as error:
        return _choose(request, error=error)
    await throttle.withdraw(secret, address, LINK_USE)
    return _choose(request, holder, secret)


@post("/password", opt=OPTIONS, include_in_schema=False)
async def choose_password(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[PasswordForm],
    links: NamedDependency[PasswordLinks],
    throttle: NamedDependency[Throttle],
) -> Response[Any]:
    """Keep the new password; the one who chose it signs in with it next."""
    address, holder = address_of(request), None
    try:
        await throttle.begin(data.secret, address, LINK_USE)
        holder = await links.holder(data.secret)
        if data.password != data.again:
            raise Invalid(N_("This is not the same password."), field="again")
        with acting_as(Actor("user", holder.user_id, holder.name, address)):
            await links.use(data.secret, data.password)
    except Refused as error:
        return _choose(request, holder, data.secret, error)
    await throttle.withdraw(data.secret, address, LINK_USE)
    return done(request, "/sign-in", _("Your password is set. Sign in with it."))


def _forgot(
    request: Request[Any, Any, Any], *, identifier: str = "", sent: bool = False, error: Refused | None = None
) -> Template:
    return page(
        request,
        "forgot_password.html",
        status=error.status if error else 200,
        identifier=identifier,
        sent=sent,
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
        here="/forgot-password",
    )


def _choose(
    request: Request[Any, Any, Any], holder: LinkHolder | None = None, secret: str = "", error: Refused | None = None
) -> Template:
    return page(
        request,
        "choose_password.html",
        status=error.status if error else 200,
        holder=holder,
        secret=secret,
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
    )


PAGES = (forgot_page, forgot, link_page, choose_password)
