"""A call that somebody here makes: her devices ring as she has set them, then the number (PRF-4, PRF-5)."""

import logging
import time

from core.calls.control import MakeCall
from core.calls.events import CallEnded, Cause, LegRole, OfferOutcome, PartKind, PartStarted
from core.calls.ports import Address, Dial, JournalWriter, Leg, LegGone, LegState, Switch
from core.data import uuid7
from core.queues.model import Activity, Member
from core.queues.ringing import Attempt
from core.queues.state import AgentHold, Proposal
from core.queues.talk import talk
from core.telephony.ring import ring
from core.telephony.services import MediaServices

log = logging.getLogger(__name__)

OWN_RING_SECONDS = 30
"""Her own devices: she has just asked for the call."""
RING_SECONDS = 60

CAUSES = {
    OfferOutcome.NO_ANSWER: Cause.NO_ANSWER,
    OfferOutcome.REJECTED: Cause.REJECTED,
    OfferOutcome.BUSY: Cause.BUSY,
    OfferOutcome.UNREACHABLE: Cause.UNREACHABLE,
}
"""Why the call ended when none of her devices was answered; every other outcome: FAILED."""


class MadeCall:
    """One such call. One asyncio task runs it."""

    def __init__(self, wanted: MakeCall, switch: Switch, journal: JournalWriter, services: MediaServices) -> None:
        self._wanted = wanted
        self._switch = switch
        self._journal = journal
        self._services = services
        self._sounds = services.library.of(wanted.tenant_id)
        self._offer = Proposal(uuid7(), wanted.call_id, wanted.person_id)
        member = Member(person_id=wanted.person_id, devices=wanted.devices, in_order=wanted.in_order)
        self._attempt = Attempt(self._offer, member)
        self._other: Leg | None = None

    async def run(self) -> None:
        """From her own telephones to the end. Never raises, whatever anybody does."""
        wanted = self._wanted
        now = int(time.time() * 1000)
        hold = AgentHold(wanted.person_id, self._offer.offer_id, Activity.TALKING, now, wanted.call_id)
        distributor = self._services.distributor
        ended = CallEnded(cause=Cause.DRAINING, detail="the media process is stopping")
        try:
            if await distributor.occupy(wanted.tenant_id, hold):
                ended = await self._run()
            else:
                ended = CallEnded(cause=Cause.BUSY, detail=f"{wanted.person} is in another call")
        except Exception as error:  # a fault of ours must still end the call in a defined way
            log.exception("call %s failed", wanted.call_id)
            ended = CallEnded(cause=Cause.FAILED, detail=f"{type(error).__name__}: {error}")
        finally:
            await self.end(ended.cause)
            await distributor.vacate(wanted.tenant_id, hold)
            self._journal.write(ended)

    async def end(self, cause: Cause, detail: str = "") -> None:
        """End whatever there is of it."""
        await self._attempt.stop(cause)
        if self._other is not None:
            await self._other.hang_up(cause)

    async def _run(self) -> CallEnded:
        dials = [self._dial(LegRole.AGENT, device) for device in self._wanted.devices]
        hers = await self._attempt.run(self._switch, dials, OWN_RING_SECONDS)
        if hers is None:
            cause = CAUSES.get(self._attempt.outcome, Cause.FAILED)
            return CallEnded(cause=cause, sip_code=self._attempt.sip_code, detail="none of her own devices answered")
        await self._attempt.stop(Cause.ANSWERED_ELSEWHERE, keep=hers)
        try:
            return await self._talk(hers)
        except LegGone:
            return CallEnded(cause=Cause.CALLER_HUNG_UP)

    async def _talk(self, hers: Leg) -> CallEnded:
        """Ring the number while she hears it, and let them talk. Raises LegGone when she hangs up before that."""
        number = self._wanted.number
        other = self._other = await self._switch.dial(self._dial(LegRole.OUTSIDE, Address("number", number)))
        if not await ring(other, hers, tone=self._sounds.ringback(), seconds=RING_SECONDS):
            ending = other.ending
            return CallEnded(
                cause=ending.cause if ending else Cause.NO_ANSWER,
                sip_code=ending.sip_code if ending else 0,
                detail=ending.detail if ending else "",
            )
        await self._switch.bridge(hers, other)
        part = PartStarted(part_id=uuid7(), kind=PartKind.OUTSIDE, leg_id=other.id, number=number)
        await talk(hers, other, part, journal=self._journal, switch=self._switch, music=self._sounds.music())
        return CallEnded(cause=Cause.CALLER_HUNG_UP if hers.state is LegState.ENDED else Cause.COMPLETED)

    def _dial(self, role: LegRole, address: Address) -> Dial:
        wanted, own = self._wanted, role is LegRole.AGENT
        return Dial(
            tenant_id=wanted.tenant_id,
            call_id=wanted.call_id,
            role=role,
            address=address,
            presentation=wanted.presentation,
            display_name=wanted.number if own else "",
            person_id=wanted.person_id if own else None,
            person=wanted.person if own else "",
        )
