"""What this process holds in Redis, kept alive in one batch for each tenant, and told again when Redis forgot it."""

import asyncio
import logging
from time import monotonic
from typing import TypeVar
from uuid import UUID

from redis import RedisError

from core.queues.state import AgentHold, CallHold, QueueState

Held = TypeVar("Held", AgentHold, CallHold)

logger = logging.getLogger(__name__)

RENEW_SECONDS = 5.0
"""Half of the lease in lua/common.lua: one renewal may fail."""
LOOK_SECONDS = 1.0
"""Between two looks whether Redis is another one than before; well within state.SETTLE_SECONDS."""


class Leases:
    """The agents and waiting calls that belong to this process. Whoever ends one drops it here first, then in Redis."""

    def __init__(self, state: QueueState) -> None:
        self._state = state
        self._agents: dict[UUID, dict[UUID, AgentHold]] = {}
        self._calls: dict[UUID, dict[UUID, CallHold]] = {}

    def hold_agent(self, tenant_id: UUID, hold: AgentHold) -> None:
        """Renew this agent from now on, until drop_agent()."""
        self._agents.setdefault(tenant_id, {})[hold.holder] = hold

    def drop_agent(self, tenant_id: UUID, holder: UUID) -> None:
        """Renew no longer what `holder` (offer or leg) held."""
        _drop(self._agents, tenant_id, holder)

    def hold_call(self, tenant_id: UUID, hold: CallHold) -> None:
        """Renew this waiting call from now on, until drop_call()."""
        self._calls.setdefault(tenant_id, {})[hold.waiting.call.id] = hold

    def drop_call(self, tenant_id: UUID, call_id: UUID) -> None:
        """Renew this waiting call no longer."""
        _drop(self._calls, tenant_id, call_id)

    async def run(self) -> None:
        """Renew for ever; without delay when Redis may have lost what it was told."""
        due = 0.0
        while True:
            settled = await self._is_settled()
            if not settled or monotonic() >= due:
                due = monotonic() + RENEW_SECONDS
                await self.renew()
            await asyncio.sleep(LOOK_SECONDS)

    async def _is_settled(self) -> bool:
        try:
            return await self._state.settles_in() == 0
        except (RedisError, OSError):
            return True  # whoever renews will say so

    async def renew(self) -> None:
        """Renew everything now; what Redis has lost is put back. A Redis that is away is only logged."""
        for tenant_id in self._agents.keys() | self._calls.keys():
            try:
                await self._renew(tenant_id)
            except (RedisError, OSError) as error:
                logger.warning("could not renew the leases of tenant %s: %s", tenant_id, error)

    async def _renew(self, tenant_id: UUID) -> None:
        agents, calls = self._agents.get(tenant_id, {}), self._calls.get(tenant_id, {})
        missing = await self._state.renew(tenant_id, list(agents.values()), list(calls.values()))
        for key in missing:
            if call := calls.get(key):  # still waiting: it may have left while we asked
                logger.warning("call %s was lost from its queue in Redis; put back at its place", key)
                waiting = call.waiting
                await self._state.enqueue(tenant_id, call.queue_id, waiting.call, waiting.tried)
            elif (agent := agents.get(key)) and not await self._state.occupy(tenant_id, agent):
                logger.warning("person %s of offer or leg %s is held by another call", agent.person_id, key)


def _drop(table: dict[UUID, dict[UUID, Held]], tenant_id: UUID, key: UUID) -> None:
    held = table.get(tenant_id)
    if held is not None and held.pop(key, None) is not None and not held:
        del table[tenant_id]
