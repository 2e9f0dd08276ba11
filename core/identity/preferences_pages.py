"""My profile → Switchboard: how she likes her screens (PRF-12). Each choice is saved as soon as it is made (GEN-13)."""

from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Template

from core.api.errors import Invalid, Problems, Refused
from core.api.texts import N_
from core.identity.model import Principal
from core.identity.preferences import CHOICES, PreferencesChange, change_preferences
from core.identity.service import reread
from core.identity.sessions import Session, Sessions
from core.ui.forms import problem_of, problems_of
from core.ui.shell import done, page
from core.ui.templating import _

PATH = "/profile/switchboard"
OPTIONS = {"permission": "signed_in"}
Me = Request[Principal, Session, Any]

TITLES = {
    "theme": N_("Light or dark"),
    "density": N_("Density of lists"),
    "start": N_("Opens first"),
    "alert": N_("Sound on the live page"),
}
NAMES = {
    "auto": N_("As my computer"),
    "light": N_("Light"),
    "dark": N_("Dark"),
    "comfortable": N_("Comfortable"),
    "compact": N_("Compact: more fits on the screen"),
    "live": N_("Live"),
    "calls": N_("Calls"),
    "queues": N_("My queues"),
    "off": N_("None"),
    "waiting": N_("When a caller begins to wait"),
}


@dataclass
class PreferencesForm:
    """What the page sends."""

    theme: str = ""
    density: str = ""
    start: str = ""
    alert: str = ""


@get(PATH, opt=OPTIONS, include_in_schema=False)
async def preferences_page(request: Me) -> Template:
    """What she has chosen."""
    return _page(request, msgspec.structs.asdict(request.user.preferences))


@post(PATH, opt=OPTIONS, include_in_schema=False)
async def save_preferences(
    request: Me, data: URLEncodedBody[PreferencesForm], sessions: NamedDependency[Sessions]
) -> Response[Any]:
    """Keep what was chosen; a choice that was not sent stays."""
    given = {name: value for name, value in asdict(data).items() if value}
    try:
        await change_preferences(request.user, _checked(given))
    except Refused as error:
        return _page(request, msgspec.structs.asdict(request.user.preferences) | given, error)
    await reread(sessions, request.auth)
    return done(request, PATH, _("Your settings are saved."))


def _checked(given: dict[str, str]) -> PreferencesChange:
    """What a form asks for. Raises Invalid."""
    problems = Problems()
    for name, value in given.items():
        if value not in CHOICES[name]:
            problems.add(Invalid(N_("Choose one of the list."), field=name))
    problems.check()
    return msgspec.convert(given, PreferencesChange)


def _page(request: Me, chosen: dict[str, str], error: Refused | None = None) -> Template:
    return page(
        request,
        "profile/switchboard.html",
        status=error.status if error else 200,
        chosen=chosen,
        titles=TITLES,
        choices={name: {value: _(NAMES[value]) for value in values} for name, values in CHOICES.items()},
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
    )


PAGES = (preferences_page, save_preferences)
