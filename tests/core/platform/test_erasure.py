"""A company that is erased: nothing of it is left in a table, in Redis or on the disk, and nobody else is touched."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from core.api.errors import Changed, InUse, Invalid, Refused
from core.audit.service import AuditFilter, entries
from core.calls.live import STREAM, live_key
from core.data import Database, tenant, transaction, uuid7
from core.data.embedded import EmbeddedPostgres
from core.identity.service import create_user, principal_of
from core.identity.sessions import Sessions
from core.platform import erasure
from core.platform.erasure import condemned, erase, erase_now
from core.platform.service import NewTenant, create_tenant, resume, suspend, tenant_of
from core.queues.service import create_queue
from core.tenancy.tables import Tenant
from tests.core.calls.support import publish, some_calls
from tests.core.retention.past import past_calls
from tests.core.web.foreign import Foreign
from tests.core.web.support import Telephony, running

pytestmark = pytest.mark.usefixtures("database")


@pytest_asyncio.fixture
async def superuser_here(postgres: EmbeddedPostgres, database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A connection to this test's database that passes row-level security."""
    name = database.url.rpartition("@/")[2].partition("?")[0]
    connection = await asyncpg.connect(postgres.superuser_url, database=name)
    yield connection
    await connection.close()


async def in_redis(redis: Redis) -> dict[bytes, bytes]:
    """Every key with its value, as RDB bytes."""
    return {key: await redis.dump(key) or b"" for key in await redis.keys()}


async def suspended(redis: Redis, name: str = "Acme AS") -> Tenant:
    row = await create_tenant(NewTenant(slug="acme", name=name))
    return await suspend(Sessions(redis, idle_seconds=60), row.id, row.version)


async def test_only_a_suspended_company_without_calls_is_erased_and_only_by_its_name(
    redis: Redis, tmp_path: Path
) -> None:
    operator = await create_tenant(NewTenant(slug="drift", name="Drift", operator=True))
    acme = await create_tenant(NewTenant(slug="acme", name="Acme AS"))
    for row in (operator, acme):
        with pytest.raises(Refused, match="suspended"):
            await erase(redis, row.id, row.name, row.version)
    acme = await suspend(Sessions(redis, idle_seconds=60), acme.id, acme.version)
    with pytest.raises(Invalid, match="Acme AS"):
        await erase(redis, acme.id, "acme", acme.version)
    with pytest.raises(Changed):
        await erase(redis, acme.id, "Acme AS", acme.version - 1)
    telephony = Telephony(redis, tmp_path)
    async with running(telephony.publisher.run()):
        call = telephony.call(acme.id)
        await telephony.publisher.drained()
        with pytest.raises(InUse, match="still going on"):
            await erase(redis, acme.id, "Acme AS", acme.version)
        call.hang_up()
        await telephony.publisher.drained()
    acme = await erase(redis, acme.id, " Acme AS ", acme.version)
    assert acme.erasing_at is not None
    with pytest.raises(Refused, match="being erased"):
        await resume(acme.id, acme.version)
    with tenant(operator.id):
        (told,) = (await entries(AuditFilter(action="tenant.erased"))).items
    assert (told.subject, told.subject_id) == ("Acme AS", str(acme.id))
    assert await condemned() == []  # what is under way settles first
    assert await condemned(acme.erasing_at + erasure.SETTLE) == [acme.id]


async def test_nothing_of_it_is_left_in_any_table_and_other_companies_keep_every_row(
    redis: Redis, superuser_here: asyncpg.Connection, tmp_path: Path
) -> None:
    """A row in every table that there is, of two companies."""
    acme = await suspended(redis)
    other = await create_tenant(NewTenant(slug="other", name="Other AS"))
    theirs, hers = (Foreign(superuser_here, row.id, uuid7()) for row in (acme, other))
    await theirs.fill()
    unique = await superuser_here.fetch(
        "SELECT conrelid::regclass::text AS name, conname FROM pg_constraint "
        "WHERE contype = 'u' AND connamespace = 'public'::regnamespace AND conparentid = 0 AND conislocal"
    )
    for name, constraint in unique:
        await superuser_here.execute(f'ALTER TABLE {name} DROP CONSTRAINT IF EXISTS "{constraint}" CASCADE')
    for (index,) in await superuser_here.fetch(
        "SELECT indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
        "WHERE indisunique AND NOT indisprimary AND c.relnamespace = 'public'::regnamespace"
    ):
        await superuser_here.execute(f"DROP INDEX IF EXISTS {index}")
    await hers.fill()
    before = await hers.rows()
    assert min(len(rows) for rows in (await theirs.rows()).values()) >= 1
    for row in (acme, other):
        (tmp_path / "recordings" / str(row.id)).mkdir(parents=True)
    await superuser_here.execute("SET session_replication_role = origin")
    await erase_now(redis, tmp_path, acme.id)
    assert {table: rows for table, rows in (await theirs.rows()).items() if rows} == {}
    assert await hers.rows() == before
    assert [path.name for path in (tmp_path / "recordings").iterdir()] == [str(other.id)]
    with pytest.raises(Refused):
        await tenant_of(acme.id)


async def test_nothing_of_it_is_left_in_redis_and_other_companies_keep_every_key(redis: Redis, tmp_path: Path) -> None:
    acme = await suspended(redis)
    other = await create_tenant(NewTenant(slug="other", name="Other AS"))
    sessions = Sessions(redis, idle_seconds=600)
    users = {}
    for row in (acme, other):
        with tenant(row.id):
            users[row.id] = (await create_user(f"kari@{row.slug}.example", "Kari")).id
        principal = await principal_of(users[row.id])
        await sessions.stamps.renew(row.id)
        await publish(redis, [event for call in some_calls(row.id, 1, 3) for event in call])
        await redis.sadd("live", str(row.id))
        await redis.hset(live_key(row.id), "call", "view")
        await redis.set(f"token:{users[row.id]}", 1)
        await redis.zadd("jobs", {f"core.retention:{row.id}:1": 1})
        await redis.rpush("somewhere", f"{row.id} asks")
        if principal is not None:
            await sessions.start(principal)
    before = {key: value for key, value in (await in_redis(redis)).items() if str(acme.id).encode() not in key}
    assert await redis.xlen(STREAM) > 10
    await erase_now(redis, tmp_path, acme.id)
    after = await in_redis(redis)
    mine = str(other.id).encode()
    for mark in (str(acme.id), str(users[acme.id])):
        assert [key for key, value in after.items() if mark.encode() in key + value] == []
        for _, fields in await redis.xrange(STREAM):
            assert mark.encode() not in b"".join(fields.values())
    assert {key for key in before if mine in key} <= after.keys()
    left = [b"".join(fields.values()) for _, fields in await redis.xrange(STREAM)]
    assert left
    assert all(mine in entry for entry in left)
    assert await redis.smembers("live") == {mine}


async def test_a_large_company_goes_in_portions_and_what_was_broken_off_is_finished(
    redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "BATCH", 7)
    acme = await suspended(redis)
    await past_calls(acme.id, *range(1, 30))
    with tenant(acme.id):
        await create_queue("Sales")
    real, count = erasure._batch, 0

    async def breaks(tenant_id: UUID, table: str) -> bool:
        nonlocal count
        count += 1
        if count == 12:
            raise RuntimeError("the worker is killed")
        return await real(tenant_id, table)

    monkeypatch.setattr(erasure, "_batch", breaks)
    with pytest.raises(RuntimeError, match="killed"):
        await erase_now(redis, tmp_path, acme.id)
    assert await tenant_of(acme.id)
    await erase_now(redis, tmp_path, acme.id)
    with pytest.raises(Refused):
        await tenant_of(acme.id)
    with tenant(acme.id):
        async with transaction() as unit:
            assert await unit.fetchval("SELECT count(*) FROM journal_event") == 0
