"""The calls of the signed-in user's tenant: REST API."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, QueryParameter

from core.calls.schemas import CallList, CallOut, CallWithEvents, EventOut
from core.calls.service import PAGE, CallNotFound, call_with_journal, recent_calls


class Calls(Controller):
    """The call log."""

    path = "/api/calls"
    tags = ("Calls",)
    opt = {"permission": "calls.view"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="Calls, newest first")
    async def list(
        self, before: FromQuery[UUID | None] = None, limit: Annotated[int, QueryParameter(ge=1, le=500)] = PAGE
    ) -> CallList:
        """A page of at most `limit` calls: the newest, or those before the call `before`."""
        page = await recent_calls(before=before, limit=limit)
        return CallList([CallOut.of(row) for row in page.calls], page.before)

    @get("/{call_id:uuid}", summary="A call with its events")
    async def one(self, call_id: FromPath[UUID]) -> CallWithEvents:
        """One call and its journal."""
        try:
            row, events = await call_with_journal(call_id)
        except CallNotFound as error:
            raise NotFoundException(str(error)) from None
        return CallWithEvents(CallOut.of(row), [EventOut.of(event) for event in events])
