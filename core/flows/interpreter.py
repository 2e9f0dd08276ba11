"""Runs a published flow on a call: element after element, each step journaled, until the call ends."""

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol
from uuid import UUID

import msgspec

from core.api.calls import CallControl, CallerHungUp, Prompt
from core.api.elements import END, AnyElement, Exit, FlowLink
from core.calls.events import Cause, ElementEntered, ElementLeft, FlowEntered, FlowFailed, FlowLinkFailed
from core.calls.ports import JournalWriter
from core.flows.apology import apology
from core.flows.checker import Elements
from core.flows.document import Node, Published
from core.flows.settings import explain, read_settings

logger = logging.getLogger(__name__)

MAX_ELEMENTS = 1000
"""Elements that one call may pass."""
MAX_IN_A_HURRY = 200
"""Elements that one call may pass without an exit at which the caller had time to act."""
MAX_LINKS = 5
"""From flow to flow (FWD-10)."""
LINKED, FAILED = "linked", "failed"
"""By which a node is left when the call goes on in another flow, and when it cannot."""
Linked = Callable[[UUID], Awaitable[Published | None]]
"""The flow that a link leads to."""


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


async def no_links(flow_id: UUID) -> Published | None:
    """For flows that link to none."""
    return None


async def run_flow(
    flow: Published, call: FlowCall, journal: JournalWriter, elements: Elements, linked: Linked = no_links
) -> None:
    """Take the call through the flow. Returns when the flow is over: the call has ended, or was taken over.

    `linked`: the flow that a link leads to, None when there is none. A flow that cannot go on is journaled
    (flow.failed); the caller hears an apology and the call ends with FLOW_FAILED. Raises CallerHungUp when the caller
    is gone.
    """
    walk = _Walk(flow, call, journal, elements, linked)
    try:
        await walk.run()
    except FlowFault as fault:
        logger.error(
            "call %s: flow %s version %s failed at %s: %s",
            call.call_id, walk.flow.name, walk.flow.version, fault.node, fault, exc_info=fault.__cause__,
        )  # fmt: skip
        journal.write(FlowFailed(node=fault.node, problem=str(fault)))
        await _apologise(call)
        await call.end(Cause.FLOW_FAILED, str(fault))


class _Walk:
    """Where a call is: in which flow, at which node, and how far it has come."""

    flow: Published
    _nodes: dict[str, Node]
    _following: dict[tuple[str, str], str]
    _place: str

    def __init__(
        self, flow: Published, call: FlowCall, journal: JournalWriter, elements: Elements, linked: Linked
    ) -> None:
        self._call, self._journal, self._elements, self._linked = call, journal, elements, linked
        self._passed = self._hurried = self._links = 0
        self._enter(flow)

    async def run(self) -> None:
        """Element after element. Raises FlowFault, CallerHungUp."""
        while True:
            node = self._nodes.get(self._place)
            if node is None:
                raise FlowFault(self._place, "the flow goes on to a node that does not exist")
            if self._passed == MAX_ELEMENTS or self._hurried == MAX_IN_A_HURRY:
                problem = f"the call went through {self._passed} elements and goes round without end"
                raise FlowFault(self._place, problem)
            element = self._elements.get(node.element)
            exit = await self._pass(node, element) if element else self._past(node)
            if isinstance(exit, Published):
                self._enter(exit)
                continue
            if exit is None:
                return
            self._passed, self._hurried = self._passed + 1, 0 if exit.waits else self._hurried + 1
            target = self._following.get((self._place, exit.key))
            if target is None:
                if exit.required:
                    raise FlowFault(self._place, f"the exit {exit.key} leads nowhere")
                await self._call.end(Cause.COMPLETED)
                return
            self._place = target

    def _enter(self, flow: Published) -> None:
        """Go on at the start of a flow."""
        self.flow = flow
        self._nodes = {node.id: node for node in flow.document.nodes}
        self._following = flow.document.following()
        self._place = flow.document.start
        entered = FlowEntered(flow_id=flow.flow_id, version_id=flow.version_id, version=flow.version, name=flow.name)
        self._journal.write(entered)

    async def _pass(self, node: Node, element: AnyElement) -> Exit | Published | None:
        """Run one node; returns the exit taken, the flow that it links to, or None when nothing follows."""
        self._journal.write(ElementEntered(node=node.id, element=node.element, title=node.name or element.title))
        key, exits = await _run(node, element, self._call)
        if isinstance(key, FlowLink):
            if flow := await self._follow(node, key.flow):
                self._journal.write(ElementLeft(node=node.id, exit=LINKED))
                return flow
            key = FAILED
        if key != END and key not in exits:
            raise FlowFault(node.id, f"{node.element} left by {key}, an exit that it does not have")
        self._journal.write(ElementLeft(node=node.id, exit=key))
        return exits.get(key)

    async def _follow(self, node: Node, flow_id: UUID) -> Published | None:
        """The flow that a node links to; None, with the reason journaled, when the call cannot go on there."""
        problem = f"it has gone through {MAX_LINKS} links already"  # FWD-10
        if self._links < MAX_LINKS:
            try:
                if flow := await self._linked(flow_id):
                    self._links += 1
                    return flow
                problem = "the flow does not exist, or has no version"
            except Exception as error:
                logger.exception("call %s: the flow %s cannot be read", self._call.call_id, flow_id)
                problem = f"the flow cannot be read: {error}"
        self._journal.write(FlowLinkFailed(node=node.id, flow_id=flow_id, problem=problem))
        return None

    def _past(self, node: Node) -> Exit:
        """The first exit that leads on from an element whose module is off or gone: no call is lost by it.

        Raises FlowFault when none does.
        """
        exit = next((edge.exit for edge in self.flow.document.edges if edge.source == node.id), None)
        if exit is None:
            raise FlowFault(node.id, f"there is no element {node.element}: its module is off or not installed")
        self._journal.write(ElementEntered(node=node.id, element=node.element, title=node.name or node.element))
        self._journal.write(ElementLeft(node=node.id, exit=exit))
        return Exit(exit, "")


async def _run(node: Node, element: AnyElement, call: FlowCall) -> tuple[str | FlowLink, dict[str, Exit]]:
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
