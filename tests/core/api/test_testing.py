"""The scripted call of core.api.testing: built-in elements take it for a real one, and do as in a simulation."""

from uuid import UUID

import pytest

from core.api import AnyElement, CallControl, CallerHungUp, DialOutcome, QueueExit, QueueResult
from core.api.testing import ScriptedCall
from core.flows.elements import BUILT_IN
from core.flows.settings import read_settings
from core.flows.simulator import Press, Script, SimulatedCall, Stay, Try

QUEUE = HOURS = str(UUID(int=7))
SETTINGS = {
    "core.message": {"prompts": [{"text": "Welcome."}]},
    "core.menu": {"prompts": [{"text": "Press one."}], "keys": "12"},
    "core.queue": {"queue": QUEUE},
    "core.transfer": {"number": "+4722334455"},
    "core.language": {"prompts": [{"text": "Norsk: 1."}], "choices": [{"digit": "1", "language": "nb"}]},
    "core.link": {"flow": QUEUE},
    "core.set": {"name": "customer", "value": "{caller}"},
    "core.branch": {"name": "customer", "values": ["gold"]},
    "core.origin": {"countries": ["NO"]},
    "core.counter": {"name": "Campaign"},
    "core.hang_up": {},
    "core.opening_hours": {"schedule": HOURS, "categories": ["open", "lunch"]},
}


@pytest.mark.parametrize("element", BUILT_IN.values(), ids=BUILT_IN)
@pytest.mark.parametrize("key", ["", "1", "2", "9"])
@pytest.mark.parametrize("exit", [QueueExit.ANSWERED, QueueExit.BUSY])
async def test_an_element_leaves_as_in_the_simulator_whatever_happens(
    element: AnyElement, key: str, exit: QueueExit
) -> None:
    config = read_settings(element, SETTINGS[element.key])
    outcome = DialOutcome.ANSWERED if exit is QueueExit.ANSWERED else DialOutcome.BUSY
    call: CallControl = ScriptedCall(key, queued=[QueueResult(exit)], dialled_out=[outcome])
    script = Script(
        presses=(Press(0.1, key),) if key else (),
        stays=(Stay(1.0, QueueResult(exit)),),
        tries=(Try(1.0, outcome),),
        opening={UUID(HOURS): "open"},
    )
    assert await element.run(call, config) == await element.run(SimulatedCall(script), config)


@pytest.mark.parametrize("element", BUILT_IN.values(), ids=BUILT_IN)
async def test_the_caller_hangs_up_at_any_wait(element: AnyElement) -> None:
    config = read_settings(element, SETTINGS[element.key])
    whole = ScriptedCall()
    await element.run(whole, config)
    for wait in range(whole.waits):
        call = ScriptedCall(hang_up_at=wait)
        with pytest.raises(CallerHungUp):
            await element.run(call, config)
        assert call.done == whole.done[:wait]


async def test_digits_are_collected_up_to_the_terminator_or_the_most_that_are_wanted() -> None:
    call = ScriptedCall("12#345")
    assert await call.collect(max_digits=4, first_timeout=5) == "12"
    assert await call.collect(max_digits=2, first_timeout=5) == "34"
    assert await call.play((), interrupt="5") == "5"
    assert await call.collect(max_digits=2, first_timeout=5) == ""


async def test_after_a_hang_up_nothing_can_be_done_with_the_call() -> None:
    call = ScriptedCall(queued=[QueueResult(QueueExit.BUSY), QueueResult(QueueExit.ANSWERED)])
    assert (await call.record(max_seconds=2)).seconds == 2
    await call.hang_up()
    with pytest.raises(CallerHungUp):
        await call.answer()
    assert [name for name, _ in call.done] == ["record", "hang_up"]
