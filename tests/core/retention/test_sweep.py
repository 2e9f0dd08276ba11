"""The night's work on a real database: what is too old is gone, of this tenant only, once, and it is told."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from core.api.retention import RetainedRows, RetentionClass
from core.audit.service import AuditFilter, entries
from core.calls.events import PLATFORM_TENANT
from core.data import Database, tenant, transaction
from core.data.tenant_tables import tenant_tables
from core.jobs.model import WorkerJob
from core.retention import sweep
from core.retention.model import CORE_CLASSES, Classes
from core.retention.service import change_period, period
from core.retention.sweep import retention_jobs, sweep_nobody, sweep_tenant
from tests.core.host.plugins import manifest
from tests.core.retention.past import DETAIL, counted, days_ago, keep, past_audit, past_calls, past_session
from tests.journals import Company, call_journal

CLASSES = Classes(())
CALLS = "core.call_detail"


def night(days: int = 0) -> datetime:
    """Noon of a day from today: later than any zone's night here."""
    return datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=days)


async def swept(tenant_id: UUID, classes: Classes = CLASSES, days: int = 0) -> None:
    with tenant(tenant_id):
        await sweep_tenant(classes, night(days))


async def keep_days(tenant_id: UUID, keep: int, key: str = CALLS) -> None:
    with tenant(tenant_id):
        version = (await period(CLASSES, key)).version
        await change_period(CLASSES, key, keep, version, confirmed=True)


async def told(tenant_id: UUID) -> list[dict[str, int]]:
    """What the trail says of each night, newest first."""
    with tenant(tenant_id):
        return [json.loads(one.before) for one in (await entries(AuditFilter(action="retention.swept"))).items]


async def test_whole_calls_go_after_the_companys_period_and_other_companies_keep_theirs(
    tenant_a: UUID, tenant_b: UUID
) -> None:
    """STA-8: the call log, the journal and all that is derived from it."""
    for tenant_id in (tenant_a, tenant_b):
        await past_calls(tenant_id, 1, 5, 9, 12, 40, 80)
    theirs = await counted(tenant_b, *DETAIL)
    await keep_days(tenant_a, 10)
    before = await counted(tenant_a, *DETAIL)
    await swept(tenant_a)
    await swept(tenant_b)
    after = await counted(tenant_a, *DETAIL)
    assert (after["call"], after["journal_head"]) == (3, 3)
    assert await counted(tenant_b, *DETAIL) == theirs
    gone = {table: before[table] - after[table] for table in DETAIL if before[table] != after[table]}
    assert await told(tenant_a) == [gone]
    assert await told(tenant_b) == []
    with tenant(tenant_a):
        said = await period(CLASSES, CALLS)
        async with transaction() as unit:
            orphans = await unit.fetchval(
                "SELECT count(*) FROM journal_event e WHERE NOT EXISTS (SELECT FROM call c WHERE c.call_id = e.call_id)"
            )
    assert (said.removed, said.swept_at, orphans) == (3, night(), 0)


async def test_without_a_decision_three_months_are_kept(tenant_a: UUID) -> None:  # STA-8
    await past_calls(tenant_a, 89, 90, 93, 100)
    await swept(tenant_a)
    assert await counted(tenant_a, "call") == {"call": 2}


async def test_what_goes_on_stays_however_long_ago_it_began(tenant_a: UUID) -> None:
    await past_session(tenant_a, 20, open=True)
    await past_session(tenant_a, 20, open=False)
    journal = call_journal(Random(1), Company(tenant_a), days_ago(20))
    await keep(tenant_a, journal[:2])
    await keep_days(tenant_a, 7)
    await swept(tenant_a)
    assert await counted(tenant_a, "call", "agent_session", "journal_event") == {
        "call": 1,
        "agent_session": 1,
        "journal_event": 3,
    }


async def test_the_trail_loses_its_oldest_entries_and_only_they(tenant_a: UUID, tenant_b: UUID) -> None:
    for tenant_id in (tenant_a, tenant_b):
        for days in (10, 150, 400):
            await past_audit(tenant_id, days)
    await keep_days(tenant_a, 6, "core.audit")
    await swept(tenant_a)
    with tenant(tenant_a):
        changed = (await entries(AuditFilter(action="user.changed"))).items
    assert len(changed) == 2
    assert await told(tenant_a) == [{"audit_entry": 1}]
    assert (await counted(tenant_b, "audit_entry")) == {"audit_entry": 3}


async def test_the_work_of_a_night_is_done_once_by_however_many(
    tenant_a: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "BATCH", 3)
    await past_calls(tenant_a, *range(20, 40))
    await keep_days(tenant_a, 10)
    before = await counted(tenant_a, *DETAIL)
    await asyncio.gather(*(swept(tenant_a) for _ in range(3)))
    await swept(tenant_a)
    assert await told(tenant_a) == [{table: count for table, count in before.items() if count}]
    await past_calls(tenant_a, 50)
    await swept(tenant_a)
    assert await counted(tenant_a, "call") == {"call": 1}
    await swept(tenant_a, days=1)
    assert await counted(tenant_a, "call") == {"call": 0}
    assert len(await told(tenant_a)) == 2


async def test_a_night_that_was_broken_off_goes_on_and_tells_of_all_that_went(
    tenant_a: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "BATCH", 4)
    await past_calls(tenant_a, *range(20, 30))
    await keep_days(tenant_a, 10)
    before = await counted(tenant_a, *DETAIL)
    real, done = sweep.delete_sql, Counter[str]()

    def breaks(rows: RetainedRows) -> dict[str, str]:
        done["batches"] += 1
        if done["batches"] == 2:
            raise RuntimeError("the worker is killed")
        return real(rows)

    monkeypatch.setattr(sweep, "delete_sql", breaks)
    with pytest.raises(RuntimeError, match="killed"):
        await swept(tenant_a)
    assert await counted(tenant_a, "call") == {"call": 6}
    assert await told(tenant_a) == []
    await swept(tenant_a)
    assert await told(tenant_a) == [{table: count for table, count in before.items() if count}]


async def test_data_of_a_plugin_goes_by_its_own_time_column_also_while_it_is_off(tenant_a: UUID) -> None:
    """STA-9, STA-10: whoever keeps aggregated figures declares them like this."""
    figures = RetentionClass(
        key="night.figures",
        title="Figures",
        about="By agent",
        unit="months",
        default=25,
        most=25,
        rows=(RetainedRows(table="outbox_message", time="created_at", only="recipient <> 'for ever'"),),
    )
    with tenant(tenant_a):
        async with transaction() as unit:
            for name, days in (("old", 25 * 31), ("for ever", 2000), ("young", 25 * 30)):
                await unit.execute(
                    "INSERT INTO outbox_message (channel, recipient, text, purpose, created_at) "
                    "VALUES ('email', $1, 'x', 'x', $2)",
                    name,
                    days_ago(days),
                )
    await swept(tenant_a, Classes([manifest("night", retention=(figures,))], lambda _: ()))
    with tenant(tenant_a):
        async with transaction() as unit:
            assert [row[0] for row in await unit.fetch("SELECT recipient FROM outbox_message ORDER BY 1")] == [
                "for ever",
                "young",
            ]


async def test_old_calls_to_numbers_that_nobody_has_go_too(tenant_a: UUID) -> None:  # STA-8
    await past_calls(PLATFORM_TENANT, 10, 95, 100)
    await past_calls(tenant_a, 95)
    await sweep_nobody()
    assert await counted(PLATFORM_TENANT, "call", "journal_head") == {"call": 1, "journal_head": 1}
    assert await counted(tenant_a, "call") == {"call": 1}


async def test_the_jobs_look_every_hour_at_every_company(tenant_a: UUID, tenant_b: UUID) -> None:
    hourly: WorkerJob = retention_jobs(CLASSES)[0]
    assert hourly.tenants is not None
    assert set(await hourly.tenants()) == {tenant_a, tenant_b}
    assert hourly.every_minutes == 60
    await past_calls(tenant_a, 93, 94)
    with tenant(tenant_a):
        await hourly.run()
    zone = ZoneInfo("Europe/Oslo")
    expected = 2 if datetime.now(zone).hour < 2 else 0
    assert (await counted(tenant_a, "call"))["call"] == expected


async def test_every_table_that_grows_with_calls_and_acts_has_a_class_and_its_columns_are_there(
    database: Database, tenant_a: UUID
) -> None:
    """What a class names exists; every partitioned table belongs to one."""
    named = {table: rows for one in CORE_CLASSES for rows in one.rows for table in (*rows.parts, rows.table)}
    with tenant(tenant_a):
        async with transaction() as unit:
            assert set(named) <= set(await tenant_tables(unit))
            partitioned = await unit.fetch(
                "SELECT c.relname FROM pg_partitioned_table t JOIN pg_class c ON c.oid = t.partrelid"
            )
            for table, rows in named.items():
                await unit.fetch(f"SELECT {rows.key} FROM {table} LIMIT 0")
    assert {row[0] for row in partitioned} <= set(named)
