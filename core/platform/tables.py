"""What belongs to the platform: the inventory of numbers."""

from piccolo.columns import Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class PlatformNumber(Table, tablename="platform_number"):
    """A number that the operator has; a company has it when there is a main number of it. For the system role only."""

    number = Text(primary_key=True, help_text="E.164.")
    note = Text(default="", help_text="Where it comes from: carrier, contract.")
    entered_at = Timestamptz(default=TimestamptzNow())
