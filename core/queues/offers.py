"""The ring attempts of one waiting call: making them, ending them, and what becomes of their members."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from uuid import UUID

from core.calls.events import Cause, Offered, OfferEnded, OfferKind, OfferOutcome
from core.calls.ports import Dial, JournalWriter, Leg, Switch
from core.queues.distributor import Distributor
from core.queues.model import Member
from core.queues.place import Place
from core.queues.ringing import Attempt
from core.queues.state import Proposal
from core.queues.tasks import cancel

logger = logging.getLogger(__name__)

REST_SECONDS = 5.0
"""A member who rejects or cannot be reached is not rung again at once."""

KEEPS_PLACE = frozenset({OfferOutcome.ANSWERED_ELSEWHERE, OfferOutcome.CALLER_LEFT})
"""Not the member's doing: she keeps her place among the idle."""

CAUSES = {OfferOutcome.ANSWERED_ELSEWHERE: Cause.ANSWERED_ELSEWHERE, OfferOutcome.CALLER_LEFT: Cause.CANCELLED}
"""Why legs that still ring are ended. Every other outcome: FAILED."""


class Offers:
    """The attempts that last. `dials` makes a member's legs; `rang` is told when an attempt is over.

    An attempt that was answered comes with the leg that can be connected; it lasts until accept() or end().
    """

    def __init__(
        self,
        visit_id: UUID,
        place: Place,
        ring_seconds: int,
        *,
        journal: JournalWriter,
        distributor: Distributor,
        switch: Switch,
        dials: Callable[[Member], Sequence[Dial]],
        rang: Callable[[Attempt, Leg | None], None],
    ) -> None:
        self._visit_id = visit_id
        self._place = place
        self._ring_seconds = ring_seconds
        self._journal = journal
        self._distributor = distributor
        self._switch = switch
        self._dials = dials
        self._rang = rang
        self._attempts: dict[Attempt, asyncio.Task[None]] = {}

    def __bool__(self) -> bool:
        return bool(self._attempts)

    @property
    def answered(self) -> bool:
        """A member has picked up, and her audio is awaited."""
        return any(attempt.answered for attempt in self._attempts)

    def make(self, offer: Proposal, member: Member) -> None:
        """Ring a member who has been reserved."""
        self._journal.write(
            Offered(
                offer_id=offer.offer_id,
                visit_id=self._visit_id,
                person_id=member.person_id,
                person=member.name,
                kind=OfferKind.AUTOMATIC,
                ring_seconds=self._ring_seconds,
            )
        )
        attempt = Attempt(offer, member)
        self._attempts[attempt] = asyncio.create_task(self._ring(attempt))

    async def _ring(self, attempt: Attempt) -> None:
        leg = None
        try:
            leg = await attempt.run(self._switch, self._dials(attempt.member), self._ring_seconds)
        except Exception:
            logger.exception("ringing person %s failed", attempt.member.person_id)
            attempt.outcome = OfferOutcome.FAILED
        self._rang(attempt, leg)

    async def accept(self, attempt: Attempt) -> None:
        """The caller talks with this member."""
        await cancel(self._attempts.pop(attempt))
        self._journal.write(OfferEnded(offer_id=attempt.offer.offer_id, outcome=OfferOutcome.ANSWERED))

    async def end(self, attempt: Attempt, outcome: OfferOutcome) -> None:
        """Stop an attempt, journal its outcome and let the member go."""
        await cancel(self._attempts.pop(attempt))
        await attempt.stop(CAUSES.get(outcome, Cause.FAILED))
        self._journal.write(OfferEnded(offer_id=attempt.offer.offer_id, outcome=outcome, sip_code=attempt.sip_code))
        keeps = outcome in KEEPS_PLACE
        rests = not keeps and outcome is not OfferOutcome.NO_ANSWER
        await self._distributor.release(
            self._place,
            attempt.offer,
            keep_place=keeps,
            rest_seconds=REST_SECONDS if rests else 0.0,
            tried=not keeps,
        )

    async def end_all(self, outcome: OfferOutcome) -> None:
        """Stop every attempt that lasts."""
        await asyncio.gather(*(self.end(attempt, outcome) for attempt in list(self._attempts)))
