"""The VIP element: who leaves by which exit, what the journal tells, and what happens without a database (VIP-5)."""

from uuid import UUID

import pytest

from core.api import END, Context, uuid7
from core.calls.events import CallEnded, Cause, VipPassed
from core.data import Database, tenant
from core.flows.simulator import SimulatedCall
from plugins.vip.elements import Vip, VipConfig
from plugins.vip.numbers import add_number
from plugins.vip.service import ASKED, ListValues, change_list, create_list

ADA, EVE = "+4722334455", "+4722334456"


async def passed(list_id: UUID, caller: str) -> tuple[str, list[object]]:
    """The exit, and what was journaled."""
    call = SimulatedCall(caller=caller)
    exit = await Vip().run(call, VipConfig(list=list_id))
    return exit, [one.data for one in call.journal]


@pytest.fixture
async def gold(ctx: Context) -> UUID:
    """A list with Ada and all of Sweden on it, and a service level of its own."""
    made = await create_list(ctx, ListValues(name="Gold", service_level_seconds=5))
    await add_number(ctx, made.id, ADA)
    await add_number(ctx, made.id, "+46*")
    return made.id


@pytest.mark.parametrize("caller", [ADA, "+46812345678"])
async def test_who_is_on_the_list_leaves_by_vip_and_the_journal_tells_it(gold: UUID, caller: str) -> None:
    """VIP-5, VIP-3, VIP-4, RQD-2."""
    exit, told = await passed(gold, caller)
    assert exit == "vip"
    assert told == [VipPassed(list_id=gold, name="Gold", service_level_seconds=5)]


@pytest.mark.parametrize("caller", [EVE, "", "+4791234567"])
async def test_who_is_not_leaves_by_normal_without_a_trace(gold: UUID, caller: str) -> None:
    assert await passed(gold, caller) == ("normal", [])


async def test_a_list_that_blocks_hangs_up_on_its_callers_before_anything_answers(gold: UUID, ctx: Context) -> None:
    """VIP-2."""
    await change_list(ctx, gold, ListValues(name="Nuisance", blocks=True, withheld=True), 3)
    for caller in (ADA, ""):
        exit, told = await passed(gold, caller)
        assert exit == END
        assert told == [VipPassed(list_id=gold, name="Nuisance", blocked=True), CallEnded(cause=Cause.COMPLETED)]
    assert (await passed(gold, EVE))[0] == "normal"


async def test_a_change_holds_from_the_next_call_on(gold: UUID, ctx: Context) -> None:
    assert (await passed(gold, EVE))[0] == "normal"
    await add_number(ctx, gold, EVE)
    assert (await passed(gold, EVE))[0] == "vip"


async def test_a_list_that_is_gone_or_another_tenants_treats_everybody_alike(gold: UUID, tenant_b: UUID) -> None:
    assert await passed(uuid7(), ADA) == ("normal", [])
    with tenant(tenant_b):
        assert await passed(gold, ADA) == ("normal", [])


async def test_while_the_database_is_away_the_list_that_was_read_last_serves(gold: UUID, database: Database) -> None:
    assert (await passed(gold, ADA))[0] == "vip"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ASKED, "SECONDS", 0.0)  # no answer comes in no time
        assert (await passed(gold, ADA))[0] == "vip"
        assert (await passed(uuid7(), ADA))[0] == "normal"
