"""A telephone that holds by re-INVITE: who is put on hold hears music, and the journal tells who held for how long."""

import pytest

from core.calls.events import Cause, HoldEnded, HoldStarted
from core.calls.timeline import timeline
from core.telephony.simnet.script import Callee, HangUp, Hold, Talk, WaitFor
from tests.e2e import flows
from tests.e2e.company import CALLER_HERTZ, OUTSIDE_HERTZ, Story
from tests.e2e.conftest import Founder

HOLD_SECONDS = 2.5
OUTSIDE = "+4722100077"


def told(story: Story) -> list[str]:
    """What the timeline says of holds."""
    return [line.words() for line in timeline(story.events) if line.type.startswith("hold.")]


async def test_a_member_holds_and_the_caller_hears_music_until_she_is_back(company: Founder) -> None:
    acme = await company()
    kari = acme.members[0]
    await kari.answers(Talk(seconds=1), Hold(seconds=HOLD_SECONDS), Talk())
    talks = WaitFor(what="tone", hertz=kari.hertz)

    call = await acme.call(talks, WaitFor(what="music"), talks, HangUp())

    assert (await call.leg.finished()).outcome == "completed"
    story = await call.over(Cause.CALLER_HUNG_UP)
    assert [event.by_caller for event in (*story.of(HoldStarted), *story.of(HoldEnded))] == [False, False]
    assert story.call["hold_seconds"] == pytest.approx(HOLD_SECONDS, abs=0.7)
    assert story.parts[0]["hold_seconds"] == story.visits[0]["hold_seconds"] == story.call["hold_seconds"]
    name = f"Agent {kari.address}"
    held = round(story.call["hold_seconds"])
    assert told(story) == [f"{name} put the caller on hold", f"{name} took the caller off hold after {held} s"]


async def test_a_caller_holds_and_the_member_hears_music_which_is_no_hold_of_hers(company: Founder) -> None:
    acme = await company()
    kari = acme.members[0]
    talks = WaitFor(what="tone", hertz=CALLER_HERTZ)
    await kari.answers(talks, WaitFor(what="music"), talks, HangUp())

    call = await acme.call(WaitFor(what="answer"), Talk(seconds=2), Hold(seconds=HOLD_SECONDS), Talk())

    story = await call.over(Cause.AGENT_HUNG_UP)
    assert (await (await kari.rings()).finished()).outcome == "completed"
    assert [event.by_caller for event in (*story.of(HoldStarted), *story.of(HoldEnded))] == [True, True]
    assert story.call["hold_seconds"] == story.parts[0]["hold_seconds"] == 0
    name = f"Agent {kari.address}"
    assert told(story)[0] == f"The caller put {name} on hold"


async def test_an_outside_party_holds_again_and_again_and_the_total_counts(company: Founder) -> None:
    acme = await company(flow=None)
    hold = (Talk(seconds=1), Hold(seconds=2))
    outside = Callee(address=OUTSIDE, hertz=OUTSIDE_HERTZ, steps=(*hold, *hold, Talk(seconds=0.5), HangUp()))
    await acme.site.network.register(outside)
    await acme.publish(flows.transfer(OUTSIDE))

    talks, music = WaitFor(what="tone", hertz=OUTSIDE_HERTZ), WaitFor(what="music")
    call = await acme.call(talks, music, talks, music)

    story = await call.over(Cause.AGENT_HUNG_UP)
    assert len(story.of(HoldStarted, by_caller=False)) == len(story.of(HoldEnded, by_caller=False)) == 2
    assert story.call["hold_seconds"] == pytest.approx(4.0, abs=1.0)
    assert (await call.leg.finished()).outcome == "completed"
