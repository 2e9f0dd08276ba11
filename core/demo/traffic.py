"""Traffic that goes on: people who ring, speak, press keys and lose patience, and agents with their habits."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

import click
from redis.asyncio import Redis

from core.api.errors import NotFound
from core.calls.live import CallView, LiveCalls, Stage
from core.calls.service import call_with_journal
from core.data import tenant
from core.demo.documents import DemoCaller, DemoCompany, DemoPerson, DemoTraffic, Habit
from core.demo.once import addresses, agent_frequency
from core.telephony.simnet.client import SimulatedNetwork
from core.telephony.simnet.protocol import Moment
from core.telephony.simnet.script import AnyStep, Callee, Caller, HangUp, Hold, Press, Say, Talk, Wait, WaitFor

BEEP_SECONDS = 0.6
"""An agent's telephone sends her tone when she answers: by it the caller knows that it is not the music."""
LOG_TRIES = 50

Weighted = TypeVar("Weighted", DemoCaller, Habit)


class Traffic:
    """Callers and agents of the demo company."""

    def __init__(self, company: DemoCompany, traffic: DemoTraffic, network: SimulatedNetwork) -> None:
        self._company = company
        self._traffic = traffic
        self._network = network
        self._random = random.Random()  # noqa: S311 (nobody's secret)
        self._free: asyncio.Queue[str] = asyncio.Queue()
        """Addresses of agents whose call is over."""

    async def run(self, redis: "Redis", tenant_id: UUID) -> None:
        """Let people ring and agents answer until cancelled, and print a line for everything that changes."""
        for person in self._company.people:
            await self._prepare(person)
        for number in self._company.outside:
            await self._network.register(Callee(address=number, ring_seconds=2, steps=_speech("Vakttelefonen.", "nb")))
        self._network.listen(self._heard)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._ring())
            group.create_task(self._decide_anew())
            group.create_task(tell(redis, tenant_id))

    async def _ring(self) -> None:
        """Callers come at random, as many a minute as the document says on average."""
        while True:
            await asyncio.sleep(self._random.expovariate(self._traffic.calls_per_minute / 60))
            ringing = [
                leg for leg in self._network.legs.values() if not leg.report.incoming and not leg.report.ended_at
            ]
            if len(ringing) < self._traffic.busiest:
                await self._network.call(self._company.main_number, self.caller(self._choose(self._traffic.callers)))

    def caller(self, who: DemoCaller) -> Caller:
        """What this caller does this time."""
        steps: tuple[AnyStep, ...] = (WaitFor(what="answer", timeout=20),)
        if who.hangs_up_after_seconds:
            steps += (Wait(seconds=who.hangs_up_after_seconds), HangUp())
            return Caller(number=who.number, name=who.name, steps=steps, listen=False)
        if who.key:
            steps += (Wait(seconds=self._random.uniform(2, 7)), Press(digits=who.key))
        talk = self._random.uniform(*who.talk_seconds)
        steps += (
            WaitFor(what="tone", timeout=who.patience_seconds),
            Wait(seconds=2.5),
            Say(text=who.says, language=who.language),
            Wait(seconds=talk),
            HangUp(),
        )
        return Caller(number=who.number, name=who.name, steps=steps)

    def callee(self, person: DemoPerson, address: str) -> Callee:
        """What this agent does next time."""
        habit = self._choose(self._traffic.habits)
        hertz = agent_frequency(self._company, person)
        steps: tuple[AnyStep, ...] = (Talk(seconds=BEEP_SECONDS), *_speech(person.greeting, person.language))
        steps += (Wait(seconds=5),)
        if habit.holds_seconds:
            steps += (Hold(seconds=habit.holds_seconds),)
        steps += _speech(person.answer, person.language)
        ring = self._random.uniform(*habit.ring_seconds)
        return Callee(address=address, hertz=hertz, ring_seconds=ring, then=habit.then, steps=steps, listen=False)

    async def _prepare(self, person: DemoPerson) -> None:
        for address in addresses(person):
            await self._network.register(self.callee(person, address))

    def _heard(self, moment: Moment) -> None:
        if moment.what == "ended" and moment.report.incoming:
            self._free.put_nowait(moment.report.number)

    async def _decide_anew(self) -> None:
        """After each call, an agent decides what she does at the next."""
        while True:
            address = await self._free.get()
            for person in self._company.people:
                if address in addresses(person):
                    await self._prepare(person)

    def _choose(self, things: Sequence[Weighted]) -> Weighted:
        return self._random.choices(things, weights=[thing.weight for thing in things])[0]


async def tell(redis: "Redis", tenant_id: UUID) -> None:
    """Print a line when a call of the tenant comes to a stage that it was not at before, until cancelled."""
    live = LiveCalls(redis)
    said: defaultdict[UUID, set[str]] = defaultdict(set)
    snapshot = await live.snapshot(tenant_id)
    async for changes in live.follow(snapshot.after):
        for _, change in changes:
            view = change.view
            if change.tenant_id != tenant_id:
                continue
            if view is None:
                said.pop(change.call_id, None)
                click.echo(await _ended(tenant_id, change.call_id))
            elif (what := _what(view)) not in said[change.call_id]:
                said[change.call_id].add(what)
                click.echo(_row(datetime.now(UTC), view.caller, view.caller_name, what))


def _what(view: CallView) -> str:
    """What a call is doing."""
    match view.stage:
        case Stage.RINGING:
            return f"rings {view.dialled}"
        case Stage.FLOW:
            return f"is answered by the flow {view.flow}"
        case Stage.WAITING:
            return f"waits in {view.queue}"
        case Stage.OFFERED:
            return f"waits in {view.queue}, it rings at {', '.join(view.ringing)}"
        case Stage.TALKING:
            return f"talks with {view.talking_with}"
        case Stage.ON_HOLD:
            return f"is on hold by {view.talking_with}"


async def _ended(tenant_id: UUID, call_id: UUID) -> str:
    """The line of the call log, as soon as it is complete."""
    with tenant(tenant_id):
        for _ in range(LOG_TRIES):
            try:
                row, _ = await call_with_journal(call_id)
            except NotFound:
                row = None
            if row is not None and row.ended_at is not None:
                talked = f", talked {row.talk_seconds:.0f} s with {row.talked_with}" if row.talked_with else ""
                what = f"is over: waited {row.waiting_seconds:.0f} s{talked}; {row.status.value}"
                return _row(row.ended_at, row.caller, row.caller_name, what)
            await asyncio.sleep(0.1)
    return f"          call {call_id} is over, but not in the call log yet"


def _row(at: datetime, caller: str, name: str, what: str) -> str:
    return f"{at.astimezone():%H:%M:%S}  {caller or 'withheld':<14} {name:<20} {what}"


def _speech(text: str, language: str) -> tuple[AnyStep, ...]:
    return (Say(text=text, language=language),)
