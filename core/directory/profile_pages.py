"""My profile: what the one who is signed in settles for herself."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Template

from core.api.errors import Invalid, Refused
from core.api.texts import N_
from core.identity import service as identity
from core.identity.model import Principal
from core.identity.sessions import Session, Sessions
from core.ui.forms import problem_of, problems_of
from core.ui.shell import done, page
from core.ui.templating import View, _, current_view, show_as
from core.ui.translations import LANGUAGES

PATH = "/profile/details"
OPTIONS = {"permission": "signed_in"}


@dataclass
class DetailsForm:
    """What the first page of My profile sends."""

    language: str = ""


@get(PATH, opt=OPTIONS, include_in_schema=False)
async def details_page(request: Request[Principal, Session, Any]) -> Template:
    """Name, address and language."""
    return _details(request, request.user.language)


@post(PATH, opt=OPTIONS, include_in_schema=False)
async def save_details(
    request: Request[Principal, Session, Any], data: URLEncodedBody[DetailsForm], sessions: NamedDependency[Sessions]
) -> Response[Any]:
    """Keep what can be chosen here; the next page speaks the language already (PRF-3)."""
    if data.language not in LANGUAGES:
        return _details(request, data.language, Invalid(N_("Choose one of the languages."), field="language"))
    principal = await identity.set_language(request.user, data.language)
    await sessions.update(request.auth, principal)
    show_as(View(data.language, current_view().zone, current_view().theme))
    return done(request, PATH, _("Your profile is saved."))


def _details(request: Request[Principal, Session, Any], language: str, error: Refused | None = None) -> Template:
    return page(
        request,
        "profile/details.html",
        status=error.status if error else 200,
        me=request.user,
        language=language,
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
    )


PAGES = (details_page, save_details)
