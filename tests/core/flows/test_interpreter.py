"""The interpreter: what it journals, how it ends, and that nothing can keep it going for ever."""

from typing import Any, ClassVar
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from core.api.calls import CallControl, CallerHungUp, DialOutcome, Prompt, QueueExit, QueueResult
from core.api.elements import END, Element, Exit
from core.calls.events import (
    CallEnded,
    Cause,
    DigitsCollected,
    ElementEntered,
    ElementLeft,
    FlowEntered,
    FlowFailed,
    FlowLinkFailed,
)
from core.flows.apology import apology
from core.flows.document import Document, Published
from core.flows.elements import BUILT_IN, with_plugins
from core.flows.interpreter import MAX_ELEMENTS, MAX_IN_A_HURRY, MAX_LINKS, no_links, run_flow
from core.flows.simulator import SILENT_CALLER, Press, Script, SimulatedCall, Stay, Try
from tests.core.flows.flows import document, node, published, switchboard


class NoSettings(Struct, frozen=True):
    pass


class Odd(Element[NoSettings]):
    """A plugin's element that does what a test wants."""

    key: ClassVar[str] = "odd.one"
    title: ClassVar[str] = "Odd"
    config: ClassVar[type[Struct]] = NoSettings

    def __init__(self, exit: str = "next", error: Exception | None = None) -> None:
        self.exit = exit
        self.error = error

    def exits(self, config: NoSettings) -> tuple[Exit, ...]:
        return (Exit("next", "Next"), Exit("later", "Later", waits=True))

    async def run(self, call: CallControl, config: NoSettings) -> str:
        if self.error:
            raise self.error
        return self.exit


def odd(id: str) -> Any:
    from core.flows.document import Node

    return Node(id=id, element="odd.one")


async def run(
    flow: Document, script: Script = SILENT_CALLER, elements: Any = BUILT_IN, linked: Any = no_links, **call: Any
) -> SimulatedCall:
    simulated = SimulatedCall(script, **call)
    await run_flow(published(flow), simulated, simulated, elements, linked)
    return simulated


def events(call: SimulatedCall, kind: type) -> list[Any]:
    return [entry.data for entry in call.journal if isinstance(entry.data, kind)]


def path(call: SimulatedCall) -> list[str]:
    return [event.node for event in events(call, ElementEntered)]


async def test_each_step_is_journaled_in_order() -> None:
    call = await run(switchboard(), Script(presses=(Press(3.0, "1"),)))
    (entered,) = events(call, FlowEntered)
    assert (entered.version, entered.name) == (3, "Switchboard")
    steps = [entry.data for entry in call.journal if isinstance(entry.data, ElementEntered | ElementLeft)]
    assert steps == [
        ElementEntered(node="hello", element="core.message", title="Message"),
        ElementLeft(node="hello", exit="next"),
        ElementEntered(node="menu", element="core.menu", title="Menu"),
        ElementLeft(node="menu", exit="1"),
        ElementEntered(node="sales", element="core.queue", title="Queue"),
        ElementLeft(node="sales", exit=END),
    ]
    assert call.cause is Cause.COMPLETED


async def test_the_exit_taken_decides_the_way() -> None:
    stays = (Stay(1, QueueResult(QueueExit.TIMEOUT)), Stay(30, QueueResult(QueueExit.ANSWERED)))
    call = await run(switchboard(), Script(presses=(Press(3.0, "1"),), stays=stays))
    assert path(call) == ["hello", "menu", "sales", "support"]


async def test_an_exit_that_need_not_be_connected_ends_the_call() -> None:
    call = await run(document(node("only", "message", prompt="We are closed.")))
    assert call.cause is Cause.COMPLETED
    assert events(call, FlowFailed) == []
    failed = Script(tries=(Try(5, DialOutcome.BUSY),))
    assert (await run(document(node("out", "transfer", number="+4722334455")), failed)).cause is Cause.COMPLETED


@pytest.mark.parametrize(
    ("flow", "place", "problem"),
    [
        (document(node("menu", "menu", prompt="Press one.", keys="1")), "menu", "no_dial leads nowhere"),
        (document(node("a", "hang_up"), start="b"), "b", "does not exist"),
        (document(node("a", "message", prompt="Hi."), edges="a.next>b"), "b", "does not exist"),
        (document(node("a", "fax")), "a", "there is no element core.fax"),
        (document(node("a", "transfer", number="12")), "a", "number"),
    ],
)
async def test_a_flow_that_points_nowhere_ends_in_a_defined_way(flow: Document, place: str, problem: str) -> None:
    call = await run(flow, language="nb")
    (failed,) = events(call, FlowFailed)
    assert failed.node == place
    assert problem in failed.problem
    assert call.played[-1].text == apology("nb")
    assert call.cause is Cause.FLOW_FAILED


async def test_an_element_whose_module_is_off_is_passed_by_its_first_connected_exit() -> None:
    call = await run(document(node("bell", "bell"), node("bye", "hang_up"), edges="bell.rung>bye bell.failed>bell"))
    assert path(call) == ["bell", "bye"]
    assert events(call, ElementLeft)[0] == ElementLeft(node="bell", exit="rung")
    assert (call.cause, events(call, FlowFailed)) == (Cause.COMPLETED, [])


@pytest.mark.parametrize("error", [RuntimeError("no disk"), TimeoutError(), KeyError("x"), AssertionError("never")])
async def test_an_element_that_raises_costs_the_call_but_the_caller_hears_an_apology(
    error: Exception,
) -> None:
    call = await run(document(odd("odd")), elements=with_plugins({"odd.one": Odd(error=error)}))
    (failed,) = events(call, FlowFailed)
    assert failed == FlowFailed(node="odd", problem=f"odd.one failed: {type(error).__name__}: {error}")
    assert call.played[-1].text == apology("en")
    assert (call.cause, type(call.journal[-1].data)) == (Cause.FLOW_FAILED, CallEnded)


async def test_an_exit_that_the_element_does_not_have_fails_the_flow() -> None:
    call = await run(document(odd("odd")), elements=with_plugins({"odd.one": Odd(exit="sideways")}))
    assert "sideways" in events(call, FlowFailed)[0].problem


async def test_the_call_ends_also_when_the_apology_cannot_be_played() -> None:
    class Mute(SimulatedCall):
        async def play(self, *_: Any, **__: Any) -> str:
            raise OSError("no sound")

    call = Mute()
    await run_flow(published(switchboard()), call, call, BUILT_IN)
    assert call.cause is Cause.FLOW_FAILED
    assert "no sound" in events(call, FlowFailed)[0].problem


async def test_a_loop_in_which_the_caller_cannot_act_is_cut() -> None:
    flow = document(odd("a"), odd("b"), edges="a.next>b b.next>a")
    call = await run(flow, elements=with_plugins({"odd.one": Odd()}))
    assert len(path(call)) == MAX_IN_A_HURRY
    assert "without end" in events(call, FlowFailed)[0].problem
    assert call.cause is Cause.FLOW_FAILED


async def test_a_loop_in_which_nobody_acts_is_cut_in_the_end() -> None:
    flow = document(odd("a"), edges="a.later>a")
    call = await run(flow, elements=with_plugins({"odd.one": Odd(exit="later")}))
    assert len(path(call)) == MAX_ELEMENTS
    assert call.cause is Cause.FLOW_FAILED


async def test_a_plugin_cannot_replace_a_built_in_element() -> None:
    assert with_plugins({"core.menu": Odd()})["core.menu"] is BUILT_IN["core.menu"]


async def test_a_caller_who_hangs_up_leaves_at_once_wherever_the_flow_is() -> None:
    stays = (Stay(20, QueueResult(QueueExit.KEY, "9")), Stay(10, QueueResult(QueueExit.TIMEOUT)))
    presses = (Press(3.0, "1"), Press(40.0, "7"))
    whole = await run(switchboard(), Script(presses=presses, stays=stays))
    assert set(path(whole)) == {"hello", "menu", "sales", "support", "sorry", "bye"}
    for wait in range(whole.waits):
        call = SimulatedCall(Script(presses=presses, stays=stays, hang_up_in_wait=wait))
        with pytest.raises(CallerHungUp):
            await run_flow(published(switchboard()), call, call, BUILT_IN)
        assert events(call, FlowFailed) == []
        assert [event.cause for event in events(call, CallEnded)] == [Cause.CALLER_HUNG_UP]


outcomes = st.sampled_from(
    [QueueExit.TIMEOUT, QueueExit.EMPTY, QueueExit.ANSWERED, QueueExit.KEY, QueueExit.TRANSFERRED]
)


@given(
    presses=st.lists(st.builds(Press, st.floats(0, 900), st.sampled_from("0129*#")), max_size=12),
    exits=st.lists(outcomes, min_size=1, max_size=6),
    hang_up_at=st.none() | st.floats(0, 900),
)
async def test_whatever_caller_and_queue_do_the_call_ends_once_and_never_by_a_fault(
    presses: list[Press], exits: list[QueueExit], hang_up_at: float | None
) -> None:
    stays = tuple(Stay(15, QueueResult(exit, "9" if exit is QueueExit.KEY else "")) for exit in exits)
    call = SimulatedCall(Script(presses=tuple(presses), stays=stays, hang_up_at=hang_up_at))
    try:
        await run_flow(published(switchboard()), call, call, BUILT_IN)
    except CallerHungUp:
        assert call.cause is Cause.CALLER_HUNG_UP
    faults = [event.problem for event in events(call, FlowFailed)]
    # The scripted queue may answer what this placement cannot; nothing else may fail.
    assert all("an exit that it does not have" in fault or "without end" in fault for fault in faults)
    ended = events(call, CallEnded)
    assert len(ended) == 1 or (not ended and QueueExit.TRANSFERRED in exits)
    times = [entry.at for entry in call.journal]
    assert times == sorted(times)


async def test_a_pin_is_told_to_the_element_and_hidden_in_the_journal() -> None:
    call = SimulatedCall(Script(presses=tuple(Press(1.0 + n, key) for n, key in enumerate("4711"))))
    assert await call.collect(max_digits=4, first_timeout=5, prompts=[Prompt(text="Your code?")], secret=True) == "4711"
    assert "4711" not in str(call.journal)
    assert [entry.digits for entry in events(call, DigitsCollected)] == ["••••"]


def linking() -> Document:
    """A link whose exit `failed` leads to a message."""
    link = node("link", "link", flow=str(UUID(int=9)))
    return document(link, node("m", "message", prompt="Sorry."), edges="link.failed>m")


async def test_a_link_goes_on_at_the_start_of_the_other_flow() -> None:
    """IVR-19."""
    asked = []

    async def linked(flow_id: UUID) -> Published:
        asked.append(flow_id)
        return msgspec.structs.replace(published(switchboard()), name="Other", version=8)

    call = await run(linking(), Script(presses=(Press(3.0, "1"),)), linked=linked)
    assert asked == [UUID(int=9)]
    assert [(one.name, one.version) for one in events(call, FlowEntered)][1:] == [("Other", 8)]
    assert path(call)[:3] == ["link", "hello", "menu"]
    assert events(call, ElementLeft)[0] == ElementLeft(node="link", exit="linked")


@pytest.mark.parametrize("fault", ["gone", "unreadable"])
async def test_a_link_to_a_flow_that_is_not_there_leaves_by_failed_and_the_journal_says_why(fault: str) -> None:
    async def linked(flow_id: UUID) -> Published | None:
        if fault == "unreadable":
            raise RuntimeError("broken")
        return None

    call = await run(linking(), linked=linked)
    assert path(call) == ["link", "m"]
    (failed,) = events(call, FlowLinkFailed)
    assert (failed.node, failed.flow_id) == ("link", UUID(int=9))
    assert call.cause is Cause.COMPLETED


async def test_flows_that_link_to_each_other_end_after_five_links() -> None:
    """FWD-10."""

    async def itself(flow_id: UUID) -> Published:
        return published(linking())

    call = await run(linking(), linked=itself)
    assert path(call) == ["link"] * (MAX_LINKS + 1) + ["m"]
    (failed,) = events(call, FlowLinkFailed)
    assert "5 links" in failed.problem
    assert events(call, FlowFailed) == []
