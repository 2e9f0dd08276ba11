"""One caller's stay in a queue: waiting, ringing members, talking with the one who wins, after-call work."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
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
    Offered,
    OfferEnded,
    OfferKind,
    OfferOutcome,
    PartEnd,
    PartEnded,
    PartKind,
    PartStarted,
    QueueDecided,
    QueueEntered,
    QueueLeft,
)
from core.calls.ports import Dial, JournalWriter, Leg, LegGone, LegState, Switch
from core.queues.distributor import Distributor
from core.queues.model import QueueConfig, WaitingCall
from core.queues.place import Place, Verdict
from core.queues.ringing import Attempt
from core.queues.sounds import Sounds, WaitingSound
from core.queues.state import Proposal

logger = logging.getLogger(__name__)

REST_SECONDS = 5.0
"""A member who rejects or cannot be reached is not rung again at once."""

KEEPS_PLACE = frozenset({OfferOutcome.ANSWERED_ELSEWHERE, OfferOutcome.CALLER_LEFT})
"""Not the member's doing: she keeps her place among the idle."""


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
    result = await _Visit(call, placement, config, distributor, switch, sounds).run()
    if call.leg.state is LegState.ENDED:
        raise CallerHungUp
    return result


class _Digit(Struct, frozen=True):
    digit: str


class _CallerGone(Struct, frozen=True):
    pass


class _TimeUp(Struct, frozen=True):
    pass


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
        self.mail: asyncio.Queue[Verdict | _Digit | _CallerGone | _TimeUp | _Rang] = asyncio.Queue()
        self.sound = WaitingSound(call.leg, sounds, placement, call.language)
        self.playing: asyncio.Task[None] | None = None
        self.attempts: dict[Attempt, asyncio.Task[None]] = {}
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

    def write(self, event: AnyData) -> None:
        self.call.journal.write(event)

    async def run(self) -> QueueResult:
        self.write(
            QueueEntered(
                visit_id=self.id,
                queue_id=self.placement.queue,
                queue=self.config.name,
                entry=self.call.entry,
                priority=self.placement.priority,
                service_level_seconds=self.config.service_level_seconds,
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
        except asyncio.CancelledError:
            gone = self.call.leg.state is LegState.ENDED
            result = QueueResult(QueueExit.ABANDONED if gone else QueueExit.TRANSFERRED)
            raise
        finally:
            await _cancel(*watchers)
            await self._clear_up()
            self.write(QueueLeft(visit_id=self.id, exit=result.exit, digit=result.digit))
        return result

    async def _wait(self) -> QueueResult:
        """Handle what comes until the stay is over."""
        while True:
            match await self.mail.get():
                case Verdict() as verdict:
                    await self._heed(verdict)
                    if verdict.exit is not None and not self.attempts:
                        return QueueResult(verdict.exit)
                case _Rang(attempt, None):
                    await self._end(attempt, attempt.outcome)
                case _Rang(attempt, leg) if leg is not None:
                    if await self._connect(attempt, leg):
                        return await self._talk(attempt, leg)
                    if self.call.leg.state is LegState.ENDED:
                        return QueueResult(QueueExit.ABANDONED)
                case _Digit(digit):
                    return QueueResult(QueueExit.KEY, digit)
                case _CallerGone():
                    return QueueResult(QueueExit.ABANDONED)
                case _TimeUp():
                    self.overdue = True
            if self.overdue and not any(attempt.answered for attempt in self.attempts):
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
        self.config = self.distributor.config(self.call.tenant_id, self.placement.queue)
        members = {member.person_id: member for member in self.config.members}
        for offer in verdict.offers:
            member = members.get(offer.person_id)
            if member is None:  # removed from the queue at this moment
                await self.distributor.release(self.place, offer)
                continue
            self.write(
                Offered(
                    offer_id=offer.offer_id,
                    visit_id=self.id,
                    person_id=member.person_id,
                    person=member.name,
                    kind=OfferKind.AUTOMATIC,
                    ring_seconds=self.placement.ring_seconds,
                )
            )
            attempt = Attempt(offer, member)
            self.attempts[attempt] = asyncio.create_task(self._ring(attempt))
        self.sound.ringing = bool(self.attempts)

    async def _ring(self, attempt: Attempt) -> None:
        leg = None
        try:
            leg = await attempt.run(self.switch, self._dials(attempt), self.placement.ring_seconds)
        except Exception:
            logger.exception("ringing person %s failed", attempt.member.person_id)
            attempt.outcome = OfferOutcome.FAILED
        self.mail.put_nowait(_Rang(attempt, leg))

    def _dials(self, attempt: Attempt) -> list[Dial]:
        member = attempt.member
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

    async def _connect(self, attempt: Attempt, leg: Leg) -> bool:
        """Give the caller to this member and only then stop the others; false: he goes on waiting, at his place."""
        if not await self.distributor.win(self.place, attempt.offer):
            await self._end(attempt, OfferOutcome.FAILED)
            return False
        await self._silence()
        try:
            await self.switch.bridge(self.call.leg, leg)
        except LegGone:
            if self.call.leg.state is not LegState.ENDED:
                self.place.tried = (*self.place.tried, attempt.member.person_id)
                self.place.open = True
                await self._end(attempt, OfferOutcome.FAILED)
                await self.distributor.enter(self.place)
                self._play()
            return False
        await _cancel(self.attempts.pop(attempt))
        self.write(OfferEnded(offer_id=attempt.offer.offer_id, outcome=OfferOutcome.ANSWERED))
        return True

    async def _talk(self, attempt: Attempt, leg: Leg) -> QueueResult:
        """From the bridge to the end of the conversation."""
        part_id = uuid7()
        self.write(
            PartStarted(
                part_id=part_id,
                kind=PartKind.QUEUE,
                leg_id=leg.id,
                visit_id=self.id,
                person_id=attempt.member.person_id,
                person=attempt.member.name,
            )
        )
        how = PartEnd.LOST
        others = asyncio.create_task(self._stop_others(attempt, leg))
        ends = [asyncio.create_task(side.until(LegState.ENDED)) for side in (self.call.leg, leg)]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            by_caller = self.call.leg.state is LegState.ENDED
            how = PartEnd.CALLER_HUNG_UP if by_caller else PartEnd.OTHER_HUNG_UP
        finally:
            await _cancel(*ends)
            await others
            self.write(PartEnded(part_id=part_id, how=how))
            await self.switch.unbridge(self.call.leg, leg)
            await leg.hang_up(Cause.CALLER_HUNG_UP if how is PartEnd.CALLER_HUNG_UP else Cause.COMPLETED)
            await self._release_after(attempt.offer, part_id)
        return QueueResult(QueueExit.ANSWERED)

    async def _stop_others(self, attempt: Attempt, leg: Leg) -> None:
        await attempt.stop(Cause.ANSWERED_ELSEWHERE, keep=leg)
        await self._end_all(OfferOutcome.ANSWERED_ELSEWHERE)
        await self._give_back()

    async def _release_after(self, offer: Proposal, part_id: UUID) -> None:
        """The member is free again, after her after-call work (QUE-11)."""
        seconds = self.config.acw_seconds
        await self.distributor.release(self.place, offer, after_call_seconds=seconds)
        if seconds:
            self.write(AfterCallStarted(part_id=part_id, person_id=offer.person_id, seconds=seconds))
            self.distributor.finish(self._after_call(offer.person_id, part_id, seconds))

    async def _after_call(self, person_id: UUID, part_id: UUID, seconds: int) -> None:
        await self.distributor.until_after_call(self.call.tenant_id, person_id, seconds)
        self.write(AfterCallEnded(part_id=part_id, person_id=person_id))

    async def _end(self, attempt: Attempt, outcome: OfferOutcome) -> None:
        """Stop an attempt, journal its outcome and let the member go."""
        task = self.attempts.pop(attempt)
        await _cancel(task)
        causes = {
            OfferOutcome.ANSWERED_ELSEWHERE: Cause.ANSWERED_ELSEWHERE,
            OfferOutcome.CALLER_LEFT: Cause.CANCELLED,
        }
        await attempt.stop(causes.get(outcome, Cause.FAILED))
        self.write(OfferEnded(offer_id=attempt.offer.offer_id, outcome=outcome, sip_code=attempt.sip_code))
        keeps = outcome in KEEPS_PLACE
        rests = not keeps and outcome is not OfferOutcome.NO_ANSWER
        await self.distributor.release(
            self.place,
            attempt.offer,
            keep_place=keeps,
            rest_seconds=REST_SECONDS if rests else 0.0,
            tried=not keeps,
        )
        self.sound.ringing = bool(self.attempts)

    async def _end_all(self, outcome: OfferOutcome) -> None:
        await asyncio.gather(*(self._end(attempt, outcome) for attempt in list(self.attempts)))

    async def _clear_up(self) -> None:
        """Leave nothing behind: no sound, no ringing, no reservation, no place."""
        await self._silence()
        if self.place.open:
            await self.distributor.leave(self.place)
        await self._end_all(OfferOutcome.CALLER_LEFT)
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
            await _cancel(self.playing)
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
        self.mail.put_nowait(_CallerGone())

    async def _total_time(self) -> None:
        """QEL-4."""
        await asyncio.sleep(self.placement.total_seconds)
        self.mail.put_nowait(_TimeUp())


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
