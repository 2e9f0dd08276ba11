"""Runs a published flow on a call: element after element, each step journaled, until the call ends."""

import logging
from typing import Protocol

import msgspec

from core.api.calls import CallControl, CallerHungUp, Prompt
from core.api.elements import END, AnyElement, Exit
from core.calls.events import Cause, ElementEntered, ElementLeft, FlowEntered, FlowFailed
from core.calls.ports import JournalWriter
from core.flows.apology import apology
from core.flows.checker import Elements
from core.flows.document import Document, Node, Published
from core.flows.settings import explain, read_settings

logger = logging.getLogger(__name__)

MAX_ELEMENTS = 1000
"""Elements that one call may pass."""
MAX_IN_A_HURRY = 200
"""Elements that one call may pass without an exit at which the caller had time to act."""


class FlowCall(CallControl, Protocol):
    """The call as the interpreter sees it: elements do not choose the cause of an end."""

    async def end(self, cause: Cause, detail: str = "") -> None:
        """End the call; does nothing when it has ended. Never raises CallerHungUp."""
        ...


class FlowFault(Exception):
    """The flow cannot go on from a node."""

    def __init__(self, node: str, problem: str) -> None:
        super().__init__(problem)
        self.node = node


async def run_flow(flow: Published, call: FlowCall, journal: JournalWriter, elements: Elements) -> None:
    """Take the call through the flow. Returns when the flow is over: the call has ended, or was taken over.

    A flow that cannot go on is journaled (flow.failed); the caller hears an apology and the call ends with
    FLOW_FAILED. Raises CallerHungUp when the caller is gone.
    """
    journal.write(FlowEntered(flow_id=flow.flow_id, version_id=flow.version_id, version=flow.version, name=flow.name))
    try:
        await _walk(flow, call, journal, elements)
    except FlowFault as fault:
        logger.error(
            "call %s: flow %s version %s failed at %s: %s",
            call.call_id, flow.name, flow.version, fault.node, fault, exc_info=fault.__cause__,
        )  # fmt: skip
        journal.write(FlowFailed(node=fault.node, problem=str(fault)))
        await _apologise(call)
        await call.end(Cause.FLOW_FAILED, str(fault))


async def _walk(flow: Published, call: FlowCall, journal: JournalWriter, elements: Elements) -> None:
    nodes = {node.id: node for node in flow.document.nodes}
    following = flow.document.following()
    place = flow.document.start
    passed = hurried = 0
    while True:
        node = nodes.get(place)
        if node is None:
            raise FlowFault(place, "the flow goes on to a node that does not exist")
        if passed == MAX_ELEMENTS or hurried == MAX_IN_A_HURRY:
            raise FlowFault(place, f"the call went through {passed} elements and goes round without end")
        element = elements.get(node.element)
        exit = await _pass(node, element, call, journal) if element else _past(node, flow.document, journal)
        if exit is None:
            return
        passed, hurried = passed + 1, 0 if exit.waits else hurried + 1
        target = following.get((place, exit.key))
        if target is None:
            if exit.required:
                raise FlowFault(place, f"the exit {exit.key} leads nowhere")
            await call.end(Cause.COMPLETED)
            return
        place = target


async def _pass(node: Node, element: AnyElement, call: FlowCall, journal: JournalWriter) -> Exit | None:
    """Run one node; returns the exit taken, None when nothing follows."""
    journal.write(ElementEntered(node=node.id, element=node.element, title=node.name or element.title))
    key, exits = await _run(node, element, call)
    if key != END and key not in exits:
        raise FlowFault(node.id, f"{node.element} left by {key}, an exit that it does not have")
    journal.write(ElementLeft(node=node.id, exit=key))
    return exits.get(key)


def _past(node: Node, document: Document, journal: JournalWriter) -> Exit:
    """The first exit that leads on from an element whose module is off or gone: no call is lost by it.

    Raises FlowFault when none does.
    """
    exit = next((edge.exit for edge in document.edges if edge.source == node.id), None)
    if exit is None:
        raise FlowFault(node.id, f"there is no element {node.element}: its module is off or not installed")
    journal.write(ElementEntered(node=node.id, element=node.element, title=node.name or node.element))
    journal.write(ElementLeft(node=node.id, exit=exit))
    return Exit(exit, "")


async def _run(node: Node, element: AnyElement, call: FlowCall) -> tuple[str, dict[str, Exit]]:
    try:
        config = read_settings(element, node.settings)
        exits = {exit.key: exit for exit in element.exits(config)}
        return await element.run(call, config), exits
    except CallerHungUp:
        raise
    except msgspec.ValidationError as error:
        raise FlowFault(node.id, str(explain(str(error), node=node.id))) from error
    except Exception as error:
        raise FlowFault(node.id, f"{node.element} failed: {type(error).__name__}: {error}") from error


async def _apologise(call: FlowCall) -> None:
    try:
        await call.answer()
        await call.play([Prompt(text=apology(call.language))])
    except CallerHungUp:
        raise
    except Exception:
        logger.exception("call %s: the apology could not be played either", call.call_id)
