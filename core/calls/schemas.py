"""Calls as the REST API shows them. Numbers are E.164, empty when withheld; times are UTC; durations are seconds."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from core.calls.events import AnyData, Cause, Direction, Event
from core.calls.rows import CallRow
from core.calls.status import Status


class CallOut(Struct, frozen=True):
    """One line of the call log (LOG-3, LOG-11)."""

    id: UUID
    direction: Direction
    caller: str
    caller_name: str
    dialled: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    cause: Cause | None
    flow: str
    queue: str
    waiting_seconds: float
    talk_seconds: float
    hold_seconds: float
    duration_seconds: float
    talked_with: str
    status: Status
    """Empty: the call is not over (LOG-5)."""
    status_target: str
    """Whom or what it was transferred to."""
    made_by_id: UUID | None
    """Whose entry in the directory: who made an outgoing call."""
    made_by: str

    @classmethod
    def of(cls, row: CallRow) -> "CallOut":
        """The row of the call table as the API shows it."""
        same = [name for name in cls.__struct_fields__ if name != "id"]
        return cls(id=row.call_id, **{name: getattr(row, name) for name in same})


class EventOut(Struct, frozen=True):
    """One event of the call's journal; `data.type` says what happened."""

    seq: int
    at: datetime
    data: AnyData

    @classmethod
    def of(cls, event: Event) -> "EventOut":
        return cls(event.seq, event.at, event.data)


class CallWithEvents(Struct, frozen=True):
    """A call and everything that happened in it."""

    call: CallOut
    events: list[EventOut]
