"""Proves on a migrated database that no tenant can reach another's rows, and that tables and migrations agree."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from piccolo.columns.base import Column

from core.api.ddl import APP_ROLE
from core.data.database import Database
from core.data.migrate import App

TENANT_ONLY = "(tenant_id = (current_setting('app.tenant_id'::text))::uuid)"
"""The policy of ddl.enable_rls, as PostgreSQL prints it."""

_LEAKS = Path(__file__).with_name("leaks.sql").read_text()

_COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> 'migration'"""
_TYPE = "SELECT format_type(to_regtype($1), to_regtypemod($1))"
_SERIALS = {"SERIAL": "INTEGER", "BIGSERIAL": "BIGINT", "SMALLSERIAL": "SMALLINT"}


async def check(database: Database, apps: Sequence[App]) -> list[str]:
    """Everything wrong with a database that migrate() has brought up to date; an empty list: nothing."""
    connection = await database.connect("owner")
    try:
        return await find_leaks(connection) + await compare_tables(connection, apps)
    finally:
        await connection.close()


async def find_leaks(connection: Any) -> list[str]:
    """Ways for the app role to reach rows of another tenant, as "name: problem"."""
    rows = await connection.fetch(_LEAKS, APP_ROLE, TENANT_ONLY)
    return [f"{row['name']}: {row['problem']}" for row in rows]


async def compare_tables(connection: Any, apps: Sequence[App]) -> list[str]:
    """Differences between the Piccolo classes of the apps and the tables that their migrations made, both ways.

    A table without a class is one that its package reaches with SQL alone: there is nothing to compare it with.
    """
    real: dict[str, dict[str, tuple[str, bool]]] = {}
    for table, column, type_, nullable in await connection.fetch(_COLUMNS):
        real.setdefault(table, {})[column] = (type_, nullable)
    found: list[str] = []
    for app in apps:
        for declared in app.tables:
            name = declared._meta.tablename
            columns = dict(real.get(name, {}))
            if not columns:
                found.append(f"{name}: the app {app.name} declares it, but no migration makes it")
                continue
            for column in declared._meta.columns:
                there = columns.pop(column._meta.db_column_name, None)
                found += await _differences(connection, f"{name}.{column._meta.db_column_name}", column, there)
            found += [f"{name}.{extra}: a migration makes it, but the class does not declare it" for extra in columns]
    return found


async def _differences(connection: Any, name: str, column: Column, there: tuple[str, bool] | None) -> list[str]:
    if there is None:
        return [f"{name}: the class declares it, but no migration makes it"]
    found = []
    declared = _SERIALS.get(column.column_type, column.column_type)
    if (wanted := await connection.fetchval(_TYPE, declared)) != there[0]:
        found.append(f"{name}: the class says {wanted or declared}, the database {there[0]}")
    if column._meta.null != there[1]:
        says = {True: "may be null", False: "is never null"}
        found.append(f"{name}: it {says[column._meta.null]} for the class, it {says[there[1]]} in the database")
    return found
