"""A value of any type that a plugin declares: the smallest there is, or one with something in every list."""

from typing import Any

import msgspec
from hypothesis import find
from hypothesis import strategies as st
from msgspec import Struct
from msgspec import inspect as types

from core.api import Prompt
from tests.contract.rows import SHARED


def sample(kind: Any, *, full: bool = False) -> Any:
    """A value of the type. `full`: lists have an element, and fields are filled although they have a default."""
    return msgspec.convert(_builtin(types.type_info(kind), full), kind, strict=False)


def _builtin(kind: types.Type, full: bool) -> Any:
    """The value as plain data, which msgspec converts."""
    match kind:
        case types.Metadata():
            return _builtin(kind.type, full)
        case types.StructType(cls=cls) if cls is Prompt:
            return {"text": "Hello."}
        case types.StructType(fields=fields):
            values = {field.encode_name: _builtin(field.type, full) for field in fields if full or field.required}
            return values | ({kind.tag_field: kind.tag} if kind.tag_field else {})
        case types.NoneType():
            return None
        case types.BoolType():
            return False
        case types.IntType(ge=least, gt=above) | types.FloatType(ge=least, gt=above):
            return least if least is not None else above + 1 if above is not None else 0
        case types.StrType(pattern=str(pattern)):
            return find(st.from_regex(pattern, fullmatch=True), lambda _: True)
        case types.StrType(min_length=length):
            return "1" * (length or 1)
        case types.UUIDType():
            return str(SHARED)
        case types.DateTimeType():
            return "2026-03-02T12:00:00Z"
        case types.DateType():
            return "2026-03-02"
        case types.TimeType():
            return "12:00:00"
        case types.EnumType(cls=cls):
            return next(iter(cls)).value
        case types.LiteralType(values=values):
            return values[0]
        case types.ListType() | types.VarTupleType() | types.SetType() | types.FrozenSetType():
            return [_builtin(kind.item_type, full)] * max(kind.min_length or 0, int(full))
        case types.TupleType(item_types=items):
            return [_builtin(item, full) for item in items]
        case types.DictType():
            return {}
        case types.UnionType(types=members):
            return _builtin(next((one for one in members if not isinstance(one, types.NoneType)), members[0]), full)
        case types.AnyType() | types.RawType():
            return {}
    raise AssertionError(f"tests/contract/samples.py cannot make a {kind}; add it there")


def struct_samples(kind: type[Struct]) -> list[Struct]:
    """The smallest and a full one."""
    return [sample(kind), sample(kind, full=True)]
