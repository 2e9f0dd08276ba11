"""Migrations: in order, once, whole, whoever else is starting at the same time."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from piccolo.apps.migrations.tables import Migration

from core.data import Database
from core.data.migrate import App, MigrationError, in_order, migrate
from tests.conftest import core_apps

MAKE_TABLE = """
from core.api.ddl import sql
ID = "0001"
async def forwards():
    await sql("CREATE TABLE {name}_thing (id int)")
"""


def write_app(folder: Path, name: str, *depends_on: str, text: str = MAKE_TABLE) -> App:
    """An app with one migration, in a file called as every other app's is."""
    migrations = folder / name
    migrations.mkdir()
    (migrations / "0001_first.py").write_text(text.replace("{name}", name))
    return App(name, migrations, depends_on)


async def tables(database: Database) -> set[str]:
    """Names of the tables that are there."""
    connection = await database.connect("owner")
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {row[0] for row in rows} - {"migration"}
    finally:
        await connection.close()


async def test_core_migrates_once_in_the_order_of_dependency(empty_database: Database) -> None:
    done = await migrate(empty_database, list(reversed(core_apps())))
    names = [entry.partition(":")[0] for entry in done]
    assert names.index("data") < names.index("tenancy") < names.index("identity") < names.index("directory")
    assert {"tenant", "main_number", "user_account", "person", "device"} <= await tables(empty_database)
    assert await migrate(empty_database, core_apps()) == []


async def test_apps_with_the_same_file_names_do_not_share_a_module(empty_database: Database, tmp_path: Path) -> None:
    apps = [write_app(tmp_path, "chat"), write_app(tmp_path, "survey")]
    assert await migrate(empty_database, apps) == ["chat: 0001", "survey: 0001"]
    assert await tables(empty_database) == {"chat_thing", "survey_thing"}


async def test_a_failing_migration_is_undone_and_named_and_the_ones_before_it_stay(
    empty_database: Database, tmp_path: Path
) -> None:
    chat = write_app(tmp_path, "chat")
    survey = write_app(tmp_path, "survey", "chat", text=MAKE_TABLE + '    await sql("SELECT 1/0")\n')
    with pytest.raises(MigrationError, match=r"survey: .*survey/0001_first\.py failed.*division by zero") as caught:
        await migrate(empty_database, [chat, survey])
    assert caught.value.app == "survey"
    assert await tables(empty_database) == {"chat_thing"}


async def test_a_crash_between_migration_and_bookkeeping_leaves_neither(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = write_app(tmp_path, "chat")

    def crash(*rows: object) -> None:
        raise RuntimeError("crashed")

    with monkeypatch.context() as patched:
        patched.setattr(Migration, "insert", crash)
        with pytest.raises(MigrationError, match="crashed"):
            await migrate(empty_database, [chat])
    assert await tables(empty_database) == set()
    assert await migrate(empty_database, [chat]) == ["chat: 0001"]


async def test_a_migrator_killed_half_way_leaves_nothing(empty_database: Database, tmp_path: Path) -> None:
    survey = tmp_path / "survey"
    survey.mkdir()
    text = MAKE_TABLE.replace("{name}", "survey") + "    import os, signal; os.kill(os.getpid(), signal.SIGKILL)\n"
    (survey / "0001_first.py").write_text(text)
    program = (
        "import asyncio, sys; from pathlib import Path\n"
        "from core.data import Database; from core.data.migrate import App, migrate\n"
        "asyncio.run(migrate(Database(sys.argv[1]), [App('survey', Path(sys.argv[2]))]))"
    )
    killed = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program, empty_database.url, str(survey)], check=False
    )
    assert killed.returncode == -9
    (survey / "0001_first.py").write_text(MAKE_TABLE.replace("{name}", "survey"))
    assert await migrate(empty_database, [App("survey", survey)]) == ["survey: 0001"]


async def test_two_migrators_at_once_do_the_work_once(empty_database: Database) -> None:
    done = await asyncio.gather(*(migrate(empty_database, core_apps()) for _ in range(3)))
    assert sorted(len(entries) for entries in done)[:2] == [0, 0]
    assert sum(len(entries) for entries in done) >= 4


async def test_piccolos_own_migrations_run_too(empty_database: Database, tmp_path: Path) -> None:
    text = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Text
ID = "2026-11-23T10:00:00"
async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="chat", description="")
    manager.add_table("Room", tablename="chat_room", schema=None, columns=None)
    manager.add_column(table_class_name="Room", tablename="chat_room", column_name="title",
                       db_column_name="title", column_class_name="Text", column_class=Text,
                       params={"default": "", "null": False, "primary_key": False, "unique": False, "index": False,
                               "index_method": None, "choices": None, "db_column_name": None, "secret": False})
    return manager
"""
    await migrate(empty_database, [write_app(tmp_path, "chat", text=text)])
    assert await tables(empty_database) == {"chat_room"}


async def test_a_column_is_filled_for_every_tenant_under_its_own_policy(
    empty_database: Database, tmp_path: Path
) -> None:
    await migrate(empty_database, core_apps())
    owner = await empty_database.connect("owner")
    await owner.execute(
        "INSERT INTO tenant (slug, name, timezone, language) VALUES ('a','A','UTC','nb'), ('b','B','UTC','nb')"
    )
    for row in await owner.fetch("SELECT id FROM tenant"):
        await owner.execute(f"SET app.tenant_id = '{row[0]}'")
        await owner.execute("INSERT INTO person (first_name) VALUES ('Anna')")
    await owner.execute("RESET app.tenant_id")
    text = """
from core.api.ddl import for_each_tenant, sql
ID = "0001"
async def forwards():
    await sql("ALTER TABLE person ADD nickname text")
    await for_each_tenant("UPDATE person SET nickname = lower(first_name)")
"""
    extra = write_app(tmp_path, "nickname", "directory", text=text)
    await migrate(empty_database, [*core_apps(), extra])
    filled = [
        await owner.fetchval(f"SET app.tenant_id = '{row[0]}'") or await owner.fetchval("SELECT nickname FROM person")
        for row in await owner.fetch("SELECT id FROM tenant")
    ]
    await owner.close()
    assert filled == ["anna", "anna"]


async def test_a_database_of_a_newer_version_is_refused(empty_database: Database, tmp_path: Path) -> None:
    chat = write_app(tmp_path, "chat")
    await migrate(empty_database, [chat])
    (chat.migrations / "0001_first.py").unlink()
    with pytest.raises(MigrationError, match=r"newer version \(0001 is not in"):
        await migrate(empty_database, [chat])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ID = '0001'", "is no migration"),
        ("async def forwards(): pass", "is no migration"),
        ("import nothing_like_this", "No module named"),
        ("def", "invalid syntax"),
    ],
)
async def test_a_file_that_is_no_migration_is_named(
    empty_database: Database, tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(MigrationError, match=message) as caught:
        await migrate(empty_database, [write_app(tmp_path, "chat", text=text)])
    assert "chat/0001_first.py" in str(caught.value)


def test_wrong_apps_are_named(tmp_path: Path) -> None:
    a, b = App("a", tmp_path, ("b",)), App("b", tmp_path, ("a",))
    with pytest.raises(MigrationError, match=r"depend on each other: (a → b → a|b → a → b)"):
        in_order([a, b])
    with pytest.raises(MigrationError, match="a: it depends on b, which is not installed"):
        in_order([a])
    with pytest.raises(MigrationError, match="two apps have this name"):
        in_order([b, b])
    with pytest.raises(MigrationError, match="no piccolo_app module"):
        App.load("core.api.ids")
