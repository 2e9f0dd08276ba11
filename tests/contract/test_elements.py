"""Its call-flow elements: settings that make a form, stable exits, and a caller who hangs up at every wait."""

import msgspec
import pytest
from msgspec import Struct

from core.api import END, AnyElement, CallerHungUp, DialOutcome, QueueExit, QueueResult
from core.data import tenant
from core.flows.elements import BUILT_IN
from core.flows.simulator import SILENT_CALLER, Press, Script, SimulatedCall, Stay, Try
from core.host.registry import Plugin
from tests.contract.conftest import World
from tests.contract.samples import struct_samples
from tests.contract.test_manifest import schema_of

SCRIPTS = (
    SILENT_CALLER,
    *(Script(presses=tuple(Press(0.5 * n, digit) for n in range(1, 9))) for digit in "1#9"),
    *(Script(stays=(Stay(5.0, QueueResult(exit)),)) for exit in (QueueExit.TIMEOUT, QueueExit.EMPTY, QueueExit.BUSY)),
    *(Script(tries=(Try(5.0, outcome),)) for outcome in DialOutcome),
)


def nodes(plugin: Plugin) -> list[tuple[AnyElement, Struct]]:
    """Its elements, each with its smallest settings and with full ones."""
    elements = plugin.manifest.elements
    if not elements:
        pytest.skip("it has no elements")
    return [(element, config) for element in elements for config in struct_samples(element.config)]


def test_settings_make_a_form_and_survive_the_document(plugin: Plugin) -> None:
    for element, config in nodes(plugin):
        assert schema_of(element.config)["type"] == "object"
        assert msgspec.json.decode(msgspec.json.encode(config), type=element.config) == config


def test_exits_are_the_same_each_time_and_told_apart(plugin: Plugin) -> None:
    for element, config in nodes(plugin):
        exits = element.exits(config)
        assert exits == element.exits(msgspec.convert(msgspec.to_builtins(config), element.config))
        keys = [exit.key for exit in exits]
        assert END not in keys
        assert len(set(keys)) == len(keys)
        assert all(exit.title for exit in exits)


def test_no_built_in_element_is_replaced(plugin: Plugin) -> None:
    assert BUILT_IN.keys().isdisjoint(element.key for element in plugin.manifest.elements)


@pytest.mark.parametrize("script", SCRIPTS)
async def test_it_leaves_by_one_of_its_exits_or_passes_on_that_the_caller_hung_up(world: World, script: Script) -> None:
    for element, config in nodes(world.plugin):
        with tenant(world.a):
            whole = SimulatedCall(script, tenant_id=world.a)
            exit = await element.run(whole, config)
            assert exit == END or exit in {exit.key for exit in element.exits(config)}
            for wait in range(whole.waits):
                call = SimulatedCall(msgspec.structs.replace(script, hang_up_in_wait=wait), tenant_id=world.a)
                with pytest.raises(CallerHungUp):
                    await element.run(call, config)
                assert call.waits == wait + 1, "it goes on with a caller who is gone"


async def test_it_keeps_no_state_between_calls_and_stays_in_its_tenant(world: World) -> None:
    others = await world.rows.of(world.b)
    for element, config in nodes(world.plugin):
        with tenant(world.a):
            exits = {await element.run(SimulatedCall(tenant_id=world.a), config) for _ in range(3)}
        assert len(exits) == 1
    assert await world.rows.of(world.b) == others
