"""Flow documents of the tests."""

from typing import Any
from uuid import UUID

WELCOME = "Velkommen. Tast 1 for hjelp."
SORRY = "Ingen er ledige nå."


def hang_up() -> dict[str, Any]:
    return {"id": "end", "element": "core.hang_up"}


def queue(queue_id: UUID, **placement: Any) -> dict[str, Any]:
    """Straight into a queue; who has waited too long hears a message, and the call is over."""
    node = {"id": "queue", "element": "core.queue", "settings": {"queue": str(queue_id), **placement}}
    edges = [("queue", "timeout", "sorry"), ("sorry", "next", "end")]
    if not placement.get("allow_empty"):
        edges.append(("queue", "empty", "end"))
    sorry = {"id": "sorry", "element": "core.message", "settings": {"prompts": [{"text": SORRY}]}}
    return _document("queue", [node, sorry, hang_up()], edges)


def menu(queue_id: UUID, **placement: Any) -> dict[str, Any]:
    """A menu whose 1 leads to a queue."""
    settings = {"prompts": [{"text": WELCOME}], "keys": "1"}
    nodes = [
        {"id": "menu", "element": "core.menu", "settings": settings},
        {"id": "queue", "element": "core.queue", "settings": {"queue": str(queue_id), **placement}},
        hang_up(),
    ]
    edges = [
        ("menu", "1", "queue"),
        ("menu", "invalid", "end"),
        ("menu", "no_dial", "end"),
        ("queue", "timeout", "end"),
        ("queue", "empty", "end"),
    ]
    return _document("menu", nodes, edges)


def transfer(number: str, **settings: Any) -> dict[str, Any]:
    """To an outside number; when that fails a message, then the end."""
    failed = {"id": "failed", "element": "core.message", "settings": {"prompts": [{"text": SORRY}]}}
    node = {"id": "transfer", "element": "core.transfer", "settings": {"number": number, **settings}}
    exits = ("busy", "no_answer", "unreachable", "not_allowed")
    return _document("transfer", [node, failed], [("transfer", exit, "failed") for exit in exits])


def hours(schedule_id: UUID) -> dict[str, Any]:
    """Opening hours; who calls at other times than open ones hears that nobody is there."""
    asked = {"id": "hours", "element": "core.opening_hours", "settings": {"schedule": str(schedule_id)}}
    closed = {"id": "closed", "element": "core.message", "settings": {"prompts": [{"text": SORRY}]}}
    return _document("hours", [asked, closed, hang_up()], [("hours", "open", "end"), ("hours", "otherwise", "closed")])


def _document(start: str, nodes: list[dict[str, Any]], edges: list[tuple[str, str, str]]) -> dict[str, Any]:
    return {
        "start": start,
        "nodes": nodes,
        "edges": [{"source": source, "exit": exit, "target": target} for source, exit, target in edges],
    }
