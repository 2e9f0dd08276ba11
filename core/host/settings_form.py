"""The form of a plugin's settings, made from their type: fields, groups and lists. Pure: no I/O.

Everything that Manifest.settings is made of has a place in it, or the plugin is not loaded.
"""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Struct, inspect

FieldKind = Literal["text", "long", "secret", "whole", "number", "switch", "choice", "date", "time"]
LONG = 200
"""A text that may have more characters than this gets several lines."""
MOST_ROWS = 100
"""Rows of a list that has no limit of its own."""


class UnknownType(TypeError):
    """A type that no form can show; the message names it and says what to take instead."""


class Field(Struct, frozen=True, kw_only=True):
    """One value. `annotation`: its type with its constraints; `choices`: the JSON values it can have."""

    name: str
    title: str
    help: str
    kind: FieldKind
    annotation: Any
    optional: bool = False
    least: float | None = None
    most: float | None = None
    longest: int | None = None
    shortest: int | None = None
    pattern: str = ""
    choices: tuple[Any, ...] = ()


class Rows(Struct, frozen=True, kw_only=True):
    """A list: any number of what `item` is, from `least` to `most`."""

    name: str
    title: str
    help: str
    item: "Part"
    least: int
    most: int
    kind: Literal["rows"] = "rows"


class Group(Struct, frozen=True, kw_only=True):
    """Several parts that belong together: a Struct. `type`: that."""

    name: str
    title: str
    help: str
    parts: "tuple[Part, ...]"
    type: type[Struct]
    kind: Literal["group"] = "group"


Part = Field | Rows | Group


def form_of(settings: type[Struct]) -> Group:
    """The form of a plugin's settings. Raises UnknownType."""
    return _group("", settings, "", "")


def secrets_of(part: Part, path: str = "") -> Iterator[str]:
    """Where the secrets stand, as paths of names with dots."""
    if isinstance(part, Group):
        for one in part.parts:
            yield from secrets_of(one, joined(path, one.name))
    elif isinstance(part, Field) and part.kind == "secret":
        yield path


def joined(path: str, name: object) -> str:
    """The path of a part below another."""
    return f"{path}.{name}" if path else str(name)


def empty(part: Part) -> Any:
    """What a new row of a list begins with, as JSON."""
    if isinstance(part, Group):
        return {one.name: _default(part.type, one) for one in part.parts}
    if isinstance(part, Rows):
        return []
    if part.optional:
        return None
    return {"switch": False, "choice": part.choices[0] if part.choices else ""}.get(part.kind, "")


def _default(owner: type[Struct], part: Part) -> Any:
    """The default that the Struct declares, as JSON; something empty where it declares none."""
    for field in msgspec.structs.fields(owner):
        if field.encode_name == part.name:
            if field.default is not NODEFAULT:
                return msgspec.to_builtins(field.default)
            if field.default_factory is not NODEFAULT:
                return msgspec.to_builtins(field.default_factory())
    return empty(part)


def _group(name: str, kind: type[Struct], title: str, help: str) -> Group:
    parts = tuple(_part(field.encode_name, field.type) for field in msgspec.structs.fields(kind))
    return Group(name=name, title=title, help=help, parts=parts, type=kind)


def _part(name: str, annotation: Any) -> Part:
    """The part of a form for one annotation."""
    plain, optional = _without_none(annotation)
    found = inspect.type_info(plain)
    schema: dict[str, Any] = {}
    for meta in (*_metas(annotation), *(_metas(plain) if optional else ())):
        schema |= {key: value for key in ("title", "description") if (value := getattr(meta, key)) is not None}
        schema |= meta.extra_json_schema or {}
    if isinstance(found, inspect.Metadata):
        found = found.type
    title, help = schema.get("title", name.replace("_", " ").capitalize()), schema.get("description", "")
    if isinstance(found, inspect.StructType) and not optional:
        return _group(name, found.cls, title, help)
    if isinstance(found, (inspect.ListType, inspect.SetType, inspect.FrozenSetType, inspect.VarTupleType)):
        return _rows(name, title, help, plain, found)
    return Field(
        name=name,
        title=title,
        help=help,
        annotation=annotation,
        optional=optional,
        **_details(name, plain, found, schema),
    )


def _rows(name: str, title: str, help: str, annotation: Any, found: Any) -> Rows:
    item = _part("", get_args(_bare(annotation))[0])
    if next(secrets_of(item), None) is not None or isinstance(item, Rows):
        raise UnknownType(f"{name}: a list cannot hold secrets or lists; hold them in the settings themselves")
    most = MOST_ROWS if found.max_length is None else found.max_length
    return Rows(name=name, title=title, help=help, item=item, least=found.min_length or 0, most=most)


def _details(name: str, annotation: Any, found: inspect.Type, schema: dict[str, Any]) -> dict[str, Any]:
    """What kind of field it is, and its constraints."""
    match found:
        case inspect.StrType():
            long = (found.max_length or 0) > LONG
            return {
                "kind": "secret" if schema.get("writeOnly") else "long" if long else "text",
                "longest": found.max_length,
                "shortest": found.min_length,
                "pattern": found.pattern or "",
            }
        case inspect.IntType():
            above, below = found.gt, found.lt
            least = found.ge if above is None else above + 1
            return {"kind": "whole", "least": least, "most": found.le if below is None else below - 1}
        case inspect.FloatType():
            return {"kind": "number", "least": found.ge, "most": found.le}
        case inspect.BoolType():
            return {"kind": "switch"}
        case inspect.EnumType():
            return {"kind": "choice", "choices": tuple(member.value for member in found.cls)}
        case inspect.LiteralType():
            return {"kind": "choice", "choices": get_args(_bare(annotation))}
        case inspect.DateType():
            return {"kind": "date"}
        case inspect.TimeType():
            return {"kind": "time"}
    kinds = "str, int, float, bool, date, time, enums, Literal, Struct, or a list or tuple of these"
    raise UnknownType(f"{name}: no form can show a {type(found).__name__.removesuffix('Type')}; take {kinds}")


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """The annotation without None, and whether that was in it."""
    bare = _bare(annotation)
    if get_origin(bare) in (Union, types.UnionType) and type(None) in get_args(bare):
        rest = [one for one in get_args(bare) if one is not type(None)]
        return (rest[0] if len(rest) == 1 else bare), True
    return annotation, False


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _metas(annotation: Any) -> list[msgspec.Meta]:
    found = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return [one for one in found if isinstance(one, msgspec.Meta)]
