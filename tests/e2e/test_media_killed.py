"""A media process dies in mid-call, or is told to stop."""

import signal

import pytest

from core.calls.events import AfterCallStarted, Cause, LegRinging, PartStarted, PromptStarted, QueueDecided
from core.telephony.simnet.script import HangUp, Talk, WaitFor
from tests.e2e import flows
from tests.e2e.company import CALLER_HERTZ, add_member, goes_on
from tests.e2e.conftest import Founder
from tests.e2e.site import Site

FREE_SECONDS = 14.0
"""The leases of a dead process end after ten."""


@pytest.mark.slow
async def test_a_killed_media_process_loses_its_own_calls_and_no_other(company: Founder, site: Site) -> None:
    first, second = site.media
    acme = await company(members=2)
    kari, ola = acme.members
    for member in acme.members:
        await member.answers()
    lost = await acme.call(via=[first.sip_address])
    await lost.until(PartStarted, person_id=kari.person_id)
    goes = await acme.call(via=[second.sip_address])
    await goes.until(PartStarted, person_id=ola.person_id)

    spooled = await acme.spooled(1)
    await site.kill("media", "--number", "1")

    await goes_on(goes.leg, ola.hertz)
    await goes_on(await ola.rings(), CALLER_HERTZ)
    back = await site.restarted(1, first.pid)
    assert back.sip_address == first.sip_address
    for leg in (lost.leg, await kari.rings()):
        await leg.hang_up()  # nobody tells them: their side of the line was the process
    await goes_on(goes.leg, ola.hertz)
    await goes.hang_up()

    story = await lost.over(Cause.MEDIA_PROCESS_LOST, within=FREE_SECONDS)
    assert [(part["person_id"], part["how"]) for part in story.parts] == [(kari.person_id, "lost")]
    assert [offer["outcome"] for offer in story.offers] == ["answered"]
    story = await goes.over(Cause.CALLER_HUNG_UP)
    assert [(part["person_id"], part["how"]) for part in story.parts] == [(ola.person_id, "caller_hung_up")]
    assert spooled
    assert spooled <= await acme.stored()

    again = await acme.call(WaitFor(what="tone"), HangUp(), via=[first.sip_address])
    assert (await again.leg.finished()).outcome == "completed"
    await again.over(Cause.CALLER_HUNG_UP)


@pytest.mark.slow
async def test_calls_in_every_state_are_closed_when_their_process_is_killed(company: Founder, site: Site) -> None:
    via = [site.media[0].sip_address]
    hears, waits, rings, works = (
        await company(flows.menu),
        await company(members=0, placement={"allow_empty": True}),
        await company(),
        await company(acw_seconds=60),
    )
    await rings.members[0].ignores()
    await works.members[0].answers()
    worked = await works.call(WaitFor(what="tone"), HangUp(), via=via)
    await worked.until(AfterCallStarted)
    waiting = await waits.call(via=via)
    await waiting.until(QueueDecided)
    ringing = await rings.call(via=via)
    telephone = await rings.members[0].rings()
    await ringing.until(LegRinging)
    hearing = await hears.call(via=via)
    await hearing.until(PromptStarted)

    old = await site.kill("media", "--number", "1")

    await site.restarted(1, old)
    for leg in (waiting.leg, ringing.leg, hearing.leg, telephone):
        await leg.hang_up()
    story = await hearing.over(Cause.MEDIA_PROCESS_LOST)
    assert (story.call["status"], story.visits) == ("ended", [])
    story = await waiting.over(Cause.MEDIA_PROCESS_LOST)
    assert [visit["exit"] for visit in story.visits] == ["lost"]
    story = await ringing.over(Cause.MEDIA_PROCESS_LOST, within=FREE_SECONDS)
    assert [visit["exit"] for visit in story.visits] == ["lost"]
    assert [(offer["outcome"], offer["unanswered"]) for offer in story.offers] == [("failed", False)]
    story = await worked.over(Cause.CALLER_HUNG_UP)
    assert [work["ended_at"] is not None for work in story.after_call] == [True]


@pytest.mark.slow
async def test_outgoing_calls_of_a_dead_process_are_counted_no_longer(company: Founder, site: Site) -> None:
    acme = await company(members=0)
    kari = await add_member(acme, number="+4799300001")
    await kari.answers()
    call = await acme.call(via=[site.media[0].sip_address])
    await call.until(PartStarted)
    assert "outgoing" in await acme.leftovers()

    old = await site.kill("media", "--number", "1")

    await site.restarted(1, old)
    await (await kari.rings()).hang_up()
    await call.hang_up()
    await call.over(Cause.MEDIA_PROCESS_LOST, within=FREE_SECONDS)
    assert await acme.leftovers() == {}


@pytest.mark.slow
async def test_a_media_process_that_is_told_to_stop_takes_no_calls_and_lets_its_own_go_on(
    company: Founder, site: Site
) -> None:
    first, second = site.media
    acme = await company(members=3)
    kari, ola, liv = acme.members
    for member in acme.members:
        await member.answers()
    short = await acme.call(via=[first.sip_address])
    await short.until(PartStarted, person_id=kari.person_id)
    long = await acme.call(via=[first.sip_address])
    await long.until(PartStarted, person_id=ola.person_id)

    old = await site.kill("media", "--number", "1", with_signal=signal.SIGTERM)
    new = await acme.call(WaitFor(what="tone", hertz=liv.hertz), Talk())

    await goes_on(new.leg, liv.hertz)
    assert new.leg.report.target == second.sip_address
    for call, member in ((short, kari), (long, ola)):
        await goes_on(call.leg, member.hertz)
    await short.hang_up()
    assert (await long.leg.finished()).hung_up == "them"
    back = await site.restarted(1, old)
    await goes_on(new.leg, liv.hertz)
    await new.hang_up()

    assert [part["how"] for part in (await short.over(Cause.CALLER_HUNG_UP)).parts] == ["caller_hung_up"]
    story = await long.over(Cause.DRAINING)
    assert [part["person_id"] for part in story.parts] == [ola.person_id]
    assert site.settings.media.drain_seconds - 1 < story.call["talk_seconds"] < site.settings.media.drain_seconds + 5
    assert (await new.over(Cause.CALLER_HUNG_UP)).call["media"] == second.name
    assert (back.name, back.sip_address, back.draining) == (first.name, first.sip_address, False)
