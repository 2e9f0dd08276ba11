"""A company is erased: decided by the operator, done by a worker, until nothing of it is left (GDPR, article 17)."""

import asyncio
import logging
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from redis.asyncio import Redis

from core.api.errors import Changed, InUse, Invalid, Refused
from core.api.texts import N_
from core.calls.live import LiveCalls
from core.data import system, transaction
from core.data.tenant_tables import tenant_tables
from core.data.unit import Transaction
from core.host.service import CHANNEL
from core.jobs.model import WorkerJob
from core.platform.acts import act
from core.platform.forgetting import forget
from core.tenancy.tables import Tenant

log = logging.getLogger(__name__)

SETTLE = timedelta(minutes=1)
"""What processes still have in hand when it is decided reaches the database meanwhile."""
BATCH = 5000
"""Rows that go in one transaction."""

_KEY = """
    SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
     WHERE i.indrelid = $1::text::regclass AND i.indisprimary ORDER BY a.attnum"""


async def erase(redis: Redis, tenant_id: UUID, typed: str, version: int) -> Tenant:
    """Decide that all of a company goes, for good. `typed`: its name, to confirm. A worker begins after a minute.

    Raises NoSuchTenant, Changed; Refused unless it is suspended, InUse while calls of it go on, Invalid when something
    else was typed.
    """
    async with act() as this:
        row = await this.tenant(tenant_id)
        if row.version != version:
            raise Changed
        if row.operator or row.suspended_at is None:
            raise Refused(N_("Only a company that is suspended can be erased."))
        if typed.strip() != row.name:
            raise Invalid(N_("Type “{name}” to confirm that all of it goes for good."), field="confirm", name=row.name)
        if (await LiveCalls(redis).snapshot(tenant_id)).calls:
            raise InUse(N_("Calls of this company are still going on. Erase it when they are over."))
        if row.erasing_at is None:
            row.erasing_at, row.version = datetime.now(UTC), version + 1
            await row.save([Tenant.erasing_at, Tenant.version])
            await this.record_for_operator("tenant.erased", tenant_id, row.name, before={"slug": row.slug})
    return row


def erasure_job(redis: Redis, folder: Path) -> WorkerJob:
    """The job that looks every minute whether a company is to be erased. `folder`: of the installation's data."""

    async def work() -> None:
        for tenant_id in await condemned():
            await erase_now(redis, folder, tenant_id)

    return WorkerJob("core.erasures", work, every_minutes=1, timeout_seconds=3000)


async def condemned(now: datetime | None = None) -> Sequence[UUID]:
    """The companies whose erasure is due."""
    before = (now or datetime.now(UTC)) - SETTLE
    with system():
        async with transaction(read_only=True) as unit:
            rows = await unit.fetch("SELECT id FROM tenant WHERE erasing_at <= $1 ORDER BY erasing_at", before)
    return [row["id"] for row in rows]


async def erase_now(redis: Redis, folder: Path, tenant_id: UUID) -> None:
    """Delete every row, key and file of a company; the company itself last, so that it can be repeated until then."""
    with system():
        async with transaction(read_only=True) as unit:
            users = [str(row[0]) for row in await unit.fetch(
                "SELECT id FROM user_account WHERE tenant_id = $1", tenant_id)]  # fmt: skip
            tables = await tenant_tables(unit)
        await forget(redis, tenant_id, users)  # first of all, so that no journal event is projected any more
        for table in tables:
            while await _batch(tenant_id, table):
                pass
        await asyncio.to_thread(shutil.rmtree, folder / "recordings" / str(tenant_id), ignore_errors=True)
        async with transaction() as unit:
            for table in tables:  # what came meanwhile
                await unit.execute(f"DELETE FROM {table} WHERE tenant_id = $1", tenant_id)  # noqa: S608  (from pg_class)
            await unit.execute("DELETE FROM tenant WHERE id = $1", tenant_id)
    await forget(redis, tenant_id, users)
    await redis.publish(CHANNEL, str(tenant_id))
    log.info("tenant %s is erased", tenant_id)


async def _batch(tenant_id: UUID, table: str) -> bool:
    """Delete some rows of the company. False: there were none."""
    async with transaction() as unit:
        key = await _key_of(unit, table)
        chosen = f"SELECT {key} FROM {table} WHERE tenant_id = $1 LIMIT {BATCH}"  # noqa: S608  (names of the catalogue)
        status = await unit.execute(
            f"DELETE FROM {table} WHERE tenant_id = $1 AND ({key}) IN ({chosen})",  # noqa: S608
            tenant_id,
        )
    return not status.endswith(" 0")


async def _key_of(unit: Transaction, table: str) -> str:
    """The columns of a table's primary key."""
    return ", ".join(f'"{row[0]}"' for row in await unit.fetch(_KEY, table))
