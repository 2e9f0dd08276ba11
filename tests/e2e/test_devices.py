"""A member with two telephones: which of them ring, and when (PRF-5)."""

from collections.abc import Sequence

from core.calls.events import Cause, LegCreated, LegEnded, LegRinging, LegRole, PartStarted
from core.data import tenant
from core.directory.tables import Device, Person
from core.telephony.simnet.tones import frequency
from tests.e2e.company import CALLER_HERTZ, Company, Member, Story, goes_on
from tests.e2e.conftest import Founder

DESK_HERTZ, MOBILE_HERTZ = frequency(1), frequency(2)


async def two_telephones(of: Company, *, in_order: Sequence[int] = ()) -> tuple[Member, Member]:
    """The member's desk phone and her second telephone; `in_order`: seconds of each, none: both at once."""
    member, network = of.members[0], of.site.network
    second = Member(network, member.person_id, f"{member.address}-mobile", MOBILE_HERTZ)
    with tenant(of.tenant_id):
        await Device(
            person_id=member.person_id, kind="sip", address=f"sip:{second.address}@{network.sip}", position=1
        ).save()
        for position, seconds in enumerate(in_order):
            change = Device.update({Device.ring_seconds: seconds})
            await change.where(Device.person_id == member.person_id, Device.position == position)
        await Person.update({Person.ring_in_order: bool(in_order)}).where(Person.id == member.person_id)
    await of.is_routed()
    return member, second


def rung(story: Story) -> list[str]:
    """The names of her telephones, in the order in which their legs were made."""
    return [leg.address.removeprefix("sip:").partition("@")[0] for leg in story.legs(LegRole.AGENT)]


async def test_both_telephones_of_one_person_ring_and_the_first_to_answer_wins(company: Founder) -> None:
    """PRF-5: the other one stops, told that it was answered elsewhere; it is one offer and one conversation."""
    acme = await company()
    desk, mobile = await two_telephones(acme)
    await desk.ignores()
    await mobile.answers(ring_seconds=1.0)

    call = await acme.call()
    await desk.rings()
    await mobile.rings()
    await call.until(PartStarted)
    await goes_on(call.leg, mobile.hertz)
    await goes_on(await mobile.rings(), CALLER_HERTZ)
    assert not (await (await desk.rings()).finished()).hears(CALLER_HERTZ)
    await call.hang_up()

    story = await call.over(Cause.CALLER_HUNG_UP)
    assert sorted(rung(story)) == sorted([desk.address, mobile.address])
    assert len(story.offers) == len(story.parts) == 1
    lost = next(leg for leg in story.legs(LegRole.AGENT) if desk.address in leg.address and "mobile" not in leg.address)
    assert [ended.cause for ended in story.of(LegEnded, leg_id=lost.leg_id)] == [Cause.ANSWERED_ELSEWHERE]
    assert story.call["talked_with_id"] == desk.person_id


async def test_her_second_telephone_rings_when_the_seconds_of_the_first_are_over(company: Founder) -> None:
    """PRF-5: in order, each for its seconds."""
    acme = await company(placement={"ring_seconds": 30})
    desk, mobile = await two_telephones(acme, in_order=(5, 20))
    await desk.ignores()
    await mobile.answers()

    call = await acme.call()
    await desk.rings()
    await call.until(PartStarted)
    await goes_on(call.leg, mobile.hertz)
    await call.hang_up()

    story = await call.over(Cause.CALLER_HUNG_UP)
    assert rung(story) == [desk.address, mobile.address]
    first, second = (leg.leg_id for leg in story.legs(LegRole.AGENT))
    assert [ended.cause for ended in story.of(LegEnded, leg_id=first)] == [Cause.NO_ANSWER]
    at = {(type(event.data), getattr(event.data, "leg_id", None)): event.at for event in story.events}
    waited = (at[LegCreated, second] - at[LegRinging, first]).total_seconds()
    assert 4.5 < waited < 8
    assert len(story.offers) == 1
