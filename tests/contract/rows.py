"""Rows for any table of any plugin: made from its Piccolo class, marked, and compared."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import asyncpg
from piccolo.columns.base import Column
from piccolo.table import Table

from core.data import tenant

SHARED = UUID("01912345-6789-7abc-8def-0123456789ab")
"""The id of every row and of everything that one points at: both tenants have the same."""

PLAIN: dict[type, Any] = {
    bool: False,
    int: 1,
    float: 1.0,
    Decimal: Decimal(1),
    UUID: SHARED,
    datetime: datetime(2020, 3, 2, 12, tzinfo=UTC),
    date: date(2026, 3, 2),
    bytes: b"",
    list: [],
    dict: {},
}


class Rows:
    """The rows of a plugin's tables. `superuser`: a connection that passes row-level security and foreign keys."""

    def __init__(self, superuser: asyncpg.Connection, tables: Sequence[type[Table]]) -> None:
        self._superuser = superuser
        self.tables = tables

    async def fill(self, tenant_id: UUID, mark: str) -> None:
        """Give a tenant one row in every table; its free texts are `mark`."""
        await self._superuser.execute("SET session_replication_role = replica")  # no foreign key is looked at
        for table in self.tables:
            with tenant(tenant_id):
                row = table(**_values(table, mark))
                sql, arguments = table.insert(row).querystrings[0].compile_string()
            try:
                await self._superuser.execute(sql, *arguments)
            except asyncpg.CheckViolationError as error:
                name = table._meta.tablename
                raise AssertionError(
                    f"no row could be made for {name}: {error}; give the column `choices` (an Enum) or a default"
                ) from error

    async def of(self, tenant_id: UUID) -> dict[str, list[str]]:
        """All rows of a tenant, as text, by table."""
        found = {}
        for table in self.tables:
            name = table._meta.tablename
            rows = await self._superuser.fetch(
                f"SELECT to_jsonb(t)::text AS row FROM {name} t WHERE tenant_id = $1 ORDER BY 1", tenant_id
            )
            found[name] = [row["row"] for row in rows]
        return found


def _values(table: type[Table], mark: str) -> dict[str, Any]:
    columns = {column._meta.name: column for column in table._meta.columns if column._meta.name != "tenant_id"}
    values = {name: _value(column, mark) for name, column in columns.items()}
    return {name: value for name, value in values.items() if value is not ...}


def _value(column: Column, mark: str) -> Any:
    """A value for the column; ... where its own default serves."""
    if column._meta.choices:
        first = next(iter(column._meta.choices))
        return first.value if isinstance(first, Enum) else first
    default = column._meta.params.get("default")
    if column.value_type is UUID:
        return SHARED
    if column.value_type is str:
        return ... if isinstance(default, str) and default else mark
    if column.value_type is datetime:
        return PLAIN[datetime]  # long ago, so that what looks for old rows finds them
    return ... if default is not None or column._meta.null else PLAIN.get(column.value_type, ...)
