"""Decides for one queue while this process has callers in it: wakes on news, offers only its own calls."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from time import monotonic
from uuid import UUID

from msgspec.structs import replace
from redis import RedisError

from core.api.calls import QueueExit
from core.api.ids import uuid7
from core.queues.decide import decide, reasons
from core.queues.errors import UnknownQueue
from core.queues.explain import record
from core.queues.leases import Leases
from core.queues.model import Activity, Decision, QueueConfig, Snapshot
from core.queues.notices import Notice
from core.queues.place import Place, Verdict
from core.queues.state import AgentHold, Proposal, QueueState

logger = logging.getLogger(__name__)

COALESCE_SECONDS = 0.04
"""At most one decision in this time: news that comes together is handled together."""
SAFETY_SECONDS = 1.0
"""Look again after this time even without news: leases end silently."""
STALL_SECONDS = 1.0
"""A call that its own process does not offer for so long is passed over, until its lease ends."""
IDLE_SECONDS = 30.0
"""An empty runner lives on for this time: most queues get their next call soon."""
RETELL_SECONDS = 5.0
"""Least time between two verdicts that only tell why nobody is rung."""
QUIET_WORDS = frozenset({"ringing", "talking", "won", "left"})
"""News that gives nobody a new chance."""


class Runner:
    """One queue's decisions in this process. It decides for all calls and commits the offers of its own."""

    def __init__(
        self,
        tenant_id: UUID,
        queue_id: UUID,
        config: Callable[[UUID, UUID], QueueConfig],
        state: QueueState,
        leases: Leases,
    ) -> None:
        self.tenant_id = tenant_id
        self.queue_id = queue_id
        self.places: dict[UUID, Place] = {}
        self._config = config
        self._state = state
        self._leases = leases
        self._dirty = asyncio.Event()
        self._wake_at = 0.0
        self._settled_at = 0.0
        """Until then Redis may not know whom other processes hold."""
        self._members: frozenset[UUID] = frozenset()
        self._due: dict[UUID, float] = {}
        """Calls of others → since when they ought to have been offered."""

    def wake(self) -> None:
        """Decide again soon."""
        self._dirty.set()

    def hear(self, notice: Notice) -> None:
        """News of the tenant: decide again when it may give one of our callers a chance."""
        if notice.word in QUIET_WORDS or notice.call_id in self.places:
            return
        if not notice.word or notice.queue_id == self.queue_id or notice.person_id in self._members:
            self._dirty.set()

    async def run(self) -> None:
        """Decide until there has been no caller for IDLE_SECONDS."""
        busy_at = monotonic()
        while self.places or monotonic() - busy_at < IDLE_SECONDS:
            await self._until_news()
            began = monotonic()
            if not self.places:
                continue
            busy_at = began
            try:
                await self._turn()
            except UnknownQueue:
                for place in self.places.values():
                    place.deliver(Verdict((), QueueExit.EMPTY, {}, ""))
            except (RedisError, OSError) as error:
                logger.warning("queue %s cannot be seen now, its callers go on waiting: %s", self.queue_id, error)
            except Exception:
                logger.exception("a decision in queue %s failed", self.queue_id)
            await asyncio.sleep(max(0.0, COALESCE_SECONDS - (monotonic() - began)))

    async def _until_news(self) -> None:
        limit = min(SAFETY_SECONDS, self._wake_at - monotonic()) if self._wake_at else SAFETY_SECONDS
        try:
            async with asyncio.timeout(max(0.0, limit)):
                await self._dirty.wait()
        except TimeoutError:
            pass
        self._dirty.clear()
        self._wake_at = 0.0

    async def _turn(self) -> None:
        if monotonic() < self._settled_at:
            self._wake_at = self._settled_at
            return
        config = self._config(self.tenant_id, self.queue_id)
        self._members = frozenset(member.person_id for member in config.members)
        expected = set(self.places)
        snapshot = self._without_stalled(await self._state.snapshot(self.tenant_id, config))
        decision = decide(snapshot, config, snapshot.at)
        if decision.wake_at:
            self._wake_at = monotonic() + (decision.wake_at - snapshot.at) / 1000
        await self._keep_up(snapshot, decision, expected)
        own = [self.places[call_id] for call_id in decision.order if call_id in self.places]
        committed = await self._commit(own, decision, snapshot.at)
        for place in own:
            call_id = place.call.id
            if call_id in decision.offers or call_id in decision.exits or place.told is None:
                self._tell(place, snapshot, config, decision, committed.get(call_id, []))
            elif call_id == decision.order[0] and monotonic() - place.told_at > RETELL_SECONDS:
                self._tell(place, snapshot, config, decision, [])

    async def _keep_up(self, snapshot: Snapshot, decision: Decision, expected: set[UUID]) -> None:
        """Note what became of our calls, and which calls of others ought to be offered by now."""
        waiting = {found.call.id: found for found in snapshot.calls}
        for call_id, place in self.places.items():
            if call_id in waiting and place.tried != waiting[call_id].tried:
                place.tried = waiting[call_id].tried
                self._leases.hold_call(self.tenant_id, place.hold())
        now = monotonic()
        due = {call_id: self._due.get(call_id, now) for call_id in decision.offers if call_id not in self.places}
        stalled = {call_id: since for call_id, since in self._due.items() if STALL_SECONDS < now - since < 10.0}
        self._due = stalled | due
        if (expected & self.places.keys()) - waiting.keys():  # Redis has lost them: they get their places back
            await self._leases.renew()
            self._dirty.set()

    def _without_stalled(self, snapshot: Snapshot) -> Snapshot:
        limit = monotonic() - STALL_SECONDS
        stalled = {call_id for call_id, since in self._due.items() if since < limit and call_id not in self.places}
        if not stalled:
            return snapshot
        return replace(snapshot, calls=tuple(found for found in snapshot.calls if found.call.id not in stalled))

    async def _commit(self, own: Sequence[Place], decision: Decision, now: int) -> dict[UUID, list[Proposal]]:
        """Reserve the members of our own calls' offers; returns call → offers that are committed."""
        proposals = [
            Proposal(uuid7(), place.call.id, person_id, choice.new_round)
            for place in own
            if place.open and (choice := decision.offers.get(place.call.id))
            for person_id in choice.members
        ]
        if not proposals:
            return {}
        accepted = await self._state.reserve(self.tenant_id, self.queue_id, proposals)
        if accepted and not await self._is_settled():
            for offer in proposals:
                if offer.offer_id in accepted:
                    await self._give_back(offer)
            return {}
        committed: dict[UUID, list[Proposal]] = {}
        for offer in proposals:
            if offer.offer_id not in accepted:
                self._dirty.set()  # somebody was faster: see what is left
                continue
            place = self.places.get(offer.call_id)
            if place is None or not place.open:
                await self._give_back(offer)
                continue
            hold = AgentHold(offer.person_id, offer.offer_id, Activity.RINGING, now, offer.call_id, self.queue_id)
            self._leases.hold_agent(self.tenant_id, hold)
            committed.setdefault(offer.call_id, []).append(offer)
        return committed

    async def _is_settled(self) -> bool:
        """Whether Redis knows what every process holds. Asked after reserving: one that was emptied before tells."""
        if left := await self._state.settles_in():
            self._settled_at = self._wake_at = monotonic() + left
            self._due.clear()  # nobody offers meanwhile, so nobody stalls
            logger.warning(
                "queue %s rings nobody for %.1f s: Redis was restarted or has lost its state", self.queue_id, left
            )
        return left == 0

    async def _give_back(self, offer: Proposal) -> None:
        await self._state.release(self.tenant_id, self.queue_id, offer.person_id, offer.offer_id, keep_place=True)

    def _tell(
        self,
        place: Place,
        snapshot: Snapshot,
        config: QueueConfig,
        decision: Decision,
        offers: Sequence[Proposal],
    ) -> None:
        """Deliver a verdict unless it says nothing new."""
        call_id = place.call.id
        why = reasons(call_id, snapshot, config, decision)
        leaves = decision.exits.get(call_id)
        if not offers and leaves is None and why == place.told:
            return
        kept = record(call_id, snapshot, config, decision, why, snapshot.at)
        place.told, place.told_at = why, monotonic()
        place.deliver(Verdict(tuple(offers), leaves, why, kept))
