"""Somebody calls a number from her own devices, which see and show what she has set (PRF-4, PRF-5)."""

import pytest

from core.calls.events import Cause, LegCreated, LegRole, PartStarted
from core.data import tenant
from core.directory.own import OwnChange, change_own
from core.directory.users import user
from core.identity.model import Principal
from core.identity.service import create_user, principal_of
from core.identity.sessions import Sessions
from core.identity.tables import User
from core.platform.numbers import add_main_number
from core.telephony.making import CallNotMade, make_call
from core.telephony.simnet.script import Callee, HangUp, Talk
from tests.e2e.company import OUTSIDE_HERTZ, Company, goes_on
from tests.e2e.conftest import Founder

CALLED = "+4799100077"


async def account(of: Company) -> Principal:
    """The first member may sign in."""
    with tenant(of.tenant_id):
        made = await create_user("kari@company.example", "Kari", person_id=of.members[0].person_id)
        await User.update({User.name: "Kari"}).where(User.id == made.id)
    principal = await principal_of(made.id)
    assert principal is not None
    return principal


async def test_her_telephone_rings_then_the_number_which_sees_the_number_that_she_shows(company: Founder) -> None:
    """PRF-4: the number she has chosen among the company's is on the outgoing leg."""
    acme = await company()
    kari, network = acme.members[0], acme.site.network
    await kari.answers()
    await network.register(Callee(address=CALLED, hertz=OUTSIDE_HERTZ, ring_seconds=0.5, steps=(Talk(),)))
    me = await account(acme)
    with tenant(acme.tenant_id):
        shown = (await add_main_number("+4722999001")).number
        await change_own(me, OwnChange(presentation_number=shown), Sessions(acme.site.redis, idle_seconds=60))
        await acme.is_routed()
        call_id = await make_call(me, CALLED, acme.site.redis)
    outside = await network.called(CALLED)
    await goes_on(await kari.rings(), OUTSIDE_HERTZ)
    await goes_on(outside, kari.hertz)
    assert (await outside.so_far()).other == shown
    assert kari.address in await acme.leftovers(), "no queue rings her meanwhile"
    await (await kari.rings()).hang_up()

    told = await acme.story(call_id, Cause.CALLER_HUNG_UP)
    assert (told.call["direction"], told.call["made_by_id"], told.call["caller"]) == ("out", kari.person_id, shown)
    assert [part["number"] for part in told.parts] == [CALLED]
    assert told.call["status"] == "answered"


async def test_who_does_not_answer_her_own_telephone_calls_nobody(company: Founder) -> None:
    acme = await company()
    await acme.members[0].rejects(486)
    me = await account(acme)
    with tenant(acme.tenant_id):
        call_id = await make_call(me, CALLED, acme.site.redis)
    told = await acme.story(call_id, Cause.BUSY)
    assert told.legs(LegRole.OUTSIDE) == told.of(PartStarted) == []


async def test_a_number_that_the_company_must_not_call_is_not_called(company: Founder) -> None:
    """PRF-4: the limits against toll fraud hold for calls that somebody makes, too."""
    acme = await company()
    await acme.members[0].answers()
    me = await account(acme)
    with tenant(acme.tenant_id):
        call_id = await make_call(me, "+88216123456", acme.site.redis)
    told = await acme.story(call_id, Cause.NOT_ALLOWED)
    assert [leg.address for leg in told.of(LegCreated, role=LegRole.OUTSIDE)] == ["+88216123456"]


async def test_who_talks_already_makes_no_second_call_and_nobody_without_a_device_one(company: Founder) -> None:
    acme = await company()
    kari = acme.members[0]
    await kari.answers()
    await acme.site.network.register(Callee(address=CALLED, hertz=OUTSIDE_HERTZ, steps=(Talk(seconds=3), HangUp())))
    me = await account(acme)
    with tenant(acme.tenant_id):
        first = await make_call(me, CALLED, acme.site.redis)
        await acme.site.network.called(CALLED)
        second = await make_call(me, CALLED, acme.site.redis)
    await acme.story(second, Cause.BUSY)
    await acme.story(first, Cause.COMPLETED)
    with tenant(acme.tenant_id):
        she = await user(me.user_id)
        off = [one.__class__(one.kind, one.address, enabled=False) for one in she.devices]
        await change_own(me, OwnChange(devices=off), Sessions(acme.site.redis, idle_seconds=60))
        with pytest.raises(CallNotMade):
            await make_call(me, CALLED, acme.site.redis)
