"""Tenants and what they own: main numbers and the flows that answer them, modules, settings."""

import logging
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo.columns import Column

from core.api.errors import Changed, Problems
from core.api.texts import N_
from core.data import current_tenant, system, transaction
from core.data.errors import UniqueViolationError
from core.tenancy.errors import NoSuchTenant, TenancyError
from core.tenancy.model import checked_language, checked_name, checked_slug, checked_timezone
from core.tenancy.tables import MainNumber, Tenant, TenantModule, TenantSetting

log = logging.getLogger(__name__)

SettingsT = TypeVar("SettingsT", bound=Struct)


async def create_tenant(
    slug: str, name: str, *, timezone: str = "Europe/Oslo", language: str = "nb", operator: bool = False
) -> Tenant:
    """Make a tenant: platform work, done with the system role. `operator`: the operator's own (docs/adr/0013).

    Raises TenancyError when the slug is taken or there is an operator already, InvalidTenant for what cannot be right.
    """
    problems = Problems()
    for field, check, value in (
        ("slug", checked_slug, slug),
        ("name", checked_name, name),
        ("timezone", checked_timezone, timezone),
        ("language", checked_language, language),
    ):
        with problems.of(field):
            check(value)
    problems.check()
    row = Tenant(slug=slug, name=name.strip(), timezone=timezone, language=language, operator=operator)
    try:
        with system():
            await row.save()
    except UniqueViolationError as error:
        if "tenant_operator" in str(error):
            raise TenancyError(N_("There is an operator's tenant already; there can be only one.")) from None
        raise TenancyError(
            N_("There is a company with the short name “{slug}” already; choose another."), field="slug", slug=slug
        ) from None
    return row


async def all_tenants() -> list[Tenant]:
    """Every tenant of the installation, by name; with the system role."""
    with system():
        return await Tenant.objects().order_by(Tenant.name)


async def tenant_by_slug(slug: str) -> Tenant | None:
    """The tenant with this slug; with the system role."""
    with system():
        return await Tenant.objects().where(Tenant.slug == slug).first()


async def this_tenant() -> Tenant:
    """The tenant in force. Raises NoSuchTenant when it is gone."""
    row = await Tenant.objects().where(Tenant.id == current_tenant()).first()
    if row is None:
        raise NoSuchTenant(N_("There is no tenant {tenant}."), tenant=current_tenant())
    return row


async def main_numbers() -> list[MainNumber]:
    """The main numbers of the tenant in force."""
    return await MainNumber.objects().order_by(MainNumber.number)


async def publish(main_number_id: UUID, flow_version_id: UUID) -> MainNumber:
    """Let calls to a number of the tenant in force be answered by this flow version from now on.

    Raises NoSuchTenant when the tenant has no such number.
    """
    now = datetime.now(UTC)
    values: dict[Column | str, Any] = {MainNumber.flow_version_id: flow_version_id, MainNumber.published_at: now}
    update = MainNumber.update(values).where(MainNumber.id == main_number_id)
    changed = await update.returning(*MainNumber.all_columns())
    if not changed:
        raise NoSuchTenant(N_("This company has no main number {number}."), number=main_number_id)
    return MainNumber(**changed[0])


async def set_module(plugin: str, *, entitled: bool, enabled: bool, seats: int | None = None) -> TenantModule:
    """Say whether the tenant in force may use a plugin and does, with how many licences (None: unlimited)."""
    async with transaction() as unit:
        row = await unit.fetchrow(
            "INSERT INTO tenant_module AS m (plugin, entitled, enabled, seats) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT (tenant_id, plugin) DO UPDATE SET entitled = excluded.entitled, "
            "enabled = excluded.enabled, seats = excluded.seats, version = m.version + 1 RETURNING *",
            plugin,
            entitled,
            enabled,
            seats,
        )
    return TenantModule(**row)


async def held_module(plugin: str) -> TenantModule | None:
    """A module of the tenant in force, held against changes by others until the transaction is over."""
    return await TenantModule.objects().where(TenantModule.plugin == plugin).lock_rows().first()


async def modules() -> dict[str, TenantModule]:
    """The modules of the tenant in force, by plugin name; a plugin without a row is not entitled."""
    return {row.plugin: row for row in await TenantModule.objects()}


class StoredSettings(Struct, frozen=True):
    """Settings as they are stored: a JSON object, and its version; 0: nothing is stored."""

    value: dict[str, Any]
    version: int


async def stored_settings(owner: str) -> StoredSettings:
    """What the tenant in force has stored for a plugin or a part of core."""
    row = await TenantSetting.objects().where(TenantSetting.plugin == owner).first()
    return StoredSettings(msgspec.json.decode(row.value), row.version) if row else StoredSettings({}, 0)


async def store_settings(owner: str, value: dict[str, Any], version: int) -> int:
    """Store settings of the tenant in force instead of those of `version`; the new version. Raises Changed."""
    text = msgspec.json.encode(value).decode()
    async with transaction() as unit:
        if version:
            sql = "UPDATE tenant_setting SET value = $2, version = version + 1 WHERE plugin = $1 AND version = $3"
            found = await unit.fetchval(f"{sql} RETURNING version", owner, text, version)
        else:
            sql = "INSERT INTO tenant_setting (plugin, value) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING version"
            found = await unit.fetchval(sql, owner, text)
    if found is None:
        raise Changed
    return int(found)


async def read_settings(owner: str, kind: type[SettingsT]) -> SettingsT:
    """Settings of the tenant in force for a plugin or a part of core; defaults when nothing (fitting) is stored."""
    stored = await stored_settings(owner)
    try:
        return msgspec.convert(stored.value, kind)
    except msgspec.ValidationError as error:
        log.error("stored settings of %s for %s no longer fit and are not used: %s", owner, current_tenant(), error)
        return kind()


async def write_settings(owner: str, settings: Struct) -> None:
    """Store the settings of the tenant in force for a plugin or a part of core."""
    row = TenantSetting(plugin=owner, value=msgspec.json.encode(settings).decode())
    await TenantSetting.insert(row).on_conflict(
        target=(TenantSetting.tenant_id, TenantSetting.plugin), action="DO UPDATE", values=(TenantSetting.value,)
    )
