"""Properties of the call model over generated journals."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.api.calls import QueueExit
from core.calls import events as e
from core.calls.apply import ImpossibleEvent, apply, fold
from core.calls.events import Event
from core.calls.invariants import totals, violations
from core.calls.model import AgentSession, Call, QueueVisit, State, VisitOutcome
from core.calls.rows import rows
from core.calls.sessions import logged_in_out
from core.calls.status import CallStatus, Status, status, summary
from tests.journals import Company, call_journal, journals, session_journals

AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
COMPANY = Company(UUID(int=7))
CALLS = st.integers(0, 2**32).map(lambda seed: call_journal(Random(seed), COMPANY, AT))
DAYS = st.integers(0, 2**32).map(
    lambda seed: [call_journal(Random(seed + n), COMPANY, AT + timedelta(minutes=n)) for n in range(30)]
)


def call_of(events: list[Event]) -> Call:
    state, impossible = fold(events)
    assert not impossible
    assert isinstance(state, Call)
    return state


def visits_of(calls: list[list[Event]]) -> list[QueueVisit]:
    return [visit for events in calls for visit in call_of(events).visits.values()]


def dump(state: State | None) -> bytes:
    return msgspec.json.encode(state)


@given(CALLS)
@settings(max_examples=500, deadline=None)
def test_a_generated_call_keeps_every_invariant_at_its_end(events: list[Event]) -> None:
    assert list(violations(call_of(events))) == []


@given(CALLS, st.data())
@settings(max_examples=300, deadline=None)
def test_a_call_keeps_every_invariant_at_every_moment_and_when_lost_there(
    events: list[Event], data: st.DataObject
) -> None:
    length = data.draw(st.integers(1, len(events)))
    call = call_of(events[:length])
    assert list(violations(call)) == []
    apply(call, Event(call.tenant_id, call.id, e.LOST_SEQ, call.at, e.CallEnded(cause=e.Cause.MEDIA_PROCESS_LOST)))
    assert call.finished
    assert list(violations(call)) == []


@given(DAYS)
@settings(max_examples=50, deadline=None)
def test_rqu_3_rqd_7_calls_are_answered_plus_unanswered_plus_timed_out(calls: list[list[Event]]) -> None:
    visits = visits_of(calls)
    assert list(totals(visits)) == []
    count = Counter(visit.outcome for visit in visits)
    assert len(visits) == count[VisitOutcome.ANSWERED] + count[VisitOutcome.UNANSWERED] + count[VisitOutcome.TIMED_OUT]


@given(DAYS)
@settings(max_examples=50, deadline=None)
def test_rqd_5_every_grouping_has_the_same_total(calls: list[list[Event]]) -> None:
    visits = visits_of(calls)
    for group in ("queue_id", "entry", "exit", "taken", "outcome", "within_sla", "next_queue_id"):
        assert sum(Counter(getattr(visit, group) for visit in visits).values()) == len(visits)
    assert all(visit.exit is not None and visit.outcome is not None for visit in visits)


@given(DAYS)
@settings(max_examples=50, deadline=None)
def test_rqd_8_answered_is_within_plus_outside_the_service_level(calls: list[list[Event]]) -> None:
    visits = visits_of(calls)
    inside = [v for v in visits if v.within_sla is True]
    outside = [v for v in visits if v.within_sla is False]
    assert len(inside) + len(outside) == sum(v.outcome is VisitOutcome.ANSWERED for v in visits)
    assert all(v.waiting_seconds <= v.service_level_seconds for v in inside)
    assert all(v.waiting_seconds > v.service_level_seconds for v in outside)


@given(DAYS)
@settings(max_examples=50, deadline=None)
def test_exits_from_a_queue_to_a_queue_are_entries_there_from_it(calls: list[list[Event]]) -> None:
    visits = visits_of(calls)
    exits = Counter((v.queue_id, v.next_queue_id) for v in visits if v.next_queue_id)
    entries = Counter((v.from_queue_id, v.queue_id) for v in visits if v.from_queue_id)
    assert exits == entries


@given(st.integers(0, 2**32), st.floats(0, 24), st.floats(0, 24))
@settings(max_examples=200, deadline=None)
def test_rad_3_logged_in_plus_logged_out_is_the_period(seed: int, begin: float, length: float) -> None:
    day = datetime(2026, 11, 2, tzinfo=UTC)
    start = day + timedelta(hours=begin)
    end = start + timedelta(hours=length)
    sessions = [fold(events)[0] for events in session_journals(Random(seed), COMPANY, day)]
    for member in COMPANY.members:
        own = [s for s in sessions if isinstance(s, AgentSession) and s.person_id == member.id]
        logged_in, logged_out = logged_in_out(own, start, end)
        assert logged_in + logged_out == pytest.approx((end - start).total_seconds())
        moments = [start + (end - start) * (n + 0.5) / 500 for n in range(500)]
        inside = sum(any(s.logged_in_at <= t < (s.logged_out_at or end) for s in own) for t in moments)
        near = length * 3600 / 500 * 8 + 2e-6  # and datetimes count whole microseconds
        assert logged_in == pytest.approx((end - start).total_seconds() * inside / 500, abs=near)


@given(CALLS, st.data())
@settings(max_examples=300, deadline=None)
def test_applying_a_prefix_twice_and_then_the_rest_gives_the_same(events: list[Event], data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(events)))
    state: State | None = None
    for event in [*events[:length], *events[:length], *events[length:], *events]:
        state = apply(state, event)
    assert dump(state) == dump(call_of(events))


@given(CALLS, st.data())
@settings(max_examples=300, deadline=None)
def test_events_behind_a_gap_wait_and_the_lost_event_does_not(events: list[Event], data: st.DataObject) -> None:
    gap = data.draw(st.integers(1, len(events)))
    state, _ = fold([*events[: gap - 1], *events[gap:]])
    expected, _ = fold([ev for ev in events[: gap - 1] if ev.seq != e.LOST_SEQ])
    lost = [event for event in events[gap:] if event.seq == e.LOST_SEQ]
    for event in [] if expected is None else lost:
        apply(expected, event)
    assert dump(state) == dump(expected)


@given(CALLS, st.data())
@settings(max_examples=500, deadline=None)
def test_a_repeated_event_under_a_new_number_never_breaks_an_invariant(
    events: list[Event], data: st.DataObject
) -> None:
    """What cannot have happened is refused and counted, or harmless: the figures stay sound."""
    position = data.draw(st.integers(0, len(events) - 1))
    again = data.draw(st.integers(0, position))
    mixed = [*events[: position + 1], events[again], *events[position + 1 :]]
    numbered = [
        Event(ev.tenant_id, ev.call_id, n if ev.seq != e.LOST_SEQ else ev.seq, ev.at, ev.data)
        for n, ev in enumerate(mixed, 1)
    ]
    state, impossible = fold(numbered)
    assert isinstance(state, Call)
    assert state.impossible == len(impossible)
    assert list(violations(state)) == []


@given(st.permutations(range(12)), st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_events_in_any_order_break_no_invariant(order: list[int], seed: int) -> None:
    events = call_journal(Random(seed), COMPANY, AT)
    body = events[1:]
    shuffled = [body[i % len(body)] for i in order] + body
    numbered = [events[0]] + [Event(ev.tenant_id, ev.call_id, n, ev.at, ev.data) for n, ev in enumerate(shuffled, 2)]
    state, _ = fold(numbered)
    assert isinstance(state, Call)
    assert list(violations(state)) == []


def test_two_members_cannot_both_win_one_visit() -> None:
    call, offers = ringing(2)
    apply(call, event(call, e.OfferEnded(offer_id=offers[0], outcome=e.OfferOutcome.ANSWERED)))
    with pytest.raises(ImpossibleEvent, match="winner already"):
        apply(call, event(call, e.OfferEnded(offer_id=offers[1], outcome=e.OfferOutcome.ANSWERED)))
    assert call.impossible == 1
    assert call.offers[offers[1]].outcome is None


def test_a_late_event_after_the_end_changes_nothing_and_raises_nothing() -> None:
    call, offers = ringing(1)
    apply(call, event(call, e.CallEnded(cause=e.Cause.CALLER_HUNG_UP)))
    visit = next(iter(call.visits.values()))
    assert visit.exit is QueueExit.ABANDONED
    assert call.offers[offers[0]].outcome is e.OfferOutcome.CALLER_LEFT
    before = list(rows(call))
    for data in (
        e.OfferEnded(offer_id=offers[0], outcome=e.OfferOutcome.ANSWERED),
        e.QueueLeft(visit_id=visit.id, exit=QueueExit.TIMEOUT),
        e.CallEnded(cause=e.Cause.COMPLETED),
        e.CallAnswered(),
    ):
        apply(call, event(call, data))
    assert list(rows(call)) == before


def test_a_lost_media_process_closes_visit_part_and_offers_as_lost() -> None:
    call, offers = ringing(2)
    visit = next(iter(call.visits.values()))
    apply(call, event(call, e.OfferEnded(offer_id=offers[0], outcome=e.OfferOutcome.ANSWERED)))
    part = e.PartStarted(part_id=UUID(int=50), kind=e.PartKind.QUEUE, leg_id=UUID(int=40), visit_id=visit.id)
    apply(call, event(call, part))
    apply(call, event(call, e.HoldStarted(part_id=part.part_id)))
    lost = e.CallEnded(cause=e.Cause.MEDIA_PROCESS_LOST)
    apply(call, Event(call.tenant_id, call.id, e.LOST_SEQ, call.at + timedelta(seconds=9), lost))
    assert visit.exit is QueueExit.LOST
    assert visit.outcome is VisitOutcome.ANSWERED
    assert call.parts[part.part_id].how is e.PartEnd.LOST
    assert call.hold_seconds == 9
    assert call.offers[offers[1]].outcome is e.OfferOutcome.FAILED
    assert call.finished


def test_only_holds_of_the_other_party_count_and_both_sides_may_hold_at_once() -> None:
    call, _ = ringing(1)
    visit = next(iter(call.visits.values()))
    part = e.PartStarted(part_id=UUID(int=50), kind=e.PartKind.QUEUE, leg_id=UUID(int=40), visit_id=visit.id)
    apply(call, event(call, part))
    apply(call, event(call, e.HoldStarted(part_id=part.part_id, by_caller=True), 10))
    assert call.parts[part.part_id].hold_since is None
    apply(call, event(call, e.HoldStarted(part_id=part.part_id), 20))
    apply(call, event(call, e.HoldEnded(part_id=part.part_id, by_caller=True), 5))
    with pytest.raises(ImpossibleEvent):
        apply(call, event(call, e.HoldEnded(part_id=part.part_id, by_caller=True), 3))
    apply(call, event(call, e.HoldEnded(part_id=part.part_id), 4))
    assert call.hold_seconds == 12


def test_events_that_a_premature_loss_overtook_keep_their_times() -> None:
    """A worker thought the process dead at second 5, but it wrote until second 60: time does not run backwards."""
    call, _ = ringing(1)
    visit = next(iter(call.visits.values()))
    part = e.PartStarted(part_id=UUID(int=50), kind=e.PartKind.QUEUE, leg_id=UUID(int=40), visit_id=visit.id)
    apply(call, event(call, part, 60))
    lost = e.CallEnded(cause=e.Cause.MEDIA_PROCESS_LOST)
    apply(call, Event(call.tenant_id, call.id, e.LOST_SEQ, AT + timedelta(seconds=5), lost))
    assert call.ended_at == AT + timedelta(seconds=60)
    assert list(violations(call)) == []


@pytest.mark.parametrize(("waited", "within"), [(29.9, True), (30, True), (30.1, False)])
def test_rqd_10_answered_within_the_service_level_includes_its_last_second(waited: float, within: bool) -> None:
    call, _ = ringing(1)
    visit = next(iter(call.visits.values()))
    part = e.PartStarted(part_id=UUID(int=50), kind=e.PartKind.QUEUE, leg_id=UUID(int=40), visit_id=visit.id)
    apply(call, event(call, part, waited))
    assert visit.within_sla is within


def test_a_journal_must_begin_at_its_beginning() -> None:
    with pytest.raises(ImpossibleEvent, match="begins with"):
        apply(None, Event(UUID(int=7), UUID(int=1), 1, AT, e.CallAnswered()))


def test_log_5_to_log_10_statuses_of_generated_calls() -> None:
    seen: set[Status] = set()
    for events in journals(11, COMPANY, AT, days=1, calls_a_day=1500):
        state, _ = fold(events)
        if not isinstance(state, Call):
            continue
        answer = status(state)
        seen.add(answer.status)
        first = next(iter(state.visits.values()), None)
        if answer.status is Status.LEFT_QUEUE:
            assert first
            assert not first.answered_at
            assert first.exit in (QueueExit.ABANDONED, QueueExit.LOST)
        elif answer.status is Status.TIMEOUT:
            assert first
            assert first.outcome is VisitOutcome.TIMED_OUT
        elif answer.status is Status.TRANSFERRED:
            assert first
            assert first.answered_at
        elif answer.status is Status.ENDED:
            assert not state.parts
            assert not state.visits
    assert seen == set(Status) - {Status.NONE}


def test_log_5_a_call_that_is_not_over_has_no_status() -> None:
    call, _ = ringing(1)
    assert status(call) == CallStatus(Status.NONE)


def test_log_8_log_11_summary_of_a_call_that_was_transferred_to_another_queue() -> None:
    call, offers = ringing(1)
    visit = next(iter(call.visits.values()))
    first, second = UUID(int=50), UUID(int=51)
    steps: list[tuple[float, e.AnyData]] = [
        (4, e.OfferEnded(offer_id=offers[0], outcome=e.OfferOutcome.ANSWERED)),
        (0, e.PartStarted(part_id=first, kind=e.PartKind.QUEUE, leg_id=UUID(int=40), visit_id=visit.id, person="Anna")),
        (60, e.PartEnded(part_id=first, how=e.PartEnd.TRANSFERRED)),
        (0, e.QueueLeft(visit_id=visit.id, exit=QueueExit.TRANSFERRED)),
        (1, entered(UUID(int=31), UUID(int=22), "Support", e.Entry.TRANSFERRED_FROM_QUEUE, UUID(int=21))),
        (
            9,
            e.PartStarted(
                part_id=second, kind=e.PartKind.QUEUE, leg_id=UUID(int=41), visit_id=UUID(int=31), person="Eva"
            ),
        ),
        (30, e.PartEnded(part_id=second, how=e.PartEnd.CALLER_HUNG_UP)),
        (0, e.CallEnded(cause=e.Cause.CALLER_HUNG_UP)),
    ]
    for after, data in steps:
        apply(call, event(call, data, after))
    line = summary(call)
    assert line.status == CallStatus(Status.TRANSFERRED, "Support")
    assert (line.queue, line.talked_with, line.waiting_seconds, line.talk_seconds) == ("Sales", "Anna", 4, 90)
    assert [v.exit for v in call.visits.values()] == [QueueExit.TRANSFERRED, QueueExit.ANSWERED]
    assert visit.next_queue == "Support"


def test_the_generator_repeats_itself_from_its_seed() -> None:
    one = msgspec.json.encode(list(journals(5, COMPANY, AT, calls_a_day=20)))
    assert one == msgspec.json.encode(list(journals(5, COMPANY, AT, calls_a_day=20)))
    assert one != msgspec.json.encode(list(journals(6, COMPANY, AT, calls_a_day=20)))


def event(call: Call, data: e.AnyData, after: float = 0) -> Event:
    return Event(call.tenant_id, call.id, call.seq + 1, call.at + timedelta(seconds=after), data)


def entered(visit: UUID, queue: UUID, name: str, entry: e.Entry, origin: UUID | None = None) -> e.QueueEntered:
    return e.QueueEntered(
        visit_id=visit,
        queue_id=queue,
        queue=name,
        entry=entry,
        priority=10,
        service_level_seconds=30,
        enqueued_at=AT,
        from_queue_id=origin,
    )


def ringing(members: int) -> tuple[Call, list[UUID]]:
    """A call that waits in a queue while members are rung."""
    started = e.CallStarted(direction=e.Direction.IN, caller="+4790000000", dialled="+4721000001", media="m")
    call = apply(None, Event(UUID(int=7), UUID(int=1), 1, AT, started))
    assert isinstance(call, Call)
    apply(call, event(call, entered(UUID(int=30), UUID(int=21), "Sales", e.Entry.DIRECT)))
    offers = [UUID(int=60 + n) for n in range(members)]
    for n, offer in enumerate(offers):
        made = e.Offered(
            offer_id=offer,
            visit_id=UUID(int=30),
            person_id=UUID(int=70 + n),
            person=f"Member {n}",
            kind=e.OfferKind.AUTOMATIC,
            ring_seconds=20,
        )
        apply(call, event(call, made))
    return call, offers
