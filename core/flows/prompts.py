"""Finds every prompt that a flow can play: to have them ready in time, and to tell of sounds that are gone."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from core.api.calls import Prompt
from core.api.texts import N_
from core.audio.sounds import there_are
from core.flows.checker import Elements, validate
from core.flows.document import Document
from core.flows.errors import Problem
from core.flows.settings import read_settings


def prompts_of(document: Document, elements: Elements) -> list[Prompt]:
    """The prompts in the settings of all nodes; nodes that cannot be read have none."""
    return list(dict.fromkeys(prompt for _, _, prompt in _placed(document, elements)))


async def problems_of(document: Document, elements: Elements) -> list[Problem]:
    """Everything that is wrong with a document of the tenant in force, also sounds that its library does not have."""
    placed = [one for one in _placed(document, elements) if one[2].sound is not None]
    known = await there_are({prompt.sound for _, _, prompt in placed if prompt.sound}) if placed else set()
    missing = [
        Problem(
            node=node,
            field=field,
            what=N_("the sound %(sound)s is not in the library, or was removed"),
            remedy=N_("choose another sound, or write a text"),
            values={"sound": str(prompt.sound)},
        )
        for node, field, prompt in placed
        if prompt.sound not in known
    ]
    return validate(document, elements) + missing


def _placed(document: Document, elements: Elements) -> Iterator[tuple[str, str, Prompt]]:
    """Every prompt with its node and its place in the settings, such as `prompts[0]`."""
    for node in document.nodes:
        element = elements.get(node.element)
        if element is None:
            continue
        try:
            config = read_settings(element, node.settings)
        except msgspec.ValidationError:
            continue
        for field, prompt in _within(config, ""):
            yield node.id, field, prompt


def _within(value: Any, path: str) -> Iterator[tuple[str, Prompt]]:
    if isinstance(value, Prompt):
        yield path, value
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from _within(getattr(value, name), f"{path}.{name}" if path else name)
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _within(part, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple, set, frozenset)):
        for number, part in enumerate(value):
            yield from _within(part, f"{path}[{number}]")
