"""Redis or a media process dies in the middle of queue calls: nobody is lost, nobody stays reserved."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from core.calls.events import PartStarted, QueueDecided, QueueEntered
from core.data.embedded import EmbeddedRedis
from core.data.redis import connect_redis
from core.queues import leases
from core.queues.model import Activity, WaitingCall
from core.queues.state import SETTLE_SECONDS
from tests.core.queues.company import Company, open_company

ROOT = Path(__file__).parents[3]


@pytest.fixture
def mortal_redis(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A Redis of this test's own, to be killed."""
    server = EmbeddedRedis(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest_asyncio.fixture
async def company(mortal_redis: EmbeddedRedis) -> AsyncIterator[Company]:
    redis = connect_redis(mortal_redis.url)
    async with open_company(redis) as opened:
        yield opened
    await redis.aclose()


@pytest.mark.parametrize("forgets", [False, True])
async def test_redis_is_killed_while_one_talks_and_one_waits(
    company: Company, mortal_redis: EmbeddedRedis, forgets: bool
) -> None:
    (anna,) = company.members("answer")
    talking = await company.caller()
    await talking.journal.until(PartStarted)
    waiting = await company.caller()
    await waiting.journal.until(QueueDecided)

    os.kill(int((mortal_redis.folder / "redis.pid").read_text()), signal.SIGKILL)
    while mortal_redis.is_running():
        await asyncio.sleep(0.01)
    if forgets:
        for file in mortal_redis.folder.glob("appendonly*"):
            file.unlink()
    late = await company.caller()  # comes while Redis is away
    await asyncio.to_thread(mortal_redis.start)

    async with asyncio.timeout(30):
        while await company.waiting() < 2 or await company.activity(anna) is not Activity.TALKING:
            await asyncio.sleep(0.05)
    snapshot = await company.distributor.state.snapshot(company.tenant, company.configs[company.queue])
    places = {found.call.id: found.call.enqueued_at for found in snapshot.calls}
    for caller in (waiting, late):
        entered = caller.journal.of(QueueEntered)[0].enqueued_at
        assert places[caller.id] == int(entered.timestamp() * 1000)
    assert not talking.task.done()

    await talking.hang_up()
    await waiting.journal.until(PartStarted)
    assert not late.journal.of(PartStarted)
    await waiting.hang_up()
    await late.journal.until(PartStarted)
    await late.hang_up()
    await company.assert_nothing_is_left()
    for caller in (talking, waiting, late):
        caller.assert_journal_makes_sense()


async def test_a_member_answers_while_redis_is_away_and_is_connected(
    company: Company, mortal_redis: EmbeddedRedis
) -> None:
    (anna,) = company.members("answer:0.3")
    caller = await company.caller()
    while not company.switch.legs:
        await asyncio.sleep(0.01)
    os.kill(int((mortal_redis.folder / "redis.pid").read_text()), signal.SIGKILL)
    await caller.journal.until(PartStarted)
    await asyncio.to_thread(mortal_redis.start)
    async with asyncio.timeout(30):
        while await company.activity(anna) is not Activity.TALKING:
            await asyncio.sleep(0.05)
    await caller.hang_up()
    caller.assert_journal_makes_sense()
    async with asyncio.timeout(30):
        while await company.waiting():
            await asyncio.sleep(0.1)
    await company.assert_nothing_is_left()


async def test_a_member_who_answers_is_connected_soon_although_redis_hangs(
    company: Company, mortal_redis: EmbeddedRedis
) -> None:
    (anna,) = company.members("answer:0.3")
    caller = await company.caller()
    while not company.switch.legs:
        await asyncio.sleep(0.01)
    redis_pid = int((mortal_redis.folder / "redis.pid").read_text())
    os.kill(redis_pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(4):
            await caller.journal.until(PartStarted)
    finally:
        os.kill(redis_pid, signal.SIGCONT)
    async with asyncio.timeout(30):
        while await company.activity(anna) is not Activity.TALKING:
            await asyncio.sleep(0.05)
    await caller.hang_up()
    await company.assert_nothing_is_left()
    caller.assert_journal_makes_sense()


async def test_calls_of_two_media_processes_are_served_in_one_order(redis_server: EmbeddedRedis) -> None:
    one, two = connect_redis(redis_server.url), connect_redis(redis_server.url)
    async with open_company(one, "m1") as first, open_company(two, "m2", like=first) as second:
        first.members("answer")
        served = await first.caller()
        await served.journal.until(PartStarted)
        waiting = []
        for number in range(6):
            waiting.append(await (first, second)[number % 2].caller())
            await waiting[-1].journal.until(QueueDecided)
            await asyncio.sleep(0.002)
        for expected in waiting:
            await served.hang_up()
            await expected.journal.until(PartStarted)
            served = expected
        await served.hang_up()
        await first.assert_nothing_is_left()
    await asyncio.gather(one.aclose(), two.aclose())


async def test_a_call_that_its_process_does_not_offer_holds_up_those_behind_it_for_a_second(company: Company) -> None:
    company.members("answer")
    stuck = WaitingCall(id=uuid4(), priority=0, enqueued_at=1, owner="hangs")
    await company.distributor.state.enqueue(company.tenant, company.queue, stuck)
    caller = await company.caller()
    begin = asyncio.get_running_loop().time()
    await caller.journal.until(PartStarted)
    assert asyncio.get_running_loop().time() - begin > 0.9
    await caller.hang_up()


DOOMED = """
import asyncio, sys
from uuid import UUID
from core.calls.events import PartStarted, QueueDecided
from core.data.redis import connect_redis
from core.queues.model import Member, QueueConfig
from tests.core.queues.company import open_company
from tests.core.queues.scripted import device

async def main(url, tenant, queue, anna, waits=""):
    async with open_company(connect_redis(url), "doomed") as company:
        company.tenant, company.queue = UUID(tenant), UUID(queue)
        member = Member(person_id=UUID(anna), devices=(device("answer"),))
        company.configs[company.queue] = QueueConfig(id=company.queue, members=(member,))
        talking = await company.caller()
        await talking.journal.until(PartStarted)
        if waits:
            waiting = await company.caller()
            await waiting.journal.until(QueueDecided)
        print("talking", flush=True)
        await asyncio.sleep(3600)

asyncio.run(main(*sys.argv[1:]))
"""


async def another_process(company: Company, server: EmbeddedRedis, *arguments: object) -> asyncio.subprocess.Process:
    """A media process of the same company, in which a caller talks with the member."""
    given = [server.url, *(str(argument) for argument in (company.tenant, company.queue, *arguments))]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DOOMED, *given, stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"talking\n"
    return process


@pytest.mark.slow
@pytest.mark.parametrize("how", ["restarted empty", "flushed", "restarted with what it knew long ago"])
async def test_after_a_loss_of_redis_nobody_is_rung_who_talks_in_a_process_that_is_back_later(
    company: Company, mortal_redis: EmbeddedRedis, how: str
) -> None:
    redis = company.redis
    (anna,) = company.members("answer")
    old = {key: await redis.dump(key) for key in await redis.keys()}  # nobody talks yet
    other = await another_process(company, mortal_redis, anna)
    caller = await company.caller()
    await caller.journal.until(QueueDecided)

    other.send_signal(signal.SIGSTOP)
    if how == "flushed":
        await redis.flushall()
    else:
        os.kill(int((mortal_redis.folder / "redis.pid").read_text()), signal.SIGKILL)
        while mortal_redis.is_running():
            await asyncio.sleep(0.01)
        for file in mortal_redis.folder.glob("appendonly*"):
            file.unlink()
        await asyncio.to_thread(mortal_redis.start)
    if how == "restarted with what it knew long ago":
        for key, value in old.items():
            await redis.restore(key, 0, value, replace=True)
    async with asyncio.timeout(20):
        while await company.waiting() == 0:
            await asyncio.sleep(0.02)
    await asyncio.sleep(1.0)  # time enough to ring her
    other.send_signal(signal.SIGCONT)
    async with asyncio.timeout(SETTLE_SECONDS):
        while await company.activity(anna) is not Activity.TALKING:
            await asyncio.sleep(0.02)
    await asyncio.sleep(SETTLE_SECONDS)
    assert company.switch.legs == {}, "she was rung while she talked"

    other.kill()
    await other.wait()
    await caller.journal.until(PartStarted)
    await caller.hang_up()


@pytest.mark.slow
async def test_members_of_a_killed_media_process_are_free_when_their_leases_have_run_out(
    company: Company, mortal_redis: EmbeddedRedis
) -> None:
    (anna,) = company.members("answer")
    doomed = await another_process(company, mortal_redis, anna, "waits")
    caller = await company.caller()
    await caller.journal.until(QueueDecided)
    assert await company.waiting() == 2
    await asyncio.sleep(leases.RENEW_SECONDS + 1)  # it renews, so the lease of the start is not what ends
    assert await company.activity(anna) is Activity.TALKING
    doomed.kill()
    await doomed.wait()
    await caller.journal.until(PartStarted)
    await caller.hang_up()
    await company.assert_nothing_is_left()
