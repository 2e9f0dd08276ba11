"""Roles that companies make, and what each may do."""

from piccolo.columns import ForeignKey, Integer, SmallInt, Text
from piccolo.table import Table

from core.data import TenantTable


class Role(TenantTable, Table, tablename="role"):
    """A custom role (ROL-3). The system roles are in code: they cannot be changed (ROL-2)."""

    name = Text(help_text="Unique in the tenant, whatever its case.")
    version = Integer(default=1, help_text="Grows with every change: two administrators never overwrite each other.")
    copied_from = Text(help_text="Name of the role that it was made from (ROL-5).")


class RoleLevel(TenantTable, Table, tablename="role_level"):
    """How much a custom role may do in one area; without a row nothing."""

    role_id = ForeignKey(Role, null=False)
    area = Text(help_text="Of core, or a plugin's name.")
    level = SmallInt(help_text="An AccessLevel above none.")
