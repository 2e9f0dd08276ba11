"""Which modules a company may use, and with how many seats (GEN-8, GEN-10): decided by the operator."""

from uuid import UUID

from msgspec import Struct

from core.api.errors import Changed, Invalid
from core.api.texts import N_
from core.data import tenant
from core.host.seats import seats_taken
from core.host.service import Modules
from core.platform.acts import act
from core.tenancy.service import modules as rows_of_tenant
from core.tenancy.tables import TenantModule

MOST_SEATS = 1_000_000


class Entitlement(Struct, frozen=True, kw_only=True):
    """A loaded module and one company. `seats`: licences, None: unlimited; `version`: 0 until it was ever granted.

    `seats_taken`: how many of them users of the company have.
    """

    plugin: str
    title: str
    entitled: bool = False
    enabled: bool = False
    seats: int | None = None
    seats_taken: int = 0
    version: int = 0


async def entitlements(modules: Modules, tenant_id: UUID) -> list[Entitlement]:
    """Every loaded module by name, and what the company may do with it."""
    with tenant(tenant_id):
        rows, taken = await rows_of_tenant(), await seats_taken()
    return [_entitlement(modules, name, rows.get(name), taken.get(name, 0)) for name in modules.registry.plugins]


async def entitle(
    modules: Modules, tenant_id: UUID, plugin: str, *, entitled: bool, seats: int | None, version: int
) -> Entitlement:
    """Grant a module to a company with so many seats (None: unlimited), or take it away; then it goes off.

    It is not switched on by this, and no data goes. With fewer seats than are taken nobody loses hers, and nobody gets
    one until enough have been taken back. Raises NoSuchTenant for an unknown company or module, Changed,
    Invalid.
    """
    loaded = modules.plugin(plugin)
    if seats is not None and not 0 <= seats <= MOST_SEATS:
        raise Invalid(
            N_("Seats are a number from 0 to {most}; leave it empty for unlimited."), field="seats", most=MOST_SEATS
        )
    async with act() as this:
        row = await this.tenant(tenant_id)
        theirs = (TenantModule.tenant_id == tenant_id) & (TenantModule.plugin == plugin)
        before = await TenantModule.objects().where(theirs).lock_rows().first()
        if version != (before.version if before else 0):
            raise Changed
        goes_off = before is not None and before.enabled and not entitled
        after = TenantModule(
            tenant_id=tenant_id,
            plugin=plugin,
            entitled=entitled,
            enabled=before is not None and before.enabled and entitled,
            seats=seats if entitled else None,
            version=version + 1,
        )
        columns = (TenantModule.entitled, TenantModule.enabled, TenantModule.seats, TenantModule.version)
        await TenantModule.insert(after).on_conflict(
            target=(TenantModule.tenant_id, TenantModule.plugin), action="DO UPDATE", values=columns
        )
        await this.record("module.entitled", row, before=_facts(plugin, before), after=_facts(plugin, after))
    await modules.announce(plugin)
    if goes_off:
        await modules.dispatcher.call(loaded, "tenant_disabled", tenant_id)
    with tenant(tenant_id):
        return _entitlement(modules, plugin, after, (await seats_taken()).get(plugin, 0))


def _entitlement(modules: Modules, name: str, row: TenantModule | None, taken: int) -> Entitlement:
    title = modules.registry.plugins[name].manifest.title
    if row is None:
        return Entitlement(plugin=name, title=title)
    return Entitlement(
        plugin=name,
        title=title,
        entitled=row.entitled,
        enabled=row.enabled,
        seats=row.seats,
        seats_taken=taken,
        version=row.version,
    )


def _facts(plugin: str, row: TenantModule | None) -> dict[str, object]:
    return {
        "module": plugin,
        "entitled": row is not None and row.entitled,
        "enabled": row is not None and row.enabled,
        "seats": row.seats if row else None,
    }
