"""What differs between two documents of a flow, as people speak of it; no I/O."""

from typing import Any

import msgspec
from msgspec import Struct

from core.flows.document import Document, Edge, Node

_MISSING = object()


class NodeChange(Struct, frozen=True, kw_only=True):
    """A node that both documents have. `settings`: path of each setting that differs → before and after."""

    id: str
    element: tuple[str, str] | None = None
    """Before and after; None: the same."""
    name: tuple[str, str] | None = None
    settings: dict[str, tuple[Any, Any]] = {}


class Difference(Struct, frozen=True, kw_only=True):
    """What only the later document has (added, connected), only the earlier one, and what both have but differs."""

    added: tuple[Node, ...] = ()
    removed: tuple[Node, ...] = ()
    changed: tuple[NodeChange, ...] = ()
    connected: tuple[Edge, ...] = ()
    disconnected: tuple[Edge, ...] = ()
    start: tuple[str, str] | None = None
    """Where a call begins, before and after; None: the same."""
    moved: tuple[str, ...] = ()
    """Nodes that only lie elsewhere in the drawing."""

    def __bool__(self) -> bool:
        return self != Difference()


def difference(before: Document, after: Document) -> Difference:
    """From `before` to `after`. The order of nodes and edges means nothing."""
    old, new = {node.id: node for node in before.nodes}, {node.id: node for node in after.nodes}
    both = [(old[id], node) for id, node in new.items() if id in old]
    changes = [_change(one, other) for one, other in both]
    return Difference(
        added=tuple(node for id, node in new.items() if id not in old),
        removed=tuple(node for id, node in old.items() if id not in new),
        changed=tuple(change for change in changes if change != NodeChange(id=change.id)),
        connected=tuple(edge for edge in after.edges if edge not in set(before.edges)),
        disconnected=tuple(edge for edge in before.edges if edge not in set(after.edges)),
        start=None if before.start == after.start else (before.start, after.start),
        moved=tuple(one.id for one, other in both if one.position != other.position),
    )


def _change(before: Node, after: Node) -> NodeChange:
    old, new = _flat(before.settings), _flat(after.settings)
    paths = sorted(path for path in old.keys() | new.keys() if old.get(path, _MISSING) != new.get(path, _MISSING))
    return NodeChange(
        id=after.id,
        element=None if before.element == after.element else (before.element, after.element),
        name=None if before.name == after.name else (before.name, after.name),
        settings={path: (old.get(path), new.get(path)) for path in paths},
    )


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Each single value with its path, such as `prompts[0].text`; an empty list or object is a value."""
    value = msgspec.to_builtins(value)
    if isinstance(value, dict) and value:
        return {key: one for name, part in value.items() for key, one in _flat(part, _joined(path, name)).items()}
    if isinstance(value, list) and value:
        return {key: one for n, part in enumerate(value) for key, one in _flat(part, f"{path}[{n}]").items()}
    return {path: value} if path else {}


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
