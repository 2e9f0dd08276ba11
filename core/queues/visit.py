"""One caller's stay in a queue: waiting, ringing members, talking with the one who wins, after-call work."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from uuid import UUID

from msgspec import Struct

from core.api.calls import CallerHungUp, QueueExit, QueuePlacement, QueueResult
from core.api.ids import uuid7
from core.calls.events import (
    AfterCallEnded,
    AfterCallStarted,
    AnyData,
    Cause,
    Entry,
    LegRole,
    OfferOutcome,
    PartKind,
    PartStarted,
    QueueDecided,
    QueueEntered,
    QueueLeft,
)
from core.calls.ports import Dial, JournalWriter, Leg, LegGone, LegState, Switch
from core.queues.distributor import Distributor
from core.queues.errors import UnknownQueue
from core.queues.model import Member, QueueConfig, WaitingCall
from core.queues.offers import Offers
from core.queues.place import Place, Verdict
from core.queues.ringing import Attempt
from core.queues.sounds import Sounds, WaitingSound
from core.queues.state import Proposal
from core.queues.talk import talk
from core.queues.tasks import cancel


@dataclass(frozen=True, kw_only=True)
class QueuedCall:
    """The call that comes into a queue. Its leg is answered, or hears early media."""

    tenant_id: UUID
    call_id: UUID
    leg: Leg
    journal: JournalWriter
    caller: str
    """E.164, shown to the members; empty when withheld."""
    caller_name: str = ""
    language: str = ""
    """BCP 47, of messages that name none."""
    entry: Entry = Entry.DIRECT
    from_queue_id: UUID | None = None
    service_level_seconds: int | None = None
    """Waiting time that is good enough for this caller (VIP-3); None: the queue's own."""
    enqueued_at: datetime | None = None
    """The original enqueue time of one who comes back; None: now."""


async def stay(
    call: QueuedCall, placement: QueuePlacement, *, distributor: Distributor, switch: Switch, sounds: Sounds
) -> QueueResult:
    """Keep the caller in the queue until he leaves it or has talked with a member; journals all of it.

    Raises CallerHungUp when the caller is gone, UnknownQueue when there is no such queue (nothing is journaled then).
    Whatever happens, also a cancellation, nobody is left ringing or reserved.
    """
    config = distributor.config(call.tenant_id, placement.queue)
    visit = _Visit(call, placement, config, distributor, switch, sounds)
    result = await _told_of_cancellation(visit)
    if call.leg.state is LegState.ENDED:
        raise CallerHungUp
    return result


async def _told_of_cancellation(visit: "_Visit") -> QueueResult:
    """Run the visit in a task of its own, which no cancellation can interrupt half-way: it is told, and ends itself."""
    running = asyncio.create_task(visit.run())
    cancellation: asyncio.CancelledError | None = None
    while not running.done():
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError as error:
            cancellation = error
            visit.break_off()
    if cancellation is not None:
        raise cancellation
    return running.result()


class _Signal(Enum):
    CALLER_GONE = auto()
    TIME_UP = auto()
    BROKEN_OFF = auto()


class _Digit(Struct, frozen=True):
    digit: str


@dataclass(frozen=True)
class _Rang:
    """An attempt is over: with a leg that can be connected, or not."""

    attempt: Attempt
    leg: Leg | None


class _Visit:
    """What happens reaches one mailbox and is handled in turn, so no two things happen at once."""

    def __init__(
        self,
        call: QueuedCall,
        placement: QueuePlacement,
        config: QueueConfig,
        distributor: Distributor,
        switch: Switch,
        sounds: Sounds,
    ) -> None:
        self.id = uuid7()
        self.call = call
        self.placement = placement
        self.config = config
        self.distributor = distributor
        self.switch = switch
        self.enqueued_at = call.enqueued_at or datetime.now(UTC)
        self.mail: asyncio.Queue[Verdict | _Digit | _Rang | _Signal] = asyncio.Queue()
        self.broken_off = asyncio.Event()
        self.sounds = sounds
        self.sound = WaitingSound(call.leg, sounds, placement, call.language)
        self.playing: asyncio.Task[None] | None = None
        self.overdue = False
        self.place = Place(
            tenant_id=call.tenant_id,
            queue_id=placement.queue,
            call=WaitingCall(
                id=call.call_id,
                priority=placement.priority,
                enqueued_at=int(self.enqueued_at.timestamp() * 1000),
                owner=distributor.name,
                distribution=placement.distribution,
                exit_if_queue=placement.exit_if_queue,
                allow_empty=placement.allow_empty,
            ),
            deliver=self.mail.put_nowait,
        )
        self.offers = Offers(
            self.id,
            self.place,
            placement.ring_seconds,
            journal=call.journal,
            distributor=distributor,
            switch=switch,
            dials=self._dials,
            rang=lambda attempt, leg: self.mail.put_nowait(_Rang(attempt, leg)),
        )

    def write(self, event: AnyData) -> None:
        self.call.journal.write(event)

    def break_off(self) -> None:
        """Something else takes the call, or it is over: end the stay."""
        self.broken_off.set()
        self.mail.put_nowait(_Signal.BROKEN_OFF)

    async def run(self) -> QueueResult:
        self.write(
            QueueEntered(
                visit_id=self.id,
                queue_id=self.placement.queue,
                queue=self.config.name,
                entry=self.call.entry,
                priority=self.placement.priority,
                service_level_seconds=self.call.service_level_seconds or self.config.service_level_seconds,
                enqueued_at=self.enqueued_at,
                from_queue_id=self.call.from_queue_id,
            )
        )
        result = QueueResult(QueueExit.LOST)
        watchers = [asyncio.create_task(work) for work in (self._digits(), self._until_gone(), self._total_time())]
        try:
            await self.distributor.enter(self.place)
            self._play()
            result = await self._wait()
        finally:
            await cancel(*watchers)
            await self._clear_up()
            self.write(QueueLeft(visit_id=self.id, exit=result.exit, digit=result.digit))
        return result

    async def _wait(self) -> QueueResult:
        """Handle what comes until the stay is over."""
        while True:
            match await self.mail.get():
                case Verdict() as verdict:
                    await self._heed(verdict)
                    if verdict.exit is not None and not self.offers:
                        return QueueResult(verdict.exit)
                case _Rang(attempt, None):
                    await self._ended(attempt, attempt.outcome)
                case _Rang(attempt, leg) if leg is not None:
                    if await self._connect(attempt, leg):
                        return await self._talk(attempt, leg)
                    if self.call.leg.state is LegState.ENDED:
                        return QueueResult(QueueExit.ABANDONED)
                case _Digit(digit):
                    return QueueResult(QueueExit.KEY, digit)
                case _Signal.CALLER_GONE:
                    return QueueResult(QueueExit.ABANDONED)
                case _Signal.BROKEN_OFF:
                    gone = self.call.leg.state is LegState.ENDED
                    return QueueResult(QueueExit.ABANDONED if gone else QueueExit.TRANSFERRED)
                case _Signal.TIME_UP:
                    self.overdue = True
            if self.overdue and not self.offers.answered:
                return QueueResult(QueueExit.TIMEOUT)

    async def _heed(self, verdict: Verdict) -> None:
        """Journal a decision and ring those it offers."""
        self.write(
            QueueDecided(
                visit_id=self.id,
                offered=tuple(offer.person_id for offer in verdict.offers),
                passed_over={str(person): reason for person, reason in verdict.passed_over.items()},
                snapshot=verdict.snapshot,
            )
        )
        with suppress(UnknownQueue):
            self.config = self.distributor.config(self.call.tenant_id, self.placement.queue)
        members = {member.person_id: member for member in self.config.members}
        for offer in verdict.offers:
            if member := members.get(offer.person_id):
                self.offers.make(offer, member)
            else:  # removed from the queue at this moment
                await self.distributor.release(self.place, offer)
        self.sound.ringing = bool(self.offers)

    def _dials(self, member: Member) -> list[Dial]:
        return [
            Dial(
                tenant_id=self.call.tenant_id,
                call_id=self.call.call_id,
                role=LegRole.AGENT,
                address=address,
                presentation=self.call.caller,
                display_name=self.placement.display_name or self.call.caller_name,
                person_id=member.person_id,
                person=member.name,
            )
            for address in member.devices
        ]

    async def _ended(self, attempt: Attempt, outcome: OfferOutcome) -> None:
        await self.offers.end(attempt, outcome)
        self.sound.ringing = bool(self.offers)

    async def _connect(self, attempt: Attempt, leg: Leg) -> bool:
        """Give the caller to this member; false: he goes on waiting, at his place."""
        if not await self.distributor.win(self.place, attempt.offer):
            await self._ended(attempt, OfferOutcome.FAILED)
            return False
        await self._silence()
        try:
            await self.switch.bridge(self.call.leg, leg)
        except LegGone:
            if self.call.leg.state is not LegState.ENDED:
                self.place.tried = (*self.place.tried, attempt.member.person_id)
                self.place.open = True
                await self._ended(attempt, OfferOutcome.FAILED)
                await self.distributor.enter(self.place)
                self._play()
            return False
        await self.offers.accept(attempt)
        return True

    async def _talk(self, attempt: Attempt, leg: Leg) -> QueueResult:
        """Only now that the two are connected, the others stop; afterwards comes after-call work (QUE-11)."""
        part = PartStarted(
            part_id=uuid7(),
            kind=PartKind.QUEUE,
            leg_id=leg.id,
            visit_id=self.id,
            person_id=attempt.member.person_id,
            person=attempt.member.name,
        )
        others = asyncio.create_task(self._stop_others(attempt, leg))
        try:
            await talk(
                self.call.leg,
                leg,
                part,
                journal=self.call.journal,
                switch=self.switch,
                music=self.sounds.music(),
                broken_off=self.broken_off,
            )
        finally:
            await others
            await self._release_after(attempt.offer, part.part_id)
        return QueueResult(QueueExit.ANSWERED)

    async def _stop_others(self, attempt: Attempt, leg: Leg) -> None:
        await attempt.stop(Cause.ANSWERED_ELSEWHERE, keep=leg)
        await self.offers.end_all(OfferOutcome.ANSWERED_ELSEWHERE)
        await self._give_back()

    async def _release_after(self, offer: Proposal, part_id: UUID) -> None:
        seconds = self.config.acw_seconds
        await self.distributor.release(self.place, offer, after_call_seconds=seconds)
        if seconds:
            self.write(AfterCallStarted(part_id=part_id, person_id=offer.person_id, seconds=seconds))
            self.distributor.finish(self._after_call(offer.person_id, part_id, seconds))

    async def _after_call(self, person_id: UUID, part_id: UUID, seconds: int) -> None:
        try:
            await self.distributor.until_after_call(self.call.tenant_id, person_id, seconds)
        finally:  # a process that stops sees its end no more, and the journal must have one
            self.write(AfterCallEnded(part_id=part_id, person_id=person_id))

    async def _clear_up(self) -> None:
        """Leave nothing behind: no sound, no ringing, no reservation, no place."""
        await self._silence()
        if self.place.open:
            await self.distributor.leave(self.place)
        await self.offers.end_all(OfferOutcome.CALLER_LEFT)
        await self._give_back()

    async def _give_back(self) -> None:
        """Release the members of offers that came too late to be rung."""
        while not self.mail.empty():
            verdict = self.mail.get_nowait()
            if isinstance(verdict, Verdict):
                for offer in verdict.offers:
                    await self.distributor.release(self.place, offer, keep_place=True)

    def _play(self) -> None:
        self.playing = asyncio.create_task(self.sound.run())

    async def _silence(self) -> None:
        if self.playing is not None:
            await cancel(self.playing)
            self.playing = None

    async def _digits(self) -> None:
        """QEL-14."""
        try:
            while self.placement.keys:
                digit = await self.call.leg.digit()
                if digit in self.placement.keys:
                    self.mail.put_nowait(_Digit(digit))
        except LegGone:
            return

    async def _until_gone(self) -> None:
        await self.call.leg.until(LegState.ENDED)
        self.mail.put_nowait(_Signal.CALLER_GONE)

    async def _total_time(self) -> None:
        """QEL-4."""
        await asyncio.sleep(self.placement.total_seconds)
        self.mail.put_nowait(_Signal.TIME_UP)
