"""The call log and the page of one call."""

from typing import Any
from uuid import UUID

from litestar import Request, get
from litestar.params import FromPath
from litestar.response import Template

from core.api.rest import After, read_id
from core.api.texts import N_
from core.calls.events import Direction
from core.calls.rows import CallRow
from core.calls.service import call_with_journal, recent_calls
from core.calls.status import Status
from core.directory.service import names
from core.directory.users import person_of
from core.ui.shell import page
from core.ui.templating import _
from core.web.story import people_in, tell

STATUS = {
    Status.NONE: (N_("In progress"), "flow"),
    Status.ANSWERED: (N_("Answered"), "free"),
    Status.LEFT_QUEUE: (N_("Left the queue"), "busy"),
    Status.TRANSFERRED: (N_("Transferred"), "free"),
    Status.TIMEOUT: (N_("Timeout"), "pause"),
    Status.CALLBACK_REQUESTED: (N_("Callback requested"), "flow"),
    Status.ENDED: (N_("Ended"), "off"),
}
OPTIONS = {"permission": "calls.view"}


def status_text(row: CallRow) -> str:
    """The call's status in the language of the request (LOG-5 … LOG-10)."""
    if row.status is Status.TRANSFERRED and row.status_target:
        return _("Transferred to {target}").format(target=row.status_target)
    return _(STATUS[row.status][0])


def status_tone(row: CallRow) -> str:
    return STATUS[row.status][1]


@get("/calls", opt=OPTIONS, include_in_schema=False)
async def call_log(request: Request[Any, Any, Any], after: After = "") -> Template:
    """The calls of the tenant, newest first, page by page."""
    found = await recent_calls(before=read_id(after), to=await person_of(request.user))
    return page(
        request,
        "calls.html",
        calls=found.items,
        older=found.next,
        first=not after,
        status_text=status_text,
        status_tone=status_tone,
    )


@get("/calls/{call_id:uuid}", opt=OPTIONS, include_in_schema=False)
async def call_page(request: Request[Any, Any, Any], call_id: FromPath[UUID]) -> Template:
    """One call: its summary (LOG-11) and everything that happened in it."""
    row, events = await call_with_journal(call_id, to=await person_of(request.user))
    known = await names() | people_in(events)
    return page(
        request,
        "call.html",
        call=row,
        incoming=row.direction is Direction.IN,
        chapters=tell(events, known),
        status_text=status_text,
        status_tone=status_tone,
    )


PAGES = (call_log, call_page)
