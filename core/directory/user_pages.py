"""The users of a company on pages: finding them, and one of them with all that is known of her."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, MultipartBody, URLEncodedBody
from litestar.response import Template
from msgspec import Struct

from core.api.errors import Changed, Refused
from core.api.rest import PAGE, read_cursor
from core.api.texts import N_
from core.directory import users as reading
from core.directory.custom_fields import custom_fields
from core.directory.http import MOST_BODY
from core.directory.model import Status
from core.directory.numbering import free_extension, numbering
from core.directory.pictures import remove_picture, set_picture
from core.directory.presence import Availability, set_availability
from core.directory.schemas import PictureIn
from core.directory.status_names import statuses
from core.directory.user_changes import add_user, change_user, invite_user, remove_user
from core.directory.user_forms import FIELD_NAMES, change_of, differences, moment, values_of
from core.directory.users import AccountState, Shown, UserFilter
from core.identity.links import PasswordLinks
from core.identity.sessions import Sessions
from core.roles.members import translated_roles
from core.ui.forms import number_in, problem_of, problems_of
from core.ui.shell import done, page
from core.ui.templating import _, local, ngettext, telephone

PATH = "/admin/users"
VIEW, MANAGE = {"permission": "users.view"}, {"permission": "users.manage"}
Asked = Request[Any, Any, Any]

ACCOUNT_NAMES: dict[AccountState | Literal["hidden"], str] = {
    "active": N_("Can sign in"),
    "invited": N_("Has no password yet"),
    "off": N_("Deactivated"),
    "none": N_("Has no account"),
    "hidden": N_("Hidden from the directory"),
}


@dataclass
class VersionForm:
    version: int = 0


@dataclass
class AvailabilityForm:
    """A status; `until`: local time of the company, or empty."""

    status: Status = Status.AVAILABLE
    until: str = ""
    message: str = ""


class Problem(Struct, frozen=True):
    """What a page shows of something that was refused, with what was typed."""

    error: Refused
    form: dict[str, str] | None = None


@get(PATH, opt=VIEW, include_in_schema=False)
async def users_page(
    request: Asked,
    q: FromQuery[str] = "",
    role: FromQuery[str] = "",
    tag: FromQuery[str] = "",
    show: FromQuery[Shown] = "",
    after: FromQuery[str] = "",
) -> Template:
    """Users in alphabetical order, to be searched (USR-1, USR-2)."""
    chosen = UserFilter(q=q, role=role, tag=tag, show=show)
    place = read_cursor(after, tuple[str, UUID]) if after else None
    found = await reading.users(chosen, after=place, limit=PAGE)
    count = await reading.count_users(chosen)
    return page(
        request,
        "admin/users.html",
        users=found.items,
        next=found.next,
        first=not after,
        count=ngettext("One user", "%(num)d users", count) % {"num": count},
        values={"q": q, "role": role, "tag": tag, "show": show},
        roles={"": _("Every role"), **await translated_roles()},
        tags={"": _("Every tag"), **{one: one for one in await reading.tags()}},
        accounts={"": _("Everybody"), **_accounts()},
        statuses=await statuses(),
    )


@get(f"{PATH}/new", opt=MANAGE, include_in_schema=False)
async def new_user_page(request: Asked) -> Template:
    """The form of a new user, with a free extension."""
    return await _new(request, {"extension": await free_extension() or "", "role": "user", "invite": "on"})


@post(PATH, opt=MANAGE, include_in_schema=False)
async def create(
    request: Asked, data: URLEncodedBody[dict[str, str]], links: NamedDependency[PasswordLinks]
) -> Response[Any]:
    """Add a user and, when she is to have an account, invite her."""
    try:
        made = await add_user(change_of(data, None))
    except Refused as error:
        return await _new(request, data, error)
    if made.account_id is None or not data.get("invite"):
        return done(request, f"{PATH}/{made.id}", _("%(name)s is added.") % {"name": made.name})
    return await _invited(request, made.id, links, _("%(name)s is added and invited.") % {"name": made.name})


@get(f"{PATH}/{{user_id:uuid}}", opt=VIEW, include_in_schema=False)
async def user_page(request: Asked, user_id: FromPath[UUID]) -> Template:
    """One user (USR-3)."""
    return await _user(request, user_id)


@post(f"{PATH}/{{user_id:uuid}}", opt=MANAGE, include_in_schema=False)
async def change(
    request: Asked,
    user_id: FromPath[UUID],
    data: URLEncodedBody[dict[str, str]],
    sessions: NamedDependency[Sessions],
) -> Response[Any]:
    """Keep what was typed, unless somebody else was faster: then both are shown."""
    try:
        before = await reading.user(user_id)
        version = number_in(data.get("version", ""), "version") or 0
        after = await change_user(user_id, change_of(data, before), sessions, version=version)
    except Refused as error:
        return await _user(request, user_id, Problem(error, data))
    return done(request, f"{PATH}/{after.id}", _("%(name)s is saved.") % {"name": after.name})


@post(f"{PATH}/{{user_id:uuid}}/remove", opt=MANAGE, include_in_schema=False)
async def remove(
    request: Asked,
    user_id: FromPath[UUID],
    data: URLEncodedBody[VersionForm],
    sessions: NamedDependency[Sessions],
) -> Response[Any]:
    """Remove a user, as confirmed."""
    try:
        gone = await reading.user(user_id)
        await remove_user(user_id, sessions, version=data.version)
    except Refused as error:
        return await _user(request, user_id, Problem(error))
    return done(request, PATH, _("%(name)s is removed.") % {"name": gone.name})


@post(f"{PATH}/{{user_id:uuid}}/invite", opt=MANAGE, include_in_schema=False)
async def invite(request: Asked, user_id: FromPath[UUID], links: NamedDependency[PasswordLinks]) -> Response[Any]:
    """Send her a link to her first password, also again."""
    name = (await reading.user(user_id)).name
    return await _invited(request, user_id, links, _("%(name)s is invited.") % {"name": name})


@post(f"{PATH}/{{user_id:uuid}}/availability", opt=MANAGE, include_in_schema=False)
async def availability(
    request: Asked, user_id: FromPath[UUID], data: URLEncodedBody[AvailabilityForm]
) -> Response[Any]:
    """Say how somebody is available (USR-4, AVL-11)."""
    try:
        wanted = Availability(status=data.status, until=moment(data.until), message=data.message)
        after = await set_availability(user_id, wanted)
    except Refused as error:
        return await _user(request, user_id, Problem(error))
    return done(request, f"{PATH}/{after.id}", _("The availability of %(name)s is changed.") % {"name": after.name})


@post(f"{PATH}/{{user_id:uuid}}/picture", opt=MANAGE, include_in_schema=False, request_max_body_size=MOST_BODY)
async def give_picture(request: Asked, user_id: FromPath[UUID], data: MultipartBody[PictureIn]) -> Response[Any]:
    """Give a user a picture (USR-3)."""
    try:
        after = await set_picture(user_id, await data.picture.read())
    except Refused as error:
        return await _user(request, user_id, Problem(error))
    return done(request, f"{PATH}/{after.id}", _("%(name)s has a new picture.") % {"name": after.name})


@post(f"{PATH}/{{user_id:uuid}}/picture/remove", opt=MANAGE, include_in_schema=False)
async def take_picture(request: Asked, user_id: FromPath[UUID]) -> Response[Any]:
    """Show her initials instead."""
    after = await remove_picture(user_id)
    return done(request, f"{PATH}/{after.id}", _("The picture of %(name)s is gone.") % {"name": after.name})


async def _invited(request: Asked, user_id: UUID, links: PasswordLinks, text: str) -> Response[Any]:
    try:
        await invite_user(user_id, links)
    except Refused as error:
        return done(request, f"{PATH}/{user_id}", problem_of(error), tone="error")
    return done(request, f"{PATH}/{user_id}", text)


async def _new(request: Asked, values: dict[str, str], error: Refused | None = None) -> Template:
    return page(
        request,
        "admin/user_new.html",
        status=error.status if error else 200,
        values=defaultdict(str, values),
        has_account=False,
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
        **await _choices(needed=False),
    )


async def _user(request: Asked, user_id: UUID, refused: Problem | None = None) -> Template:
    """The page of a user; after a refusal with what was typed, and what somebody else has stored meanwhile."""
    found = await reading.user(user_id)
    error, form = (refused.error, refused.form) if refused else (None, None)
    changed = isinstance(error, Changed)
    return page(
        request,
        "admin/user.html",
        status=error.status if error else 200,
        user=found,
        values=defaultdict(str, form or values_of(found)),
        has_account=found.account_id is not None,
        version=found.version if changed or not form else form.get("version", ""),
        differences=differences(form, found, await custom_fields()) if changed and form else [],
        names=FIELD_NAMES,
        accounts=_accounts(),
        until=local(found.until).strftime("%Y-%m-%dT%H:%M") if found.until else "",
        statuses=await statuses(),
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
        **await _choices(needed=found.account_id is not None),
    )


async def _choices(*, needed: bool) -> dict[str, Any]:
    """What the form of a user offers. `needed`: she has an account, so she has a role."""
    own = {number: f"{telephone(number)} {label}".strip() for number, label in (await numbering()).own.items()}
    fields = (await custom_fields()).shown
    roles = await translated_roles()
    return {
        "roles": roles if needed else {"": _("None: she does not sign in"), **roles},
        "fields": fields,
        "options": {one.id: {"": "–", **{option.key: option.title for option in one.options}} for one in fields},
        "own_numbers": {"": _("The company's number"), **own},
        "departments": await reading.departments(),
    }


def _accounts() -> dict[str, str]:
    return {key: _(title) for key, title in ACCOUNT_NAMES.items()}


PAGES = (
    users_page,
    new_user_page,
    create,
    user_page,
    change,
    remove,
    invite,
    availability,
    give_picture,
    take_picture,
)
