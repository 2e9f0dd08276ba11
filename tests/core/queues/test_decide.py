"""Whom a queue rings: the rules of decide(), as properties over made-up queues and as plain examples."""

import random
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from core.api.calls import Distribution, QueueExit
from core.queues.decide import decide, reasons
from core.queues.explain import record, run_again
from core.queues.model import (
    Activity,
    Member,
    MemberState,
    QueueConfig,
    Reason,
    Record,
    Snapshot,
    Waiting,
    WaitingCall,
)

NOW = 1_800_000_000_000
QUEUE = UUID(int=7)


def person(number: int) -> UUID:
    return UUID(int=1_000 + number)


def call_id(number: int) -> UUID:
    return UUID(int=2_000 + number)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Snapshot, QueueConfig]:
    """A queue as it can be found: any mix of methods, states and rounds."""
    members, states, ringing = [], [], []
    for number in range(draw(st.integers(0, 7))):
        members.append(
            Member(
                person_id=person(number),
                priority=draw(st.integers(0, 3)),
                logged_in=draw(st.booleans()),
                reachable=draw(st.sampled_from([True, True, True, False])),
            )
        )
        activity = draw(st.sampled_from([Activity.FREE, Activity.FREE, Activity.RINGING, Activity.TALKING]))
        calling = draw(st.integers(0, 6)) if activity is Activity.RINGING else None
        ringing.append(calling)
        states.append(
            MemberState(
                person_id=person(number),
                logged_in=draw(st.sampled_from([-1, 0, NOW - 100, NOW - 50])),
                activity=activity,
                call_id=None if calling is None else call_id(calling),
                free_since=NOW - draw(st.integers(0, 20)),
                after_call_until=draw(st.sampled_from([0, NOW - 5, NOW, NOW + 1_000])),
                rest_until=draw(st.sampled_from([0, 0, 0, NOW + 1_000])),
            )
        )
    people = [member.person_id for member in members]
    calls = [
        Waiting(
            WaitingCall(
                id=call_id(number),
                priority=draw(st.integers(0, 2)),
                enqueued_at=NOW - draw(st.integers(0, 10)),
                owner=draw(st.sampled_from(["m1", "m2"])),
                distribution=draw(st.sampled_from(Distribution)),
                exit_if_queue=draw(st.booleans()),
                allow_empty=draw(st.booleans()),
            ),
            tuple(draw(st.lists(st.sampled_from(people), unique=True))) if people else (),
        )
        for number in range(draw(st.integers(0, 5)))
    ]
    return Snapshot(NOW, tuple(calls), tuple(states)), QueueConfig(id=QUEUE, members=tuple(members))


@given(situations())
def test_no_member_is_offered_twice(situation: tuple[Snapshot, QueueConfig]) -> None:
    decision = decide(*situation, NOW)
    offered = [p for choice in decision.offers.values() for p in choice.members]
    assert len(offered) == len(set(offered))


@given(situations())
def test_only_logged_in_reachable_and_free_members_are_rung(situation: tuple[Snapshot, QueueConfig]) -> None:
    snapshot, config = situation
    states = {state.person_id: state for state in snapshot.members}
    members = {member.person_id: member for member in config.members}
    for choice in decide(snapshot, config, NOW).offers.values():
        for p in choice.members:
            state = states[p]
            assert state.activity is Activity.FREE
            assert members[p].reachable
            assert state.logged_in > 0 or (state.logged_in < 0 and members[p].logged_in)
            assert max(state.after_call_until, state.rest_until) <= NOW


@given(situations())
def test_a_call_is_never_served_before_one_ahead_that_could_have_the_same_member(
    situation: tuple[Snapshot, QueueConfig],
) -> None:
    snapshot, config = situation
    decision = decide(snapshot, config, NOW)
    calls = {waiting.call.id: waiting.call for waiting in snapshot.calls}
    places = [(calls[c].priority, calls[c].enqueued_at) for c in decision.order]
    assert places == sorted(places)
    ringing = {state.call_id for state in snapshot.members if state.activity is Activity.RINGING}
    served = [c in decision.offers for c in decision.order if c not in ringing]
    assert served == sorted(served, reverse=True), "a call without an offer stands before one with an offer"


@given(situations())
def test_longest_idle_of_the_lowest_priority_is_rung_first(situation: tuple[Snapshot, QueueConfig]) -> None:
    snapshot, config = situation
    calls = tuple(
        Waiting(msgspec.structs.replace(w.call, distribution=Distribution.LONGEST_IDLE)) for w in snapshot.calls
    )
    snapshot = msgspec.structs.replace(snapshot, calls=calls)
    decision = decide(snapshot, config, NOW)
    priority = {member.person_id: member.priority for member in config.members}
    idle = {s.person_id: max(s.free_since, s.after_call_until, s.logged_in) for s in snapshot.members}
    rung = [p for c in decision.order if c in decision.offers for p in decision.offers[c].members]
    left = [p for p in priority if p not in decision.unavailable and p not in rung]
    order = [(priority[p], idle[p]) for p in rung]
    assert order == sorted(order)
    assert all((priority[p], idle[p]) >= order[-1] for p in left if order)


@given(situations(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(
    situation: tuple[Snapshot, QueueConfig], shuffle: random.Random
) -> None:
    snapshot, config = situation

    def mixed(items: tuple) -> tuple:
        return tuple(shuffle.sample(items, len(items)))

    other = Snapshot(NOW, mixed(snapshot.calls), mixed(snapshot.members))
    other_config = msgspec.structs.replace(config, members=mixed(config.members))
    assert decide(other, other_config, NOW) == decide(snapshot, config, NOW)


@given(situations())
def test_every_member_not_rung_has_a_reason(situation: tuple[Snapshot, QueueConfig]) -> None:
    snapshot, config = situation
    decision = decide(snapshot, config, NOW)
    everybody = {member.person_id for member in config.members}
    for waiting in snapshot.calls:
        why = reasons(waiting.call.id, snapshot, config, decision)
        choice = decision.offers.get(waiting.call.id)
        assert set(why) == everybody - set(choice.members if choice else ())
        assert all(isinstance(reason, Reason) for reason in why.values())


@given(situations())
def test_a_call_that_rings_nowhere_waits_only_when_nobody_can_be_rung(
    situation: tuple[Snapshot, QueueConfig],
) -> None:
    snapshot, config = situation
    decision = decide(snapshot, config, NOW)
    ringing = {state.call_id for state in snapshot.members if state.activity is Activity.RINGING}
    offered = {p for choice in decision.offers.values() for p in choice.members}
    everybody = {member.person_id for member in config.members}
    waits = [c for c in decision.order if c not in decision.offers and c not in ringing]
    if waits:
        assert offered | set(decision.unavailable) == everybody


@given(situations())
def test_snapshot_and_config_survive_json_and_give_the_same_decision(
    situation: tuple[Snapshot, QueueConfig],
) -> None:
    snapshot, config = situation
    text = msgspec.json.encode(Record(NOW, snapshot, config))
    again = msgspec.json.decode(text, type=Record)
    assert decide(again.snapshot, again.config, again.now) == decide(snapshot, config, NOW)


@given(situations())
def test_what_is_kept_with_a_call_gives_the_same_outcome_for_it(
    situation: tuple[Snapshot, QueueConfig],
) -> None:
    snapshot, config = situation
    decision = decide(snapshot, config, NOW)
    for waiting in snapshot.calls:
        c = waiting.call.id
        why = reasons(c, snapshot, config, decision)
        kept, again = run_again(record(c, snapshot, config, decision, why, NOW))
        assert again.offers.get(c) == decision.offers.get(c)
        assert again.exits.get(c) == decision.exits.get(c)
        told = reasons(c, kept.snapshot, kept.config, again)
        for p, reason in told.items():
            assert reason is why[p] or (reason, why[p]) == (Reason.RINGING, Reason.RESERVED_ELSEWHERE)


def free(number: int, since: int = 0, **state: object) -> MemberState:
    return MemberState(person(number), logged_in=1, free_since=NOW - 1_000 + since, **state)


def waiting(number: int, method: Distribution = Distribution.LONGEST_IDLE, tried: tuple[int, ...] = (), **call):
    values = {"priority": 10, "enqueued_at": NOW - 10_000 + number} | call
    return Waiting(WaitingCall(id=call_id(number), distribution=method, **values), tuple(map(person, tried)))


def queue(*priorities: int) -> QueueConfig:
    return QueueConfig(
        id=QUEUE, members=tuple(Member(person_id=person(n), priority=p) for n, p in enumerate(priorities))
    )


def rung(config: QueueConfig, calls: list[Waiting], states: list[MemberState]) -> list[set[int]]:
    decision = decide(Snapshot(NOW, tuple(calls), tuple(states)), config, NOW)
    return [
        {p.int - 1_000 for p in decision.offers[w.call.id].members} if w.call.id in decision.offers else set()
        for w in calls
    ]


def test_a_tried_member_is_passed_over_until_the_round_is_over() -> None:  # QEL-3
    states = [free(0), free(1, 1)]
    assert rung(queue(0, 0), [waiting(1)], states) == [{0}]
    assert rung(queue(0, 0), [waiting(1, tried=(0,))], states) == [{1}]
    assert rung(queue(0, 0), [waiting(1, tried=(0, 1))], states) == [{0}]


def test_a_vip_goes_before_those_who_came_earlier() -> None:  # QEL-5
    assert rung(queue(0), [waiting(1), waiting(2, priority=0)], [free(0)]) == [set(), {0}]


def test_ring_all_rings_every_free_member_at_once() -> None:  # QEL-8
    calls = [waiting(1, Distribution.RING_ALL)]
    assert rung(queue(0, 1, 5), calls, [free(0), free(1), free(2)]) == [{0, 1, 2}]


def test_ring_all_takes_in_a_member_who_becomes_free_meanwhile() -> None:
    calls = [waiting(1, Distribution.RING_ALL)]
    ringing = free(0, activity=Activity.RINGING, call_id=call_id(1))
    assert rung(queue(0, 0), calls, [ringing, free(1)]) == [{1}]


def test_priority_groups_replace_each_other() -> None:  # QEL-9
    states = [free(n) for n in range(4)]
    config = queue(0, 0, 1, 2)
    steps = [(), (0, 1), (0, 1, 2), (0, 1, 2, 3)]
    found = [rung(config, [waiting(1, Distribution.PRIORITY_GROUPS, tried)], states)[0] for tried in steps]
    assert found == [{0, 1}, {2}, {3}, {0, 1}]


def test_cumulative_priority_groups_grow_and_stay_grown() -> None:  # QEL-10
    states = [free(n) for n in range(4)]
    config = queue(0, 0, 1, 2)
    steps = [(), (0, 1), (0, 1, 2), (0, 1, 2, 3)]
    method = Distribution.PRIORITY_GROUPS_CUMULATIVE
    found = [rung(config, [waiting(1, method, tried)], states)[0] for tried in steps]
    assert found == [{0, 1}, {0, 1, 2}, {0, 1, 2, 3}, {0, 1, 2, 3}]


def test_next_priority_group_waits_until_the_first_has_rung() -> None:
    ringing = free(0, activity=Activity.RINGING, call_id=call_id(1))
    assert rung(queue(0, 1), [waiting(1, Distribution.PRIORITY_GROUPS)], [ringing, free(1)]) == [set()]


def test_exit_if_queue_leaves_when_nobody_is_free() -> None:  # QEL-11
    busy = [free(0, activity=Activity.TALKING)]
    decision = decide(Snapshot(NOW, (waiting(1, exit_if_queue=True),), tuple(busy)), queue(0), NOW)
    assert decision.exits == {call_id(1): QueueExit.BUSY}


def test_exit_if_queue_stays_while_it_rings_at_somebody() -> None:
    ringing = free(0, activity=Activity.RINGING, call_id=call_id(1))
    assert not decide(Snapshot(NOW, (waiting(1, exit_if_queue=True),), (ringing,)), queue(0), NOW).exits


def test_a_queue_without_logged_in_members_is_left_unless_that_is_allowed() -> None:  # QEL-12
    states = (MemberState(person(0), logged_in=0),)
    calls = (waiting(1), waiting(2, allow_empty=True))
    assert decide(Snapshot(NOW, calls, states), queue(0), NOW).exits == {call_id(1): QueueExit.EMPTY}


def test_a_decision_tells_when_time_alone_will_change_it() -> None:
    states = (free(0, after_call_until=NOW + 700), free(1, rest_until=NOW + 300))
    assert decide(Snapshot(NOW, (waiting(1),), states), queue(0, 0), NOW).wake_at == NOW + 300


def test_what_is_kept_of_a_decision_is_small() -> None:
    rng = random.Random(1)
    sizes = []
    for _ in range(50):
        config = queue(*[rng.randrange(3) for _ in range(rng.randrange(1, 200))])
        states = tuple(free(n, rng.randrange(1_000)) for n in range(len(config.members)))
        snapshot = Snapshot(NOW, tuple(waiting(n) for n in range(20)), states)
        decision = decide(snapshot, config, NOW)
        c = decision.order[0]
        why = reasons(c, snapshot, config, decision)
        sizes.append(len(record(c, snapshot, config, decision, why, NOW)))
    assert max(sizes) < 2_000
