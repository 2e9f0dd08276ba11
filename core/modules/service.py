"""The modules of the tenant in force: what there is, switched on and off, its data purged."""

from core.api.errors import Changed, InUse, Invalid
from core.api.texts import N_
from core.audit.service import record
from core.data import transaction
from core.data.migrate import App
from core.data.tenant_tables import tenant_tables
from core.data.unit import Transaction
from core.host.registry import Plugin
from core.host.seats import seats_taken
from core.host.service import Modules, entitled
from core.modules.model import Module, ModuleDetails, additions
from core.tenancy.service import modules as rows_of_tenant
from core.tenancy.tables import TenantModule

_FLOWS = """
    SELECT DISTINCT f.name FROM main_number m
      JOIN flow_version v ON (v.tenant_id, v.id) = (m.tenant_id, m.flow_version_id)
      JOIN flow f ON (f.tenant_id, f.id) = (v.tenant_id, v.flow_id)
     WHERE EXISTS (SELECT FROM jsonb_array_elements(v.document -> 'nodes') AS node WHERE node ->> 'element' = ANY($1))
     ORDER BY f.name"""


async def modules(host: Modules) -> list[Module]:
    """Every installed module by name, also those that are not granted: of these no more than the name (GEN-8)."""
    rows, taken = await rows_of_tenant(), await seats_taken()
    return [_module(plugin, rows.get(name), taken.get(name, 0)) for name, plugin in host.registry.plugins.items()]


async def module(host: Modules, name: str) -> ModuleDetails:
    """A granted module, what it adds and keeps. Raises NoSuchModule."""
    plugin = host.plugin(name)
    async with transaction() as unit:
        row = await entitled(name)
        flows = await unit.fetch(_FLOWS, [element.key for element in plugin.manifest.elements])
        return ModuleDetails(
            module=_module(plugin, row, (await seats_taken()).get(name, 0)),
            adds=additions(plugin.manifest),
            rows=await _rows(unit, plugin),
            flows=tuple(found["name"] for found in flows),
            has_settings=plugin.manifest.settings is not None,
        )


async def switch(host: Modules, name: str, *, on: bool, version: int) -> ModuleDetails:
    """Switch a module on or off, in every process at once. Its data stays. Raises NoSuchModule, Changed."""
    await host.switch(name, on=on, version=version)
    return await module(host, name)


async def purge(host: Modules, name: str, typed: str, version: int) -> ModuleDetails:
    """Delete all that a module keeps of the tenant, with its settings; for good. `typed`: its name, to confirm.

    Raises NoSuchModule, Changed; InUse while it is on, Invalid when something else was typed.
    """
    plugin = host.plugin(name)
    if typed.strip() != name:
        raise Invalid(N_("Type {name} to confirm that its data goes for good."), field="confirm", name=name)
    async with transaction() as unit:
        row = await entitled(name)
        if row.version != version:
            raise Changed
        if row.enabled:
            raise InUse(N_("Switch the module off first; then its data can be purged."))
        gone = {}
        for table in await _tables(unit, plugin):
            gone[table] = _count(await unit.execute(f"DELETE FROM {table}"))  # noqa: S608  (a name from pg_class)
        await unit.execute("DELETE FROM tenant_setting WHERE plugin = $1", name)
        await unit.execute("DELETE FROM module_seat WHERE plugin = $1", name)
        await record("module.purged", name, plugin.manifest.title, before=gone)
    return await module(host, name)


def _module(plugin: Plugin, row: TenantModule | None, taken: int) -> Module:
    granted = row is not None and row.entitled
    return Module(
        plugin=plugin.name,
        title=plugin.manifest.title,
        release=plugin.manifest.version,
        entitled=granted,
        enabled=granted and row is not None and row.enabled,
        seats=row.seats if row else None,
        seats_taken=taken if granted else 0,
        version=row.version if row else 0,
    )


async def _rows(unit: Transaction, plugin: Plugin) -> int:
    """How many rows the plugin keeps of the tenant."""
    count = 0
    for table in await _tables(unit, plugin):
        count += await unit.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608  (a name from pg_class)
    return count


async def _tables(unit: Transaction, plugin: Plugin) -> list[str]:
    """The plugin's tables, in an order in which their rows can be deleted."""
    if not plugin.manifest.piccolo_app:
        return []
    own = {table._meta.tablename for table in App.load(plugin.manifest.piccolo_app).tables}
    return [table for table in await tenant_tables(unit) if table in own]


def _count(status: str) -> int:
    """The number of rows in PostgreSQL's "DELETE 12"."""
    return int(status.rpartition(" ")[2])
