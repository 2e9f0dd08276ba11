"""What the queue path costs a call, with real Redis and scripted telephony (`python -m tests.bench --only queue`).

Processor time of this process and of Redis a call, and the time from entering the queue to the dialling.
"""

import asyncio
import gc
import resource
import statistics
import tempfile
import time
from pathlib import Path
from uuid import UUID, uuid4

from core.api.calls import CallerHungUp, QueuePlacement
from core.calls.events import LegRole, Offered, PartStarted, QueueEntered
from core.calls.ports import LegState
from core.data.embedded import EmbeddedRedis
from core.data.redis import connect_redis
from core.queues.distributor import Distributor
from core.queues.model import Member, QueueConfig
from core.queues.visit import QueuedCall, stay
from tests.core.queues.company import settle
from tests.core.queues.scripted import Journal, ScriptedLeg, ScriptedSounds, ScriptedSwitch, device

AGENTS = 200
TALK_SECONDS = 3.0
LONGEST_SECONDS = 15.0


class TimedJournal(Journal):
    """Notes when each kind of event came first."""

    def __init__(self) -> None:
        super().__init__()
        self.at: dict[type, float] = {}

    def write(self, data: object) -> None:
        self.at.setdefault(type(data), time.perf_counter())
        super().write(data)  # type: ignore[arg-type]


async def one_call(distributor: Distributor, switch: ScriptedSwitch, tenant: UUID, queue: UUID) -> TimedJournal:
    """A caller who talks for TALK_SECONDS and hangs up."""
    leg, journal = ScriptedLeg(LegRole.CALLER, LegState.MEDIA_UP), TimedJournal()
    call = QueuedCall(tenant_id=tenant, call_id=uuid4(), leg=leg, journal=journal, caller="+4722000000")
    staying = asyncio.create_task(
        stay(call, QueuePlacement(queue=queue), distributor=distributor, switch=switch, sounds=ScriptedSounds())
    )
    await journal.until(PartStarted)
    await asyncio.sleep(TALK_SECONDS)
    leg.other_side_hangs_up()
    try:
        await staying
    except CallerHungUp:
        return journal
    raise AssertionError("the caller hung up, but the stay went on")


async def measure(url: str, rate: float, seconds: float) -> dict[str, float]:
    tenant, queue = uuid4(), uuid4()
    members = tuple(
        Member(person_id=uuid4(), name=f"Agent {n}", devices=(device("answer:0.05"),)) for n in range(AGENTS)
    )
    config = QueueConfig(id=queue, name="Bench", members=members)
    redis = connect_redis(url)
    await settle(redis)
    async with Distributor(redis, "bench", lambda _, __: config) as distributor:
        switch = ScriptedSwitch()
        await one_call(distributor, switch, tenant, queue)
        gc.collect()
        server = await redis.info("cpu")
        began, used = time.perf_counter(), time.process_time()
        calls = []
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            calls.append(asyncio.create_task(one_call(distributor, switch, tenant, queue)))
        journals = await asyncio.gather(*calls)
        used, elapsed = time.process_time() - used, time.perf_counter() - began
        after = await redis.info("cpu")
    await redis.aclose()
    waits = sorted((j.at[Offered] - j.at[QueueEntered]) * 1000 for j in journals)
    busy = sum(after[key] - server[key] for key in ("used_cpu_sys", "used_cpu_user"))
    return {
        "calls": len(calls),
        "calls_a_second": rate,
        "agents": AGENTS,
        "cpu_ms_a_call": round(used / len(calls) * 1000, 2),
        "core_share": round(used / elapsed, 3),
        "redis_cpu_ms_a_call": round(busy / len(calls) * 1000, 2),
        "offer_ms_median": round(statistics.median(waits), 1),
        "offer_ms_p99": round(waits[int(len(waits) * 0.99)], 1),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


async def run(rate: float = 40, seconds: float = 15) -> dict[str, float]:
    """The figures, with an embedded Redis of its own."""
    with tempfile.TemporaryDirectory(prefix="sb-bench-") as folder:
        server = EmbeddedRedis(Path(folder))
        server.start()
        try:
            return await measure(server.url, rate, min(seconds, LONGEST_SECONDS))
        finally:
            server.stop()
