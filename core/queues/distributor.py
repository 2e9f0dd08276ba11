"""This media process's part in all queues (the field says ACD): places of its callers, runners, leases, news."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from time import monotonic, time
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from redis import RedisError
from redis.asyncio import Redis

from core.queues.leases import Leases
from core.queues.model import Activity, QueueConfig
from core.queues.notices import Notice, Notices
from core.queues.place import Place
from core.queues.runner import Runner
from core.queues.state import AgentHold, Proposal, QueueState
from core.queues.tasks import cancel

logger = logging.getLogger(__name__)

WIN_SECONDS = 1.5
"""Two people who wait to hear each other wait no longer for a Redis that does not answer."""
RELEASE_TRIES = 10
"""One a second: after that the lease ends by itself."""


class Distributor:
    """Gives the calls of one media process to members of queues. Use it as `async with Distributor(…) as distributor`.

    `name` is the media process's; `config(tenant_id, queue_id)` answers from the routing cache, without I/O, and
    raises UnknownQueue.
    """

    def __init__(self, redis: Redis, name: str, config: Callable[[UUID, UUID], QueueConfig]) -> None:
        self.name = name
        self.config = config
        self.state = QueueState(redis)
        self.leases = Leases(self.state)
        self.notices = Notices(redis, on_reconnect=self.leases.renew)
        self._runners: dict[tuple[UUID, UUID], Runner] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._afterwork: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        self._start(self.notices.run())
        self._start(self.leases.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await cancel(*self._tasks, *self._afterwork)
        await self.notices.close()

    async def settled(self, seconds: float) -> None:
        """Wait until all after-call work is over and everybody is released, but not longer than `seconds`."""
        if self._afterwork:
            await asyncio.wait(self._afterwork, timeout=seconds)

    async def enter(self, place: Place) -> None:
        """The call waits at its place until win() or leave(). Goes on waiting when Redis is away."""
        try:
            await self.state.enqueue(place.tenant_id, place.queue_id, place.call, place.tried)
        except (RedisError, OSError) as error:
            logger.warning("call %s waits, but Redis does not know yet: %s", place.call.id, error)
        self.leases.hold_call(place.tenant_id, place.hold())
        runner = self._runner(place.tenant_id, place.queue_id)
        runner.places[place.call.id] = place
        runner.wake()

    async def leave(self, place: Place) -> None:
        """The call waits no longer."""
        self._close(place)
        try:
            await self.state.leave(place.tenant_id, place.queue_id, place.call.id)
        except (RedisError, OSError) as error:
            logger.warning("call %s left its queue, Redis will notice when its lease ends: %s", place.call.id, error)

    async def win(self, place: Place, offer: Proposal) -> bool:
        """Whether the member of this offer gets the call; then the place is closed and she is talking.

        Only this process offers the call, so a Redis that is away does not keep the two apart.
        """
        self._close(place)
        self.leases.drop_agent(place.tenant_id, offer.offer_id)  # else a renewal on its way could undo the change
        now = int(time() * 1000)
        talks = AgentHold(offer.person_id, offer.offer_id, Activity.TALKING, now, place.call.id, place.queue_id)
        try:
            # The second way serves when Redis had lost the reservation and nobody else has got her.
            async with asyncio.timeout(WIN_SECONDS):
                won = await self.state.win(place.tenant_id, place.queue_id, offer) or await self.state.occupy(
                    place.tenant_id, talks
                )
        except (RedisError, OSError) as error:
            logger.warning("call %s is connected although Redis does not answer in time: %r", place.call.id, error)
            won = True
        if won:
            self.leases.hold_agent(place.tenant_id, talks)
        else:
            place.open = True
            self.leases.hold_call(place.tenant_id, place.hold())
            self._runner(place.tenant_id, place.queue_id).places[place.call.id] = place
        return won

    async def release(
        self,
        place: Place,
        offer: Proposal,
        *,
        keep_place: bool = False,
        rest_seconds: float = 0.0,
        after_call_seconds: int = 0,
        tried: bool = False,
    ) -> None:
        """The member of this offer is held no longer; see QueueState.release. Tried again while Redis is away."""
        self.leases.drop_agent(place.tenant_id, offer.offer_id)

        async def release() -> None:
            await self.state.release(
                place.tenant_id,
                place.queue_id,
                offer.person_id,
                offer.offer_id,
                keep_place=keep_place,
                rest_ms=int(rest_seconds * 1000),
                after_call_ms=after_call_seconds * 1000,
                tried_for=place.call.id if tried else None,
            )

        try:
            await release()
        except (RedisError, OSError) as error:
            logger.warning("person %s will be free a little later: %s", offer.person_id, error)
            self.finish(_persist(release))

    async def occupy(self, tenant_id: UUID, hold: AgentHold) -> bool:
        """Hold somebody who talks past the queues, so that none rings her; false: another call has her.

        Redis being away keeps nobody from a call.
        """
        try:
            held = await self.state.occupy(tenant_id, hold)
        except (RedisError, OSError) as error:
            logger.warning("person %s talks, but Redis does not know yet: %s", hold.person_id, error)
            held = True
        if held:
            self.leases.hold_agent(tenant_id, hold)
        return held

    async def vacate(self, tenant_id: UUID, hold: AgentHold) -> None:
        """The end of occupy(). While Redis is away she is free when her lease has run out."""
        self.leases.drop_agent(tenant_id, hold.holder)
        try:
            await self.state.release(tenant_id, None, hold.person_id, hold.holder)
        except (RedisError, OSError) as error:
            logger.warning("person %s will be free a little later: %s", hold.person_id, error)

    async def until_after_call(self, tenant_id: UUID, person_id: UUID, seconds: float) -> None:
        """Return when after-call work that began now and is planned for `seconds` is over: prolonged or shortened."""
        changed = asyncio.Event()

        def hear(notice: Notice) -> None:
            if not notice.word or notice.person_id == person_id:
                changed.set()

        async with self.notices.following(tenant_id, hear):
            ends = monotonic() + seconds
            while (remaining := ends - monotonic()) > 0:
                changed.clear()
                try:
                    async with asyncio.timeout(remaining):
                        await changed.wait()
                        until = await self.state.after_call_until(tenant_id, person_id)
                        ends = monotonic() + (until - await self.state.now()) / 1000
                except (RedisError, OSError, TimeoutError):
                    continue

    def finish(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this after the caller has gone."""
        self._start(work, self._afterwork)

    def _close(self, place: Place) -> None:
        place.open = False
        self.leases.drop_call(place.tenant_id, place.call.id)
        runner = self._runners.get((place.tenant_id, place.queue_id))
        if runner is not None:
            runner.places.pop(place.call.id, None)

    def _runner(self, tenant_id: UUID, queue_id: UUID) -> Runner:
        key = (tenant_id, queue_id)
        if key not in self._runners:
            self._runners[key] = Runner(tenant_id, queue_id, self.config, self.state, self.leases)
            self._start(self._run(key, self._runners[key]))
        return self._runners[key]

    async def _run(self, key: tuple[UUID, UUID], runner: Runner) -> None:
        async with self.notices.following(runner.tenant_id, runner.hear):
            await runner.run()
            del self._runners[key]  # nothing was awaited since the runner found itself empty

    def _start(self, work: Coroutine[Any, Any, None], tasks: set[asyncio.Task[Any]] | None = None) -> None:
        kept = self._tasks if tasks is None else tasks
        task = asyncio.create_task(work)
        kept.add(task)
        task.add_done_callback(kept.discard)
        task.add_done_callback(_complain)


async def _persist(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    for _ in range(RELEASE_TRIES):
        await asyncio.sleep(1.0)
        try:
            return await work()
        except (RedisError, OSError):
            continue
    return None


def _complain(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.error("a task of the queues failed", exc_info=task.exception())
