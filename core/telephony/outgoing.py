"""The switch of a tenant's call: refuses outgoing legs that the tenant's limits or caller-ID rules forbid."""

import asyncio
from uuid import UUID

from core.calls.events import Cause
from core.calls.ports import Dial, Leg
from core.data import uuid7
from core.telephony.limits import OutgoingPolicy, TollGuard, is_emergency, refusal
from core.telephony.routing import Routing
from core.telephony.switch import PjSwitch


class GuardedSwitch:
    """Implements core.calls.ports.Switch for one call. Legs to outside numbers pass the toll-fraud limits first.

    `caller` is the number of this call's caller, which may be shown to whom the call is put through.
    """

    def __init__(
        self, switch: PjSwitch, guard: TollGuard, routing: Routing, *, region: str, policy: OutgoingPolicy, caller: str
    ) -> None:
        self._switch = switch
        self._guard = guard
        self._routing = routing
        self._region = region
        self._policy = policy
        self._caller = caller
        self._releases: set[asyncio.Task[None]] = set()

    async def dial(self, dial: Dial) -> Leg:
        """See Switch.dial. A leg that is not allowed comes back ENDED with NOT_ALLOWED and the reason."""
        if dial.address.kind == "sip" and await self._switch.is_outside(dial.address.value):
            problem = f"{dial.address.value} is a number at a trunk: make it a device of the kind number"
            return self._switch.refused(dial, Cause.NOT_ALLOWED, problem)
        if dial.address.kind != "number" or is_emergency(dial.address.value, self._region):
            return await self._switch.dial(dial)
        admission = uuid7()
        problem = (
            refusal(dial.address.value, self._region, self._policy)
            or self._forbidden_presentation(dial)
            or await self._guard.admit(dial.tenant_id, admission, self._policy)
        )
        if problem:
            return self._switch.refused(dial, Cause.NOT_ALLOWED, problem)
        leg = await self._switch.dial(dial)
        leg.when_gone(lambda: self._release(dial.tenant_id, admission))
        return leg

    async def bridge(self, one: Leg, other: Leg) -> None:
        """See Switch.bridge."""
        await self._switch.bridge(one, other)

    async def unbridge(self, one: Leg, other: Leg) -> None:
        """See Switch.unbridge."""
        await self._switch.unbridge(one, other)

    async def mute(self, speaker: Leg, listener: Leg) -> None:
        """See Switch.mute."""
        await self._switch.mute(speaker, listener)

    async def unmute(self, speaker: Leg, listener: Leg) -> None:
        """See Switch.unmute."""
        await self._switch.unmute(speaker, listener)

    def _forbidden_presentation(self, dial: Dial) -> str:
        """Only numbers of the tenant, and the caller's own, are shown to the called party."""
        shown = dial.presentation
        if not shown or shown == self._caller or self._routing.owns(dial.tenant_id, shown):
            return ""
        return f"{shown} may not be presented: it is neither the company's nor the caller's number"

    def _release(self, tenant_id: UUID, admission: UUID) -> None:
        task = asyncio.get_running_loop().create_task(self._guard.release(tenant_id, admission))
        self._releases.add(task)
        task.add_done_callback(self._releases.discard)
