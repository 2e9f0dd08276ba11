"""Leaves out the plugins whose tables are not as they should be: not migrated, or open to other tenants."""

import logging
from collections.abc import Mapping

from core.data import Database
from core.data.check import compare_tables, find_leaks
from core.data.migrate import App, MigrationError
from core.host.loader import Broken
from core.host.registry import Plugin, Registry

log = logging.getLogger(__name__)


async def without_unfit(registry: Registry, database: Database) -> Registry:
    """The registry without the plugins whose tables have a fault; those are listed in `broken` and logged.

    While the database is away all stay: a call that meets it then is told so.
    """
    try:
        faults = await table_faults(registry.plugins, database)
    except Exception as error:  # whatever ails the database, it is no plugin's fault
        log.warning("the tables of plugins could not be looked at: %s", error)
        return registry
    broken = []
    for name, problems in faults.items():
        reason = "; ".join(problems)
        log.error("plugin %s is not loaded: %s", name, reason)
        broken.append(Broken(name, registry.plugins[name].distribution, reason))
    fit = {name: plugin for name, plugin in registry.plugins.items() if name not in faults}
    return Registry(fit, (*registry.broken, *broken))


async def table_faults(plugins: Mapping[str, Plugin], database: Database) -> dict[str, list[str]]:
    """What is wrong with the plugins' tables, by plugin. Raises what the database driver raises."""
    with_tables = {name: plugin.manifest.piccolo_app for name, plugin in plugins.items() if plugin.manifest.piccolo_app}
    if not with_tables:
        return {}
    connection = await database.connect("system")
    try:
        leaks = await find_leaks(connection)
        found = {}
        for name, module in with_tables.items():
            # A name may be the beginning of another's, and its tables then of the longer name.
            longer = tuple(f"{other}_" for other in with_tables if other.startswith(f"{name}_"))
            problems = [leak for leak in leaks if leak.startswith(f"{name}_") and not leak.startswith(longer)]
            try:
                differences = await compare_tables(connection, [App.load(module)])
            except MigrationError as error:
                differences = [str(error)]
            if differences:
                problems.append(f"{'; '.join(differences)} (run `sentralbord migrate`)")
            if problems:
                found[name] = problems
        return found
    finally:
        await connection.close()
