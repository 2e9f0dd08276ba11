"""Many callers, members in several queues and several media processes at once, all by chance: what must hold anyway."""

import asyncio
import itertools
import random
from collections import defaultdict
from contextlib import AsyncExitStack, suppress
from uuid import UUID, uuid4

import msgspec
import pytest
from redis.asyncio import Redis

from core.api.calls import CallerHungUp, Distribution, QueuePlacement
from core.calls.events import Offered, OfferEnded, OfferOutcome, PartEnded, PartStarted
from core.data.embedded import EmbeddedRedis
from core.data.redis import connect_redis
from core.queues import offers, runner
from core.queues.model import QueueConfig
from tests.core.queues.company import Caller, Company, open_company
from tests.core.queues.scripted import Journal

SCRIPTS = ("answer:0.01", "answer:0.05", "answer:0.03", "reject:0.02", "busy", "drop:0.02", "ignore", "gone")
CALLERS = 120


class StampedJournal(Journal):
    """Every event with its place among those of all calls."""

    order = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.stamped: list[tuple[int, msgspec.Struct]] = []

    def write(self, data: msgspec.Struct) -> None:
        self.stamped.append((next(self.order), data))
        super().write(data)


async def one_caller(company: Company, chance: random.Random) -> Caller:
    """Comes at some time, and hangs up at some later time."""
    await asyncio.sleep(chance.random() * 2.0)
    placement = QueuePlacement(
        queue=company.queue,
        ring_seconds=0.1,  # type: ignore[arg-type]
        total_seconds=chance.choice([1, 600]),
        priority=chance.choice([0, 10]),
        distribution=chance.choice(list(Distribution)),
    )
    caller = Caller(company, placement, journal=StampedJournal())
    caller.task = asyncio.create_task(caller.stay())
    await asyncio.wait([caller.task], timeout=chance.random() * 1.5)
    if chance.random() < 0.2:
        caller.task.cancel()
    caller.leg.other_side_hangs_up()
    with suppress(CallerHungUp, asyncio.CancelledError):
        await caller.task
    return caller


def times_held(callers: list[Caller]) -> dict[UUID, list[tuple[int, int, UUID]]]:
    """person → from, to, call: rung or talking, by the order of all journals."""
    held: dict[UUID, list[tuple[int, int, UUID]]] = defaultdict(list)
    for caller in callers:
        begun: dict[UUID, tuple[int, UUID]] = {}
        for at, event in caller.journal.stamped:  # type: ignore[attr-defined]
            if isinstance(event, Offered):
                begun[event.offer_id] = at, event.person_id
            elif isinstance(event, PartStarted):
                begun[event.part_id] = at, event.person_id
            elif isinstance(event, (OfferEnded, PartEnded)):
                key = event.offer_id if isinstance(event, OfferEnded) else event.part_id
                since, person = begun.pop(key)
                held[person].append((since, at, caller.id))
        assert not begun
    return held


@pytest.mark.parametrize("seed", range(3))
async def test_nobody_is_held_twice_and_nothing_is_left(
    redis: Redis, redis_server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(offers, "REST_SECONDS", 0.05)
    monkeypatch.setattr(runner, "COALESCE_SECONDS", 0.005)
    async with AsyncExitStack() as stack:
        clients = [connect_redis(redis_server.url) for _ in range(3)]
        first = await stack.enter_async_context(open_company(clients[0], "m0"))
        first.members(*SCRIPTS)
        support = first.configs[first.queue]
        sales = QueueConfig(id=uuid4(), name="Sales", members=support.members[:5])  # members of both
        first.configs[sales.id] = sales
        companies = [first]
        for number, client in enumerate(clients[1:], 1):
            companies.append(await stack.enter_async_context(open_company(client, f"m{number}", like=first)))
        for client in list(clients):
            companies.append(await stack.enter_async_context(open_company(client, "again", like=first)))
            companies[-1].queue = sales.id
        callers = await asyncio.gather(*(one_caller(chance.choice(companies), chance) for _ in range(CALLERS)))
        for company in companies:
            await company.assert_nothing_is_left()

    for caller in callers:
        caller.assert_journal_makes_sense()
    talked = sum(OfferOutcome.ANSWERED in caller.outcomes() for caller in callers)
    assert talked > CALLERS / 20, "the test does not test: hardly anybody talked"
    for person, times in times_held(callers).items():
        for (_, end, call), (begin, _, other) in itertools.pairwise(sorted(times)):
            assert end < begin or call == other, f"{person} was held by {call} and {other} at once"
    await asyncio.gather(*(client.aclose() for client in clients))
