"""One function turns a journal into a call: used live, by the projection, by rebuilds and in simulations.

The rules:

1. Events of one journal are applied in the order of `seq`. One whose `seq` is not higher than the last is a
   duplicate: it changes nothing.
2. The first event is `call.started` or `agent.logged_in`, and neither comes again.
3. An event that contradicts what is known (an unknown or repeated leg, part, visit or offer; a second end of any
   of them; two conversations or two visits at once; two winners of one visit; a queue entered "from" a queue where
   the call never was) raises ImpossibleEvent. The state then only counts it and moves on to its `seq`.
4. `call.ended` closes everything that is open, in the way that its cause says.
5. After `call.ended` only after-call work, its end and recordings still count; everything else is late, changes
   nothing and raises nothing. A second `call.ended` with `media_process_lost` closes open after-call work where it was
   planned to end.
6. `fold` applies the unbroken run 1, 2, 3 … and then, if it is there, the closing event LOST_SEQ. What stands behind
   a gap waits until the gap is filled.
7. Time never runs backwards in a journal: an event stamped before the one in front of it counts as simultaneous.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from core.api.calls import QueueExit
from core.calls import events as e
from core.calls.events import Cause, Event, OfferOutcome, PartEnd
from core.calls.model import AfterCallWork, AgentSession, Call, Leg, Offer, Part, QueueVisit, State, seconds


class ImpossibleEvent(ValueError):
    """The event contradicts the journal before it."""

    def __init__(self, event: Event, why: str) -> None:
        super().__init__(f"{type(event.data).__name__} #{event.seq} of {event.call_id}: {why}")
        self.event = event


class _Contradiction(Exception):
    """Raised by the steps below, before they have changed anything."""


def apply(state: State | None, event: Event) -> State:
    """The state after `event`. Changes `state` in place and returns it; with None a new one is made.

    Raises ImpossibleEvent by the rules above; the state stays usable.
    """
    data = event.data
    if state is None:
        return _begin(event)
    if event.seq <= state.seq:
        return state
    state.seq = event.seq
    if event.at < state.at:
        event = replace(event, at=state.at)
    state.at = event.at
    try:
        if isinstance(state, Call):
            if event.call_id != state.id:
                raise _Contradiction(f"belongs to another call than {state.id}")
            if state.ended_at is None or type(data) in AFTER_END:
                _STEPS.get(type(data), _misplaced)(state, event, data)
            elif type(data) is e.CallEnded and data.cause is Cause.MEDIA_PROCESS_LOST:
                _close_after_call(state, event)
        else:
            _log_out(state, event)
    except _Contradiction as problem:
        state.impossible += 1
        raise ImpossibleEvent(event, str(problem)) from None
    return state


def fold(events: Iterable[Event]) -> tuple[State | None, list[ImpossibleEvent]]:
    """The state after a whole journal, given by `seq` without duplicates, and what was impossible in it."""
    state: State | None = None
    impossible = []
    expected, broken = 1, False
    for event in events:
        if event.seq != expected and event.seq != e.LOST_SEQ:
            broken = True
        if broken and event.seq != e.LOST_SEQ:
            continue
        expected += 1
        try:
            state = apply(state, event)
        except ImpossibleEvent as problem:
            impossible.append(problem)
    return state, impossible


def _begin(event: Event) -> State:
    data = event.data
    if isinstance(data, e.CallStarted):
        return Call(
            event.tenant_id,
            event.call_id,
            data.direction,
            data.caller,
            data.caller_name,
            data.dialled,
            data.main_number_id,
            data.media,
            event.at,
            event.seq,
            event.at,
            made_by_id=data.person_id,
            made_by=data.person,
        )
    if isinstance(data, e.AgentLoggedIn):
        return AgentSession(
            event.tenant_id,
            event.call_id,
            data.person_id,
            data.person,
            data.queue_id,
            data.queue,
            event.at,
            data.by,
            event.seq,
            event.at,
        )
    raise ImpossibleEvent(event, "a journal begins with call.started or agent.logged_in")


def _log_out(session: AgentSession, event: Event) -> None:
    if not isinstance(event.data, e.AgentLoggedOut):
        raise _Contradiction("an agent's session knows only its end")
    if session.logged_out_at is None:
        session.logged_out_at = event.at
        session.logged_out_by = event.data.by


def _misplaced(call: Call, event: Event, data: Any) -> None:
    raise _Contradiction("does not belong into the middle of a call")


def _nothing(call: Call, event: Event, data: Any) -> None:
    """Kept in the journal and shown in the timeline; changes no figure."""


def _known(where: dict[Any, Any], key: Any, what: str) -> Any:
    found = where.get(key)
    if found is None:
        raise _Contradiction(f"unknown {what} {key}")
    return found


def _unknown(where: dict[Any, Any], key: Any, what: str) -> None:
    if key in where:
        raise _Contradiction(f"{what} {key} is there already")


def _call_answered(call: Call, event: Event, data: e.CallAnswered) -> None:
    if call.answered_at:
        raise _Contradiction("the call has been answered already")
    call.answered_at = event.at


def _call_ended(call: Call, event: Event, data: e.CallEnded) -> None:
    by_caller = data.cause is Cause.CALLER_HUNG_UP
    if call.part:
        _end_part(call, event, PartEnd.CALLER_HUNG_UP if by_caller else PartEnd.LOST)
    for offer in call.offers.values():
        if offer.ended_at is None:
            offer.ended_at = event.at
            offer.outcome = OfferOutcome.CALLER_LEFT if by_caller else OfferOutcome.FAILED
    if call.visit:
        gone = QueueExit.ANSWERED if call.visit.answered_at else QueueExit.ABANDONED
        _leave_queue(call, event, gone if by_caller else QueueExit.LOST, "")
    for leg in call.legs.values():
        if leg.ended_at is None:
            leg.ended_at, leg.cause = event.at, data.cause
    if data.cause is Cause.MEDIA_PROCESS_LOST:
        _close_after_call(call, event)
    call.ended_at, call.cause, call.sip_code = event.at, data.cause, data.sip_code
    call.node = call.place = ""


def _leg_created(call: Call, event: Event, data: e.LegCreated) -> None:
    _unknown(call.legs, data.leg_id, "leg")
    call.legs[data.leg_id] = Leg(data.leg_id, data.role, data.address, event.at, data.person_id, data.person)


def _live_leg(call: Call, data: Any) -> Leg:
    leg: Leg = _known(call.legs, data.leg_id, "leg")
    if leg.ended_at:
        raise _Contradiction(f"leg {leg.id} has ended")
    return leg


def _leg_progress(call: Call, event: Event, data: e.LegRinging | e.LegMediaUp) -> None:
    _live_leg(call, data)


def _leg_answered(call: Call, event: Event, data: e.LegAnswered) -> None:
    leg = _live_leg(call, data)
    if leg.answered_at:
        raise _Contradiction(f"leg {leg.id} has been answered already")
    leg.answered_at = event.at


def _leg_ended(call: Call, event: Event, data: e.LegEnded) -> None:
    leg = _live_leg(call, data)
    leg.ended_at, leg.cause = event.at, data.cause


def _flow_entered(call: Call, event: Event, data: e.FlowEntered) -> None:
    call.flow_id, call.flow, call.flow_version = data.flow_id, data.name, data.version


def _element_entered(call: Call, event: Event, data: e.ElementEntered) -> None:
    call.node, call.place, call.place_since = data.node, data.title, event.at


def _element_left(call: Call, event: Event, data: e.ElementLeft) -> None:
    if call.node == data.node:
        call.node = call.place = ""


def _queue_entered(call: Call, event: Event, data: e.QueueEntered) -> None:
    _unknown(call.visits, data.visit_id, "visit")
    if call.visit:
        raise _Contradiction(f"the call is in queue {call.visit.queue} already")
    visit = QueueVisit(
        data.visit_id,
        data.queue_id,
        data.queue,
        data.entry,
        data.priority,
        data.service_level_seconds,
        event.at,
        data.enqueued_at,
    )
    if data.entry in (e.Entry.TRANSFERRED_FROM_QUEUE, e.Entry.TIMEOUT_FROM_QUEUE):
        origin = next((v for v in reversed(call.visits.values()) if v.queue_id == data.from_queue_id), None)
        if origin is None or origin.next_queue_id:
            raise _Contradiction(f"the call did not come from queue {data.from_queue_id}")
        visit.from_queue_id, visit.from_queue = origin.queue_id, origin.queue
        origin.next_queue_id, origin.next_queue = visit.queue_id, visit.queue
    call.visits[visit.id] = call.visit = visit


def _queue_left(call: Call, event: Event, data: e.QueueLeft) -> None:
    if call.visit is None or call.visit.id != data.visit_id:
        raise _Contradiction(f"the call is not in visit {data.visit_id}")
    _leave_queue(call, event, data.exit, data.digit)


def _leave_queue(call: Call, event: Event, exit_: QueueExit, digit: str) -> None:
    assert call.visit is not None
    call.visit.left_at, call.visit.exit, call.visit.digit = event.at, exit_, digit
    call.visit = None


def _offered(call: Call, event: Event, data: e.Offered) -> None:
    _unknown(call.offers, data.offer_id, "offer")
    visit = _known(call.visits, data.visit_id, "visit")
    if visit.left_at:
        raise _Contradiction(f"the call has left visit {visit.id}")
    call.offers[data.offer_id] = Offer(
        data.offer_id, data.visit_id, data.person_id, data.person, data.kind, data.ring_seconds, event.at
    )


def _offer_ended(call: Call, event: Event, data: e.OfferEnded) -> None:
    offer: Offer = _known(call.offers, data.offer_id, "offer")
    if offer.ended_at:
        raise _Contradiction(f"offer {offer.id} has ended")
    if data.outcome is OfferOutcome.ANSWERED:
        visit = call.visits[offer.visit_id]
        if visit.taken:
            raise _Contradiction(f"visit {visit.id} has its winner already")
        visit.taken = offer.kind
    offer.ended_at, offer.outcome = event.at, data.outcome


def _part_started(call: Call, event: Event, data: e.PartStarted) -> None:
    _unknown(call.parts, data.part_id, "part")
    if call.part:
        raise _Contradiction(f"the caller talks with {call.part.name} already")
    if data.visit_id is not None:
        visit: QueueVisit = _known(call.visits, data.visit_id, "visit")
        if visit.answered_at is None:
            if visit.left_at:
                raise _Contradiction(f"the call has left visit {visit.id}")
            visit.answered_at, visit.answered_by = event.at, data.person_id
    part = Part(data.part_id, data.kind, data.leg_id, event.at, data.visit_id, data.person_id, data.person, data.number)
    call.parts[part.id] = call.part = part


def _open_part(call: Call, data: Any) -> Part:
    if call.part is None or call.part.id != data.part_id:
        raise _Contradiction(f"part {data.part_id} does not last")
    return call.part


def _part_ended(call: Call, event: Event, data: e.PartEnded) -> None:
    _open_part(call, data)
    _end_part(call, event, data.how)


def _end_part(call: Call, event: Event, how: PartEnd) -> None:
    part = call.part
    assert part is not None
    if part.hold_since:
        part.held += seconds(part.hold_since, event.at)
        part.hold_since = None
    part.caller_holds = False
    part.ended_at, part.how = event.at, how
    call.part = None


def _hold_started(call: Call, event: Event, data: e.HoldStarted) -> None:
    part = _open_part(call, data)
    if part.caller_holds if data.by_caller else part.hold_since:
        raise _Contradiction("that side is on hold already")
    if data.by_caller:
        part.caller_holds = True
    else:
        part.hold_since = event.at


def _hold_ended(call: Call, event: Event, data: e.HoldEnded) -> None:
    part = _open_part(call, data)
    if data.by_caller and part.caller_holds:
        part.caller_holds = False
    elif not data.by_caller and part.hold_since:
        part.held += seconds(part.hold_since, event.at)
        part.hold_since = None
    else:
        raise _Contradiction("that side is not on hold")


def _after_call_started(call: Call, event: Event, data: e.AfterCallStarted) -> None:
    part: Part = _known(call.parts, data.part_id, "part")
    if part.ended_at is None:
        raise _Contradiction(f"part {part.id} still lasts")
    _unknown(call.after_call, data.part_id, "after-call work of part")
    call.after_call[part.id] = AfterCallWork(part.id, data.person_id, data.seconds, event.at)


def _after_call_ended(call: Call, event: Event, data: e.AfterCallEnded) -> None:
    work: AfterCallWork = _known(call.after_call, data.part_id, "after-call work of part")
    if work.ended_at:
        raise _Contradiction(f"after-call work of part {work.part_id} has ended")
    work.ended_at = event.at


def _close_after_call(call: Call, event: Event) -> None:
    for work in call.after_call.values():
        if work.ended_at is None:
            planned = work.started_at + timedelta(seconds=work.planned_seconds)
            work.ended_at = max(work.started_at, min(event.at, planned))


def _vip_passed(call: Call, event: Event, data: e.VipPassed) -> None:
    call.vip = call.vip or not data.blocked  # whom a list refuses is nobody to serve first


def _callback_requested(call: Call, event: Event, data: e.CallbackRequested) -> None:
    call.callback_requested = True


AFTER_END = frozenset({e.AfterCallStarted, e.AfterCallEnded, e.RecordingEnded})

_STEPS: dict[type, Callable[[Call, Event, Any], None]] = {
    e.CallAnswered: _call_answered,
    e.CallEnded: _call_ended,
    e.LegCreated: _leg_created,
    e.LegRinging: _leg_progress,
    e.LegAnswered: _leg_answered,
    e.LegMediaUp: _leg_progress,
    e.LegEnded: _leg_ended,
    e.FlowEntered: _flow_entered,
    e.FlowFailed: _nothing,
    e.FlowLinkFailed: _nothing,
    e.CounterPassed: _nothing,
    e.ElementEntered: _element_entered,
    e.ElementLeft: _element_left,
    e.PromptStarted: _nothing,
    e.PromptEnded: _nothing,
    e.DigitsCollected: _nothing,
    e.QueueEntered: _queue_entered,
    e.QueueDecided: _nothing,
    e.QueueLeft: _queue_left,
    e.Offered: _offered,
    e.OfferEnded: _offer_ended,
    e.PartStarted: _part_started,
    e.PartEnded: _part_ended,
    e.HoldStarted: _hold_started,
    e.HoldEnded: _hold_ended,
    e.HoursAsked: _nothing,
    e.VipPassed: _vip_passed,
    e.CallbackRequested: _callback_requested,
    e.RecordingEnded: _nothing,
    e.AfterCallStarted: _after_call_started,
    e.AfterCallEnded: _after_call_ended,
}
