"""A transaction ends for certain: stored whole or not at all, and its connection is free again."""

import asyncio
import contextlib
from uuid import UUID

import asyncpg
import psutil
import pytest

from core.data import Database, DatabaseUnavailable, TransactionError, tenant, transaction
from core.data import database as database_module
from core.data.engine import ENGINE
from core.directory.tables import Person


def all_free(database: Database) -> bool:
    """Whether no connection of the app pool is in use and no transaction is left behind."""
    pool = database.pool("app")
    left = ENGINE.current_transaction.get()
    return pool.get_idle_size() == pool.get_size() and (left is None or left.ended)


async def test_begin_and_the_tenant_take_one_round_trip(database: Database, tenant_a: UUID) -> None:
    with tenant(tenant_a):
        async with transaction() as unit:
            seen: list[str] = []
            unit.connection.add_query_logger(lambda record: seen.append(record.query))
        async with transaction() as unit:
            pass
    begins = [query for query in seen if "BEGIN" in query]
    assert begins == [f"BEGIN; SET LOCAL app.tenant_id = '{tenant_a}'"]


async def test_an_exception_undoes_everything(database: Database, tenant_a: UUID) -> None:
    with tenant(tenant_a):
        with pytest.raises(KeyError):
            async with transaction():
                await Person(first_name="Anna").save()
                raise KeyError
        assert await Person.count() == 0
    assert all_free(database)


async def test_an_inner_transaction_is_part_of_the_outer(database: Database, tenant_a: UUID) -> None:
    with tenant(tenant_a):
        with pytest.raises(KeyError):
            async with transaction() as outer:
                async with transaction() as inner:
                    assert inner is outer
                    await Person(first_name="Anna").save()
                raise KeyError
        assert await Person.count() == 0


async def test_a_failing_commit_releases_its_connection(database: Database, tenant_a: UUID) -> None:
    owner = await database.connect("owner")
    await owner.execute(
        "CREATE TABLE late (id int PRIMARY KEY, other int REFERENCES late (id) DEFERRABLE INITIALLY DEFERRED);"
        "GRANT INSERT, SELECT ON late TO sentralbord_app"
    )
    await owner.close()
    with tenant(tenant_a):
        for number in range(20):  # twice the pool
            with pytest.raises(asyncpg.ForeignKeyViolationError):
                async with transaction() as unit:
                    await unit.execute("INSERT INTO late VALUES ($1, 99)", number)
            assert all_free(database)
        assert await Person.count() == 0


async def test_a_swallowed_error_does_not_pass_for_a_commit(database: Database, tenant_a: UUID) -> None:
    with tenant(tenant_a):
        with pytest.raises(TransactionError, match="nothing was stored"):
            async with transaction() as unit:
                await Person(first_name="Anna").save()
                with contextlib.suppress(asyncpg.DivisionByZeroError):
                    await unit.execute("SELECT 1/0")
        assert await Person.count() == 0
    assert all_free(database)


async def test_a_savepoint_undoes_only_its_block(database: Database, tenant_a: UUID) -> None:
    with tenant(tenant_a):
        async with transaction() as unit:
            await Person(first_name="Anna").save()
            with pytest.raises(asyncpg.DivisionByZeroError):
                async with unit.savepoint():
                    await Person(first_name="Berit").save()
                    await unit.execute("SELECT 1/0")
        assert [p.first_name for p in await Person.objects()] == ["Anna"]


async def test_a_read_only_transaction_cannot_write(database: Database, tenant_a: UUID) -> None:
    with tenant(tenant_a), pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with transaction(read_only=True):
            await Person(first_name="Anna").save()


async def test_cancelling_a_running_query_frees_its_connection(database: Database, tenant_a: UUID) -> None:
    async def sleep(begun: asyncio.Event) -> None:
        with tenant(tenant_a):
            async with transaction() as unit:
                begun.set()
                await unit.execute("SELECT pg_sleep(60)")

    for _ in range(12):  # more than the pool
        begun = asyncio.Event()
        task = asyncio.create_task(sleep(begun))
        await begun.wait()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 10)
    assert all_free(database)
    with tenant(tenant_a):
        assert await Person.count() == 0


async def test_a_connection_that_cannot_roll_back_is_thrown_away(database: Database, tenant_a: UUID) -> None:
    backend: list[psutil.Process] = []

    async def hang() -> None:
        with tenant(tenant_a):
            async with transaction() as unit:
                backend.append(psutil.Process(await unit.fetchval("SELECT pg_backend_pid()")))
                backend[0].suspend()
                await unit.fetchval("SELECT 1")

    task = asyncio.create_task(hang())
    while not backend or backend[0].status() != psutil.STATUS_STOPPED:
        await asyncio.sleep(0.005)
    task.cancel()
    try:
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 20)
        assert all_free(database)
        with tenant(tenant_a):
            assert await Person.count() == 0
    finally:
        backend[0].resume()


async def test_tasks_inside_one_transaction_take_turns(database: Database, tenant_a: UUID) -> None:
    with tenant(tenant_a):
        async with transaction():
            await asyncio.gather(*(Person(first_name=f"P{n}").save() for n in range(20)))
            assert await asyncio.gather(Person.count(), Person.count()) == [20, 20]
        assert await Person.count() == 20


async def test_a_task_that_outlives_its_transaction_gets_a_clear_error(database: Database, tenant_a: UUID) -> None:
    ended = asyncio.Event()

    async def late() -> int:
        await ended.wait()
        with pytest.raises(TransactionError, match="has ended since"):
            await Person.count()
        async with transaction():  # one of its own is fine
            return int(await Person.count())

    with tenant(tenant_a):
        async with transaction():
            await Person(first_name="Anna").save()
            task = asyncio.create_task(late())
        ended.set()
        assert await task == 1
    assert all_free(database)


async def test_a_batch_obeys_the_tenant_and_frees_its_connection(
    database: Database, tenant_a: UUID, tenant_b: UUID
) -> None:
    for tenant_id, many in ((tenant_a, 25), (tenant_b, 5)):
        with tenant(tenant_id):
            await Person.insert(*(Person(first_name=f"P{n}") for n in range(many)))
    with tenant(tenant_a):
        sizes = []
        async with await Person.select(Person.first_name).batch(batch_size=10) as batch:
            async for rows in batch:
                sizes.append(len(rows))
        assert sizes == [10, 10, 5]
        assert all_free(database)
        with pytest.raises(KeyError):
            async with await Person.select().batch(batch_size=10) as batch:
                raise KeyError
    assert all_free(database)


async def test_a_used_up_pool_is_reported_in_time(
    database: Database, tenant_a: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "ACQUIRE_TIMEOUT", 0.2)
    done = asyncio.Event()

    async def hold(begun: asyncio.Event) -> None:
        with tenant(tenant_a):
            async with transaction():
                begun.set()
                await done.wait()

    events = [asyncio.Event() for _ in range(10)]
    holders = [asyncio.create_task(hold(event)) for event in events]
    await asyncio.gather(*(event.wait() for event in events))
    with tenant(tenant_a), pytest.raises(DatabaseUnavailable, match="10 of at most 10"):
        await Person.count()
    done.set()
    await asyncio.gather(*holders)
    with tenant(tenant_a):
        assert await Person.count() == 0


async def test_get_or_create_and_save_stay_in_the_tenant(database: Database, tenant_a: UUID, tenant_b: UUID) -> None:
    for tenant_id in (tenant_a, tenant_b):
        with tenant(tenant_id):
            person = await Person.objects().get_or_create(Person.first_name == "Anna")
            assert person.tenant_id == tenant_id
            person.department = "Sales"
            await person.save()
            assert [p.department for p in await Person.objects()] == ["Sales"]


async def test_without_an_open_database_the_error_says_so() -> None:
    with tenant(UUID(int=1)), pytest.raises(RuntimeError, match="no database is open"):
        await Person.count()


def test_a_url_without_roles_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\{role\}"):
        Database("postgresql://user@host/name")


async def test_what_is_to_be_done_after_the_commit_is_done_then_and_never_after_a_rollback(
    tenant_a: UUID, database: Database
) -> None:
    done = []

    async def tell() -> None:
        done.append(True)

    with tenant(tenant_a):
        async with transaction() as unit:
            async with transaction() as inner:
                inner.after_commit(tell)
            assert not done
            assert not unit.ended
        assert done == [True]
        with pytest.raises(RuntimeError):
            async with transaction() as unit:
                unit.after_commit(tell)
                raise RuntimeError
    assert done == [True]
