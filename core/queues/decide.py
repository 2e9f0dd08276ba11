"""Who rings next, and why not the others: pure functions of a queue's snapshot (docs/adr/0004)."""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from uuid import UUID

from core.api.calls import Distribution, QueueExit
from core.queues.model import (
    Activity,
    Choice,
    Decision,
    Member,
    MemberState,
    QueueConfig,
    Reason,
    Snapshot,
    Waiting,
)


def decide(snapshot: Snapshot, config: QueueConfig, now: int) -> Decision:
    """Give the free members of a queue to its waiting calls; `now` in milliseconds since 1970 UTC.

    Calls are served by priority (0 first), then by original enqueue time. No member is offered twice,
    and the outcome does not depend on the order of the input.
    """
    states = {state.person_id: state for state in snapshot.members}
    unavailable: dict[UUID, Reason] = {}
    free: list[tuple[int, int, UUID]] = []
    anybody = False
    for member in config.members:
        state = states.get(member.person_id) or MemberState(member.person_id)
        reason = _unavailable(member, state, now)
        anybody |= reason is not Reason.LOGGED_OUT
        if reason is None:
            free.append((member.priority, _free_since(state), member.person_id))
        else:
            unavailable[member.person_id] = reason
    idle = {person: priority for priority, _, person in sorted(free)}
    available = idle.copy()
    priorities = {member.person_id: member.priority for member in config.members}
    ringing = _ringing(snapshot.members, priorities)

    offers: dict[UUID, Choice] = {}
    exits: dict[UUID, QueueExit] = {}
    queue = sorted(snapshot.calls, key=_place)
    for waiting in queue:
        call = waiting.call
        rings_at = ringing.get(call.id, ())
        choice = _choose(waiting, available, rings_at, priorities) if available else None
        if choice is not None:
            offers[call.id] = choice
            for person in choice.members:
                del available[person]
        elif not rings_at and not anybody and not call.allow_empty:
            exits[call.id] = QueueExit.EMPTY  # QEL-12
        elif not rings_at and call.exit_if_queue:
            exits[call.id] = QueueExit.BUSY  # QEL-11
    return Decision(
        order=tuple(waiting.call.id for waiting in queue),
        offers=offers,
        exits=exits,
        idle=idle,
        unavailable=unavailable,
        wake_at=min((at for s in snapshot.members for at in _ends(s) if at > now), default=0),
    )


def reasons(call_id: UUID, snapshot: Snapshot, config: QueueConfig, decision: Decision) -> dict[UUID, Reason]:
    """For one waiting call: each member of the queue who was not chosen for it, and why."""
    choice = decision.offers.get(call_id)
    chosen = frozenset(choice.members if choice else ())
    why = dict(decision.unavailable)
    if call_id in decision.exits:
        general = Reason.LEFT
    elif any(state.call_id == call_id and state.activity is Activity.RINGING for state in snapshot.members):
        general = Reason.ANOTHER_RINGS
    else:
        general = Reason.LONGER_IDLE_FIRST
    level = max((decision.idle[person] for person in chosen), default=0)
    for person, priority in decision.idle.items():
        lower = general is Reason.LONGER_IDLE_FIRST and priority > level
        why[person] = Reason.LOWER_PRIORITY_WAITS if lower else general
    if general is not Reason.LEFT and not (choice and choice.new_round):
        tried = next(waiting.tried for waiting in snapshot.calls if waiting.call.id == call_id)
        why.update((person, Reason.TRIED_THIS_ROUND) for person in tried if person in decision.idle)
    for other in takewhile(lambda other: other != call_id, decision.order):
        if ahead := decision.offers.get(other):
            why.update((person, Reason.RESERVED_ELSEWHERE) for person in ahead.members)
    for person in chosen:
        del why[person]
    return why


def _place(waiting: Waiting) -> tuple[int, int, UUID]:
    return waiting.call.priority, waiting.call.enqueued_at, waiting.call.id


def _unavailable(member: Member, state: MemberState, now: int) -> Reason | None:
    if not state.is_logged_in(member.logged_in):
        return Reason.LOGGED_OUT
    if not member.reachable:
        return Reason.NO_DEVICE
    if state.activity is Activity.TALKING:
        return Reason.IN_A_CALL
    if state.activity is Activity.RINGING:
        return Reason.RINGING
    if state.after_call_until > now:
        return Reason.AFTER_CALL_WORK
    if state.rest_until > now:
        return Reason.RESTING
    return None


def _free_since(state: MemberState) -> int:
    """Available since the last call, after-call work or log-in, whichever was last."""
    return max(state.free_since, state.after_call_until, state.logged_in, 0)


def _ends(state: MemberState) -> tuple[int, int]:
    return state.after_call_until, state.rest_until


def _ringing(states: Sequence[MemberState], priorities: Mapping[UUID, int]) -> dict[UUID, list[int]]:
    """call → priorities of the members it rings at."""
    found: dict[UUID, list[int]] = {}
    for state in states:
        if state.activity is Activity.RINGING and state.call_id is not None:
            found.setdefault(state.call_id, []).append(priorities.get(state.person_id, 0))
    return found


def _choose(
    waiting: Waiting, available: Mapping[UUID, int], rings_at: Sequence[int], priorities: Mapping[UUID, int]
) -> Choice | None:
    """Whom a call rings, of the `available` (person → priority, in the order they are taken)."""
    tried = set(waiting.tried)
    method = waiting.call.distribution
    if method is Distribution.LONGEST_IDLE:
        if rings_at:
            return None
        for person in available:
            if person not in tried:
                return Choice((person,))
        return Choice((next(iter(available)),), new_round=True)

    untried = {person: priority for person, priority in available.items() if person not in tried}
    if method is Distribution.RING_ALL:
        ring, new_round = (untried or available), not untried
    elif method is Distribution.PRIORITY_GROUPS:
        level = max(rings_at) if rings_at else min((untried or available).values())
        ring, new_round = _at(untried or available, level, level), not untried
    else:
        reached = [priorities[person] for person in tried if person in priorities]  # QEL-10: never steps back
        level = max([*reached, min(untried.values(), default=0)])
        level = max(rings_at) if rings_at else level
        ring, new_round = _at(untried if rings_at else available, 0, level), False
    if rings_at and not untried:
        return None  # those who were tried wait until nobody rings any more
    return Choice(tuple(ring), new_round) if ring else None


def _at(people: Mapping[UUID, int], lowest: int, highest: int) -> dict[UUID, int]:
    return {person: priority for person, priority in people.items() if lowest <= priority <= highest}
