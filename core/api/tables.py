"""The two columns that every tenant table has."""

from uuid import UUID as UniqueId

from piccolo.columns import UUID
from piccolo.columns.defaults.uuid import UUID4

from core.api.ids import uuid7
from core.api.scope import current_tenant


class CurrentTenant(UUID4):
    """The tenant in force, as a column's default in Python and in SQL."""

    @property
    def postgres(self) -> str:
        return "current_setting('app.tenant_id')::uuid"

    def python(self) -> UniqueId:
        return current_tenant()


class TenantTable:
    """Mixin of a tenant's table: `class Device(TenantTable, Table, tablename="device")`.

    `tenant_id` is the tenant in force when the object is made; code under system() gives it.
    """

    tenant_id = UUID(default=CurrentTenant())
    id = UUID(primary_key=True, default=uuid7)
