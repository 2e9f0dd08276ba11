"""My profile → About me and Calls: what the one who is signed in settles for herself."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import MultipartBody, URLEncodedBody
from litestar.response import Template
from msgspec import UNSET

from core.api.errors import Changed, Refused
from core.directory.custom_fields import custom_fields
from core.directory.http import MOST_BODY
from core.directory.model import TRANSFER_METHODS
from core.directory.numbering import numbering
from core.directory.own import OwnChange, change_own, my_profile, presentable
from core.directory.pictures import remove_picture, set_picture
from core.directory.schemas import PictureIn
from core.directory.user_forms import CUSTOM, custom_of, values_of
from core.directory.users import departments
from core.identity.model import Principal
from core.identity.service import reread
from core.identity.sessions import Session, Sessions
from core.ui.forms import number_in, only_fields, problem_of, problems_of
from core.ui.shell import done, page
from core.ui.templating import _, current_view, show_as, telephone

DETAILS_PATH, CALLS_PATH = "/profile/details", "/profile/calls"
OPTIONS = {"permission": "signed_in"}
TEXTS = ("language", "first_name", "last_name", "position", "department")
Me = Request[Principal, Session, Any]


@dataclass
class CallsForm:
    """What the page of calls sends; what is not sent stays, but for the switch: nothing is sent of one that is off."""

    presentation_number: str | None = None
    transfer_method: str = ""
    shares_outgoing: str = ""
    version: str = ""


@get(DETAILS_PATH, opt=OPTIONS, include_in_schema=False)
async def details_page(request: Me) -> Template:
    """Picture, language, and the details that the company lets her change (PRF-1, PRF-3)."""
    return await _details(request)


@post(DETAILS_PATH, opt=OPTIONS, include_in_schema=False)
async def save_details(
    request: Me, data: URLEncodedBody[dict[str, str]], sessions: NamedDependency[Sessions]
) -> Response[Any]:
    """Keep what she has typed; the next page speaks her language already (PRF-3)."""
    try:
        only_fields(data, *TEXTS, "tags", "version", CUSTOM)
        plain: dict[str, Any] = {name: data[name] for name in TEXTS if name in data}
        tags = [data["tags"]] if "tags" in data else UNSET
        change = OwnChange(**plain, tags=tags, custom=custom_of(data))
        await change_own(request.user, change, sessions, version=_version(data.get("version", "")))
    except Refused as error:
        return await _details(request, error, data)
    principal = await reread(sessions, request.auth)
    show_as(msgspec.structs.replace(current_view(), language=principal.language))
    return done(request, DETAILS_PATH, _("Your profile is saved."))


@post("/profile/picture", opt=OPTIONS, include_in_schema=False, request_max_body_size=MOST_BODY)
async def give_picture(request: Me, data: MultipartBody[PictureIn]) -> Response[Any]:
    """Show her so to her colleagues (PRF-1)."""
    try:
        await set_picture(request.user.user_id, await data.picture.read())
    except Refused as error:
        return await _details(request, error)
    return done(request, DETAILS_PATH, _("You have a new picture."))


@post("/profile/picture/remove", opt=OPTIONS, include_in_schema=False)
async def take_picture(request: Me) -> Response[Any]:
    """Show her initials instead."""
    await remove_picture(request.user.user_id)
    return done(request, DETAILS_PATH, _("Your picture is gone."))


@get(CALLS_PATH, opt=OPTIONS, include_in_schema=False)
async def calls_page(request: Me) -> Template:
    """The number that she shows, how she transfers, and who sees the calls that she makes (PRF-4, PRF-6, PRF-9)."""
    return await show_calls(request)


@post(CALLS_PATH, opt=OPTIONS, include_in_schema=False)
async def save_calls(
    request: Me, data: URLEncodedBody[CallsForm], sessions: NamedDependency[Sessions]
) -> Response[Any]:
    """Keep what she has chosen. A number that she may not present is refused, whoever sends it (PRF-4)."""
    try:
        change = OwnChange(
            presentation_number=UNSET if data.presentation_number is None else data.presentation_number,
            transfer_method=data.transfer_method or UNSET,  # type: ignore[arg-type]  # checked by the service
            shares_outgoing=bool(data.shares_outgoing),
        )
        await change_own(request.user, change, sessions, version=_version(data.version))
    except Refused as error:
        return await show_calls(request, error, {name: value or "" for name, value in asdict(data).items()})
    return done(request, CALLS_PATH, _("Your choices about calls are saved."))


def _version(text: str) -> int | None:
    """The version of her entry that the form was made from. Raises Invalid."""
    return number_in(text, "version")


async def _details(request: Me, error: Refused | None = None, form: dict[str, str] | None = None) -> Template:
    fields = (await custom_fields()).all
    return await _page(
        request,
        "profile/details.html",
        error,
        form,
        fields=fields,
        options={one.id: {"": "–", **{option.key: option.title for option in one.options}} for one in fields},
        departments=await departments(),
    )


async def show_calls(
    request: Me, error: Refused | None = None, form: dict[str, str] | None = None, *, number: str = ""
) -> Template:
    """The page of calls, also after a refusal; `number`: typed to be called."""
    me = await my_profile(request.user)
    own = {
        number: f"{telephone(number)} {label}".strip() for number, label in presentable(me, await numbering()).items()
    }
    return await _page(
        request,
        "profile/calls.html",
        error,
        form,
        numbers={"": _("The company's number"), **own},
        number=number,
        methods={key: _(title) for key, title in TRANSFER_METHODS.items()},
    )


async def _page(
    request: Me, template: str, error: Refused | None, form: dict[str, str] | None, **context: Any
) -> Template:
    """A page of hers; after a refusal with what was typed, and after somebody else's change ready to be saved again."""
    me = await my_profile(request.user)
    stored = values_of(me) | {
        "language": request.user.language,
        "transfer_method": me.transfer_method,
        "shares_outgoing": "on" if me.shares_outgoing else "",
    }
    return page(
        request,
        template,
        status=error.status if error else 200,
        me=me,
        values=defaultdict(str, form or stored),
        version=me.version if form is None or isinstance(error, Changed) else form.get("version", ""),
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
        **context,
    )


PAGES = (details_page, save_details, give_picture, take_picture, calls_page, save_calls)
