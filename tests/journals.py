"""Realistic journals from a seed: single calls, agents' sessions, and whole weeks of both. For tests, benches, reports.

Everything is drawn from the `random.Random` that is given, so the same seed gives the same events.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from random import Random
from uuid import UUID

from core.api.calls import QueueExit
from core.calls import events as e
from core.calls.events import Cause, Event, OfferKind, OfferOutcome, PartEnd
from core.data import uuid7_floor


@dataclass(frozen=True)
class Named:
    """A queue or a member."""

    id: UUID
    name: str


@dataclass(frozen=True)
class Company:
    """Whose calls they are."""

    tenant_id: UUID
    numbers: tuple[str, ...] = ("+4721000001", "+4721000002")
    queues: tuple[Named, ...] = field(
        default=tuple(Named(UUID(int=0x10 + n), name) for n, name in enumerate(("Sales", "Support", "Billing")))
    )
    members: tuple[Named, ...] = field(
        default=tuple(
            Named(UUID(int=0x20 + n), name)
            for n, name in enumerate(("Anna Berg", "Bjørn Dahl", "Cecilie Lie", "David Moe", "Eva Ness", "Frode Vik"))
        )
    )
    media: str = "media-1"


def key(random: Random, at: datetime) -> UUID:
    """A UUIDv7 of the moment `at`."""
    return UUID(int=uuid7_floor(at).int | random.getrandbits(62))


class Gone(Exception):
    """The caller hung up."""


class Scene:
    """One call being written: a clock that only this call moves, and the events so far."""

    def __init__(self, random: Random, company: Company, at: datetime) -> None:
        self.random, self.company, self.now = random, company, at
        self.call_id = key(random, at)
        self.events: list[Event] = []
        self.caller_leg = self.key()
        self.visits: list[e.QueueEntered] = []
        self.patience = at + timedelta(seconds=random.choice((3, 20, 60, 200, 900, 3600)) * random.random())

    def key(self) -> UUID:
        return key(self.random, self.now)

    def write(self, data: e.AnyData, after: float = 0.0) -> None:
        """An event, `after` seconds later than the one before."""
        self.now += timedelta(microseconds=round(after * 1e6))
        self.events.append(Event(self.company.tenant_id, self.call_id, len(self.events) + 1, self.now, data))

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def wait(self, seconds: float) -> None:
        """Time passes; raises Gone when it exceeds the caller's patience."""
        end = self.now + timedelta(seconds=seconds)
        if end > self.patience > self.now:
            self.now = self.patience
            raise Gone
        self.now = end


def call_journal(random: Random, company: Company, at: datetime) -> list[Event]:
    """All events of one call that begins at `at` (UTC): menu, queues, members, transfers, after-call work, bad luck."""
    scene = Scene(random, company, at)
    number = f"+47{random.randrange(40_000_000, 100_000_000)}" if not scene.chance(0.05) else ""
    dialled = random.choice(company.numbers)
    scene.write(e.CallStarted(direction=e.Direction.IN, caller=number, dialled=dialled, media=company.media))
    scene.write(e.LegCreated(leg_id=scene.caller_leg, role=e.LegRole.CALLER, address=number or "anonymous"))
    if scene.chance(0.02):
        cause = random.choice((Cause.UNKNOWN_NUMBER, Cause.NO_FLOW, Cause.OVERLOADED))
        scene.write(e.LegEnded(leg_id=scene.caller_leg, cause=cause, sip_code=404))
        scene.write(e.CallEnded(cause=cause, sip_code=404))
        return scene.events
    try:
        _answer(scene)
        cause = _flow(scene)
    except Gone:
        cause = Cause.CALLER_HUNG_UP
    if scene.events[-1].data != e.CallEnded(cause=Cause.MEDIA_PROCESS_LOST):
        _end(scene, cause)
        _after_call(scene)
    if scene.chance(0.01):
        return _lost(scene)
    return scene.events


def _answer(scene: Scene) -> None:
    scene.write(e.FlowEntered(flow_id=UUID(int=1), version_id=UUID(int=2), version=3, name="Main flow"))
    scene.write(e.ElementEntered(node="m1", element="message", title="Welcome"))
    scene.write(e.CallAnswered(), 0.2)
    scene.write(e.LegAnswered(leg_id=scene.caller_leg))
    scene.write(e.LegMediaUp(leg_id=scene.caller_leg, codec="PCMU"), 0.06)
    scene.write(e.PromptStarted(what="Welcome to the company."))
    scene.wait(4)
    scene.write(e.PromptEnded())
    scene.write(e.ElementLeft(node="m1", exit="next"))


def _flow(scene: Scene) -> Cause:
    """Menu, then queues one after the other; returns why the call ends."""
    scene.write(e.ElementEntered(node="menu", element="menu", title="Main menu"))
    scene.wait(scene.random.uniform(1, 8))
    digit = scene.random.choice("123")
    scene.write(e.DigitsCollected(digits=digit))
    scene.write(e.ElementLeft(node="menu", exit=digit))
    if scene.chance(0.05):
        scene.write(e.VipPassed(list_id=UUID(int=9), name="Key customers"))
    queue = scene.company.queues[int(digit) - 1]
    entry, origin = e.Entry.DIRECT, None
    for _ in range(4):
        exit_ = _queue(scene, queue, entry, origin)
        if exit_ is None:
            return Cause.CALLER_HUNG_UP if scene.chance(0.6) else Cause.AGENT_HUNG_UP
        if exit_ is QueueExit.KEY and scene.chance(0.6):
            scene.write(e.CallbackRequested(number="+4790000000", queue_id=queue.id))
            return Cause.COMPLETED
        if exit_ is QueueExit.TIMEOUT and scene.chance(0.3):
            return _outside(scene)
        if exit_ is QueueExit.TRANSFERRED:
            entry = scene.random.choice((e.Entry.TRANSFERRED_FROM_AGENT, e.Entry.TRANSFERRED_FROM_QUEUE))
        else:
            entry = e.Entry.TIMEOUT_FROM_QUEUE
        origin, queue = queue, scene.random.choice(scene.company.queues)
    return Cause.COMPLETED


def _queue(scene: Scene, queue: Named, entry: e.Entry, origin: Named | None) -> QueueExit | None:
    """One stay in a queue; returns how it was left, None when the conversation there was the end."""
    random = scene.random
    visit = e.QueueEntered(
        visit_id=scene.key(),
        queue_id=queue.id,
        queue=queue.name,
        entry=entry,
        priority=10,
        service_level_seconds=random.choice((10, 30)),
        enqueued_at=scene.now,
        from_queue_id=origin.id if origin and entry is not e.Entry.TRANSFERRED_FROM_AGENT else None,
    )
    scene.write(e.ElementEntered(node=f"q-{queue.name}", element="queue", title=queue.name))
    scene.write(visit)
    offers: dict[UUID, tuple[Named, UUID]] = {}
    winner = None
    try:
        for attempt in range(1, 5):
            scene.wait(random.choice((0.0, 2.0, 20.0)) * random.random())
            offers = _offers(scene, visit)
            scene.wait(random.uniform(1, 20))
            winner = _outcome(scene, offers)
            offers = {}
            if winner or attempt == 3:
                break
    except Gone:
        for offer_id, (_, leg_id) in offers.items():
            scene.write(e.OfferEnded(offer_id=offer_id, outcome=OfferOutcome.CALLER_LEFT))
            scene.write(e.LegEnded(leg_id=leg_id, cause=Cause.CANCELLED))
        scene.write(e.QueueLeft(visit_id=visit.visit_id, exit=QueueExit.ABANDONED))
        raise
    if winner is None:
        exit_ = random.choice((QueueExit.TIMEOUT, QueueExit.KEY, QueueExit.BUSY, QueueExit.EMPTY))
        scene.write(e.QueueLeft(visit_id=visit.visit_id, exit=exit_, digit="9" if exit_ is QueueExit.KEY else ""))
        scene.write(e.ElementLeft(node=f"q-{queue.name}", exit=exit_))
        return exit_
    transferred = _talk(scene, visit, *winner)
    exit_ = QueueExit.TRANSFERRED if transferred else QueueExit.ANSWERED
    scene.write(e.QueueLeft(visit_id=visit.visit_id, exit=exit_))
    return exit_ if transferred else None


def _offers(scene: Scene, visit: e.QueueEntered) -> dict[UUID, tuple[Named, UUID]]:
    """Ring one member, or several at once; offer → member and leg."""
    members = scene.random.sample(scene.company.members, scene.random.choice((1, 1, 1, 3)))
    kind = scene.random.choice((OfferKind.AUTOMATIC,) * 8 + (OfferKind.PICKED, OfferKind.ASSIGNED))
    passed = {str(m.id): "busy" for m in scene.company.members if m not in members}
    scene.write(
        e.QueueDecided(visit_id=visit.visit_id, offered=tuple(m.id for m in members), passed_over=passed, snapshot="{}")
    )
    offers = {}
    for member in members:
        offer_id, leg_id = scene.key(), scene.key()
        scene.write(
            e.Offered(
                offer_id=offer_id,
                visit_id=visit.visit_id,
                person_id=member.id,
                person=member.name,
                kind=kind,
                ring_seconds=20,
            )
        )
        scene.write(
            e.LegCreated(
                leg_id=leg_id,
                role=e.LegRole.AGENT,
                address="sip:member@pbx.example",
                person_id=member.id,
                person=member.name,
            )
        )
        scene.write(e.LegRinging(leg_id=leg_id), 0.1)
        offers[offer_id] = member, leg_id
    return offers


def _outcome(scene: Scene, offers: dict[UUID, tuple[Named, UUID]]) -> tuple[Named, UUID] | None:
    """At most one member answers; the others' ringing ends."""
    winner = scene.random.choice(list(offers)) if scene.chance(0.7) else None
    if winner:
        scene.write(e.LegAnswered(leg_id=offers[winner][1]))
        scene.write(e.LegMediaUp(leg_id=offers[winner][1], codec="opus"), 0.08)
        scene.write(e.OfferEnded(offer_id=winner, outcome=OfferOutcome.ANSWERED))
    for offer_id, (_, leg_id) in offers.items():
        if offer_id == winner:
            continue
        if winner:
            outcome, cause = OfferOutcome.ANSWERED_ELSEWHERE, Cause.ANSWERED_ELSEWHERE
        else:
            outcome = scene.random.choice(
                (OfferOutcome.NO_ANSWER, OfferOutcome.REJECTED, OfferOutcome.BUSY, OfferOutcome.UNREACHABLE)
            )
            cause = Cause(outcome.value)
        scene.write(e.OfferEnded(offer_id=offer_id, outcome=outcome))
        scene.write(e.LegEnded(leg_id=leg_id, cause=cause), 0.02)
    return offers[winner] if winner else None


def _talk(scene: Scene, visit: e.QueueEntered, member: Named, leg_id: UUID) -> bool:
    """The conversation, perhaps with holds; returns whether it ended in a transfer to another queue."""
    part_id = scene.key()
    scene.write(
        e.PartStarted(
            part_id=part_id,
            kind=e.PartKind.QUEUE,
            leg_id=leg_id,
            visit_id=visit.visit_id,
            person_id=member.id,
            person=member.name,
        )
    )
    for _ in range(scene.random.choice((0, 0, 0, 1, 2))):
        by_caller = scene.chance(0.2)
        scene.write(e.HoldStarted(part_id=part_id, by_caller=by_caller), scene.random.uniform(1, 60))
        if scene.chance(0.9):
            scene.write(e.HoldEnded(part_id=part_id, by_caller=by_caller), scene.random.uniform(1, 60))
        else:
            break
    transferred = scene.chance(0.15)
    how = PartEnd.TRANSFERRED if transferred else scene.random.choice((PartEnd.CALLER_HUNG_UP, PartEnd.OTHER_HUNG_UP))
    scene.write(e.PartEnded(part_id=part_id, how=how), scene.random.expovariate(1 / 120))
    scene.write(e.LegEnded(leg_id=leg_id, cause=Cause.COMPLETED))
    if transferred:
        scene.patience = scene.now + timedelta(seconds=scene.random.uniform(5, 600))
        scene.write(e.AfterCallStarted(part_id=part_id, person_id=member.id, seconds=15))
    return transferred


def _outside(scene: Scene) -> Cause:
    """A transfer to an outside number."""
    leg_id, part_id, number = scene.key(), scene.key(), "+4722334455"
    scene.write(e.ElementEntered(node="t1", element="transfer", title="Answering service"))
    scene.write(e.LegCreated(leg_id=leg_id, role=e.LegRole.OUTSIDE, address=number))
    scene.write(e.LegRinging(leg_id=leg_id), 0.5)
    if scene.chance(0.2):
        scene.write(e.LegEnded(leg_id=leg_id, cause=Cause.NO_ANSWER, sip_code=480), 30)
        return Cause.COMPLETED
    scene.write(e.LegAnswered(leg_id=leg_id), 6)
    scene.write(e.PartStarted(part_id=part_id, kind=e.PartKind.OUTSIDE, leg_id=leg_id, number=number))
    how = scene.random.choice((PartEnd.CALLER_HUNG_UP, PartEnd.OTHER_HUNG_UP))
    scene.write(e.PartEnded(part_id=part_id, how=how), scene.random.expovariate(1 / 90))
    scene.write(e.LegEnded(leg_id=leg_id, cause=Cause.COMPLETED))
    return Cause.CALLER_HUNG_UP if how is PartEnd.CALLER_HUNG_UP else Cause.COMPLETED


def _end(scene: Scene, cause: Cause) -> None:
    scene.write(e.LegEnded(leg_id=scene.caller_leg, cause=cause))
    scene.write(e.CallEnded(cause=cause))


def _after_call(scene: Scene) -> None:
    """After-call work of the last part, and the end of any that is open; it may outlast the call."""
    parts = [event.data for event in scene.events if isinstance(event.data, e.PartStarted) and event.data.person_id]
    begun = {event.data.part_id for event in scene.events if isinstance(event.data, e.AfterCallStarted)}
    for part in parts:
        assert part.person_id is not None
        if part.part_id not in begun and scene.chance(0.9):
            scene.write(e.AfterCallStarted(part_id=part.part_id, person_id=part.person_id, seconds=15))
            begun.add(part.part_id)
    for part in parts:
        if part.part_id in begun:
            assert part.person_id is not None
            length = scene.random.choice((15.0, scene.random.uniform(0, 90)))
            scene.write(e.AfterCallEnded(part_id=part.part_id, person_id=part.person_id), length)


def _lost(scene: Scene) -> list[Event]:
    """The same call, but its media process died in the middle."""
    kept = scene.events[: scene.random.randrange(1, len(scene.events) + 1)]
    at = kept[-1].at + timedelta(seconds=scene.random.uniform(0, 20))
    ended = e.CallEnded(cause=Cause.MEDIA_PROCESS_LOST)
    return [*kept, Event(scene.company.tenant_id, scene.call_id, e.LOST_SEQ, at, ended)]


def session_journals(random: Random, company: Company, day: datetime) -> Iterator[list[Event]]:
    """The members' log-ins to queues on one day, one journal each; some forget to log out."""
    for member in company.members:
        for queue in random.sample(company.queues, random.randrange(1, len(company.queues) + 1)):
            at = day + timedelta(hours=7, minutes=random.uniform(0, 120))
            session = key(random, at)
            logged_in = e.AgentLoggedIn(person_id=member.id, person=member.name, queue_id=queue.id, queue=queue.name)
            events = [Event(company.tenant_id, session, 1, at, logged_in)]
            if random.random() < 0.95:
                at += timedelta(hours=random.uniform(0.1, 9))
                events.append(Event(company.tenant_id, session, 2, at, e.AgentLoggedOut(by=member.id)))
            yield events


def journals(
    seed: int, company: Company, first: datetime, *, days: int = 1, calls_a_day: int = 200
) -> Iterator[list[Event]]:
    """Journals of `days` days from the day of `first` (UTC): log-ins, and calls with the two peaks of office hours."""
    random = Random(seed)
    midnight = datetime.combine(first.astimezone(UTC).date(), time(), UTC)
    for number in range(days):
        day = midnight + timedelta(days=number)
        busy = 0.1 if day.weekday() > 4 else 1.0
        yield from session_journals(random, company, day)
        for _ in range(round(calls_a_day * busy)):
            hour = random.choice((random.gauss(10, 1.2), random.gauss(13.5, 1.5), random.uniform(6, 20)))
            at = day + timedelta(hours=min(max(hour, 0.0), 23.9))
            yield call_journal(random, company, at)


def in_order(calls: Iterator[list[Event]]) -> list[Event]:
    """The events of many journals as they would have come: by time, each journal's own order kept."""
    return sorted((event for call in calls for event in call), key=lambda event: event.at)
