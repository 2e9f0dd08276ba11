"""Sign-in, sign-out and the language of the one who asks."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect, Template
from msgspec import Meta

from core.api.errors import Refused
from core.identity import service
from core.identity.cookies import LANGUAGE, SESSION, YEAR, Cookies
from core.identity.entrance import Entrance, address_of
from core.identity.errors import SeveralCompanies, TooManyAttempts, WrongCredentials
from core.identity.sessions import Session, Sessions
from core.identity.throttle import Throttle
from core.ui.forms import problem_of
from core.ui.shell import page
from core.ui.templating import _
from core.ui.translations import LANGUAGES

HOME = "/"


@dataclass
class SignInForm:
    """What the sign-in page sends."""

    identifier: Annotated[str, Meta(max_length=320)] = ""
    password: str = ""
    company: UUID | None = None
    next: str = HOME


@dataclass
class LanguageForm:
    language: str = ""
    next: str = HOME


def safe_next(address: str) -> str:
    """An address of our own to go on to; anything else becomes the first page."""
    parts = urlsplit(address.replace("\\", "/"))
    local = address.startswith("/") and not address.startswith("//") and not parts.scheme and not parts.netloc
    return address if local and address.isprintable() else HOME


@get("/sign-in", opt={"permission": "public"}, include_in_schema=False)
async def sign_in_page(
    request: Request[Any, Any, Any], next: FromQuery[str] = HOME, again: FromQuery[bool] = False
) -> Response[Any]:
    """The sign-in page; who is signed in goes on, unless she is to prove `again` who she is."""
    if request.user is not None and not again:
        return Redirect(safe_next(next))
    return sign_in_form(request, next=safe_next(next))


@post("/sign-in", opt={"permission": "public"}, include_in_schema=False)
async def sign_in(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[SignInForm],
    throttle: NamedDependency[Throttle],
    entrance: NamedDependency[Entrance],
) -> Response[Any]:
    """Check the password, and go on to the second step or in."""
    typed, goal = data.identifier.strip(), safe_next(data.next)
    if not typed or not data.password:
        error = _("Enter what you sign in with, and the password.")
        return sign_in_form(request, status=400, identifier=typed, next=goal, error=error)
    address = address_of(request)
    try:
        principal = await service.sign_in(throttle, typed, data.password, address, data.company)
    except WrongCredentials:
        error = _("What you sign in with or the password is wrong.")
        return sign_in_form(request, status=401, identifier=typed, next=goal, error=error)
    except SeveralCompanies as several:
        note = _("You have a user in several companies. Choose one, and enter the password again.")
        return sign_in_form(request, identifier=typed, next=goal, note=note, companies=several.companies)
    except TooManyAttempts as refusal:
        return sign_in_form(request, identifier=typed, next=goal, refusal=refusal)
    return await entrance.proved(request, principal, goal)


@post("/sign-out", opt={"permission": "signed_in", "enrolment": True}, include_in_schema=False)
async def sign_out(
    request: Request[Any, Session, Any], sessions: NamedDependency[Sessions], cookie_jar: NamedDependency[Cookies]
) -> Response[Any]:
    """End this session."""
    await sessions.end(request.auth)
    return Redirect(
        "/sign-in",
        status_code=303,
        headers={"Cache-Control": "no-store", "Clear-Site-Data": '"cache", "storage"'},
        cookies=[cookie_jar.make(SESSION, "", max_age=0)],
    )


@post("/language", opt={"permission": "public"}, include_in_schema=False)
async def choose_language(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[LanguageForm],
    sessions: NamedDependency[Sessions],
    cookie_jar: NamedDependency[Cookies],
) -> Response[Any]:
    """Show the pages in another language: kept with the user, or in a cookie before sign-in (GEN-12)."""
    if data.language not in LANGUAGES:
        raise ClientException(f"language {data.language!r} is not one of {', '.join(LANGUAGES)}")
    if request.auth is not None:
        await sessions.update(request.auth, await service.set_language(request.user, data.language))
    return Redirect(
        safe_next(data.next),
        status_code=303,
        headers={"Cache-Control": "no-store"},
        cookies=[cookie_jar.make(LANGUAGE, data.language, max_age=YEAR)],
    )


def sign_in_form(
    request: Request[Any, Any, Any],
    *,
    status: int = 200,
    identifier: str = "",
    next: str = HOME,
    error: str = "",
    refusal: Refused | None = None,
    note: str = "",
    companies: dict[UUID, str] | None = None,
) -> Template:
    """The sign-in page; `error` is about what was typed, `refusal` about anything else."""
    answer = page(
        request,
        "sign_in.html",
        status=refusal.status if refusal else status,
        identifier=identifier,
        next=next,
        error=error,
        problem=problem_of(refusal) if refusal else "",
        note=note,
        companies=companies or {},
    )
    answer.headers.update(getattr(refusal, "headers", {}))
    return answer


PAGES = (sign_in_page, sign_in, sign_out, choose_language)
