"""Flow documents for tests."""

from typing import Any
from uuid import UUID

from core.flows.document import Document, Edge, Node, Published

QUEUE = str(UUID(int=7))


def node(id: str, element: str, **settings: Any) -> Node:
    """A node; `prompt` is short for one spoken text."""
    if "prompt" in settings:
        settings["prompts"] = [{"text": settings.pop("prompt")}]
    return Node(id=id, element=f"core.{element}", settings=settings)


def document(*nodes: Node, edges: str = "", start: str = "") -> Document:
    """A document; edges are written `node.exit>node` with spaces between."""
    parts = [edge.replace(">", ".").split(".") for edge in edges.split()]
    return Document(
        start=start or nodes[0].id,
        nodes=nodes,
        edges=tuple(Edge(source, exit, target) for source, exit, target in parts),
    )


def published(flow: Document) -> Published:
    return Published(flow_id=UUID(int=11), version_id=UUID(int=12), version=3, name="Switchboard", document=flow)


def switchboard() -> Document:
    """Greeting, menu, two queues, a farewell: a flow without faults."""
    return document(
        node("hello", "message", prompt="Welcome to Fjord Industries."),
        node("menu", "menu", prompt="Press one for sales, two for support.", keys="12", attempts=2),
        node("sales", "queue", queue=QUEUE, total_seconds=120, keys="9"),
        node("support", "queue", queue=QUEUE, total_seconds=300, allow_empty=True),
        node("sorry", "message", prompt="Please call again later."),
        node("bye", "hang_up"),
        edges="hello.next>menu menu.1>sales menu.2>support menu.invalid>sorry menu.no_dial>support "
        "sales.timeout>support sales.empty>sorry sales.9>menu support.timeout>sorry sorry.next>bye",
    )
