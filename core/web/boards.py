"""Queues and people of a tenant as the live page shows them: from the live state in Redis and the queues' settings."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from time import monotonic
from uuid import UUID

from msgspec import Struct
from redis.asyncio import Redis

from core.data import DatabaseUnavailable, tenant
from core.queues.model import Activity, Member, MemberState, QueueConfig, Snapshot
from core.queues.notices import Notices
from core.queues.service import load_queues
from core.queues.state import QueueState
from core.web.feed import Items

log = logging.getLogger(__name__)

FRESH_SECONDS = 5.0
"""Queues and members are read again after so long."""


class QueueItem(Struct, frozen=True):
    """One queue. Times are milliseconds since 1970 UTC, 0: none. Counts are of logged-in members."""

    name: str
    service_level: int
    waiting: int
    waiting_since: int
    free: int
    busy: int
    pause: int


class PersonItem(Struct, frozen=True):
    """One member. `state`: talking, ringing, after_call_work, resting, free or logged_out; `queues`: names."""

    name: str
    state: str
    since: int
    queues: tuple[str, ...]


class QueueBoards:
    """Reads the boards of all tenants."""

    def __init__(self, redis: Redis) -> None:
        self._state = QueueState(redis)
        self._notices = Notices(redis)
        self._configs: dict[UUID, Configs] = {}

    async def read(self, tenant_id: UUID) -> dict[str, Items]:
        """Topics "queues" and "people". Raises redis.RedisError, DatabaseUnavailable."""
        configs = await self._configs.setdefault(tenant_id, Configs(tenant_id)).get()
        shown = [config for config in configs if not config.hidden]  # SWB-9
        snapshots = await asyncio.gather(*(self._state.snapshot(tenant_id, config) for config in shown))
        return board(list(zip(shown, snapshots, strict=True)))

    def watching(self, tenant_id: UUID, changed: Callable[[], None]) -> AbstractAsyncContextManager[None]:
        """Call `changed` at every news of the tenant's queues."""
        return self._notices.following(tenant_id, lambda _: changed())

    async def run(self) -> None:
        """Listen for news, until cancelled."""
        try:
            await self._notices.run()
        finally:
            await self._notices.close()


class Configs:
    """A tenant's queues with their members, as they were a few seconds ago at most, or before PostgreSQL went away."""

    def __init__(self, tenant_id: UUID) -> None:
        self._tenant_id = tenant_id
        self._queues: list[QueueConfig] | None = None
        self._read_at = 0.0
        self._reading: asyncio.Task[None] | None = None

    async def get(self) -> list[QueueConfig]:
        """Waits for the database the first time only; later it is read beside. Raises DatabaseUnavailable."""
        if self._queues is None:
            await self._read()
        elif monotonic() - self._read_at > FRESH_SECONDS and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._read_again())
        assert self._queues is not None
        return self._queues

    async def _read(self) -> None:
        with tenant(self._tenant_id):
            self._queues = list((await load_queues()).values())
        self._read_at = monotonic()

    async def _read_again(self) -> None:
        try:
            await self._read()
        except DatabaseUnavailable as error:
            log.warning("queues of tenant %s are shown as they were: %s", self._tenant_id, error)


def board(queues: Sequence[tuple[QueueConfig, Snapshot]]) -> dict[str, Items]:
    """The topics of queues and their states, all taken at about the same moment."""
    seen: dict[UUID, list[tuple[QueueConfig, Member, MemberState, int]]] = {}
    topics: dict[str, Items] = {"queues": {}, "people": {}}
    for config, snapshot in queues:
        states = {state.person_id: state for state in snapshot.members}
        counts = {"free": 0, "busy": 0, "pause": 0}
        for member in config.members:
            state = states.get(member.person_id) or MemberState(member.person_id)
            seen.setdefault(member.person_id, []).append((config, member, state, snapshot.at))
            if state.is_logged_in(member.logged_in):
                counts[_group(condition(state, snapshot.at)[0])] += 1
        topics["queues"][str(config.id)] = QueueItem(
            name=config.name,
            service_level=config.service_level_seconds,
            waiting=len(snapshot.calls),
            waiting_since=min((found.call.enqueued_at for found in snapshot.calls), default=0),
            **counts,
        )
    topics["people"] = {str(person_id): _person(places) for person_id, places in seen.items()}
    return topics


def condition(state: MemberState, now: int) -> tuple[str, int]:
    """What holds a logged-in member, and since when."""
    if state.activity is not Activity.FREE:
        return state.activity.value, state.since
    if state.after_call_until > now:
        return "after_call_work", state.free_since or state.since
    if state.rest_until > now:
        return "resting", state.free_since or state.since
    return "free", max(state.free_since, state.after_call_until, state.rest_until, state.logged_in, 0)


def _person(places: list[tuple[QueueConfig, Member, MemberState, int]]) -> PersonItem:
    _, member, state, now = places[0]
    in_queues = [config.name for config, one, its, _ in places if its.is_logged_in(one.logged_in)]
    name, since = condition(state, now)
    if not in_queues and name not in (Activity.TALKING, Activity.RINGING):
        name, since = "logged_out", 0
    queues = sorted(in_queues or [config.name for config, *_ in places])
    return PersonItem(name=member.name, state=name, since=since, queues=tuple(queues))


def _group(condition: str) -> str:
    return {"free": "free", "talking": "busy", "ringing": "busy"}.get(condition, "pause")
