"""Every table with rows of tenants, as the database itself tells it: nobody has to keep a list."""

from graphlib import TopologicalSorter

from core.data.unit import Transaction

_TABLES = """
    SELECT c.relname FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND a.attnum > 0)
     ORDER BY c.relname"""

# A reference that is emptied holds nothing up; one that cascades might reach a row that a third table holds.
_HOLDS = """
    SELECT t.relname AS holder, o.relname AS held
      FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class o ON o.oid = k.confrelid
     WHERE k.contype = 'f' AND k.confdeltype IN ('a', 'r', 'c') AND k.conrelid <> k.confrelid AND k.conparentid = 0
     ORDER BY 1, 2"""


async def tenant_tables(unit: Transaction) -> list[str]:
    """Their names, in an order in which their rows can be deleted: those that hold others up first."""
    tables = [row["relname"] for row in await unit.fetch(_TABLES)]
    order: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(tables, ()))
    for row in await unit.fetch(_HOLDS):
        if row["holder"] in tables and row["held"] in tables:
            order.add(row["held"], row["holder"])
    return list(order.static_order())
