"""Brings the database to the state that core and the plugins need: each migration once, in order, all or nothing."""

import contextlib
import graphlib
import importlib.util
import io
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.tables import Migration
from piccolo.table import Table

from core.api.ddl import MONTHS_AHEAD, MONTHS_BACK
from core.api.scope import Scope, use
from core.data.database import Database
from core.data.engine import ENGINE
from core.data.unit import unit_of_work

logger = logging.getLogger(__name__)

_LOCK = 0x53424D49
"""Key of the advisory lock: one migrator at a time, the others wait and then find nothing left to do."""


class MigrationError(RuntimeError):
    """The database could not be migrated. `app` names the app at fault; what went before it is done and stays."""

    def __init__(self, app: str, message: str) -> None:
        super().__init__(f"{app}: {message}")
        self.app = app


@dataclass(frozen=True)
class App:
    """The tables of one core package or plugin, and the folder of the migrations that make them."""

    name: str
    migrations: Path
    depends_on: tuple[str, ...] = ()
    """Names of apps that must be migrated first."""
    tables: tuple[type[Table], ...] = ()

    @classmethod
    def load(cls, module: str) -> "App":
        """The app of a piccolo_app module, given by its dotted path. Raises MigrationError when it has none."""
        try:
            config = import_module(module).APP_CONFIG
            dependencies = [import_module(path).APP_CONFIG.app_name for path in config.migration_dependencies]
        except (ImportError, AttributeError) as error:
            raise MigrationError(module, f"this is no piccolo_app module with an APP_CONFIG: {error}") from error
        folder = Path(config.resolved_migrations_folder_path)
        return cls(config.app_name, folder, tuple(dependencies), tuple(config.table_classes))


async def migrate(database: Database, apps: Sequence[App]) -> list[str]:
    """Run what has not run yet, as the owner role, and return it as "app: id".

    The database need not be open. Each migration is committed together with its entry in the table `migration`.
    To go on without a plugin whose migrations fail, migrate core first and then core with one plugin at a time.
    Raises MigrationError.
    """
    plan = [(app, _load(app)) for app in in_order(apps)]
    done: list[str] = []
    connection = await database.connect("owner")
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await _run(connection, Migration.create_table(if_not_exists=True))
        for app, modules in plan:
            ran = await connection.fetch("SELECT name FROM migration WHERE app_name = $1", app.name)
            known = {row["name"] for row in ran}
            if unknown := known - modules.keys():
                raise MigrationError(
                    app.name,
                    f"the database was migrated by a newer version ({', '.join(sorted(unknown))} is not in "
                    f"{app.migrations}); install that version again",
                )
            for name in sorted(modules.keys() - known):
                await _apply(connection, app, name, modules[name])
                done.append(f"{app.name}: {name}")
        await _extend_partitions(connection)
    finally:
        await connection.close()
    return done


async def pending(database: Database, apps: Sequence[App]) -> list[str]:
    """The migrations that migrate() would run, as "app: id". Raises MigrationError for faulty ones."""
    connection = await database.connect("owner")
    try:
        begun = await connection.fetchval("SELECT to_regclass('public.migration')") is not None
        rows = await connection.fetch("SELECT app_name, name FROM migration") if begun else []
    finally:
        await connection.close()
    done = {(row["app_name"], row["name"]) for row in rows}
    every = [(app.name, name) for app in in_order(apps) for name in sorted(_load(app))]
    return [f"{app}: {name}" for app, name in every if (app, name) not in done]


def in_order(apps: Iterable[App]) -> list[App]:
    """The apps so that each comes after what it depends on, otherwise as given. Raises MigrationError."""
    by_name: dict[str, App] = {}
    for app in apps:
        if app.name in by_name:
            raise MigrationError(app.name, f"two apps have this name: {by_name[app.name].migrations}, {app.migrations}")
        by_name[app.name] = app
    for app in by_name.values():
        if missing := [name for name in app.depends_on if name not in by_name]:
            raise MigrationError(app.name, f"it depends on {', '.join(missing)}, which is not installed")
    sorter = graphlib.TopologicalSorter({app.name: app.depends_on for app in by_name.values()})
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        raise MigrationError(error.args[1][0], f"apps depend on each other: {' → '.join(error.args[1])}") from None
    place = {name: position for position, name in enumerate(by_name)}
    ordered: list[App] = []
    while ready := sorted(sorter.get_ready(), key=place.__getitem__):
        ordered += [by_name[name] for name in ready]
        sorter.done(*ready)
    return ordered


def _load(app: App) -> dict[str, ModuleType]:
    """Migrations by ID, loaded by path: by name, two apps with the same file name would share one module."""
    if not app.migrations.is_dir():
        raise MigrationError(app.name, f"there is no migrations folder {app.migrations}")
    modules: dict[str, ModuleType] = {}
    for file in sorted(app.migrations.glob("[!_]*.py")):
        spec = importlib.util.spec_from_file_location(f"_migration_{app.name}_{file.stem}", file)
        if spec is None or spec.loader is None:
            raise MigrationError(app.name, f"{file} cannot be imported")
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
            name, _ = module.ID, module.forwards
        except Exception as error:
            raise MigrationError(app.name, f"{file} is no migration (ID and forwards): {error}") from error
        if name in modules:
            raise MigrationError(app.name, f"{file} has the ID {name} of {modules[name].__file__}")
        modules[name] = module
    return modules


async def _apply(connection: Any, app: App, name: str, module: ModuleType) -> None:
    scope = Scope("owner")
    try:
        with use(scope), contextlib.redirect_stdout(io.StringIO()):  # Piccolo prints as it goes
            await connection.execute("BEGIN")
            async with unit_of_work(ENGINE.current_transaction, connection, scope):
                manager = await module.forwards()
                if isinstance(manager, MigrationManager):
                    await manager.run()
                await Migration.insert(Migration(name=name, app_name=app.name))
    except Exception as error:
        raise MigrationError(app.name, f"{module.__file__} failed and was undone: {error}") from error
    logger.info("migrated %s: %s", app.name, name)


async def _run(connection: Any, query: Any) -> None:
    scope = Scope("owner")
    with use(scope):
        await connection.execute("BEGIN")
        async with unit_of_work(ENGINE.current_transaction, connection, scope):
            await query


async def _extend_partitions(connection: Any) -> None:
    if await connection.fetchval("SELECT to_regproc('extend_partitions')") is not None:
        await connection.execute("SELECT extend_partitions($1, $2)", MONTHS_BACK, MONTHS_AHEAD)
