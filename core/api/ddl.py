"""What migrations are written with: plain SQL, and the few statements that keep tenants apart.

Each is awaited inside a migration's `forwards()`. Needs nothing of core, so that plugins can be given it.
"""

import re
from typing import Any

from piccolo.engine import engine_finder

APP_ROLE = "sentralbord_app"
SYSTEM_ROLE = "sentralbord_system"
THIS_TENANT = "current_setting('app.tenant_id')::uuid"
"""The tenant in force, in SQL; an error when there is none."""

MONTHS_BACK = 4
MONTHS_AHEAD = 2


async def sql(*statements: str) -> None:
    """Run statements without arguments, one after the other."""
    engine: Any = engine_finder()
    for statement in statements:
        await engine.run_ddl(statement)


async def tenant_table(table: str, columns: str) -> None:
    """Create a tenant's table: tenant_id, id (UUIDv7), `columns` (SQL, also constraints), row-level security.

    The key is (tenant_id, id): two tenants may hold the same id, and the table can be distributed by tenant.
    A tenant's rows go when the tenant does.
    """
    await sql(
        f"CREATE TABLE {_name(table)} ("
        f"tenant_id uuid NOT NULL REFERENCES tenant (id) ON DELETE CASCADE, "
        f"id uuid NOT NULL DEFAULT uuidv7(), {columns.strip().rstrip(',')}, PRIMARY KEY (tenant_id, id))"
    )
    await enable_rls(table)


async def enable_rls(table: str) -> None:
    """Bind `table`, which has a column tenant_id, to the tenant in force: policy, default and grants.

    A statement without a tenant fails; the table's owner is bound too. For a partitioned table call it on the
    parent only: a partition does not obey its parent's policy, so nobody may reach one directly.
    """
    name = _name(table)
    await sql(
        f"ALTER TABLE {name} ALTER COLUMN tenant_id SET DEFAULT {THIS_TENANT}",
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant_isolation ON {name} USING (tenant_id = {THIS_TENANT})",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {APP_ROLE}, {SYSTEM_ROLE}",
    )


async def tenant_fk(table: str, column: str, target: str, on_delete: str = "CASCADE") -> None:
    """Make `table.column` a reference to `target.id` of the same tenant.

    PostgreSQL checks foreign keys past row-level security, so one on the id alone could point into another tenant.
    `on_delete`: CASCADE, RESTRICT, NO ACTION or SET NULL (which sets only `column`).
    """
    if on_delete not in ("CASCADE", "RESTRICT", "NO ACTION", "SET NULL"):
        raise ValueError(f"on_delete is CASCADE, RESTRICT, NO ACTION or SET NULL, not {on_delete!r}")
    tables = dict.fromkeys((_name(table), _name(target)))
    action = f"SET NULL ({_name(column)})" if on_delete == "SET NULL" else on_delete
    await sql(
        # The check of the rows that are there runs as the owner: it has to see those of every tenant.
        *(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY" for name in tables),
        f"ALTER TABLE {_name(table)} ADD CONSTRAINT {_name(f'{table}_{column}_fk')} "
        f"FOREIGN KEY (tenant_id, {_name(column)}) REFERENCES {_name(target)} (tenant_id, id) ON DELETE {action}",
        f"CREATE INDEX {_name(f'{table}_{column}_idx')} ON {_name(table)} (tenant_id, {_name(column)})",
        *(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY" for name in tables),
    )


async def month_partitions(table: str) -> None:
    """Make the months' partitions of a table that was created with PARTITION BY RANGE (a UUIDv7 column).

    Here and at each later migrate(), and by the daily job: the present month, MONTHS_BACK before and MONTHS_AHEAD
    after it. See docs/adr/0002-partition-by-uuidv7.md.
    """
    await sql(f"SELECT ensure_partitions('{_name(table)}', {MONTHS_BACK}, {MONTHS_AHEAD})")


async def for_each_tenant(*statements: str) -> None:
    """Run statements once for every tenant, under its row-level security: for filling a new column from old ones."""
    engine: Any = engine_finder()
    for row in await engine.run_ddl("SELECT id FROM tenant ORDER BY id"):
        await sql(f"SET LOCAL app.tenant_id = '{row['id']}'", *statements)
    await sql("RESET app.tenant_id")


def _name(name: str) -> str:
    """`name`, if it is a plain SQL name. Raises ValueError otherwise."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
        raise ValueError(f"{name!r} is not a table or column name: small letters, digits and _, at most 63")
    return name
