"""The calls of the signed-in user's tenant: REST API."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get
from litestar.params import FromPath

from core.api.rest import PAGE, After, Limit, Page, read_id
from core.calls.schemas import CallOut, CallWithEvents, EventOut
from core.calls.service import call_with_journal, recent_calls
from core.directory.users import person_of
from core.identity.model import Principal

Asked = Request[Principal, Any, Any]


class Calls(Controller):
    """The call log."""

    path = "/api/v1/calls"
    tags = ("Calls",)
    opt = {"permission": "calls.view"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="Calls, newest first")
    async def list(self, request: Asked, after: After = "", limit: Limit = PAGE) -> Page[CallOut]:
        """A page of the call log. Calls that somebody else makes are there when she shares them."""
        me = await person_of(request.user)
        return (await recent_calls(before=read_id(after), limit=limit, to=me)).map(CallOut.of)

    @get("/{call_id:uuid}", summary="A call with its events")
    async def one(self, request: Asked, call_id: FromPath[UUID]) -> CallWithEvents:
        """One call and its journal."""
        row, events = await call_with_journal(call_id, to=await person_of(request.user))
        return CallWithEvents(CallOut.of(row), [EventOut.of(event) for event in events])
