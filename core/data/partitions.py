"""The months of call detail: made before they begin, dropped after their retention."""

from core.api.ddl import MONTHS_AHEAD, MONTHS_BACK
from core.data import system, transaction

KEEP_MONTHS = 4
"""Whole months kept beside the present one: the last 92 days are always complete (STA-8)."""

_PARENTS = """
    SELECT c.oid::regclass::text FROM pg_partitioned_table t JOIN pg_class c ON c.oid = t.partrelid
     WHERE t.partstrat = 'r' AND NOT c.relispartition ORDER BY 1"""


async def maintain_partitions(keep_months: int = KEEP_MONTHS) -> list[str]:
    """Make the coming months of every partitioned table and drop those past `keep_months`; the daily job.

    Returns what was done, as "+table" and "-table".
    """
    done: list[str] = []
    with system():
        async with transaction() as unit:
            parents = [row[0] for row in await unit.fetch(_PARENTS)]
        # One short transaction each: a long report on one table must not hold up the others.
        for parent in parents:
            async with transaction() as unit:
                made = await unit.fetchval(
                    "SELECT ensure_partitions($1::text::regclass, $2, $3)", parent, MONTHS_BACK, MONTHS_AHEAD
                )
                dropped = await unit.fetchval("SELECT drop_partitions($1::text::regclass, $2)", parent, keep_months)
            done += [f"+{name}" for name in made] + [f"-{name}" for name in dropped]
    return done
