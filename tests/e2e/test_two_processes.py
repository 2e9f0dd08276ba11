"""Two media processes side by side behind one list of addresses."""

import pytest

from core.calls.events import Cause, PartStarted, QueueDecided
from core.telephony.simnet.script import HangUp, Talk, WaitFor
from tests.e2e.company import CALLER_HERTZ
from tests.e2e.conftest import Founder
from tests.e2e.site import Site


@pytest.mark.slow
async def test_they_share_a_queue_first_come_first_served(company: Founder, site: Site) -> None:
    first, second = site.media
    acme = await company()
    kari = acme.members[0]
    await kari.ignores()
    calls = []
    for media in (first, second, second, first):
        calls.append(await acme.call(via=[media.sip_address]))
        await calls[-1].until(QueueDecided)

    await kari.answers(WaitFor(what="tone", hertz=CALLER_HERTZ), Talk(seconds=0.5), HangUp())
    await (await kari.rings()).hang_up()

    stories = [await call.over(Cause.AGENT_HUNG_UP, within=40) for call in calls]
    assert [story.call["media"] for story in stories] == [first.name, second.name, second.name, first.name]
    answered = [story.visits[0]["answered_at"] for story in stories]
    assert answered == sorted(answered)
    assert all(len(story.of(PartStarted)) == 1 for story in stories)


async def test_the_next_address_takes_the_call_when_the_first_does_not_answer(company: Founder, site: Site) -> None:
    acme = await company()
    kari = acme.members[0]
    await kari.answers()

    call = await acme.call(
        WaitFor(what="tone", hertz=kari.hertz), HangUp(), via=["127.0.0.1:9", site.media[1].sip_address]
    )

    assert (await call.leg.finished()).target == site.media[1].sip_address
    assert (await call.over(Cause.CALLER_HUNG_UP)).call["media"] == site.media[1].name
