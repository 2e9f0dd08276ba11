"""Pages for many users at once: what is to be done, what would come of it, what came of it, and undoing it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Template

from core.api.errors import Invalid, Refused
from core.api.rest import PAGE, read_cursor
from core.api.texts import N_
from core.directory.bulk.model import (
    AddTags,
    AnyAct,
    BulkAct,
    Chosen,
    Invite,
    Remove,
    RemoveTags,
    Result,
    SetAvailability,
    SetHidden,
    SetRole,
    Step,
    Why,
)
from core.directory.bulk.schemas import Batch, Kind
from core.directory.bulk.service import Batches, batch, items
from core.directory.model import Status, checked_tags
from core.directory.presence import Availability
from core.directory.status_names import statuses
from core.directory.user_forms import FIELD_NAMES, moment
from core.directory.users import UserFilter, count_users
from core.roles.members import translated_roles
from core.ui.forms import problem_of
from core.ui.shell import done, page
from core.ui.templating import _, ngettext

PATH = "/admin/users/batches"
OPTIONS = {"permission": "users.manage"}
Asked = Request[Any, Any, Any]

RESULTS = {
    Result.ADDED: (N_("Added"), "free"),
    Result.CHANGED: (N_("Changed"), "flow"),
    Result.INVITED: (N_("Invited"), "flow"),
    Result.REMOVED: (N_("Removed"), "busy"),
    Result.UNCHANGED: (N_("Stays as it is"), ""),
    Result.REFUSED: (N_("Cannot be done"), "pause"),
}
"""What came of a user, or would come: its title and its colour."""


@dataclass
class ActForm:
    """Whom it is about, and what is to be done. `users`: ids with blanks between; empty: all who fit the search."""

    users: str = ""
    q: str = ""
    in_role: str = ""
    tag: str = ""
    show: str = ""
    act: str = ""
    role: str = ""
    tags: str = ""
    fewer_tags: str = ""
    status: Status = Status.AVAILABLE
    until: str = ""
    message: str = ""


@get(f"{PATH}/new", opt=OPTIONS, include_in_schema=False)
async def new_batch_page(
    request: Asked,
    user: FromQuery[list[str] | None] = None,
    everyone: FromQuery[str] = "",
    q: FromQuery[str] = "",
    role: FromQuery[str] = "",
    tag: FromQuery[str] = "",
    show: FromQuery[str] = "",
) -> Template:
    """What is to be done to the chosen users."""
    chosen = "" if everyone else " ".join(user or [])
    return await _new(request, ActForm(chosen, q, role, tag, show), everyone=bool(everyone))


@post(PATH, opt=OPTIONS, include_in_schema=False)
async def plan_batch(request: Asked, data: URLEncodedBody[ActForm], batches: NamedDependency[Batches]) -> Response[Any]:
    """Look at what would come of it; nothing is changed yet."""
    try:
        made = await batches.plan(_act(data), _chosen(data))
    except Refused as error:
        return await _new(request, data, everyone=not data.users, error=error)
    return done(request, f"{PATH}/{made.id}")


@get(f"{PATH}/{{batch_id:uuid}}", opt=OPTIONS, include_in_schema=False)
async def batch_page(
    request: Asked,
    batch_id: FromPath[UUID],
    result: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Template:
    """What would come of it, how far it is, or what came of it: user by user."""
    return await _batch(request, await batch(batch_id), result, after)


@post(f"{PATH}/{{batch_id:uuid}}/confirm", opt=OPTIONS, include_in_schema=False)
async def confirm_batch(request: Asked, batch_id: FromPath[UUID], batches: NamedDependency[Batches]) -> Response[Any]:
    """Carry it out."""
    await batch(batch_id)
    try:
        await batches.confirm(batch_id)
    except Refused as error:
        return done(request, f"{PATH}/{batch_id}", problem_of(error), tone="error")
    return done(request, f"{PATH}/{batch_id}")


@post(f"{PATH}/{{batch_id:uuid}}/undo", opt=OPTIONS, include_in_schema=False)
async def undo_batch(request: Asked, batch_id: FromPath[UUID], batches: NamedDependency[Batches]) -> Response[Any]:
    """Bring back what was."""
    await batch(batch_id)
    try:
        made = await batches.undo(batch_id)
    except Refused as error:
        return done(request, f"{PATH}/{batch_id}", problem_of(error), tone="error")
    return done(request, f"{PATH}/{made.id}")


def _chosen(form: ActForm) -> Chosen:
    """Raises Invalid."""
    try:
        if form.users.strip():
            return Chosen(ids=[UUID(one) for one in form.users.split()])
        values = {"q": form.q, "role": form.in_role, "tag": form.tag, "show": form.show}
        return Chosen(matching=msgspec.convert(values, UserFilter))
    except ValueError:
        raise Invalid(N_("Choose users: some by themselves, or all who fit a search."), field="users") from None


def _act(form: ActForm) -> BulkAct:
    """Raises Invalid for a form that says nothing, or too little."""
    match form.act:
        case "role":
            return SetRole(form.role)
        case "hide" | "show":
            return SetHidden(form.act == "hide")
        case "add_tags" | "remove_tags":
            tags = checked_tags([form.tags if form.act == "add_tags" else form.fewer_tags])
            if not tags:
                raise Invalid(N_("Enter at least one tag."), field=form.act)
            return AddTags(tags) if form.act == "add_tags" else RemoveTags(tags)
        case "availability":
            return SetAvailability(Availability(status=form.status, until=moment(form.until), message=form.message))
        case "invite":
            return Invite()
        case "remove":
            return Remove()
    raise Invalid(N_("Choose what is to be done."), field="act")


async def _new(request: Asked, form: ActForm, *, everyone: bool, error: Refused | None = None) -> Template:
    problem = problem_of(error) if error else ""
    try:
        chosen = _chosen(form)
        count = await count_users(chosen.matching) if everyone and chosen.matching else len(chosen.ids)
    except Invalid as unreadable:
        problem, count = problem or problem_of(unreadable), 0
    return page(
        request,
        "admin/user_batch_new.html",
        status=error.status if error else 200,
        form=form,
        count=count,
        heading=ngettext("Change one user", "Change %(num)d users", count) % {"num": count},
        roles=await translated_roles(),
        statuses=await statuses(),
        problem=problem,
    )


async def _batch(request: Asked, shown: Batch, result: str, after: str) -> Template:
    wanted = Result(result) if result in set(Result) else None
    place = read_cursor(after, tuple[int])[0] if after else 0
    found = await items(shown.id, result=wanted, after=place, limit=PAGE)
    roles = await translated_roles()
    return page(
        request,
        "admin/user_batch.html",
        batch=shown,
        heading=await _heading(shown, roles),
        items=found.items,
        next=found.next,
        first=not after,
        results={key: (_(title), tone) for key, (title, tone) in RESULTS.items()},
        chosen=wanted,
        why=_why,
        step=lambda one: _step(one, roles),
    )


async def _heading(of: Batch, roles: dict[str, str]) -> str:
    """What the batch does, in words."""
    if of.kind is Kind.UNDO:
        return _("Undoing")
    if of.kind is Kind.IMPORT:
        return _("Import of %(file)s") % {"file": of.file}
    return await _words(of.act, roles)


async def _words(act: AnyAct | None, roles: dict[str, str]) -> str:
    match act:
        case SetRole(role=role):
            return _("Give the role %(role)s") % {"role": roles.get(role, role)}
        case SetHidden(hidden=hidden):
            return _("Hide from the directory") if hidden else _("Show in the directory")
        case AddTags(tags=tags):
            return _("Add the tags %(tags)s") % {"tags": ", ".join(tags)}
        case RemoveTags(tags=tags):
            return _("Remove the tags %(tags)s") % {"tags": ", ".join(tags)}
        case SetAvailability(availability=wanted):
            return _("Set the availability to %(status)s") % {"status": (await statuses())[wanted.status]}
        case Invite():
            return _("Invite")
    return _("Remove")


def _why(reasons: tuple[Why, ...]) -> str:
    """Reasons in the language of the request."""
    return " ".join(_(one.message).format(**one.values) for one in reasons)


def _step(step: Step, roles: dict[str, str]) -> tuple[str, str, str]:
    """A field that differs, in words."""
    before, after = step.before, step.after
    if step.field == "role":
        before, after = roles.get(before, before), roles.get(after, after)
    elif step.field in ("hidden", "active"):
        before, after = (_("Yes") if one else _("No") for one in (before, after))
    return _(FIELD_NAMES.get(step.field, step.field)), before or "–", after or "–"


PAGES = (new_batch_page, plan_batch, batch_page, confirm_batch, undo_batch)
