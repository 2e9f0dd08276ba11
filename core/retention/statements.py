"""The SQL that finds and deletes what is too old, made from a declaration; no I/O.

Parameters: $1 the tenant, $2 the boundary or the keys that go, $3 the size of a batch.
"""

from core.api.retention import RetainedRows


def count_sql(rows: RetainedRows) -> str:
    """How many things are too old."""
    return f"SELECT count(*) FROM {rows.table} WHERE {_too_old(rows)}"  # noqa: S608  (declared by a manifest)


def keys_sql(rows: RetainedRows) -> str:
    """Keys of the first things that are too old."""
    return f"SELECT {rows.key} FROM {rows.table} WHERE {_too_old(rows)} ORDER BY {rows.key} LIMIT $3"  # noqa: S608


def delete_sql(rows: RetainedRows) -> dict[str, str]:
    """For each table, in the order in which its rows can go: the deletion of the rows of things by their keys."""
    return {
        table: f"DELETE FROM {table} WHERE tenant_id = $1 AND {rows.key} = ANY($2::uuid[])"  # noqa: S608
        for table in (*rows.parts, rows.table)
    }


def _too_old(rows: RetainedRows) -> str:
    age = f"{rows.time} < $2::timestamptz" if rows.time else f"{rows.key} < uuid7_floor($2::timestamptz)"
    return f"tenant_id = $1 AND {age}" + (f" AND ({rows.only})" if rows.only else "")
