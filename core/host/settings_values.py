"""Values for the form of a plugin's settings: read from what a form sent, and checked. Pure: no I/O."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from core.api.errors import Invalid, Problems, Refused
from core.api.texts import N_
from core.host.settings_form import Field, Group, Part, Rows, joined

Plain = dict[str, Any]
"""Settings as JSON values."""

NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
ROW = ".row"
"""After the path of each row of a list: a form sends nothing for a switch that is off, but the row is there."""

_NUMBERS = {
    ("whole", True, True): N_("Write a whole number from {least} to {most}."),
    ("whole", True, False): N_("Write a whole number, at least {least}."),
    ("whole", False, True): N_("Write a whole number, at most {most}."),
    ("whole", False, False): N_("Write a whole number."),
    ("number", True, True): N_("Write a number from {least} to {most}."),
    ("number", True, False): N_("Write a number, at least {least}."),
    ("number", False, True): N_("Write a number, at most {most}."),
    ("number", False, False): N_("Write a number."),
}
"""By kind, and whether there is a least and a most."""
_TEXTS = {
    (True, True): N_("Write from {shortest} to {longest} characters."),
    (True, False): N_("Write at least {shortest} characters."),
    (False, True): N_("Write at most {longest} characters."),
    (False, False): N_("Write a text."),
}


def checked(form: Group, values: Plain, translate: Callable[[str], str] = str) -> Any:
    """The settings of these values; what is not given has its default. Raises Invalid, with every field that is wrong.

    A rule between fields is checked by the Struct's own __post_init__; what that raises as ValueError is the text, a
    gettext id of the plugin, which `translate` shows in the language of the request.
    """
    problems = Problems()
    for problem in _wrong(form, values, ""):
        problems.add(problem)
    problems.check()
    try:
        return msgspec.convert(values, form.type)
    except msgspec.ValidationError as error:
        raise Invalid("{text}", text=translate(str(error).partition(" - at `$")[0])) from None


def plain_of(form: Group, sent: Mapping[str, str]) -> Plain:
    """The values that a form sent, by the paths of its fields; what is no number stays a text, for `checked`."""
    return {one.name: _plain(one, sent, one.name) for one in form.parts}


def _plain(part: Part, sent: Mapping[str, str], path: str) -> Any:
    if isinstance(part, Group):
        return {one.name: _plain(one, sent, joined(path, one.name)) for one in part.parts}
    if isinstance(part, Rows):
        begin = path + "."
        marks = (name.removeprefix(begin).removesuffix(ROW) for name in sent if name.startswith(begin))
        places = sorted({int(mark) for mark in marks if mark.isascii() and mark.isdecimal() and len(mark) < 5})
        return [_plain(part.item, sent, joined(path, place)) for place in places]
    return _value(part, sent.get(path, ""))


def _value(field: Field, text: str) -> Any:
    """One field's JSON value."""
    if field.kind == "switch":
        return bool(text)
    text = text.replace("\r\n", "\n") if field.kind == "long" else text.strip()
    if not text and field.optional:
        return None
    if field.kind == "choice":
        return next((choice for choice in field.choices if str(choice) == text), text)
    if field.kind == "time":
        return f"{text}:00" if len(text) == len("08:00") else text
    if field.kind in ("whole", "number") and NUMBER.fullmatch(text.replace(",", ".")):
        return int(text) if text.lstrip("-").isdecimal() else float(text.replace(",", "."))
    return text


def _wrong(part: Part, value: Any, path: str) -> Iterator[Refused]:
    """What is wrong with a value, each with the path of its field."""
    if isinstance(part, Group):
        if not isinstance(value, dict):
            yield Invalid(N_("This must be an object of fields."), field=path)
            return
        known = {one.name: one for one in part.parts}
        for name, one in value.items():
            if name in known:
                yield from _wrong(known[name], one, joined(path, name))
            else:
                yield Invalid(N_("There is no setting {name}."), field=joined(path, name), name=str(name)[:60])
    elif isinstance(part, Rows):
        if not isinstance(value, list) or not part.least <= len(value) <= part.most:
            text = N_("Give a list of {least} to {most}.")
            yield Invalid(text, field=path, least=part.least, most=part.most)
            return
        for place, one in enumerate(value):
            yield from _wrong(part.item, one, joined(path, place))
    else:
        try:
            msgspec.convert(value, part.annotation)
        except msgspec.ValidationError:
            yield _wanted(part, path)


def _wanted(field: Field, path: str) -> Invalid:
    """What can stand in a field: all of it, whatever was wrong."""
    match field.kind:
        case "whole" | "number":
            text = _NUMBERS[field.kind, field.least is not None, field.most is not None]
            return Invalid(text, field=path, least=_short(field.least), most=_short(field.most))
        case "choice":
            return Invalid(N_("Choose one of: {choices}."), field=path, choices=", ".join(map(str, field.choices)))
        case "switch":
            return Invalid(N_("Say true or false."), field=path)
        case "date":
            return Invalid(N_("Write a day as 2026-11-25."), field=path)
        case "time":
            return Invalid(N_("Write a time of day as 08:00."), field=path)
    if field.pattern:
        return Invalid(N_("This is not written as it has to be."), field=path)
    text = _TEXTS[field.shortest is not None, field.longest is not None]
    return Invalid(text, field=path, shortest=field.shortest, longest=field.longest)


def _short(number: float | None) -> str:
    """A number without a needless .0."""
    return "" if number is None else f"{number:g}" if number == int(number) and abs(number) < 1e6 else str(number)
