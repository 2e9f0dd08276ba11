"""What the call log says of a call: its status (LOG-5 … LOG-10) and its summary line (LOG-3, LOG-11)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.api.calls import QueueExit
from core.calls.events import PartEnd
from core.calls.model import Call, Part, QueueVisit


class Status(StrEnum):
    """How a line of the call log ended."""

    NONE = ""
    """The call is not over."""  # LOG-5
    ANSWERED = "answered"  # LOG-6
    LEFT_QUEUE = "left_queue"
    """Gone before an answer."""  # LOG-7
    TRANSFERRED = "transferred"
    """Answered, and transferred to `target`."""  # LOG-8
    TIMEOUT = "timeout"
    """Nobody answered in time; the call went on in the flow."""  # LOG-9
    CALLBACK_REQUESTED = "callback_requested"  # LOG-10
    ENDED = "ended"
    """Over without a queue and without a conversation."""


@dataclass(frozen=True, slots=True)
class CallStatus:
    """A status and, when transferred, the queue, person or number it went to."""

    status: Status
    target: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of the call log (LOG-3). Seconds; E.164; UTC."""

    at: datetime
    caller: str
    dialled: str
    queue: str
    waiting_seconds: float
    talk_seconds: float
    talked_with: str
    talked_with_id: UUID | None
    status: CallStatus


def status(call: Call) -> CallStatus:
    """The status of the whole call: that of its first sub-call."""  # LOG-11
    if call.ended_at is None:
        return CallStatus(Status.NONE)
    if call.callback_requested:
        return CallStatus(Status.CALLBACK_REQUESTED)
    visit = next(iter(call.visits.values()), None)
    part = next(iter(call.parts.values()), None)
    if visit and (part is None or visit.entered_at <= part.started_at):
        return visit_status(call, visit)
    return part_status(call, part) if part else CallStatus(Status.ENDED)


def visit_status(call: Call, visit: QueueVisit) -> CallStatus:
    """The status of one queue visit as a sub-call."""
    if visit.answered_at:
        return part_status(call, [part for part in call.parts.values() if part.visit_id == visit.id][-1])
    if visit.exit is None:
        return CallStatus(Status.NONE)
    if visit.exit in (QueueExit.ABANDONED, QueueExit.LOST, QueueExit.ANSWERED):
        return CallStatus(Status.LEFT_QUEUE)
    return CallStatus(Status.TIMEOUT)


def part_status(call: Call, part: Part) -> CallStatus:
    """The status of one conversation as a sub-call."""
    if part.ended_at is None:
        return CallStatus(Status.NONE)
    if part.how is PartEnd.TRANSFERRED:
        return CallStatus(Status.TRANSFERRED, _after(call, part))
    return CallStatus(Status.ANSWERED)


def _after(call: Call, part: Part) -> str:
    """Name of the queue, person or number that came after `part`; empty when nothing did."""
    assert part.ended_at is not None
    later = [(v.entered_at, 0, v.queue) for v in call.visits.values() if v.entered_at >= part.ended_at]
    later += [(p.started_at, 1, p.name) for p in call.parts.values() if p is not part and p.started_at >= part.ended_at]
    return min(later)[2] if later else ""


def summary(call: Call) -> Summary:
    """The line of the call log for the whole call."""  # LOG-11
    visit = next(iter(call.visits.values()), None)
    part = next(iter(call.parts.values()), None)
    return Summary(
        call.started_at,
        call.caller,
        call.dialled,
        visit.queue if visit else "",
        call.waiting_seconds,
        call.talk_seconds,
        part.name if part else "",
        part.person_id if part else None,
        status(call),
    )
