"""PostgreSQL bound to the tenant, migrations, embedded services.

A unit of work: `with tenant(tenant_id): async with transaction(): …`. A query outside transaction() runs in a short
one of its own; a query outside tenant() and system() raises NoTenant.
"""

import os
from contextlib import AbstractAsyncContextManager

# Piccolo finds the engine of a table through this module, also for the tables of plugins.
os.environ["PICCOLO_CONF"] = "core.data.piccolo_conf"

from core.api.data import DatabaseUnavailable
from core.api.ids import uuid7, uuid7_floor, uuid7_time
from core.api.scope import NoTenant, current_tenant, system, tenant
from core.api.tables import TenantTable
from core.data.database import Database
from core.data.engine import ENGINE
from core.data.unit import Transaction, TransactionError

__all__ = [
    "Database",
    "DatabaseUnavailable",
    "NoTenant",
    "TenantTable",
    "Transaction",
    "TransactionError",
    "current_tenant",
    "system",
    "tenant",
    "transaction",
    "uuid7",
    "uuid7_floor",
    "uuid7_time",
]


def transaction(read_only: bool = False) -> AbstractAsyncContextManager[Transaction]:
    """A transaction of the current tenant (or system()): `async with transaction() as unit:`.

    It commits at the end of the block and rolls back when the block raises. Inside an open transaction of the same
    scope it joins that one. Statements of several tasks run in turn. `unit` runs plain SQL: fetch, execute,
    executemany, savepoint. Raises NoTenant; TransactionError when the tenant was changed inside it or an error was
    swallowed; DatabaseUnavailable after 5 s without a connection.
    """
    return ENGINE.transaction(read_only=read_only)
