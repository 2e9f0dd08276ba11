"""What core keeps of a tenant's modules besides their rights: named seats."""

from piccolo.columns import UUID, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from core.data import TenantTable


class ModuleSeat(TenantTable, Table, tablename="module_seat"):
    """A licence of a module that a user has been given (GEN-10); it is free again when she is removed."""

    plugin = Text()
    user_id = UUID()
    taken_at = Timestamptz(default=TimestamptzNow())
