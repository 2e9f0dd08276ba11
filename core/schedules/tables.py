"""Opening hours of a tenant."""

from piccolo.columns import JSONB, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from core.data import TenantTable


class ScheduleRow(TenantTable, Table, tablename="schedule"):
    """A definition of opening hours, used in any number of places (OPH-1)."""

    name = Text(help_text="Unique in the tenant.")
    document = JSONB(help_text="A core.schedules.model.Schedule.")
    version = Integer(default=1)
    changed_at = Timestamptz(default=TimestamptzNow())
