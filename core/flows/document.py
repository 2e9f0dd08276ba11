"""The flow document: nodes, the edges between their exits, and where a call begins (docs/flows.md)."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from core.api.texts import N_
from core.flows.errors import FlowInvalid, Problem
from core.flows.settings import explain

NodeId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


class Position(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the editor draws a node, in its own units."""

    x: float = 0.0
    y: float = 0.0


class Node(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One placement of an element, with the settings of this placement (IVR-7)."""

    id: NodeId
    element: str
    """Key of the element, such as `core.menu`."""
    settings: dict[str, Any] = {}
    name: Annotated[str, Meta(max_length=100)] = ""
    """What the company calls it; empty: the element's title."""
    position: Position = Position()


class Edge(Struct, frozen=True, forbid_unknown_fields=True):
    """From an exit of a node to the node that follows."""

    source: NodeId
    exit: str
    target: NodeId


class Document(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole flow. `format` changes when documents of the old form can no longer be read as they are."""

    start: NodeId
    nodes: Annotated[tuple[Node, ...], Meta(max_length=1000)]
    edges: Annotated[tuple[Edge, ...], Meta(max_length=10_000)] = ()
    format: Literal[1] = 1

    def following(self) -> dict[tuple[str, str], str]:
        """(node, exit) → the node that follows."""
        return {(edge.source, edge.exit): edge.target for edge in self.edges}


class Published(Struct, frozen=True, kw_only=True):
    """A version of a flow that takes calls: all that a media process needs of it."""

    flow_id: UUID
    version_id: UUID
    version: int
    name: str
    document: Document


def parse(data: bytes | str) -> Document:
    """The document written in JSON. Raises FlowInvalid with the place when it is no such document."""
    try:
        return msgspec.json.decode(data, type=Document)
    except msgspec.ValidationError as error:
        raise FlowInvalid([explain(str(error))]) from None
    except msgspec.DecodeError as error:
        problem = Problem(
            what=N_("this is not JSON: %(why)s"),
            remedy=N_("send a flow document as docs/flows.md describes it"),
            values={"why": str(error)},
        )
        raise FlowInvalid([problem]) from None
