"""My profile → My queues, and the same list in the personal menu (PRF-7, GEN-3)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Template

from core.api.errors import NotFound, Refused
from core.api.texts import N_
from core.identity.model import Principal
from core.identity.sessions import Session
from core.queues.members import Members
from core.queues.my_queues import my_queues, set_my_login
from core.queues.state import QueueState
from core.ui.forms import problem_of
from core.ui.shell import done, page
from core.ui.templating import _

PATH = "/profile/queues"
OPTIONS = {"permission": "signed_in"}
Me = Request[Principal, Session, Any]


@dataclass
class LoginForm:
    """`login` or `logout`: the id of a queue, or "all"; `menu`: it was sent by the personal menu."""

    login: str = ""
    logout: str = ""
    menu: str = ""


@get(PATH, opt=OPTIONS, include_in_schema=False)
async def queues_page(request: Me, queue_state: NamedDependency[QueueState]) -> Template:
    """The queues that she is a member of, as they are now."""
    return await _page(request, queue_state)


@get(f"{PATH}/menu", opt=OPTIONS, include_in_schema=False)
async def queues_menu(request: Me, queue_state: NamedDependency[QueueState]) -> Template:
    """The same as entries of the personal menu; asked for when that is opened."""
    return page(request, "profile/queues_menu.html", queues=await my_queues(request.user, queue_state))


@post(PATH, opt=OPTIONS, include_in_schema=False)
async def log_in_or_out(
    request: Me,
    data: URLEncodedBody[LoginForm],
    queue_state: NamedDependency[QueueState],
    members: NamedDependency[Members],
) -> Response[Any]:
    """Log her in or out. The menu gets its entries anew."""
    wanted, logged_in = data.login or data.logout, bool(data.login)
    try:
        only = None if wanted == "all" else _queue(wanted)
        await set_my_login(request.user, logged_in, members, only=only)
    except Refused as error:
        return await _page(request, queue_state, error)
    queues = await my_queues(request.user, queue_state)
    if data.menu:
        return page(request, "profile/queues_menu.html", queues=queues)
    text = _("You are logged in to %(queues)s.") if logged_in else _("You are logged out of %(queues)s.")
    names = (one.name for one in queues if only in (None, one.id))
    return done(request, PATH, text % {"queues": ", ".join(names)})


async def _page(request: Me, state: QueueState, error: Refused | None = None) -> Template:
    return page(
        request,
        "profile/queues.html",
        status=error.status if error else 200,
        queues=await my_queues(request.user, state),
        problem=problem_of(error) if error else "",
    )


def _queue(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(N_("You are not a member of this queue, or it is gone.")) from None


PAGES = (queues_page, queues_menu, log_in_or_out)
