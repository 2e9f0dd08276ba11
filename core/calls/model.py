"""The call model: what is known of one call after the events of its journal so far, and the figures derived from it.

The objects are mutable and belong to whoever holds the state; only `core.calls.apply.apply` changes them.
Times are UTC, durations are seconds.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.api.calls import QueueExit
from core.calls.events import (
    Cause,
    Direction,
    Entry,
    LegRole,
    OfferKind,
    OfferOutcome,
    PartEnd,
    PartKind,
)


def seconds(start: datetime, end: datetime) -> float:
    """Seconds from `start` to `end`, never negative."""
    return max(0.0, (end - start).total_seconds())


class VisitOutcome(StrEnum):
    """How a queue visit counts in the statistics: exactly one of these once it is decided (RQU-3)."""

    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    """The caller was gone while waiting (RQU-6)."""
    TIMED_OUT = "timed_out"
    """Not answered here, went on in the flow (RQU-7)."""


@dataclass(slots=True)
class Leg:
    """One SIP dialog of the call."""

    id: UUID
    role: LegRole
    address: str
    created_at: datetime
    person_id: UUID | None = None
    person: str = ""
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    cause: Cause | None = None


@dataclass(slots=True)
class Part:
    """The caller with one other party, from hearing each other to the end: the sub-call of LOG-4."""

    id: UUID
    kind: PartKind
    leg_id: UUID
    started_at: datetime
    visit_id: UUID | None = None
    person_id: UUID | None = None
    person: str = ""
    number: str = ""
    ended_at: datetime | None = None
    how: PartEnd | None = None
    held: float = 0.0
    """Seconds that the caller was on hold, of the holds that are over."""  # RQD-26
    hold_since: datetime | None = None
    """Since when the caller is on hold."""
    caller_holds: bool = False
    """The caller has the other party on hold; counts in no figure."""

    @property
    def name(self) -> str:
        """Whom the caller talked with: a person, else a number."""
        return self.person or self.number

    @property
    def talk_seconds(self) -> float:
        """Length of the part, holds included; 0 while it lasts."""
        return seconds(self.started_at, self.ended_at) if self.ended_at else 0.0


@dataclass(slots=True)
class Offer:
    """One ring attempt at one member."""

    id: UUID
    visit_id: UUID
    person_id: UUID
    person: str
    kind: OfferKind
    ring_seconds: int
    made_at: datetime
    ended_at: datetime | None = None
    outcome: OfferOutcome | None = None

    @property
    def rang_seconds(self) -> float:
        """How long it rang; 0 while it does."""
        return seconds(self.made_at, self.ended_at) if self.ended_at else 0.0

    @property
    def unanswered(self) -> bool:
        """Counts as an unanswered queue call of the member."""  # RAD-27
        return self.outcome in (OfferOutcome.NO_ANSWER, OfferOutcome.REJECTED)


@dataclass(slots=True)
class QueueVisit:
    """One stay in one queue, from entry to exit, conversation included."""

    id: UUID
    queue_id: UUID
    queue: str
    entry: Entry
    priority: int
    service_level_seconds: int
    entered_at: datetime
    enqueued_at: datetime
    from_queue_id: UUID | None = None
    from_queue: str = ""
    answered_at: datetime | None = None
    answered_by: UUID | None = None
    taken: OfferKind | None = None
    """How the winning offer came about (RQD-14, RQD-15)."""
    left_at: datetime | None = None
    exit: QueueExit | None = None
    digit: str = ""
    next_queue_id: UUID | None = None
    next_queue: str = ""

    @property
    def waiting_seconds(self) -> float:
        """From the entry until answered, or gone; 0 while it waits."""
        until = self.answered_at or self.left_at
        return seconds(self.entered_at, until) if until else 0.0

    @property
    def within_sla(self) -> bool | None:
        """Answered within the queue's service level; None: not answered."""  # RQD-8, RQD-10
        return self.waiting_seconds <= self.service_level_seconds if self.answered_at else None

    @property
    def outcome(self) -> VisitOutcome | None:
        """None while the caller waits."""  # RQU-4, RQU-6, RQU-7
        if self.answered_at:
            return VisitOutcome.ANSWERED
        if self.exit is None:
            return None
        if self.exit in (QueueExit.ABANDONED, QueueExit.LOST, QueueExit.ANSWERED):
            return VisitOutcome.UNANSWERED
        return VisitOutcome.TIMED_OUT


@dataclass(slots=True)
class AfterCallWork:
    """After-call work of one member after one part (QUE-11)."""

    part_id: UUID
    person_id: UUID
    planned_seconds: int
    started_at: datetime
    ended_at: datetime | None = None

    @property
    def real_seconds(self) -> float:
        """As it was, prolonged or shortened by the member; 0 while it lasts."""  # RQD-27
        return seconds(self.started_at, self.ended_at) if self.ended_at else 0.0


@dataclass(slots=True)
class Call:
    """One caller's journey. Its parts, visits and offers are in the order in which they began."""

    tenant_id: UUID
    id: UUID
    direction: Direction
    caller: str
    caller_name: str
    dialled: str
    main_number_id: UUID | None
    media: str
    started_at: datetime
    seq: int
    """Sequence number of the last event that was applied."""
    at: datetime
    """Time of the last event."""
    impossible: int = 0
    """Events that could not have happened; they were left out."""
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    cause: Cause | None = None
    sip_code: int = 0
    flow_id: UUID | None = None
    flow: str = ""
    flow_version: int = 0
    node: str = ""
    place: str = ""
    """Title of the element that the call is in; empty: none."""
    place_since: datetime | None = None
    vip: bool = False
    callback_requested: bool = False
    legs: dict[UUID, Leg] = field(default_factory=dict)
    parts: dict[UUID, Part] = field(default_factory=dict)
    visits: dict[UUID, QueueVisit] = field(default_factory=dict)
    offers: dict[UUID, Offer] = field(default_factory=dict)
    after_call: dict[UUID, AfterCallWork] = field(default_factory=dict)
    """By part."""
    part: Part | None = None
    """The one that lasts."""
    visit: QueueVisit | None = None
    """The one that lasts."""
    made_by_id: UUID | None = None
    """Who makes an outgoing call."""
    made_by: str = ""

    @property
    def finished(self) -> bool:
        """Over, and so is all after-call work."""
        return self.ended_at is not None and all(work.ended_at for work in self.after_call.values())

    @property
    def duration_seconds(self) -> float:
        """0 while it lasts."""
        return seconds(self.started_at, self.ended_at) if self.ended_at else 0.0

    @property
    def talk_seconds(self) -> float:
        """Total over all parts that are over."""  # LOG-11
        return sum(part.talk_seconds for part in self.parts.values())

    @property
    def hold_seconds(self) -> float:
        """Total over all holds that are over."""  # RQD-26
        return sum(part.held for part in self.parts.values())

    @property
    def waiting_seconds(self) -> float:
        """From the entry into the first queue (without one: from the start) until the caller first talked to
        someone, or had left the last queue; 0 for a call that did neither."""  # LOG-11
        if not self.parts and not self.visits:
            return 0.0
        first = next(iter(self.visits.values()), None)
        last = next(reversed(self.visits.values()), None)
        begin = first.entered_at if first else self.started_at
        part = next(iter(self.parts.values()), None)
        end = part.started_at if part else (last.left_at if last else None)
        return seconds(begin, end) if end else 0.0


@dataclass(slots=True)
class AgentSession:
    """A member logged in to one queue."""

    tenant_id: UUID
    id: UUID
    person_id: UUID
    person: str
    queue_id: UUID
    queue: str
    logged_in_at: datetime
    logged_in_by: UUID | None
    seq: int
    at: datetime
    impossible: int = 0
    logged_out_at: datetime | None = None
    logged_out_by: UUID | None = None

    @property
    def finished(self) -> bool:
        return self.logged_out_at is not None


State = Call | AgentSession
"""What one journal tells of: a call, or an agent's time in a queue."""
