"""The advanced menu: digits, time-outs and exits in virtual time, and where a call goes (IVR-13, ADM-5 … ADM-9)."""

from typing import Any
from uuid import UUID

import pytest

from core.api import END, Context, DialOutcome, FlowLink, Prompt, uuid7
from core.data import tenant
from core.flows.simulator import Press, Script, SimulatedCall, Try
from plugins.routing.elements import AdvancedMenu, AdvancedMenuConfig
from plugins.routing.routes import add_route
from plugins.routing.service import create_list

FLOW = UUID(int=9)
SAY = (Prompt(text="Your postal code."),)


@pytest.fixture
async def list_id(ctx: Context) -> UUID:
    """0150 leads to a number, 50… to a flow."""
    made = await create_list(ctx, "Postal codes")
    await add_route(ctx, made.id, "0150", "+4722334455", {})
    await add_route(ctx, made.id, "50…", "Bergen", {FLOW: "Bergen"})
    return made.id


def keys(text: str, start: float = 2.0, gap: float = 1.0) -> tuple[Press, ...]:
    return tuple(Press(start + gap * place, digit) for place, digit in enumerate(text))


async def run(list_id: UUID, script: Script, **settings: Any) -> tuple[str | FlowLink, SimulatedCall]:
    config = AdvancedMenuConfig(list=list_id, **{"prompts": SAY, "max_digits": 4, **settings})
    call = SimulatedCall(script)
    exit = await AdvancedMenu().run(call, config)
    assert isinstance(exit, FlowLink) or exit in {END, *(one.key for one in AdvancedMenu().exits(config))}
    return exit, call


async def test_a_value_leads_to_its_number_as_soon_as_all_digits_have_come(list_id: UUID) -> None:
    """ADM-1, ADM-7."""
    exit, call = await run(list_id, Script(presses=keys("0150"), tries=(Try(60.0, DialOutcome.ANSWERED),)))
    assert (exit, call.numbers, call.elapsed) == (END, ["+4722334455"], 5.0 + 60.0)


async def test_a_beginning_leads_to_its_flow(list_id: UUID) -> None:
    assert (await run(list_id, Script(presses=keys("5011"))))[0] == FlowLink(FLOW)


async def test_the_terminator_ends_the_input_at_once(list_id: UUID) -> None:
    exit, call = await run(list_id, Script(presses=keys("50#")))
    assert (exit, call.elapsed) == (FlowLink(FLOW), 4.0)


async def test_without_a_terminator_the_time_between_digits_ends_the_input(list_id: UUID) -> None:
    exit, call = await run(list_id, Script(presses=keys("50")), digit_seconds=7, terminator="")
    assert (exit, call.elapsed) == (FlowLink(FLOW), 3.0 + 7.0)


async def test_a_digit_that_comes_too_late_belongs_to_the_next_attempt(list_id: UUID) -> None:
    exit, call = await run(
        list_id, Script(presses=(Press(1.0, "0"), *keys("0150", start=4.5))), digit_seconds=2, attempts=2
    )
    assert exit == END
    assert [prompt.text for prompt in call.played] == [SAY[0].text] * 2


@pytest.mark.parametrize(("pressed", "exit"), [("9999", "invalid"), ("", "no_dial")])
async def test_after_the_last_attempt_the_call_leaves_by_what_was_wrong(list_id: UUID, pressed: str, exit: str) -> None:
    """ADM-9; ADM-6: each attempt waits for the first digit."""
    remarks = {"invalid_prompts": (Prompt(text="Unknown."),), "no_dial_prompts": (Prompt(text="Nothing."),)}
    script = Script(presses=tuple(press for n in range(2) for press in keys(pressed, start=0.1 + 5.0 * n, gap=0.1)))
    taken, call = await run(list_id, script, attempts=2, timeout_seconds=4, **remarks)
    said = "Unknown." if pressed else "Nothing."
    assert taken == exit
    assert [prompt.text for prompt in call.played].count(said) == 2
    if not pressed:
        assert call.elapsed > 2 * 4


@pytest.mark.parametrize("outcome", [one for one in DialOutcome if one is not DialOutcome.ANSWERED])
async def test_a_number_that_is_not_reached_leaves_by_failed(list_id: UUID, outcome: DialOutcome) -> None:
    assert (await run(list_id, Script(presses=keys("0150"), tries=(Try(5.0, outcome),))))[0] == "failed"


async def test_a_list_that_is_gone_or_another_tenants_makes_every_value_a_wrong_one(
    list_id: UUID, tenant_b: UUID
) -> None:
    script = Script(presses=keys("0150"))
    assert (await run(uuid7(), script, attempts=1))[0] == "invalid"
    with tenant(tenant_b):
        assert (await run(list_id, script, attempts=1))[0] == "invalid"


async def test_a_change_holds_from_the_next_call_on(list_id: UUID, ctx: Context) -> None:
    script = Script(presses=keys("7010"))
    assert (await run(list_id, script, attempts=1))[0] == "invalid"
    await add_route(ctx, list_id, "7…", "Bergen", {FLOW: "Bergen"})
    assert (await run(list_id, script, attempts=1))[0] == FlowLink(FLOW)
