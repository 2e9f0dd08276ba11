"""A tenant never reaches another tenant's rows, whatever the query."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from core.data import Database, NoTenant, TransactionError, current_tenant, system, tenant, transaction, uuid7
from core.directory.service import add_person
from core.directory.tables import Device, Person
from core.tenancy.tables import MainNumber, Tenant


@pytest.fixture
async def anna(tenant_a: UUID) -> UUID:
    """Id of the only person of tenant a."""
    with tenant(tenant_a):
        return (await add_person("Anna")).person.id


@pytest.fixture
async def berit(tenant_b: UUID) -> UUID:
    """Id of the only person of tenant b."""
    with tenant(tenant_b):
        return (await add_person("Berit")).person.id


async def test_a_query_without_a_filter_sees_one_tenant(tenant_a: UUID, anna: UUID, berit: UUID) -> None:
    with tenant(tenant_a):
        assert [p.id for p in await Person.objects()] == [anna]
        async with transaction():
            assert await Person.count() == 1


async def test_asking_for_the_other_tenants_rows_finds_none(tenant_a: UUID, tenant_b: UUID, berit: UUID) -> None:
    with tenant(tenant_a):
        assert await Person.objects().where(Person.tenant_id == tenant_b) == []
        assert await Person.objects().get(Person.id == berit) is None


async def test_changing_and_deleting_without_a_filter_touches_one_tenant(
    tenant_a: UUID, tenant_b: UUID, anna: UUID, berit: UUID
) -> None:
    with tenant(tenant_a):
        changed = await Person.update({Person.first_name: "x"}, force=True).returning(Person.id)
        assert [row["id"] for row in changed] == [anna]
        await Person.delete(force=True)
    with tenant(tenant_b):
        assert [p.first_name for p in await Person.objects()] == ["Berit"]


@pytest.mark.usefixtures("anna", "berit")
async def test_a_row_cannot_be_written_into_or_moved_to_another_tenant(tenant_a: UUID, tenant_b: UUID) -> None:
    with tenant(tenant_a):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await Person(tenant_id=tenant_b, first_name="Eve").save()
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await Person.update({Person.tenant_id: tenant_b}, force=True)


async def test_a_reference_cannot_point_into_another_tenant(tenant_a: UUID, berit: UUID) -> None:
    with tenant(tenant_a), pytest.raises(asyncpg.ForeignKeyViolationError):
        await Device(person_id=berit, kind="number", address="+4722334455").save()


async def test_two_tenants_may_hold_the_same_id(tenant_a: UUID, tenant_b: UUID) -> None:
    same = uuid7()
    for tenant_id, name in ((tenant_a, "Anna"), (tenant_b, "Berit")):
        with tenant(tenant_id):
            await Person(id=same, first_name=name).save()
    with tenant(tenant_a):
        await Person.delete().where(Person.id == same)
    with tenant(tenant_b):
        assert (await Person.objects().get(Person.id == same)).first_name == "Berit"


async def test_a_statement_that_changes_the_tenant_ends_with_its_transaction(
    tenant_a: UUID, tenant_b: UUID, anna: UUID, berit: UUID
) -> None:
    # Row-level security cannot stop injected SQL from naming another tenant; the harm must not outlive the statement.
    with tenant(tenant_a):
        await Person.raw("SELECT set_config('app.tenant_id', {}, false)", str(tenant_b))
        assert [p.id for p in await Person.objects()] == [anna]


async def test_the_app_role_cannot_rise_above_itself(tenant_a: UUID) -> None:
    attacks = (
        "SET ROLE sentralbord_system",
        "SET ROLE sentralbord_owner",
        "SET row_security = off; SELECT * FROM person",
        "TRUNCATE person CASCADE",
        "ALTER TABLE person DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE public.loot AS SELECT * FROM person",
        "SELECT extend_partitions(1, 1)",
        "INSERT INTO tenant (slug, name, timezone, language) VALUES ('evil', 'Evil', 'UTC', 'en')",
        "SELECT * FROM migration",
    )
    with tenant(tenant_a):
        for attack in attacks:
            with pytest.raises(asyncpg.PostgresError):
                async with transaction() as unit:
                    await unit.execute(attack)


async def test_a_tenant_sees_no_other_company(tenant_a: UUID, tenant_b: UUID) -> None:
    with tenant(tenant_a):
        assert [row.id for row in await Tenant.objects()] == [tenant_a]
        assert await Tenant.objects().get(Tenant.id == tenant_b) is None


@pytest.mark.usefixtures("anna", "berit")
async def test_no_tenant_no_query() -> None:
    for query in (Person.count(), Person.objects(), Person.delete(force=True)):
        with pytest.raises(NoTenant, match="with tenant"):
            await query
    with pytest.raises(NoTenant):
        Person(first_name="Nobody's")
    with pytest.raises(NoTenant):
        async with transaction():
            pass


@pytest.mark.usefixtures("anna", "berit")
async def test_without_our_engine_the_database_itself_refuses(database: Database) -> None:
    connection = await database.connect("app")
    try:
        with pytest.raises(asyncpg.UndefinedObjectError, match=r"app\.tenant_id"):
            await connection.fetch("SELECT * FROM person")
        # After a transaction the setting is empty instead of unknown: that must fail as loudly.
        await connection.execute(f"BEGIN; SET LOCAL app.tenant_id = '{uuid4()}'; COMMIT")
        with pytest.raises(asyncpg.InvalidTextRepresentationError):
            await connection.fetch("SELECT * FROM person")
    finally:
        await connection.close()


@pytest.mark.usefixtures("anna", "berit")
async def test_the_system_role_sees_all_tenants_and_is_none() -> None:
    with system():
        assert await Person.count() == 2
        with pytest.raises(NoTenant):
            current_tenant()
        with pytest.raises(NoTenant):
            MainNumber(number="+4722334455")


async def test_only_a_uuid_is_a_tenant_id() -> None:
    for wrong in ("' OR 1=1 --", 5, None):
        with pytest.raises(TypeError, match="UUID"), tenant(wrong):  # type: ignore[arg-type]
            pass


async def test_the_tenant_cannot_change_inside_a_transaction(tenant_a: UUID, tenant_b: UUID) -> None:
    with tenant(tenant_a):
        async with transaction():
            with tenant(tenant_b):
                with pytest.raises(TransactionError, match="cannot be used"):
                    await Person.count()
                with pytest.raises(TransactionError, match="cannot be used"):
                    async with transaction():
                        pass
            with system(), pytest.raises(TransactionError, match="cannot be used"):
                await Person.count()


async def test_tasks_of_two_tenants_beside_each_other_stay_apart(
    tenant_a: UUID, tenant_b: UUID, anna: UUID, berit: UUID
) -> None:
    async def ids(tenant_id: UUID) -> set[UUID]:
        with tenant(tenant_id):
            async with transaction() as unit:
                first = {p.id for p in await Person.objects()}
                await unit.execute("SELECT pg_sleep(0.002)")
                return first | {p.id for p in await Person.objects()}

    seen = await asyncio.gather(*(ids(t) for t in (tenant_a, tenant_b) * 30))
    assert seen == [{anna}, {berit}] * 30
