"""Call detail lies in months by the time inside its UUIDv7 keys."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api.ddl import MONTHS_AHEAD, MONTHS_BACK
from core.data import Database, tenant, transaction, uuid7, uuid7_floor, uuid7_time
from core.data.migrate import App, migrate
from core.data.partitions import maintain_partitions
from core.tenancy.service import create_tenant
from tests.conftest import core_apps

JOURNAL = """
from core.api.ddl import enable_rls, month_partitions, sql, tenant_fk
ID = "0001"
async def forwards():
    await sql("CREATE TABLE journal (tenant_id uuid NOT NULL, call_id uuid NOT NULL, seq int NOT NULL, person_id uuid,"
              " PRIMARY KEY (tenant_id, call_id, seq)) PARTITION BY RANGE (call_id)")
    await enable_rls("journal")
    await tenant_fk("journal", "person_id", "person")
    await month_partitions("journal")
"""

moments = st.datetimes(datetime(1970, 1, 2), datetime(2500, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.fixture
async def journal(empty_database: Database, tmp_path: Any) -> AsyncIterator[Database]:
    """An open database with a partitioned table."""
    (tmp_path / "0001.py").write_text(JOURNAL)
    await migrate(empty_database, [*core_apps(), App("journal", tmp_path, ("directory",))])
    async with empty_database:
        yield empty_database


async def partitions(database: Database) -> list[str]:
    """The journal's months."""
    connection = await database.connect("owner")
    try:
        rows = await connection.fetch(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'journal'::regclass ORDER BY 1"
        )
        return [row[0].removeprefix("journal_") for row in rows]
    finally:
        await connection.close()


def months(first: int, last: int) -> list[str]:
    """Months around this one, as the partitions name them."""
    now = datetime.now(UTC)
    numbers = [now.year * 12 + now.month - 1 + step for step in range(first, last + 1)]
    return [f"{number // 12}_{number % 12 + 1:02}" for number in numbers]


async def test_migrating_makes_the_months_around_this_one(journal: Database) -> None:
    assert await partitions(journal) == months(-MONTHS_BACK, MONTHS_AHEAD)


async def test_the_daily_job_makes_what_is_missing_and_drops_what_is_past_retention(journal: Database) -> None:
    connection = await journal.connect("owner")
    await connection.execute("SELECT ensure_partitions('journal', 9, 0)")
    await connection.execute(f"DROP TABLE journal_{months(1, 1)[0]}")
    await connection.close()
    done = await maintain_partitions(keep_months=4)
    assert done == [f"+journal_{months(1, 1)[0]}"] + [f"-journal_{name}" for name in months(-9, -5)]
    assert await partitions(journal) == months(-4, MONTHS_AHEAD)
    assert await maintain_partitions(keep_months=4) == []


async def test_dropping_everything_by_mistake_is_refused(journal: Database) -> None:
    with pytest.raises(asyncpg.RaiseError, match="at least 1"):
        await maintain_partitions(keep_months=0)


async def test_rows_go_into_the_month_of_their_key_and_obey_the_tenant(journal: Database) -> None:
    one, two = (await create_tenant("a", "A")).id, (await create_tenant("b", "B")).id
    last_month = uuid7_floor(datetime.now(UTC).replace(day=1) - timedelta(days=1))
    for tenant_id in (one, two):
        with tenant(tenant_id):
            async with transaction() as unit:
                await unit.executemany("INSERT INTO journal (call_id, seq) VALUES ($1, 1)", [[uuid7()], [last_month]])
    with tenant(one):
        async with transaction() as unit:
            rows = await unit.fetch("SELECT tableoid::regclass::text AS month, tenant_id FROM journal ORDER BY 1")
            assert [tuple(row) for row in rows] == [(f"journal_{name}", one) for name in months(-1, 0)]
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with unit.savepoint():
                    await unit.fetch(f"SELECT * FROM journal_{months(0, 0)[0]}")


async def test_a_query_for_a_span_of_time_reads_only_its_months(journal: Database) -> None:
    with tenant(uuid7()):
        async with transaction() as unit:
            start = uuid7_floor(datetime.now(UTC).replace(day=2, hour=0))
            plan = await unit.fetch(
                "EXPLAIN SELECT * FROM journal WHERE call_id >= $1 AND call_id < $2", start, uuid7()
            )
    text = "\n".join(row[0] for row in plan)
    assert f"journal_{months(0, 0)[0]}" in text
    assert f"journal_{months(-1, -1)[0]}" not in text


async def test_sql_and_python_agree_on_a_months_first_key(journal: Database) -> None:
    connection = await journal.connect("owner")
    for moment in (datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), datetime.now(UTC)):
        assert await connection.fetchval("SELECT uuid7_floor($1)", moment) == uuid7_floor(moment)
    await connection.close()


@given(moments)
def test_the_floor_of_a_time_is_a_uuid7_of_its_millisecond(moment: datetime) -> None:
    floor = uuid7_floor(moment)
    assert floor.version == 7
    assert timedelta(0) <= moment - uuid7_time(floor) < timedelta(milliseconds=1)


@given(moments, moments)
def test_floors_sort_as_their_times_do(one: datetime, other: datetime) -> None:
    if one <= other:
        assert uuid7_floor(one) <= uuid7_floor(other)


def test_a_new_key_lies_between_the_floors_around_it() -> None:
    before = datetime.now(UTC)
    keys = [uuid7() for _ in range(1000)]
    after = datetime.now(UTC) + timedelta(milliseconds=1)
    assert all(type(key) is UUID and uuid7_floor(before) <= key < uuid7_floor(after) for key in keys)
    assert keys == sorted(keys)
    assert len(set(keys)) == 1000


def test_times_and_keys_that_cannot_be_converted_are_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        uuid7_floor(datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="from 1970"):
        uuid7_floor(datetime(1960, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match="not a UUIDv7"):
        uuid7_time(UUID("c3b1f0de-0000-4000-8000-000000000000"))
