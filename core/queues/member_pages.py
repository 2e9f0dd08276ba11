"""The page of a user's queues: an administrator logs her in or out, and sets her priority (USR-6)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template
from msgspec import UNSET

from core.api.errors import Invalid, Refused
from core.api.texts import N_
from core.directory.users import user
from core.queues.members import Members, PlaceChange
from core.queues.tables import LAST_PRIORITY
from core.roles.guards import access_of
from core.ui.forms import number_in, problem_of
from core.ui.shell import done, page
from core.ui.templating import _

PATH = "/admin/users/{user_id:uuid}/queues"
OFFERED = 10
"""Priorities to choose from, from 0; one that is higher already is offered as well."""


@dataclass
class PlaceForm:
    """What the buttons of a place send: one of them."""

    logged_in: str = ""
    priority: str = ""


@get(PATH, opt={"permission": "users.view"}, include_in_schema=False)
async def places_page(
    request: Request[Any, Any, Any], user_id: FromPath[UUID], members: NamedDependency[Members]
) -> Template:
    """Where she is a member."""
    return await _page(request, user_id, members)


@post(f"{PATH}/{{queue_id:uuid}}", opt={"permission": "users.manage"}, include_in_schema=False)
async def change_place(
    request: Request[Any, Any, Any],
    user_id: FromPath[UUID],
    queue_id: FromPath[UUID],
    data: URLEncodedBody[PlaceForm],
    members: NamedDependency[Members],
) -> Response[Any]:
    """Log her in or out, or give her another priority."""
    place = await members.place(user_id, queue_id)
    try:
        await members.change(user_id, queue_id, _change(data))
    except Refused as error:
        return await _page(request, user_id, members, error)
    texts = {
        "yes": _("%(name)s is logged in to %(queue)s."),
        "no": _("%(name)s is logged out of %(queue)s."),
        "": _("%(name)s has another priority in %(queue)s."),
    }
    values = {"name": (await user(user_id)).name, "queue": place.queue}
    return done(request, f"/admin/users/{user_id}/queues", texts[data.logged_in] % values)


def _change(form: PlaceForm) -> PlaceChange:
    """Raises Invalid for a priority that can be none."""
    priority = number_in(form.priority, "priority")
    if form.logged_in not in ("", "yes", "no") or (priority is None and not form.logged_in):
        raise Invalid(N_("Say what is to be different: the log-in or the priority."))
    if priority is not None and priority > LAST_PRIORITY:
        raise Invalid(N_("A priority is a number from 0 to {last}."), field="priority", last=LAST_PRIORITY)
    return PlaceChange(
        logged_in=form.logged_in == "yes" if form.logged_in else UNSET, priority=UNSET if priority is None else priority
    )


async def _page(
    request: Request[Any, Any, Any], user_id: UUID, members: Members, error: Refused | None = None
) -> Template:
    places = await members.places(user_id)
    return page(
        request,
        "admin/user_queues.html",
        status=error.status if error else 200,
        user=await user(user_id),
        places=places,
        priorities={one.queue_id: sorted({*range(OFFERED), one.priority}) for one in places},
        manage=access_of(request).allows("users.manage"),
        problem=problem_of(error) if error else "",
    )


PAGES = (places_page, change_place)
