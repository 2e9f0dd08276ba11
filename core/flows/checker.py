"""Checks a flow document against a tenant's elements: what would go wrong, where, and how to mend it."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from core.api.elements import AnyElement, Exit
from core.api.texts import N_
from core.flows.document import Document, Node
from core.flows.errors import Problem
from core.flows.settings import check_settings, read_settings

Elements = Mapping[str, AnyElement]
"""Element key → element: the built-in ones and those of the tenant's plugins."""
Exits = dict[str, dict[str, Exit]]
"""Node id → its exits by key. A node whose element or settings are wrong is left out."""


def validate(document: Document, elements: Elements) -> list[Problem]:
    """Every problem of the document; an empty list: it can take calls."""
    exits: Exits = {}
    problems = list(_duplicates(document))
    for node in document.nodes:
        faults = _node(node, elements)
        problems += faults
        if not faults:
            element = elements[node.element]
            config = read_settings(element, node.settings)
            exits[node.id] = {exit.key: exit for exit in element.exits(config)}
    problems += _edges(document, exits)
    problems += _unconnected(document, exits)
    problems += _unreachable(document)
    problems += _endless(document, exits)
    return problems


def _duplicates(document: Document) -> Iterator[Problem]:
    for node, times in Counter(node.id for node in document.nodes).items():
        if times > 1:
            yield Problem(node=node, what=N_("several nodes have this id"), remedy=N_("give each an id of its own"))
    for (node, exit), times in Counter((edge.source, edge.exit) for edge in document.edges).items():
        if times > 1:
            yield Problem(
                node=node,
                what=N_("the exit %(exit)s is connected %(times)s times"),
                remedy=N_("keep one of the connections"),
                values={"exit": exit, "times": str(times)},
            )
    if all(node.id != document.start for node in document.nodes):
        yield Problem(
            node=document.start,
            what=N_("the flow begins at a node that does not exist"),
            remedy=N_("choose the node where a call begins"),
        )


def _node(node: Node, elements: Elements) -> list[Problem]:
    if element := elements.get(node.element):
        return check_settings(element, node.settings, node.id)
    problem = Problem(
        node=node.id,
        what=N_("there is no element %(element)s"),
        remedy=N_("turn the module on that has it, or use one of: %(allowed)s"),
        values={"element": node.element, "allowed": ", ".join(sorted(elements))},
    )
    return [problem]


def _edges(document: Document, exits: Exits) -> Iterator[Problem]:
    known = {node.id for node in document.nodes}
    for edge in document.edges:
        for end in (edge.source, edge.target):
            if end not in known:
                yield Problem(
                    node=edge.source,
                    what=N_("the connection from %(source)s (%(exit)s) to %(target)s lacks the node %(end)s"),
                    remedy=N_("connect it to a node that exists, or remove it"),
                    values={"source": edge.source, "exit": edge.exit, "target": edge.target, "end": end},
                )
        if edge.source in exits and edge.exit not in exits[edge.source]:
            yield Problem(
                node=edge.source,
                what=N_("a connection leaves by %(exit)s, which the node does not have"),
                remedy=N_("remove it, or use one of: %(allowed)s"),
                values={"exit": edge.exit, "allowed": ", ".join(exits[edge.source]) or "-"},
            )


def _unconnected(document: Document, exits: Exits) -> Iterator[Problem]:
    connected = document.following()
    for node, of_node in exits.items():
        for exit in of_node.values():
            if exit.required and (node, exit.key) not in connected:
                yield Problem(
                    node=node,
                    what=N_("the exit %(exit)s leads nowhere"),
                    remedy=N_("connect it to the node that follows"),
                    values={"exit": exit.key},
                )


def _unreachable(document: Document) -> Iterator[Problem]:
    targets: dict[str, list[str]] = {}
    for edge in document.edges:
        targets.setdefault(edge.source, []).append(edge.target)
    reached = {document.start}
    waiting = deque(reached)
    while waiting:
        for target in targets.get(waiting.popleft(), ()):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    for node in document.nodes:
        if node.id not in reached:
            yield Problem(
                node=node.id,
                what=N_("no call can come here"),
                remedy=N_("connect an exit to it, or remove it"),
            )


def _endless(document: Document, exits: Exits) -> Iterator[Problem]:
    """Loops in which the caller never gets time to act; each is named once, with the nodes on it."""
    hurried: dict[str, set[str]] = {}
    for edge in document.edges:
        exit = exits.get(edge.source, {}).get(edge.exit)
        if exit and not exit.waits:
            hurried.setdefault(edge.source, set()).add(edge.target)
    while True:
        try:
            # The sorter wants predecessors; turned round, the same loops are found, told backwards.
            TopologicalSorter(hurried).prepare()
            return
        except CycleError as error:
            loop: list[str] = error.args[1][::-1]
            yield Problem(
                node=loop[0],
                what=N_("the call goes round without end: %(loop)s"),
                remedy=N_("put something on the loop that waits for the caller, such as a menu"),
                values={"loop": " → ".join(loop)},
            )
            hurried[loop[0]].discard(loop[1])
