"""The part of a decision that is kept with a call, and running it again."""

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

import msgspec

from core.api.calls import Distribution
from core.queues.decide import decide
from core.queues.model import (
    Activity,
    Decision,
    Member,
    MemberState,
    QueueConfig,
    Reason,
    Record,
    Snapshot,
    Waiting,
)

SPARE_MEMBERS = 8
"""Members kept beside those who are rung: enough to see who came next, small enough to store."""


def record(
    call_id: UUID, snapshot: Snapshot, config: QueueConfig, decision: Decision, why: dict[UUID, Reason], now: int
) -> str:
    """What mattered to this call as JSON: the call alone, and the members it could have had or rings at.

    Members whom a call further ahead got are kept as ringing elsewhere, so the call ahead is not needed.
    """
    waiting = next(waiting for waiting in snapshot.calls if waiting.call.id == call_id)
    choice = decision.offers.get(call_id)
    states = {state.person_id: state for state in snapshot.members}
    must = set(choice.members) if choice else set()
    must.update(state.person_id for state in snapshot.members if state.call_id == call_id)
    if waiting.call.distribution is Distribution.PRIORITY_GROUPS_CUMULATIVE:
        must.update(waiting.tried)
    spare = set(islice((p for p in _by_usefulness(why, decision) if p not in must), SPARE_MEMBERS))
    members = [member for member in config.members if member.person_id in must or member.person_id in spare]
    people = {member.person_id for member in members}
    kept = Record(
        now=now,
        snapshot=Snapshot(
            at=snapshot.at,
            calls=(Waiting(waiting.call, tuple(p for p in waiting.tried if p in people)),),
            members=tuple(_as_left_by_those_ahead(states.get(p) or MemberState(p), why.get(p)) for p in sorted(people)),
        ),
        config=QueueConfig(
            id=config.id,
            members=tuple(
                Member(person_id=m.person_id, priority=m.priority, logged_in=m.logged_in, reachable=m.reachable)
                for m in members
            ),
        ),
    )
    return msgspec.json.encode(kept).decode()


def run_again(recorded: str) -> tuple[Record, Decision]:
    """The recorded decision, decided once more. Raises msgspec.ValidationError when it is not a record."""
    kept = msgspec.json.decode(recorded, type=Record)
    return kept, decide(kept.snapshot, kept.config, kept.now)


def _by_usefulness(why: dict[UUID, Reason], decision: Decision) -> Iterator[UUID]:
    """Those who could have been rung come first, in their order; then the busy, the taken and the logged out."""
    yield from (person for person in decision.idle if why.get(person) is not Reason.RESERVED_ELSEWHERE)
    yield from (person for person, reason in decision.unavailable.items() if reason is not Reason.LOGGED_OUT)
    yield from (person for person in decision.idle if why.get(person) is Reason.RESERVED_ELSEWHERE)
    yield from (person for person, reason in decision.unavailable.items() if reason is Reason.LOGGED_OUT)


def _as_left_by_those_ahead(state: MemberState, reason: Reason | None) -> MemberState:
    if reason is Reason.RESERVED_ELSEWHERE:
        return msgspec.structs.replace(state, activity=Activity.RINGING, call_id=None)
    return state
