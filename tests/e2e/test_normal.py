"""When everything goes well."""

from core.calls.events import Cause, DigitsCollected, PartStarted, PromptStarted
from core.telephony.simnet.script import Press, Talk, WaitFor
from tests.e2e import flows
from tests.e2e.company import CALLER_HERTZ, goes_on
from tests.e2e.conftest import Founder


async def test_caller_chooses_in_the_menu_is_answered_and_both_hear_each_other(company: Founder) -> None:
    acme = await company(flows.menu, acw_seconds=1)
    kari = acme.members[0]
    await kari.answers()

    call = await acme.call(WaitFor(what="sound"), Press(digits="1"), WaitFor(what="tone", hertz=kari.hertz), Talk())
    part = await call.until(PartStarted)
    assert part.person_id == kari.person_id

    async def nothing_but_this_call() -> bool:
        return (await acme.leftovers()).keys() == {"live", kari.address}

    await acme.until(nothing_but_this_call, "one call is live and one member is held")
    await goes_on(call.leg, kari.hertz)
    await goes_on(await kari.rings(), CALLER_HERTZ)
    await call.hang_up()

    report = await call.leg.finished()
    story = await call.over(Cause.CALLER_HUNG_UP)
    heard = await (await kari.rings()).finished()
    assert report.hears(kari.hertz)
    assert heard.hears(CALLER_HERTZ)
    assert heard.other == call.number
    assert [event.what for event in story.of(PromptStarted)] == [flows.WELCOME]
    assert [event.digits for event in story.of(DigitsCollected)] == ["1"]
    assert story.call["status"] == "answered"
    assert story.call["talked_with_id"] == kari.person_id
    audible = max(tone.end - tone.start for tone in report.heard if tone.frequency == kari.hertz)
    assert audible - 1 < story.call["talk_seconds"] < report.ended_at - heard.answered_at + 1
    assert [(visit["outcome"], visit["exit"]) for visit in story.visits] == [("answered", "answered")]
    assert [(offer["person_id"], offer["outcome"]) for offer in story.offers] == [(kari.person_id, "answered")]
    assert [(part["kind"], part["how"]) for part in story.parts] == [("queue", "caller_hung_up")]
    assert story.parts[0]["after_call_seconds"] > 0
