"""A company with one queue, and callers in it, for tests of whole stays."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from core.api.calls import CallerHungUp, QueueExit, QueuePlacement, QueueResult
from core.calls.apply import fold
from core.calls.events import CallStarted, Direction, Event, LegRole, OfferEnded, OfferOutcome, QueueLeft
from core.calls.model import Call
from core.calls.ports import LegState
from core.queues.distributor import Distributor
from core.queues.errors import UnknownQueue
from core.queues.model import Activity, Member, QueueConfig
from core.queues.state import RUN
from core.queues.visit import QueuedCall, stay
from tests.core.queues.scripted import Journal, ScriptedLeg, ScriptedSounds, ScriptedSwitch, device


@dataclass
class Company:
    """A tenant with one queue, one media process and its switch."""

    redis: Redis
    distributor: Distributor
    configs: dict[UUID, QueueConfig]
    tenant: UUID = field(default_factory=uuid4)
    queue: UUID = field(default_factory=uuid4)
    switch: ScriptedSwitch = field(default_factory=ScriptedSwitch)

    def members(self, *scripts: str | tuple[str, ...], **parameters: int) -> list[UUID]:
        people = [uuid4() for _ in scripts]
        self.configs[self.queue] = QueueConfig(
            id=self.queue,
            name="Support",
            members=tuple(
                Member(
                    person_id=person,
                    name=f"Person {number}",
                    reachable=bool(script),
                    devices=tuple(device(s) for s in ([script] if isinstance(script, str) else script) if s),
                )
                for number, (person, script) in enumerate(zip(people, scripts, strict=True))
            ),
            **parameters,
        )
        return people

    async def caller(self, **placement: object) -> "Caller":
        caller = Caller(self, QueuePlacement(queue=self.queue, **placement))
        caller.task = asyncio.create_task(caller.stay())
        return caller

    async def activity(self, person: UUID) -> Activity:
        snapshot = await self.distributor.state.snapshot(self.tenant, self.configs[self.queue])
        return next(state.activity for state in snapshot.members if state.person_id == person)

    async def waiting(self) -> int:
        return len((await self.distributor.state.snapshot(self.tenant, self.configs[self.queue])).calls)

    async def assert_nothing_is_left(self) -> None:
        async with asyncio.timeout(15):  # an offer that was being committed is given back a moment later
            for person in [member.person_id for member in self.configs[self.queue].members]:
                while await self.activity(person) is not Activity.FREE:
                    await asyncio.sleep(0.002)
        assert await self.waiting() == 0
        assert not self.switch.bridged
        for legs in self.switch.legs.values():
            assert all(leg.state is LegState.ENDED for leg in legs)


@dataclass
class Caller:
    company: Company
    placement: QueuePlacement
    leg: ScriptedLeg = field(default_factory=lambda: ScriptedLeg(LegRole.CALLER, LegState.MEDIA_UP))
    journal: Journal = field(default_factory=Journal)
    id: UUID = field(default_factory=uuid4)
    task: "asyncio.Task[QueueResult]" = None  # type: ignore[assignment]

    async def stay(self) -> QueueResult:
        call = QueuedCall(
            tenant_id=self.company.tenant, call_id=self.id, leg=self.leg, journal=self.journal, caller="+4722000000"
        )
        return await stay(
            call,
            self.placement,
            distributor=self.company.distributor,
            switch=self.company.switch,
            sounds=ScriptedSounds(),
        )

    async def hang_up(self) -> None:
        self.leg.other_side_hangs_up()
        with pytest.raises(CallerHungUp):
            await self.task

    def outcomes(self) -> list[OfferOutcome]:
        return [event.outcome for event in self.journal.of(OfferEnded)]

    def assert_journal_makes_sense(self) -> None:
        """Nothing in it is impossible, and every attempt, part and visit has its end."""
        started = CallStarted(direction=Direction.IN, caller="", dialled="", media="m1")
        now = datetime.now(UTC)
        events = [
            Event(self.company.tenant, self.id, number, now, data)
            for number, data in enumerate([started, *self.journal.events], 1)
        ]
        call, impossible = fold(events)
        assert isinstance(call, Call)
        assert not impossible
        assert all(offer.outcome for offer in call.offers.values())
        assert all(part.how for part in call.parts.values())
        assert all(stay.exit for stay in call.visits.values())

    @property
    def exit(self) -> QueueExit:
        (left,) = self.journal.of(QueueLeft)
        return left.exit


@asynccontextmanager
async def open_company(redis: Redis, name: str = "m1", like: Company | None = None) -> AsyncIterator[Company]:
    """A company's part in one media process; `like`: the same company in another one."""
    configs: dict[UUID, QueueConfig] = like.configs if like else {}

    def config(tenant_id: UUID, queue_id: UUID) -> QueueConfig:
        if queue_id not in configs:
            raise UnknownQueue(queue_id)
        return configs[queue_id]

    if like is None:
        await settle(redis)
    async with Distributor(redis, name, config) as distributor:
        company = Company(redis, distributor, configs)
        if like:
            company.tenant, company.queue = like.tenant, like.queue
        yield company


async def settle(redis: Redis) -> None:
    """Let Redis be one that has run for long: nobody waits for what other processes might tell it."""
    await redis.set(RUN, f"{(await redis.info('server'))['run_id']} 1")
