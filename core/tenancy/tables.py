"""Tenants, their main numbers, modules and settings."""

from piccolo.columns import JSONB, UUID, Boolean, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from core.data import TenantTable, uuid7


class Tenant(Table, tablename="tenant"):
    """A customer company. It has no tenant_id; the app role sees only the row of the tenant in force."""

    id = UUID(primary_key=True, default=uuid7)
    slug = Text(help_text="Short unique name in addresses and commands.")
    name = Text()
    timezone = Text(help_text="IANA zone, for example Europe/Oslo: the tenant's day in reports and schedules.")
    language = Text(help_text="Language of prompts and of new users, for example nb.")
    created_at = Timestamptz(default=TimestamptzNow())
    operator = Boolean(default=False, help_text="The operator's own tenant: at most one (docs/adr/0013).")
    suspended_at = Timestamptz(null=True, default=None, help_text="Since when nobody signs in and no number answers.")
    erasing_at = Timestamptz(null=True, default=None, help_text="Since when it is being erased; then it cannot return.")
    version = Integer(default=1)


class MainNumber(TenantTable, Table, tablename="main_number"):
    """A number that callers dial, and the flow version that answers it."""

    number = Text(help_text="E.164; unique over all tenants.")
    label = Text(default="")
    flow_version_id = UUID(null=True, default=None, help_text="The published version; null: nothing answers yet.")
    published_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)


class TenantModule(TenantTable, Table, tablename="tenant_module"):
    """Whether a tenant may use a plugin (GEN-8: the provider decides) and does (its administrator decides)."""

    plugin = Text()
    entitled = Boolean(default=False)
    enabled = Boolean(default=False)
    seats = Integer(null=True, default=None, help_text="Licences of the entitlement; null: unlimited (GEN-10).")
    version = Integer(default=1)


class TenantSetting(TenantTable, Table, tablename="tenant_setting"):
    """A tenant's settings of one plugin: one row, one JSON object."""

    plugin = Text()
    value = JSONB(default="{}")
    version = Integer(default=1)
