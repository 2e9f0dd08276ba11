"""What every process opens: a plugin whose migrations fail costs only itself."""

import sys
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
from piccolo.conf.apps import AppConfig

from core.config import Settings, load_settings
from core.data import Database
from core.data.migrate import MigrationError
from core.host.registry import Registry
from core.wiring import migrate_all, open_host, open_installation
from tests.core.host.plugins import entry_point, manifest, registry

BROKEN = 'ID = "0001"\nasync def forwards():\n    raise ValueError("the bell is cracked")\n'


@pytest.fixture
def settings(empty_database: Database, tmp_path: Path) -> Settings:
    folder = str(tmp_path / "data")
    environment = {"SENTRALBORD_DATA__DATABASE_URL": empty_database.url, "SENTRALBORD_DATA__FOLDER": folder}
    return load_settings(environment=environment)


@pytest.fixture
def with_broken(example: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The example plugin, and before it in the alphabet one whose migration fails."""
    (tmp_path / "0001_first.py").write_text(BROKEN)
    module = ModuleType("bell_app")
    module.APP_CONFIG = AppConfig("bell", migrations_folder_path=str(tmp_path), table_classes=[])
    monkeypatch.setitem(sys.modules, "bell_app", module)
    loaded = registry(entry_point("bell", manifest("bell", piccolo_app="bell_app"))).plugins
    return Registry({**loaded, **example.plugins})


async def test_a_plugin_whose_migration_fails_costs_only_itself(settings: Settings, with_broken: Registry) -> None:
    migrated = await migrate_all(settings, with_broken)
    assert "nightbell: 0001_rings" in migrated.done
    assert "tenancy: 0001_tenancy" in migrated.done
    assert list(migrated.failed) == ["bell"]
    assert "the bell is cracked" in migrated.failed["bell"]
    again = await migrate_all(settings, with_broken)
    assert (again.done, list(again.failed)) == ([], ["bell"])


async def test_without_cores_migrations_nothing_starts(
    settings: Settings, example: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.wiring.CORE_APPS", ("core.no_such_app",))
    with pytest.raises(MigrationError, match="no_such_app"):
        await migrate_all(settings, example)


async def test_a_process_opens_without_the_plugins_that_are_not_migrated(
    settings: Settings, example: Registry, redis_server, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = msgspec.structs.replace(settings.data, redis_url=redis_server.url)
    settings = msgspec.structs.replace(settings, data=data)
    monkeypatch.setattr("core.wiring.load", lambda: example)
    await migrate_all(settings, Registry({}))
    async with open_installation(settings) as installation, open_host(installation) as host:
        assert installation.registry.plugins == {}
        assert [broken.name for broken in installation.registry.broken] == ["nightbell"]
        assert list(host.jobs) == []
    await migrate_all(settings, example)
    async with open_installation(settings) as installation, open_host(installation) as host:
        assert list(installation.registry.plugins) == ["nightbell"]
        assert [job.name for job in host.jobs] == ["nightbell.forget"]
