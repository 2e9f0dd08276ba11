"""The derived rows of a call or an agent's session, ready for their tables: a pure function of the state.

Field names are the tables' column names. Durations are seconds; they are 0 while the thing lasts.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from core.api.calls import QueueExit
from core.calls.events import Cause, Direction, Entry, OfferKind, OfferOutcome, PartEnd, PartKind
from core.calls.model import AfterCallWork, AgentSession, Call, Offer, Part, QueueVisit, State, VisitOutcome
from core.calls.status import Status, part_status, summary, visit_status


class Row(Struct, frozen=True, kw_only=True):
    """A row of one derived table."""

    tenant_id: UUID
    call_id: UUID


class CallRow(Row, frozen=True, kw_only=True):
    """One call, as the call log shows it (LOG-3). Durations are seconds."""

    direction: Direction
    caller: str
    caller_name: str
    dialled: str
    main_number_id: UUID | None
    media: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    cause: Cause | None
    sip_code: int
    flow_id: UUID | None
    flow: str
    flow_version: int
    queue_id: UUID | None
    queue: str
    waiting_seconds: float
    talk_seconds: float
    hold_seconds: float
    duration_seconds: float
    talked_with_id: UUID | None
    talked_with: str
    status: Status
    status_target: str
    parts: int
    visits: int
    vip: bool
    callback_requested: bool
    impossible: int
    made_by_id: UUID | None
    made_by: str


class PartRow(Row, frozen=True, kw_only=True):
    """The caller with one agent or number (LOG-4)."""

    part_id: UUID
    kind: PartKind
    visit_id: UUID | None
    queue_id: UUID | None
    leg_id: UUID
    person_id: UUID | None
    person: str
    number: str
    started_at: datetime
    ended_at: datetime | None
    how: PartEnd | None
    talk_seconds: float
    hold_seconds: float
    after_call_seconds: float
    status: Status
    status_target: str


class VisitRow(Row, frozen=True, kw_only=True):
    """One stay in one queue, with what its statistics need (RQU, RQD)."""

    visit_id: UUID
    queue_id: UUID
    queue: str
    caller: str
    main_number_id: UUID | None
    vip: bool
    entry: Entry
    from_queue_id: UUID | None
    from_queue: str
    priority: int
    enqueued_at: datetime
    entered_at: datetime
    answered_at: datetime | None
    answered_by: UUID | None
    left_at: datetime | None
    exit: QueueExit | None
    digit: str
    next_queue_id: UUID | None
    next_queue: str
    outcome: VisitOutcome | None
    taken: OfferKind | None
    service_level_seconds: int
    within_sla: bool | None
    waiting_seconds: float
    talk_seconds: float
    hold_seconds: float
    after_call_seconds: float
    offers: int
    status: Status
    status_target: str


class OfferRow(Row, frozen=True, kw_only=True):
    """One ring attempt at one member."""

    offer_id: UUID
    visit_id: UUID
    queue_id: UUID
    person_id: UUID
    person: str
    kind: OfferKind
    made_at: datetime
    ended_at: datetime | None
    outcome: OfferOutcome | None
    ring_seconds: int
    rang_seconds: float
    unanswered: bool


class AfterCallRow(Row, frozen=True, kw_only=True):
    """After-call work of a member after one part of a call: planned and real seconds."""

    part_id: UUID
    queue_id: UUID | None
    person_id: UUID
    planned_seconds: int
    started_at: datetime
    ended_at: datetime | None
    real_seconds: float


class SessionRow(Row, frozen=True, kw_only=True):
    """A member logged in to one queue (RAD-3 … RAD-5)."""

    person_id: UUID
    person: str
    queue_id: UUID
    queue: str
    logged_in_at: datetime
    logged_in_by: UUID | None
    logged_out_at: datetime | None
    logged_out_by: UUID | None
    impossible: int


TABLES: dict[type[Row], tuple[str, tuple[str, ...]]] = {
    CallRow: ("call", ("tenant_id", "call_id")),
    VisitRow: ("queue_visit", ("tenant_id", "call_id", "visit_id")),
    PartRow: ("call_part", ("tenant_id", "call_id", "part_id")),
    OfferRow: ("offer", ("tenant_id", "call_id", "offer_id")),
    AfterCallRow: ("after_call_work", ("tenant_id", "call_id", "part_id")),
    SessionRow: ("agent_session", ("tenant_id", "call_id")),
}
"""The table of each kind of row, and its primary key."""


def identity(row: Row) -> UUID:
    """What tells rows of one kind apart within one journal."""
    return getattr(row, TABLES[type(row)][1][-1])  # type: ignore[no-any-return]


def rows(state: State) -> Iterator[Row]:
    """All derived rows of one journal."""
    if isinstance(state, AgentSession):
        yield _session(state)
        return
    yield _call(state)
    for visit in state.visits.values():
        yield _visit(state, visit)
    for part in state.parts.values():
        yield _part(state, part)
    for offer in state.offers.values():
        yield _offer(state, offer)
    for work in state.after_call.values():
        yield _after_call(state, work)


def _call(call: Call) -> CallRow:
    line = summary(call)
    visit = next(iter(call.visits.values()), None)
    return CallRow(
        tenant_id=call.tenant_id,
        call_id=call.id,
        direction=call.direction,
        caller=call.caller,
        caller_name=call.caller_name,
        dialled=call.dialled,
        main_number_id=call.main_number_id,
        media=call.media,
        started_at=call.started_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        cause=call.cause,
        sip_code=call.sip_code,
        flow_id=call.flow_id,
        flow=call.flow,
        flow_version=call.flow_version,
        queue_id=visit.queue_id if visit else None,
        queue=line.queue,
        waiting_seconds=line.waiting_seconds,
        talk_seconds=line.talk_seconds,
        hold_seconds=call.hold_seconds,
        duration_seconds=call.duration_seconds,
        talked_with_id=line.talked_with_id,
        talked_with=line.talked_with,
        status=line.status.status,
        status_target=line.status.target,
        parts=len(call.parts),
        visits=len(call.visits),
        vip=call.vip,
        callback_requested=call.callback_requested,
        impossible=call.impossible,
        made_by_id=call.made_by_id,
        made_by=call.made_by,
    )


def _visit(call: Call, visit: QueueVisit) -> VisitRow:
    parts = [part for part in call.parts.values() if part.visit_id == visit.id]
    work = [call.after_call[part.id] for part in parts if part.id in call.after_call]
    status = visit_status(call, visit)
    return VisitRow(
        tenant_id=call.tenant_id,
        call_id=call.id,
        visit_id=visit.id,
        queue_id=visit.queue_id,
        queue=visit.queue,
        caller=call.caller,
        main_number_id=call.main_number_id,
        vip=call.vip,
        entry=visit.entry,
        from_queue_id=visit.from_queue_id,
        from_queue=visit.from_queue,
        priority=visit.priority,
        enqueued_at=visit.enqueued_at,
        entered_at=visit.entered_at,
        answered_at=visit.answered_at,
        answered_by=visit.answered_by,
        left_at=visit.left_at,
        exit=visit.exit,
        digit=visit.digit,
        next_queue_id=visit.next_queue_id,
        next_queue=visit.next_queue,
        outcome=visit.outcome,
        taken=visit.taken,
        service_level_seconds=visit.service_level_seconds,
        within_sla=visit.within_sla,
        waiting_seconds=visit.waiting_seconds,
        talk_seconds=sum(part.talk_seconds for part in parts),
        hold_seconds=sum(part.held for part in parts),
        after_call_seconds=sum(done.real_seconds for done in work),
        offers=sum(offer.visit_id == visit.id for offer in call.offers.values()),
        status=status.status,
        status_target=status.target,
    )


def _part(call: Call, part: Part) -> PartRow:
    work = call.after_call.get(part.id)
    status = part_status(call, part)
    return PartRow(
        tenant_id=call.tenant_id,
        call_id=call.id,
        part_id=part.id,
        kind=part.kind,
        visit_id=part.visit_id,
        queue_id=call.visits[part.visit_id].queue_id if part.visit_id else None,
        leg_id=part.leg_id,
        person_id=part.person_id,
        person=part.person,
        number=part.number,
        started_at=part.started_at,
        ended_at=part.ended_at,
        how=part.how,
        talk_seconds=part.talk_seconds,
        hold_seconds=part.held,
        after_call_seconds=work.real_seconds if work else 0.0,
        status=status.status,
        status_target=status.target,
    )


def _offer(call: Call, offer: Offer) -> OfferRow:
    return OfferRow(
        tenant_id=call.tenant_id,
        call_id=call.id,
        offer_id=offer.id,
        visit_id=offer.visit_id,
        queue_id=call.visits[offer.visit_id].queue_id,
        person_id=offer.person_id,
        person=offer.person,
        kind=offer.kind,
        made_at=offer.made_at,
        ended_at=offer.ended_at,
        outcome=offer.outcome,
        ring_seconds=offer.ring_seconds,
        rang_seconds=offer.rang_seconds,
        unanswered=offer.unanswered,
    )


def _after_call(call: Call, work: AfterCallWork) -> AfterCallRow:
    visit_id = call.parts[work.part_id].visit_id
    return AfterCallRow(
        tenant_id=call.tenant_id,
        call_id=call.id,
        part_id=work.part_id,
        queue_id=call.visits[visit_id].queue_id if visit_id else None,
        person_id=work.person_id,
        planned_seconds=work.planned_seconds,
        started_at=work.started_at,
        ended_at=work.ended_at,
        real_seconds=work.real_seconds,
    )


def _session(session: AgentSession) -> SessionRow:
    return SessionRow(
        tenant_id=session.tenant_id,
        call_id=session.id,
        person_id=session.person_id,
        person=session.person,
        queue_id=session.queue_id,
        queue=session.queue,
        logged_in_at=session.logged_in_at,
        logged_in_by=session.logged_in_by,
        logged_out_at=session.logged_out_at,
        logged_out_by=session.logged_out_by,
        impossible=session.impossible,
    )
