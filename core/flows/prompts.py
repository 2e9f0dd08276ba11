"""Finds every prompt that a flow can play, so that they are ready before the first caller hears them."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from core.api.calls import Prompt
from core.flows.checker import Elements
from core.flows.document import Document
from core.flows.settings import read_settings


def prompts_of(document: Document, elements: Elements) -> list[Prompt]:
    """The prompts in the settings of all nodes; nodes that cannot be read have none."""
    found: dict[Prompt, None] = {}
    for node in document.nodes:
        element = elements.get(node.element)
        if element is None:
            continue
        try:
            config = read_settings(element, node.settings)
        except msgspec.ValidationError:
            continue
        found.update(dict.fromkeys(_within(config)))
    return list(found)


def _within(value: Any) -> Iterator[Prompt]:
    if isinstance(value, Prompt):
        yield value
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from _within(getattr(value, name))
    elif isinstance(value, dict):
        for part in value.values():
            yield from _within(part)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for part in value:
            yield from _within(part)
