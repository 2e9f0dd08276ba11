"""How long one decision takes: `python -m tests.bench.bench_decide` prints milliseconds as JSON."""

import json
import random
import statistics
import time
from uuid import UUID

from core.api.calls import Distribution
from core.queues.decide import decide, reasons
from core.queues.explain import record
from core.queues.model import Activity, Member, MemberState, QueueConfig, Snapshot, Waiting, WaitingCall

NOW = 1_800_000_000_000
ROUNDS = 50


def situation(
    calls: int, agents: int, method: Distribution, free: float, seed: int = 1
) -> tuple[Snapshot, QueueConfig]:
    """A busy queue; `free` is the share of agents who can be rung. Every call has tried a few of them."""
    chance = random.Random(seed)
    people = [UUID(int=chance.getrandbits(128)) for _ in range(agents)]
    members = tuple(Member(person_id=person, priority=chance.randrange(3)) for person in people)
    states = tuple(
        MemberState(
            person,
            logged_in=NOW - 10_000,
            activity=Activity.FREE if chance.random() < free else Activity.TALKING,
            free_since=NOW - chance.randrange(10_000),
        )
        for person in people
    )
    waiting = tuple(
        Waiting(
            WaitingCall(
                id=UUID(int=chance.getrandbits(128)),
                priority=chance.choice((0, 10, 10, 10)),
                enqueued_at=NOW - chance.randrange(600_000),
                owner="media-1",
                distribution=method,
            ),
            tuple(chance.sample(people, min(5, agents))),
        )
        for _ in range(calls)
    )
    return Snapshot(NOW, waiting, states), QueueConfig(id=UUID(int=1), members=members)


def measure(calls: int, agents: int, method: Distribution, free: float) -> dict[str, float]:
    """Milliseconds of decide(), and of what is then told and kept for one call."""
    snapshot, config = situation(calls, agents, method, free)
    decided, told = [], []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        decision = decide(snapshot, config, NOW)
        decided.append((time.perf_counter() - begin) * 1000)
        begin = time.perf_counter()
        why = reasons(decision.order[-1], snapshot, config, decision)
        record(decision.order[-1], snapshot, config, decision, why, NOW)
        told.append((time.perf_counter() - begin) * 1000)
    return {
        "median_ms": round(statistics.median(decided), 2),
        "p99_ms": round(max(decided), 2),
        "record_ms": round(statistics.median(told), 2),
    }


def run() -> dict[str, dict[str, float]]:
    """Milliseconds of a decision, by its size."""
    return {
        f"{calls} calls, {agents} agents, {method}, {free:.0%} free": measure(calls, agents, method, free)
        for calls, agents in ((100, 200), (500, 200), (1_000, 200), (5_000, 200))
        for method, free in (
            (Distribution.LONGEST_IDLE, 1.0),
            (Distribution.LONGEST_IDLE, 0.0),
            (Distribution.PRIORITY_GROUPS_CUMULATIVE, 1.0),
        )
    }


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))  # noqa: T201
