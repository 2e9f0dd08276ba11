"""What must hold for the statistics of any call, so that every report adds up. Broken ones are named, not repaired."""

from collections.abc import Iterable, Iterator

from core.api.calls import QueueExit
from core.calls.events import Entry, OfferOutcome
from core.calls.model import Call, QueueVisit, VisitOutcome

MICROSECOND = 1e-6
"""Durations are sums of floating-point seconds."""


def violations(call: Call) -> Iterator[str]:
    """Everything that is wrong with one call; nothing for a sound one."""
    yield from _times(call)
    for visit in call.visits.values():
        yield from _visit(call, visit)
    if call.ended_at:
        yield from _closed(call)
        if call.talk_seconds > call.duration_seconds + MICROSECOND:
            yield f"talk {call.talk_seconds} s is longer than the call, {call.duration_seconds} s"
        if call.hold_seconds > call.talk_seconds + MICROSECOND:
            yield f"hold {call.hold_seconds} s is longer than the talk, {call.talk_seconds} s"
    yield from _moves(call)


def totals(visits: Iterable[QueueVisit]) -> Iterator[str]:
    """What must hold for any set of decided queue visits."""
    decided = [visit for visit in visits if visit.outcome]
    count = {outcome: sum(v.outcome is outcome for v in decided) for outcome in VisitOutcome}
    if sum(count.values()) != len(decided):  # RQU-3, RQD-7
        yield f"calls {len(decided)} are not answered + unanswered + timed out {count}"
    inside = sum(v.within_sla is True for v in decided)
    outside = sum(v.within_sla is False for v in decided)
    if inside + outside != count[VisitOutcome.ANSWERED]:  # RQD-8
        yield f"answered {count[VisitOutcome.ANSWERED]} are not {inside} within + {outside} outside the service level"


def _times(call: Call) -> Iterator[str]:
    for leg in call.legs.values():
        if leg.ended_at and leg.ended_at < leg.created_at:
            yield f"leg {leg.id} ended before it began"
    reached = call.started_at
    for part in call.parts.values():
        if part.started_at < reached:
            yield f"part {part.id} began before the one in front of it ended"
        reached = part.ended_at or part.started_at
    if call.ended_at and call.ended_at < reached:
        yield "the call ended before its last part"


def _visit(call: Call, visit: QueueVisit) -> Iterator[str]:
    winners = [o for o in call.offers.values() if o.visit_id == visit.id and o.outcome is OfferOutcome.ANSWERED]
    if len(winners) > 1:
        yield f"visit {visit.id} has {len(winners)} winners"
    if visit.answered_at and not any(part.visit_id == visit.id for part in call.parts.values()):
        yield f"visit {visit.id} is answered without a conversation"
    if visit.exit is QueueExit.ABANDONED and visit.answered_at:
        yield f"visit {visit.id} is both answered and abandoned"
    if (visit.outcome is VisitOutcome.ANSWERED) != (visit.within_sla is not None):
        yield f"visit {visit.id} is answered neither within nor outside the service level"


def _closed(call: Call) -> Iterator[str]:
    for what, things in (("leg", call.legs), ("part", call.parts), ("offer", call.offers)):
        for thing in things.values():
            if thing.ended_at is None:
                yield f"{what} {thing.id} is open although the call is over"
    for visit in call.visits.values():
        if visit.left_at is None or visit.outcome is None:
            yield f"visit {visit.id} is open although the call is over"


def _moves(call: Call) -> Iterator[str]:
    """Exits of queue A to queue B are entries of queue B from queue A."""
    exits = sorted((str(v.queue_id), str(v.next_queue_id)) for v in call.visits.values() if v.next_queue_id)
    entries = sorted(
        (str(v.from_queue_id), str(v.queue_id))
        for v in call.visits.values()
        if v.entry in (Entry.TRANSFERRED_FROM_QUEUE, Entry.TIMEOUT_FROM_QUEUE)
    )
    if exits != entries:
        yield f"exits to queues {exits} are not the entries from queues {entries}"
