"""The check finds every way in which a tenant's data could leak, and finds none in core."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from piccolo.columns import Integer, Text
from piccolo.table import Table

from core.data import Database, TenantTable
from core.data.check import check, compare_tables, find_leaks
from core.data.migrate import App, migrate
from tests.conftest import core_apps

GOOD_POLICY = "USING (tenant_id = current_setting('app.tenant_id')::uuid)"


@pytest.fixture
async def owner(empty_database: Database) -> AsyncIterator[Any]:
    """A connection of the owner to a migrated scratch database."""
    await migrate(empty_database, core_apps())
    connection = await empty_database.connect("owner")
    yield connection
    await connection.close()


async def test_core_has_no_leak_and_its_migrations_are_complete(database: Database) -> None:
    assert await check(database, core_apps()) == []


@pytest.mark.parametrize(
    ("leak", "problem"),
    [
        ("CREATE TABLE chat_room (tenant_id uuid NOT NULL)", "chat_room: has tenant_id but no row-level security"),
        ("ALTER TABLE person NO FORCE ROW LEVEL SECURITY", "person: does not force row-level security"),
        ("DROP POLICY tenant_isolation ON person", "person: has tenant_id but no policy"),
        ("CREATE POLICY open ON person USING (true)", "person: policy open lets through more"),
        ("CREATE POLICY open ON person FOR INSERT WITH CHECK (true)", "person: policy open lets through more"),
        (f"CREATE POLICY open ON person {GOOD_POLICY} WITH CHECK (true)", "person: policy open lets through more"),
        ("ALTER TABLE person ALTER tenant_id DROP NOT NULL; ", "person: lets tenant_id be null"),
        (
            "CREATE TABLE price (id int); GRANT SELECT ON price TO sentralbord_app",
            "price: has neither tenant_id nor row-level security",
        ),
        (
            "CREATE TABLE price (id int); GRANT SELECT (id) ON price TO PUBLIC",
            "price: has neither tenant_id nor row-level security",
        ),
        ("GRANT TRUNCATE ON person TO sentralbord_app", "person: may be truncated"),
        (
            "CREATE VIEW everybody AS SELECT * FROM person; GRANT SELECT ON everybody TO sentralbord_app",
            "everybody: is a view without security_invoker",
        ),
        (
            "CREATE VIEW everybody WITH (security_invoker = false) AS SELECT * FROM person;"
            "GRANT SELECT ON everybody TO sentralbord_app",
            "everybody: is a view without security_invoker",
        ),
        (
            "CREATE MATERIALIZED VIEW everybody AS SELECT 1 AS x; GRANT SELECT ON everybody TO sentralbord_app",
            "everybody: is a materialized view",
        ),
        (
            "CREATE TABLE pet (tenant_id uuid NOT NULL, person_id uuid, tenant_of_person uuid,"
            " FOREIGN KEY (tenant_of_person, person_id) REFERENCES person (tenant_id, id));"
            f"ALTER TABLE pet ENABLE ROW LEVEL SECURITY; ALTER TABLE pet FORCE ROW LEVEL SECURITY;"
            f"CREATE POLICY p ON pet {GOOD_POLICY}",
            "pet: foreign key pet_tenant_of_person_person_id_fkey to person does not pair tenant_id",
        ),
        (
            "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM person'",
            "peek: is a SECURITY DEFINER function",
        ),
    ],
)
async def test_a_leak_is_found(owner: Any, leak: str, problem: str) -> None:
    if "DROP NOT NULL" in leak:  # a key column cannot be null: take the key away first
        leak = "ALTER TABLE person DROP CONSTRAINT person_pkey CASCADE; " + leak
    await owner.execute(leak)
    found = await find_leaks(owner)
    assert [line for line in found if line.startswith(problem)], found


async def test_a_partition_open_to_the_app_role_is_found(owner: Any) -> None:
    await owner.execute(
        "CREATE TABLE journal (tenant_id uuid NOT NULL, call_id uuid NOT NULL) PARTITION BY RANGE (call_id);"
        "ALTER TABLE journal ENABLE ROW LEVEL SECURITY; ALTER TABLE journal FORCE ROW LEVEL SECURITY;"
        f"CREATE POLICY p ON journal {GOOD_POLICY}; GRANT SELECT ON journal TO sentralbord_app;"
        "SELECT ensure_partitions('journal', 0, 0)"
    )
    assert await find_leaks(owner) == []
    name = await owner.fetchval(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'journal'::regclass"
    )
    await owner.execute(f"GRANT SELECT ON {name} TO sentralbord_app")
    assert await find_leaks(owner) == [f"{name}: is a partition that the app role may use, past its parent's policy"]


async def test_the_leak_is_real_that_the_partition_check_is_for(empty_database: Database, owner: Any) -> None:
    """What the rule protects from: a partition shows all tenants' rows to whoever may read it."""
    await owner.execute(
        "CREATE TABLE journal (tenant_id uuid NOT NULL, call_id uuid NOT NULL) PARTITION BY RANGE (call_id);"
        "ALTER TABLE journal ENABLE ROW LEVEL SECURITY;"
        f"CREATE POLICY p ON journal {GOOD_POLICY}; GRANT SELECT ON journal TO sentralbord_app;"
        "SELECT ensure_partitions('journal', 0, 0);"
        "INSERT INTO journal VALUES (uuidv4(), uuidv7()), (uuidv4(), uuidv7())"
    )
    name = await owner.fetchval(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'journal'::regclass"
    )
    await owner.execute(f"GRANT SELECT ON {name} TO sentralbord_app")
    app = await empty_database.connect("app")
    await app.execute("SET app.tenant_id = '00000000-0000-0000-0000-000000000000'")
    assert await app.fetchval("SELECT count(*) FROM journal") == 0
    assert await app.fetchval(f"SELECT count(*) FROM {name}") == 2
    await app.close()


async def test_an_app_role_with_another_roles_rights_is_found(owner: Any, superuser: Any) -> None:
    await superuser.execute("GRANT sentralbord_system TO sentralbord_app")
    try:
        assert "sentralbord_app: must not be" in "\n".join(await find_leaks(owner))
    finally:
        await superuser.execute("REVOKE sentralbord_system FROM sentralbord_app")


async def test_differences_between_classes_and_tables_are_found(owner: Any, tmp_path: Any) -> None:
    class Room(TenantTable, Table, tablename="chat_room"):
        title = Text()
        size = Integer()
        topic = Text(null=True, default=None)

    class Gone(TenantTable, Table, tablename="chat_gone"):
        pass

    await owner.execute(
        "CREATE TABLE chat_room (tenant_id uuid NOT NULL, id uuid NOT NULL, title text, size bigint NOT NULL,"
        " colour text)"
    )
    found = await compare_tables(owner, [*core_apps(), App("chat", tmp_path, tables=(Room, Gone))])
    assert found == [
        "chat_room.title: it is never null for the class, it may be null in the database",
        "chat_room.size: the class says integer, the database bigint",
        "chat_room.topic: the class declares it, but no migration makes it",
        "chat_room.colour: a migration makes it, but the class does not declare it",
        "chat_gone: the app chat declares it, but no migration makes it",
    ]
