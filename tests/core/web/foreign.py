"""Another tenant with a row of everything, and every way in which a request can name what is hers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import UUID

import asyncpg
import msgspec
from litestar import Litestar
from litestar.datastructures import UploadFile
from litestar.enums import ParamType
from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg
from litestar.routes import HTTPRoute
from msgspec import inspect

from core.web.intake import JSON, wanted_type

MARK = "only-her-tenant-may-read-this"
TABLES = """
    SELECT c.relname, a.attname, format_type(a.atttypid, NULL) AS type, t.typcategory::text AS category,
           a.attnotnull AND NOT a.atthasdef AS needed
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_type t ON t.oid = a.atttypid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND a.attgenerated = '' AND a.attidentity = ''
       AND EXISTS (SELECT FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attname = 'tenant_id')
     ORDER BY c.relname, a.attnum
"""
CHECKS = """
    SELECT conrelid::regclass::text AS name, conname FROM pg_constraint
     WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND conislocal
       AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = conrelid)
"""
BY_TYPE = {"uuid": "{id}", "jsonb": '{{"text": "{mark}"}}', "json": '{{"text": "{mark}"}}', "bytea": "{mark}"}
BY_CATEGORY = {"B": "true", "N": "1", "S": "{mark}", "D": "now", "T": "1 hour", "I": "192.0.2.1", "A": "{{{mark}}}"}
"""What a column holds: by its type, or by PostgreSQL's category of types."""


class Foreign:
    """A tenant's rows: one in every table that has tenants, all with the same id and with MARK as their texts."""

    def __init__(self, superuser: asyncpg.Connection, tenant_id: UUID, id: UUID) -> None:
        self._superuser, self.tenant_id, self.id = superuser, tenant_id, id
        self.tables: dict[str, list[asyncpg.Record]] = {}

    async def fill(self) -> None:
        """Make the rows. What they say need make no sense, so no check of the tables is in force here."""
        for row in await self._superuser.fetch(TABLES):
            self.tables.setdefault(row["relname"], []).append(row)
        for table, name in await self._superuser.fetch(CHECKS):
            await self._superuser.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        await self._superuser.execute("SET session_replication_role = replica")  # nor any foreign key
        for table, columns in self.tables.items():
            values = {row["attname"]: self._value(row) for row in columns}
            values["tenant_id"] = str(self.tenant_id)
            given = {name: value for name, value in values.items() if value is not None}
            kinds = [row["type"] for row in columns if row["attname"] in given]
            casts = ", ".join(f"${number}::text::{kind}" for number, kind in enumerate(kinds, 1))
            sql = f"INSERT INTO {table} ({', '.join(given)}) VALUES ({casts})"
            await self._superuser.execute(sql, *given.values())

    def _value(self, column: asyncpg.Record) -> str | None:
        """The column's value as text; None for a type that cannot be marked and need not be there."""
        text = BY_TYPE.get(column["type"]) or BY_CATEGORY.get(column["category"])
        if text is None:
            assert not column["needed"], f"say in BY_TYPE what a {column['type']} is ({column['relname']})"
            return None
        return text.format(id=self.id, mark=MARK)

    async def rows(self) -> dict[str, list[str]]:
        """Everything that the tenant has, as text, by table."""
        keys = {**dict.fromkeys(self.tables, "tenant_id"), "tenant": "id"}
        parts = [f"SELECT '{table}', to_jsonb(x)::text FROM {table} x WHERE {key} = $1" for table, key in keys.items()]
        found: dict[str, list[str]] = {table: [] for table in keys}
        for table, row in await self._superuser.fetch(" UNION ALL ".join(parts) + " ORDER BY 1, 2", self.tenant_id):
            found[table].append(row)
        return found


@dataclass(frozen=True)
class Attempt:
    """One request that names what is another tenant's, wherever its route takes a name."""

    method: str
    route: str
    path: str
    permission: str
    in_path: bool
    in_body: bool
    sent: dict[str, Any] = field(default_factory=dict)
    """For httpx."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def attempts(app: Litestar, foreign: Foreign) -> Iterator[Attempt]:
    """At least one request for each method of each HTTP route of the app."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for method, (handler, _) in sorted(route.route_handler_map.items()):
            if method in ("OPTIONS", "HEAD"):
                continue
            for path in _paths(route, foreign):
                sent, ids = _sent(handler, foreign.id)
                yield Attempt(
                    method, route.path, path, str(handler.opt.get("permission")), bool(route.path_parameters), ids, sent
                )


def _paths(route: HTTPRoute, foreign: Foreign) -> list[str]:
    """The route's address with each id of the tenant; a text parameter may also be the name of a thing."""
    found = {}
    for value in (foreign.id, foreign.tenant_id, MARK):
        path = ""
        for part in route.path_components:
            if isinstance(part, str):
                path += f"/{part}"
            elif part.type in (UUID, str) or issubclass(part.type, str):
                path += f"/{foreign.id if part.type is UUID and value == MARK else value}"
            else:
                path += "/1" if part.type in (int, float) else f"/{value}"
        found[path or "/"] = None
    return list(found)


def _sent(handler: HTTPRouteHandler, id: UUID) -> tuple[dict[str, Any], bool]:
    """Query, headers and body, and whether the body can name anything."""
    query, headers = {}, {}
    for name, parameter in handler.parsed_fn_signature.parameters.items():
        kwarg = parameter.kwarg_definition
        if not isinstance(kwarg, ParameterKwarg) or parameter.is_di_field:
            continue
        if kwarg.param_type == ParamType.HEADER and kwarg.name == "If-Match":
            headers["If-Match"] = '"1"'
        elif kwarg.param_type == ParamType.QUERY and (UUID in _kinds(parameter.annotation) or parameter.is_required):
            query[kwarg.name or name] = _flat(sample(inspect.type_info(parameter.annotation), id))
    sent: dict[str, Any] = {"params": query, "headers": headers}
    data = handler.parsed_data_field
    if data is None:
        return sent, False
    body = sample(inspect.type_info(data.annotation), id)
    kind = wanted_type(handler)
    if kind == JSON:
        return sent | {"json": msgspec.to_builtins(body)}, str(id) in str(body)
    values = body if isinstance(body, dict) else {"file": body}
    files = {name: value for name, value in values.items() if isinstance(value, tuple)}
    plain = {name: _flat(value) for name, value in values.items() if name not in files}
    if kind == "multipart/form-data":
        sent["files"] = files or {"none": ("", b"")}
    return sent | {"data": plain}, str(id) in str(plain)


def _kinds(annotation: Any) -> set[Any]:
    """The types that an annotation is made of."""
    return {annotation, *(kind for part in getattr(annotation, "__args__", ()) for kind in _kinds(part))}


def _flat(value: Any) -> Any:
    """A value as forms and queries carry it."""
    if isinstance(value, list):
        return [_flat(one) for one in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, dict) else str(value)


TEXTS = {
    "email": "somebody@example.com",
    "number": "+4722334455",
    "timezone": "Europe/Oslo",
    "language": "nb",
    "name": "Something new",
}
"""What a text field holds, by a word in its name; every other one holds an id, which may be a name as well."""


PATTERNED = ("closed", "#147a3f", "NO")
"""What a text field with a pattern holds that no id fits: the first of these that does."""


def sample(kind: inspect.Type, id: UUID, name: str = "") -> Any:
    """A value of this type with `id` wherever an id fits, in JSON's types; a file is what httpx sends as one."""
    match kind:
        case inspect.UUIDType():
            return str(id)
        case inspect.StrType():
            text = next((text for word, text in TEXTS.items() if word in name), str(id))
            if kind.pattern and not re.search(kind.pattern, text):
                text = next(text for text in PATTERNED if re.search(kind.pattern, text))
            return text[: kind.max_length] if kind.max_length else text
        case inspect.BoolType():
            return True
        case inspect.IntType() | inspect.FloatType():
            return kind.ge if kind.ge is not None else 1
        case inspect.LiteralType():
            return kind.values[0]
        case inspect.EnumType():
            return next(iter(kind.cls)).value
        case inspect.DateTimeType():
            return "2026-11-25T08:00:00Z"
        case inspect.DateType():
            return "2026-11-25"
        case inspect.TimeType():
            return "08:00:00"
        case inspect.UnionType():
            choices = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
            best = [one for one in choices if isinstance(one, inspect.UUIDType)] or choices
            return sample(best[0], id, name)
        case inspect.ListType() | inspect.SetType() | inspect.FrozenSetType() | inspect.VarTupleType():
            return [sample(kind.item_type, id, name)]
        case inspect.TupleType():
            return [sample(one, id, name) for one in kind.item_types]
        case inspect.DictType():
            return {str(sample(kind.key_type, id)): sample(kind.value_type, id, name)}
        case inspect.StructType() | inspect.DataclassType() | inspect.TypedDictType():
            body = {one.encode_name: sample(one.type, id, one.name) for one in kind.fields}
            tag = getattr(kind, "tag_field", None)
            return body | ({tag: kind.tag} if tag else {})
        case inspect.CustomType() if kind.cls is UploadFile:
            return ("file.csv", MARK.encode())
        case inspect.AnyType():
            return str(id)
        case inspect.Metadata():
            return sample(kind.type, id, name)
        case inspect.NoneType():
            return None
    raise AssertionError(f"say in sample() what a {kind} is ({quote(name)})")
