"""Its tables: named as its own, kept apart by PostgreSQL, made completely by migrations that run once."""

import pytest_asyncio

from core.data import Database
from core.data.check import check
from core.data.embedded import EmbeddedPostgres
from core.data.migrate import migrate
from core.host.registry import Plugin
from tests.conftest import database_url
from tests.contract.conftest import World, apps

RELATIONS = """
    SELECT c.relname, c.relkind FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition"""
FORCED = """
    SELECT c.relname FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND a.attnotnull
      JOIN pg_policy p ON p.polrelid = c.oid
     WHERE c.relrowsecurity AND c.relforcerowsecurity"""


@pytest_asyncio.fixture
async def of_core(postgres: EmbeddedPostgres, template: str) -> set[str]:
    """Names of everything in a schema that only core has migrated."""
    return set(await relations(Database(database_url(postgres, template))))


async def relations(database: Database) -> dict[str, str]:
    """Everything in the schema by name: tables, indexes, sequences, views; with PostgreSQL's letter for its kind."""
    connection = await database.connect("owner")
    try:
        return {row["relname"]: row["relkind"].decode() for row in await connection.fetch(RELATIONS)}
    finally:
        await connection.close()


async def test_no_tenant_can_reach_anothers_rows_and_classes_and_migrations_agree(world: World) -> None:
    assert await check(world.database, apps(world.plugin)) == []


async def test_everything_its_migrations_make_bears_its_name(world: World, of_core: set[str], plugin: Plugin) -> None:
    made = (await relations(world.database)).keys() - of_core
    assert [name for name in made if not name.startswith(f"{plugin.name}_")] == []
    assert bool(made) is bool(plugin.manifest.piccolo_app)


async def test_each_of_its_tables_has_a_tenant_and_forces_its_policy_on_everybody(
    world: World, of_core: set[str]
) -> None:
    made = await relations(world.database)
    tables = {name for name, kind in made.items() if kind in "rp" and name not in of_core}
    connection = await world.database.connect("owner")
    bound = {row["relname"] for row in await connection.fetch(FORCED)}
    await connection.close()
    assert tables <= bound
    assert {table._meta.tablename for table in world.rows.tables} <= tables


async def test_a_second_migration_finds_nothing_to_do(world: World) -> None:
    assert await migrate(world.database, apps(world.plugin)) == []


async def test_it_migrates_where_tenants_have_long_been_at_work_with_the_others(world: World) -> None:
    before = await relations(world.database)
    await world.rows.fill(world.a, "kept")
    kept = await world.rows.of(world.a)
    assert await migrate(world.database, apps(world.plugin)) == []
    assert (await relations(world.database), await world.rows.of(world.a)) == (before, kept)
