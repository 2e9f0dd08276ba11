"""The settings of a node: read into the element's Struct, with every fault named in plain words."""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec
from msgspec import Meta, Struct

from core.api.elements import AnyElement
from core.api.texts import N_
from core.flows.errors import Problem

# What msgspec says → what we say, what to do. Groups of the pattern fill the %(name)s places.
_PLAIN: tuple[tuple[str, str, str], ...] = (
    (r"missing required field `(?P<key>.*)`", N_("%(key)s is missing"), N_("fill it in")),
    (r"unknown field `(?P<key>.*)`", N_("there is no setting called %(key)s"), N_("remove it")),
    (
        r"Expected `(?:int|float)` (?:>=|>) (?P<limit>\S+)",
        N_("the number is too small"),
        N_("use %(limit)s or more"),
    ),
    (
        r"Expected `(?:int|float)` (?:<=|<) (?P<limit>\S+)",
        N_("the number is too large"),
        N_("use %(limit)s or less"),
    ),
    (
        r"Expected `array` of length >= (?P<limit>\d+)",
        N_("the list is too short"),
        N_("give at least %(limit)s"),
    ),
    (
        r"Expected `array` of length <= (?P<limit>\d+)",
        N_("the list is too long"),
        N_("give at most %(limit)s"),
    ),
    (
        r"Expected `str` of length >= (?P<limit>\d+)",
        N_("the text is too short"),
        N_("write at least %(limit)s characters"),
    ),
    (
        r"Expected `str` of length <= (?P<limit>\d+)",
        N_("the text is too long"),
        N_("write at most %(limit)s characters"),
    ),
    (
        r"Expected `str` matching regex (?P<form>.*)",
        N_("the text has not the right form"),
        N_("write it as %(form)s"),
    ),
    (
        r"Invalid enum value (?P<value>.*)",
        N_("%(value)s is not one of the choices"),
        N_("choose one of the list"),
    ),
    (r"Invalid UUID", N_("this is not the id of anything"), N_("choose from the list")),
    (
        r"Expected `(?P<wanted>[^`]*)`, got `(?P<given>[^`]*)`",
        N_("this is %(given)s where %(wanted)s is needed"),
        N_("give %(wanted)s"),
    ),
)
_KINDS = {
    "int": N_("a whole number"),
    "float": N_("a number"),
    "str": N_("a text"),
    "bool": N_("yes or no"),
    "array": N_("a list"),
    "object": N_("a group of settings"),
    "uuid": N_("an id"),
    "null": N_("nothing"),
}


def read_settings(element: AnyElement, settings: Mapping[str, Any]) -> Struct:
    """The settings as the element's Struct; those it does not know are left out. Raises ValidationError."""
    return msgspec.convert(settings, element.config)


def check_settings(element: AnyElement, settings: Mapping[str, Any], node: str = "") -> list[Problem]:
    """Everything that is wrong with a node's settings, one problem for each setting."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(element.config)}
    problems = [
        Problem(
            node=node,
            field=key,
            what=N_("%(element)s has no setting called %(key)s"),
            remedy=N_("remove it; the settings are: %(allowed)s"),
            values={"element": element.key, "key": key, "allowed": ", ".join(fields) or "-"},
        )
        for key in settings
        if key not in fields
    ]
    for key, field in fields.items():
        if key not in settings:
            if field.required:
                problems.append(explain(f"missing required field `{key}`", node=node, root=key))
            continue
        try:
            msgspec.convert(settings[key], field.type)
        except msgspec.ValidationError as error:
            problems.append(explain(str(error), node=node, root=key, kind=field.type))
    if not problems:
        try:
            read_settings(element, settings)
        except msgspec.ValidationError as error:
            problems.append(explain(str(error), node=node))
    return problems


def explain(message: str, *, node: str = "", root: str = "", kind: Any = None) -> Problem:
    """msgspec's message as a problem. `root` is the setting it is about, `kind` that setting's type."""
    text, _, path = message.partition(" - at `$")
    field = (root + path.rstrip("`")).lstrip(".")
    for pattern, what, remedy in _PLAIN:
        if match := re.search(pattern, text):
            values = {name: _kinds(value) for name, value in match.groupdict().items()}
            return Problem(node=node, field=field, what=what, remedy=_hint(kind) or remedy, values=values)
    # A rule of the Struct's own (__post_init__), already in plain words.
    return Problem(node=node, field=field, what="%(rule)s", remedy=N_("correct it"), values={"rule": text})


def _kinds(value: str) -> str:
    return " | ".join(_KINDS.get(part, part) for part in value.split(" | "))


def _hint(kind: Any) -> str:
    """The remedy that the setting's own type knows: its description, or its choices."""
    for note in getattr(kind, "__metadata__", ()):
        if isinstance(note, Meta) and note.description:
            return note.description.replace("%", "%%")
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(str(choice.value) for choice in kind)
    return ""
