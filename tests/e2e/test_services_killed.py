"""The web process, the worker, Redis and PostgreSQL die while people talk: nobody on the line notices."""

import asyncio
import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.calls.events import Cause, Offered, PartStarted, QueueDecided, QueueEntered
from core.queues.state import SETTLE_SECONDS
from core.telephony.simnet.script import HangUp, Press, Talk, WaitFor
from tests.e2e import flows
from tests.e2e.company import CALLER_HERTZ, Call, Company, Member, found, goes_on
from tests.e2e.conftest import Founder
from tests.e2e.site import Site


async def test_web_and_worker_killed_in_mid_call(company: Founder, site: Site) -> None:
    acme = await company()
    kari = acme.members[0]
    await kari.answers()
    call = await acme.call()
    await call.until(PartStarted)

    old = {await site.kill("web"), await site.kill("worker")}

    await goes_on(call.leg, kari.hertz)
    await goes_on(await kari.rings(), CALLER_HERTZ)
    meanwhile = await acme.call(WaitFor(what="sound"), Talk())
    await meanwhile.leg.until("answered")
    await meanwhile.hang_up()
    await call.hang_up()
    story = await call.over(Cause.CALLER_HUNG_UP)
    assert [part["how"] for part in story.parts] == ["caller_hung_up"]
    await meanwhile.over(Cause.CALLER_HUNG_UP)
    assert {site.pid("web"), site.pid("worker")}.isdisjoint({0, *old})


@pytest.mark.slow
@pytest.mark.parametrize("loses_all", [False, True], ids=["keeps its data", "loses its data"])
async def test_redis_killed_while_some_talk_and_others_wait(company: Founder, site: Site, loses_all: bool) -> None:
    acme = await company()
    kari = acme.members[0]
    await kari.answers(WaitFor(what="tone", hertz=CALLER_HERTZ), Talk())
    talks = await acme.call()
    await talks.until(PartStarted)
    waits = []
    for media in site.media:
        waits.append(await acme.call(via=[media.sip_address]))
        await waits[-1].until(QueueDecided)

    old = site.redis_pid()
    with _kept_from_starting(site.folder / "redis"):
        os.kill(old, signal.SIGKILL)
        await goes_on(talks.leg, kari.hertz)
        waits.append(await acme.call())
        await waits[-1].leg.until("answered")
        if loses_all:
            (site.folder / "redis" / "appendonly.aof").unlink()
    await site.until(lambda: site.redis_pid() not in (0, old), "Redis runs again")

    await goes_on(talks.leg, kari.hertz)
    await goes_on(await kari.rings(), CALLER_HERTZ)
    assert not any(call.leg.report.ended_at for call in waits)
    await talks.hang_up()
    await asyncio.gather(*(_is_served(call, kari) for call in waits))

    for call in (talks, *waits):
        story = await call.over(Cause.CALLER_HUNG_UP)
        assert [part["person_id"] for part in story.parts] == [kari.person_id]
        assert len(story.of(QueueEntered)) == len(story.of(Offered)) == 1
    answered = [(await call.over(Cause.CALLER_HUNG_UP)).visits[0]["answered_at"] for call in waits]
    assert answered == sorted(answered), "not in the order in which they came, the last while Redis was away"


@pytest.mark.slow
async def test_who_talks_in_a_process_that_sees_the_empty_redis_last_is_not_rung_meanwhile(
    company: Founder, site: Site
) -> None:
    acme = await company()
    kari = acme.members[0]
    await kari.answers(WaitFor(what="tone", hertz=CALLER_HERTZ), Talk())
    first, last = site.media
    talks = await acme.call(via=[last.sip_address])
    await talks.until(PartStarted)
    waits = await acme.call(via=[first.sip_address])
    await waits.until(QueueDecided)

    old = site.redis_pid()
    with _kept_from_starting(site.folder / "redis"):
        os.kill(old, signal.SIGKILL)
        os.kill(last.pid, signal.SIGSTOP)
        (site.folder / "redis" / "appendonly.aof").unlink()
    try:
        await site.until(lambda: site.redis_pid() not in (0, old), "Redis runs again")
        await acme.until(lambda: _waits(acme), "the one who waits is back at his place")
        await asyncio.sleep(1.0)  # time enough to ring her
    finally:
        os.kill(last.pid, signal.SIGCONT)
    await asyncio.sleep(SETTLE_SECONDS + 1.0)
    await goes_on(talks.leg, kari.hertz)
    assert found(await waits.events(), Offered) == []

    await talks.hang_up()
    await _is_served(waits, kari)
    for call in (talks, waits):
        assert len((await call.over(Cause.CALLER_HUNG_UP)).of(Offered)) == 1


async def _waits(company: Company) -> bool:
    """Whether Redis knows of a caller in the company's queue."""
    return bool(await company.site.redis.hlen(f"q:{{{company.tenant_id}}}:{company.queue_id}:calls"))


async def _is_served(call: Call, member: Member) -> None:
    """The caller gets the member, hears her and hangs up."""
    await call.until(PartStarted, within=40)
    await goes_on(call.leg, member.hertz)
    await call.hang_up()


@pytest.mark.slow
async def test_postgres_killed_in_mid_call_and_a_new_call_while_it_is_away(company: Founder, site: Site) -> None:
    acme = await company(flow=flows.menu, members=2)
    kari, ola = acme.members
    for member in acme.members:
        await member.answers()
    call = await _chooses(acme)
    await call.until(PartStarted, person_id=kari.person_id)

    old = site.postgres_pid()
    with _kept_from_starting(site.folder / "postgres"):
        os.kill(old, signal.SIGKILL)
        await site.until(lambda: site.postgres_pid() == 0, "PostgreSQL is away")
        await goes_on(call.leg, kari.hertz)
        new = await _chooses(acme)
        await goes_on(new.leg, ola.hertz)
        await goes_on(await ola.rings(), CALLER_HERTZ)
        await new.hang_up()
        await new.leg.finished()
        await goes_on(call.leg, kari.hertz)
    await site.until(lambda: site.postgres_pid() not in (0, old), "PostgreSQL runs again")
    await call.hang_up()

    story = await new.over(Cause.CALLER_HUNG_UP)
    assert [part["person_id"] for part in story.parts] == [ola.person_id]
    story = await call.over(Cause.CALLER_HUNG_UP)
    assert [part["person_id"] for part in story.parts] == [kari.person_id]
    later = await acme.call(WaitFor(what="sound"), HangUp())
    await later.over(Cause.CALLER_HUNG_UP)
    await acme.publish(flows.queue(acme.queue_id))  # a change is followed again


async def _chooses(acme: Company) -> Call:
    return await acme.call(WaitFor(what="sound"), Press(digits="1"), WaitFor(what="tone"), Talk())


@contextmanager
def _kept_from_starting(folder: Path) -> Iterator[None]:
    """Whoever wants to start the embedded server of this folder waits until the block is left."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
