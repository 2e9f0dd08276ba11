"""Reading calls, and the daily check."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from redis.asyncio import Redis

from core.api.errors import NotFound
from core.calls.projector import Projector
from core.calls.service import call_with_journal, check_invariants, check_yesterday, recent_calls
from core.data import tenant, transaction
from tests.core.calls.support import mixed, publish, running, some_calls, stored, until
from tests.journals import Company, call_journal, session_journals


async def project(redis: Redis, tenant_id: UUID, calls: list) -> None:  # type: ignore[type-arg]
    async def done() -> bool:
        return await stored(tenant_id) == sum(map(len, calls))

    async with running(Projector(redis).run()):
        await publish(redis, mixed(calls, Random(1)))
        await until(done, "all events stored")


async def test_pages_of_calls_are_complete_newest_first_and_of_one_tenant(
    redis: Redis, tenant_a: UUID, tenant_b: UUID
) -> None:
    calls = some_calls(tenant_a, 1, 25)
    await project(redis, tenant_a, calls)
    await project(redis, tenant_b, some_calls(tenant_b, 2, 5))
    seen: list[UUID] = []
    before = None
    with tenant(tenant_a):
        while True:
            page = await recent_calls(before=before, limit=10)
            seen += [call.call_id for call in page.items]
            before = seen[-1]
            if page.next is None:
                break
    assert seen == sorted((events[0].call_id for events in calls), reverse=True)


async def test_a_call_comes_with_its_journal_and_only_to_its_tenant(
    redis: Redis, tenant_a: UUID, tenant_b: UUID
) -> None:
    calls = some_calls(tenant_a, 3, 2)
    await project(redis, tenant_a, calls)
    with tenant(tenant_a):
        call, events = await call_with_journal(calls[0][0].call_id)
    assert events == calls[0]
    assert call.started_at == calls[0][0].at
    with tenant(tenant_b), pytest.raises(NotFound):
        await call_with_journal(calls[0][0].call_id)


async def test_the_daily_check_is_silent_on_a_sound_day_and_names_what_is_not(redis: Redis, tenant_a: UUID) -> None:
    calls = some_calls(tenant_a, 4, 40)
    yesterday = datetime.now(UTC).replace(hour=0, minute=0) - timedelta(days=1)
    sessions = list(session_journals(Random(1), Company(tenant_a), yesterday))
    await project(redis, tenant_a, calls + sessions)
    days = {event.at.date() for journal in calls + sessions for event in journal[:1]}
    for day in days:
        assert await check_invariants(tenant_a, day) == []
    with tenant(tenant_a):
        async with transaction() as unit:
            await unit.execute("UPDATE queue_visit SET waiting_seconds = waiting_seconds + 1")
            deleted = await unit.fetchval("DELETE FROM call WHERE call_id = $1 RETURNING call_id", calls[0][0].call_id)
    problems = [problem for day in days for problem in await check_invariants(tenant_a, day, ZoneInfo("UTC"))]
    assert any("queue_visit" in problem for problem in problems)
    assert any(str(deleted) in problem and "missing" in problem for problem in problems)


async def test_the_daily_job_logs_what_is_wrong_with_the_tenants_own_yesterday(
    redis: Redis, tenant_a: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    noon = datetime.now(ZoneInfo("Europe/Oslo")).replace(hour=12) - timedelta(days=1)
    await project(
        redis, tenant_a, [call_journal(Random(n), Company(tenant_a), noon.astimezone(UTC)) for n in range(20)]
    )
    with tenant(tenant_a):
        await check_yesterday()
        assert "do not add up" not in caplog.text
        async with transaction() as unit:
            await unit.execute("UPDATE queue_visit SET waiting_seconds = waiting_seconds + 1")
        await check_yesterday()
    assert f"the figures of tenant {tenant_a} do not add up" in caplog.text
