"""One ring attempt at one member: her devices as she has set them, the first with audio is hers (PRF-5)."""

import asyncio
from collections.abc import Sequence
from time import monotonic

from core.calls.events import Cause, OfferOutcome
from core.calls.ports import Dial, Leg, LegState, Switch
from core.queues.model import Member
from core.queues.state import Proposal
from core.queues.tasks import cancel

AUDIO_SECONDS = 4.0
"""A member who answers must be heard within this time, else the attempt has failed."""

OUTCOMES = {
    Cause.NO_ANSWER: OfferOutcome.NO_ANSWER,
    Cause.REJECTED: OfferOutcome.REJECTED,
    Cause.BUSY: OfferOutcome.BUSY,
    Cause.UNREACHABLE: OfferOutcome.UNREACHABLE,
    Cause.NOT_ALLOWED: OfferOutcome.UNREACHABLE,
    Cause.UNKNOWN_NUMBER: OfferOutcome.UNREACHABLE,
}
"""Every other cause: FAILED."""

TELLING = (
    OfferOutcome.REJECTED,
    OfferOutcome.BUSY,
    OfferOutcome.NO_ANSWER,
    OfferOutcome.FAILED,
    OfferOutcome.UNREACHABLE,
)
"""Of several devices, the outcome that tells most of the person comes first."""


class Attempt:
    """Rings a member for one offer. After run(): the leg that won, or None and `outcome`."""

    def __init__(self, offer: Proposal, member: Member) -> None:
        self.offer = offer
        self.member = member
        self.outcome = OfferOutcome.UNREACHABLE
        self.sip_code = 0
        self._legs: list[Leg] = []
        self._picked_up: set[Leg] = set()

    @property
    def answered(self) -> bool:
        """She has picked up, and her audio is awaited."""
        return bool(self._picked_up)

    async def run(self, switch: Switch, dials: Sequence[Dial], ring_seconds: float) -> Leg | None:
        """Ring until a leg's audio is up (returned) or all have failed. The other legs go on until stop().

        All devices ring at once, or each for its own time before the next one does; never longer than `ring_seconds`.
        """
        ends = monotonic() + ring_seconds
        seconds = self.member.in_order
        turns = (
            [((dial,), own) for dial, own in zip(dials, seconds, strict=True)] if seconds else [(dials, ring_seconds)]
        )
        for together, own in turns:
            left = min(own, ends - monotonic())
            if left <= 0 or self._refused():
                break
            if winner := await self._first(switch, together, left):
                return winner
        self._conclude()
        return None

    async def _first(self, switch: Switch, dials: Sequence[Dial], ring_seconds: float) -> Leg | None:
        """Ring these at once: the first leg whose audio is up, None when all have failed."""
        watchers: set[asyncio.Task[Leg | None]] = set()
        try:
            for dial in dials:
                leg = await self._dial(switch, dial)
                watchers.add(asyncio.create_task(self._watch(leg, ring_seconds)))
            while watchers:
                done, watchers = await asyncio.wait(watchers, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    if winner := task.result():
                        return winner
                if self._refused():
                    await self.stop(Cause.CANCELLED)
                    break
            return None
        finally:
            await cancel(*watchers)

    def _refused(self) -> bool:
        """Whether she wants no call at any of her devices: 6xx speaks for all of them, RFC 3261 21.6."""
        return any(leg.ending and 600 <= leg.ending.sip_code <= 699 for leg in self._legs)

    async def stop(self, cause: Cause, keep: Leg | None = None) -> None:
        """End all legs but `keep`."""
        await asyncio.gather(*(leg.hang_up(cause) for leg in self._legs if leg is not keep))

    async def _dial(self, switch: Switch, dial: Dial) -> Leg:
        """Make a leg; one that is made while we are cancelled is kept too, so that stop() ends it."""
        dialling = asyncio.ensure_future(switch.dial(dial))
        try:
            await asyncio.shield(dialling)
        finally:
            self._legs.append(await dialling)
        return self._legs[-1]

    async def _watch(self, leg: Leg, ring_seconds: float) -> Leg | None:
        """The leg once its audio is up, None when it failed."""
        try:
            async with asyncio.timeout(ring_seconds):
                state = await leg.until(LegState.ANSWERED)
        except TimeoutError:
            await leg.hang_up(Cause.NO_ANSWER)
            return None
        if state is LegState.ENDED:
            return None
        self._picked_up.add(leg)
        try:
            async with asyncio.timeout(AUDIO_SECONDS):
                state = await leg.until(LegState.MEDIA_UP)
        except TimeoutError:
            await leg.hang_up(Cause.NO_MEDIA)
            return None
        finally:
            self._picked_up.discard(leg)
        return leg if state is LegState.MEDIA_UP else None

    def _conclude(self) -> None:
        endings = [leg.ending for leg in self._legs if leg.ending is not None]
        found = [(TELLING.index(OUTCOMES.get(e.cause, OfferOutcome.FAILED)), e.sip_code) for e in endings]
        if found:
            rank, self.sip_code = min(found)
            self.outcome = TELLING[rank]
