"""The live state of queues in Redis: who waits, who is free, and the scripts that change it atomically.

Every script may be sent twice with the same outcome, as a client does when the connection breaks.
All methods raise redis.RedisError when Redis stays away.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from redis.asyncio import Redis

from core.queues.model import Activity, Member, QueueConfig, Snapshot, Waiting, WaitingCall

SCRIPTS = Path(__file__).parent / "lua"
RUN = "queues:run"
"""Which run of Redis has the state of the queues, and since when."""
SETTLE_SECONDS = 3.0
"""Nobody is offered a call for so long after Redis came back: it may have lost whom other processes hold."""
_snapshot = msgspec.json.Decoder(Snapshot)


class Proposal(Struct, frozen=True):
    """An offer that decide() made, before it is committed."""

    offer_id: UUID
    call_id: UUID
    person_id: UUID
    new_round: bool = False


class AgentHold(Struct, frozen=True):
    """An agent is held by an offer or a conversation, as its process knows."""

    person_id: UUID
    holder: UUID
    """The offer; for other conversations the leg."""
    activity: Activity
    since: int
    call_id: UUID | None = None
    queue_id: UUID | None = None


class CallHold(Struct, frozen=True):
    """A call waits in a queue, as its process knows."""

    queue_id: UUID
    waiting: Waiting


def channel(tenant_id: UUID) -> str:
    """Where every change of the tenant's queues is told: "call QUEUE CALL word" and "agent PERSON word"."""
    return f"queues:{{{tenant_id}}}"


class QueueState:
    """Live state of all tenants' queues. Times are milliseconds since 1970 UTC by the clock of Redis."""

    def __init__(self, redis: Redis) -> None:
        common = (SCRIPTS / "common.lua").read_text()
        self.redis = redis
        self._people: dict[UUID, tuple[tuple[Member, ...], str]] = {}
        self._scripts = {
            file.stem: redis.register_script(common + file.read_text())
            for file in SCRIPTS.glob("*.lua")
            if file.stem != "common"
        }

    async def _run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        return await self._scripts[script](keys, arguments)

    async def enqueue(self, tenant_id: UUID, queue_id: UUID, call: WaitingCall, tried: Iterable[UUID] = ()) -> None:
        """The call waits, for as long as its process renews it; at its place when it was here before."""
        rounds = ",".join(f'"{person}"' for person in tried)
        arguments = [str(queue_id), str(call.id), msgspec.json.encode(call), rounds]
        await self._run("enqueue", [_queue(tenant_id, queue_id), channel(tenant_id)], arguments)

    async def leave(self, tenant_id: UUID, queue_id: UUID, call_id: UUID) -> None:
        """The call waits no longer."""
        keys = [_queue(tenant_id, queue_id), channel(tenant_id)]
        await self._run("leave", keys, [str(queue_id), str(call_id)])

    async def snapshot(self, tenant_id: UUID, config: QueueConfig) -> Snapshot:
        """The queue and the live state of its members at one moment, in one round trip."""
        keys = [_queue(tenant_id, config.id), _agent(tenant_id), channel(tenant_id)]
        return _snapshot.decode(await self._run("snapshot", keys, [str(config.id), self._people_of(config)]))

    def _people_of(self, config: QueueConfig) -> str:
        """The members as one argument, made once for each version of a queue: it goes with every snapshot."""
        known = self._people.get(config.id)
        if known is None or known[0] is not config.members:
            known = (config.members, " ".join(str(member.person_id) for member in config.members))
            self._people[config.id] = known
        return known[1]

    async def reserve(self, tenant_id: UUID, queue_id: UUID, proposals: Sequence[Proposal]) -> set[UUID]:
        """Commit offers, each if its call still waits and its member is still free; returns those committed."""
        arguments = [str(queue_id)]
        for p in proposals:
            arguments += [str(p.call_id), str(p.person_id), str(p.offer_id), "1" if p.new_round else ""]
        keys = [_queue(tenant_id, queue_id), _agent(tenant_id), channel(tenant_id)]
        return {UUID(_text(offer)) for offer in await self._run("reserve", keys, arguments)}

    async def win(self, tenant_id: UUID, queue_id: UUID, offer: Proposal) -> bool:
        """The member of this offer gets the call: true for exactly one offer of a waiting call."""
        keys = [_queue(tenant_id, queue_id), _agent(tenant_id, offer.person_id), channel(tenant_id)]
        arguments = [str(queue_id), str(offer.call_id), str(offer.person_id), str(offer.offer_id)]
        return bool(await self._run("win", keys, arguments))

    async def release(
        self,
        tenant_id: UUID,
        queue_id: UUID | None,
        person_id: UUID,
        holder: UUID,
        *,
        keep_place: bool = False,
        rest_ms: int = 0,
        after_call_ms: int = 0,
        tried_for: UUID | None = None,
    ) -> int:
        """The member is held no longer by `holder`; returns when after-call work ends, 0: none.

        `keep_place`: she keeps her place among the idle, else she is the last; `tried_for`: the call that passes
        over her until its round is over (QEL-3).
        """
        keys = [_queue(tenant_id, queue_id or ""), _agent(tenant_id, person_id), channel(tenant_id)]
        arguments = [person_id, holder, "1" if keep_place else "", rest_ms, after_call_ms, tried_for or ""]
        return int(await self._run("release", keys, [str(a) for a in arguments]))

    async def renew(self, tenant_id: UUID, agents: Sequence[AgentHold], calls: Sequence[CallHold]) -> set[UUID]:
        """Lengthen the leases of everything a process holds; returns holders and calls that Redis knows otherwise."""
        arguments = [str(len(agents))]
        for agent in agents:
            arguments += [str(agent.person_id), str(agent.holder), agent.activity]
        for call in calls:
            arguments += [str(call.queue_id), str(call.waiting.call.id)]
        missing = await self._run("renew", [_agent(tenant_id), f"q:{{{tenant_id}}}:"], arguments)
        return {UUID(_text(key)) for key in missing}

    async def occupy(self, tenant_id: UUID, hold: AgentHold) -> bool:
        """The member is held, as after a loss of Redis or by a call that came to her past the queues.

        A call that talks waits no longer. False: somebody else holds her.
        """
        arguments = [
            str(hold.person_id),
            str(hold.holder),
            hold.activity,
            str(hold.call_id or ""),
            str(hold.queue_id or ""),
            hold.since,
        ]
        keys = [_agent(tenant_id, hold.person_id), channel(tenant_id), _queue(tenant_id, hold.queue_id or "")]
        return bool(await self._run("occupy", keys, arguments))

    async def prolong_after_call(self, tenant_id: UUID, person_id: UUID, milliseconds: int) -> int:
        """More after-call work for one who is in it; returns its new end, 0: she is not in it (QUE-12)."""
        keys = [_agent(tenant_id, person_id), channel(tenant_id)]
        return int(await self._run("after_call", keys, [str(person_id), milliseconds]))

    async def end_after_call(self, tenant_id: UUID, person_id: UUID) -> bool:
        """End after-call work now; false: there was none (QUE-13)."""
        keys = [_agent(tenant_id, person_id), channel(tenant_id)]
        return bool(await self._run("after_call", keys, [str(person_id), "end"]))

    async def after_call_until(self, tenant_id: UUID, person_id: UUID) -> int:
        """When the last after-call work of this person ends or ended, 0: never."""
        reading: Any = self.redis.hget(_agent(tenant_id, person_id), "acw")
        return int(await reading or 0)

    async def set_login(self, tenant_id: UUID, queue_id: UUID, person_id: UUID, logged_in: bool) -> int:
        """Log a member in to one queue or out; returns since when she is logged in, 0: out."""
        keys = [_queue(tenant_id, queue_id), channel(tenant_id)]
        return int(await self._run("login", keys, [str(person_id), "1" if logged_in else "0"]))

    async def settles_in(self) -> float:
        """Seconds until every process has had time to tell Redis what it holds; 0.0: that is long past."""
        age = int(await self._run("age", [RUN], []))
        return max(0.0, SETTLE_SECONDS - age / 1000)

    async def now(self) -> int:
        """The clock of Redis."""
        seconds, microseconds = await self.redis.time()
        return int(seconds) * 1000 + int(microseconds) // 1000


def _queue(tenant_id: UUID, queue_id: UUID | str) -> str:
    return f"q:{{{tenant_id}}}:{queue_id}"


def _agent(tenant_id: UUID, person_id: UUID | str = "") -> str:
    return f"agent:{{{tenant_id}}}:{person_id}"


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
