"""A plugin whose tables are missing or open to other tenants is not loaded; the others are."""

from pathlib import Path

import pytest

from core.data import Database
from core.data.migrate import App, migrate
from core.host.fitness import without_unfit
from core.host.registry import Registry
from tests.conftest import core_apps
from tests.core.host.plugins import entry_point, registry


@pytest.fixture
def both(example: Registry) -> Registry:
    """The example plugin, and one without tables."""
    return Registry({**example.plugins, **registry(entry_point("bell")).plugins})


async def faults(loaded: Registry, database: Database) -> dict[str, str]:
    fit = await without_unfit(loaded, database)
    assert fit.plugins.keys() | {broken.name for broken in fit.broken} == loaded.plugins.keys()
    return {broken.name: broken.reason for broken in fit.broken}


async def test_a_plugin_that_is_not_migrated_is_left_out_and_told_how(both: Registry, database: Database) -> None:
    found = await faults(both, database)
    assert list(found) == ["nightbell"]
    assert "sentralbord migrate" in found["nightbell"]


async def test_a_plugin_whose_table_leaks_is_left_out(both: Registry, database: Database) -> None:
    await migrate(database, [*core_apps(), App.load("nightbell.piccolo_app")])
    assert await faults(both, database) == {}
    connection = await database.connect("owner")
    await connection.execute("ALTER TABLE nightbell_ring NO FORCE ROW LEVEL SECURITY")
    await connection.close()
    assert "does not force row-level security" in (await faults(both, database))["nightbell"]


async def test_while_the_database_is_away_no_plugin_is_refused(both: Registry, tmp_path: Path) -> None:
    nowhere = Database(f"postgresql://sentralbord_{{role}}@/sentralbord?host={tmp_path}")
    assert await faults(both, nowhere) == {}
