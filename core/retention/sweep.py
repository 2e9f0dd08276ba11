"""The night's work: what is too old is deleted, in small transactions, once for each tenant, class and day."""

import logging
from collections import Counter
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from core.api.retention import RetentionClass
from core.audit.service import record
from core.calls.events import PLATFORM_TENANT
from core.data import current_tenant, system, transaction
from core.data.unit import Transaction
from core.jobs.model import WorkerJob
from core.retention.model import CALL_DETAIL, Classes, boundary, due
from core.retention.service import held, keep_of, removed_in
from core.retention.statements import delete_sql, keys_sql
from core.retention.tables import RetentionPeriod
from core.tenancy.service import all_tenants, this_tenant

log = logging.getLogger(__name__)

BATCH = 500
"""Things that go in one transaction: a call has dozens of rows."""


def retention_jobs(classes: Classes) -> tuple[WorkerJob, ...]:
    """Jobs that look every hour whose night has come: a worker that was away at night does its work later."""

    async def tenants() -> list[UUID]:
        return [company.id for company in await all_tenants()]

    async def sweep() -> None:
        await sweep_tenant(classes)

    return (
        WorkerJob("core.retention", sweep, tenants, every_minutes=60, timeout_seconds=3000),
        WorkerJob("core.retention_of_nobody", sweep_nobody, every_minutes=24 * 60, timeout_seconds=3000),
    )


async def sweep_tenant(classes: Classes, now: datetime | None = None) -> None:
    """Delete what the tenant in force does not keep any more, if it is night there and it has not been done.

    Stands being repeated, broken off, and run twice at once. `now`: UTC.
    """
    tenant_id, now = current_tenant(), now or datetime.now(UTC)
    zone = ZoneInfo((await this_tenant()).timezone)
    rows = {row.kind: row for row in await RetentionPeriod.objects()}
    for one in classes:
        row = rows.get(one.key)
        if day := due(now, zone, row.swept_at if row else None):
            before = boundary(day, keep_of(one, row), one.unit, zone)
            while await _batch(tenant_id, one, before, day, now):
                pass


async def sweep_nobody() -> None:
    """Delete the old calls to numbers that no tenant has: they are the platform's, and kept as long as may be."""
    before = boundary(datetime.now(UTC).date(), CALL_DETAIL.most, CALL_DETAIL.unit, UTC)
    gone: Counter[str] = Counter()
    while True:
        with system():
            async with transaction() as unit:
                batch = await _delete(unit, PLATFORM_TENANT, CALL_DETAIL, before)
        if not batch:
            break
        gone += batch
    if gone:
        log.info("old calls to numbers that nobody has are gone: %s", dict(gone))


async def _batch(tenant_id: UUID, one: RetentionClass, before: datetime, day: date, now: datetime) -> bool:
    """Delete some of what is too old; when nothing is left, say so. False: there is no more to do."""
    with system():
        async with transaction() as unit:
            row = await held(unit, tenant_id, one.key)  # two workers take turns
            gone = Counter(removed_in(row) if row.day == day else {})
            if row.day == day and row.swept_at is not None:
                return False
            batch = await _delete(unit, tenant_id, one, before)
            gone += batch
            await unit.execute(
                "UPDATE retention_period SET day = $3, removed = $4, swept_at = $5 WHERE tenant_id = $1 AND kind = $2",
                tenant_id,
                one.key,
                day,
                msgspec.json.encode(dict(gone)).decode(),
                None if batch else now,
            )
            if gone and not batch:
                await record("retention.swept", one.key, one.title, before=gone, tenant_id=tenant_id)
    return bool(batch)


async def _delete(unit: Transaction, tenant_id: UUID, one: RetentionClass, before: datetime) -> Counter[str]:
    """Delete the first things of a class that are too old. Returns the rows that went, by table."""
    gone: Counter[str] = Counter()
    for rows in one.rows:
        keys = [row[0] for row in await unit.fetch(keys_sql(rows), tenant_id, before, BATCH)]
        if keys:
            for table, sql in delete_sql(rows).items():
                gone[table] += int((await unit.execute(sql, tenant_id, keys)).rpartition(" ")[2])
    return +gone
