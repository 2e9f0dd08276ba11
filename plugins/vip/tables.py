"""The lists, and who is on them."""

from piccolo.columns import UUID, Boolean, Integer, Text
from piccolo.table import Table

from core.api import TenantTable


class VipList(TenantTable, Table, tablename="vip_list"):
    """A list of callers (VIP-1)."""

    name = Text()
    blocks = Boolean(default=False, help_text="Its callers are refused (VIP-2).")
    withheld = Boolean(default=False, help_text="Who withholds the number is on the list.")
    service_level_seconds = Integer(null=True, default=None, help_text="VIP-3; NULL: that of the queue.")
    version = Integer(default=1, help_text="Grows with each change, also of its numbers.")


class VipNumber(TenantTable, Table, tablename="vip_number"):
    """A number on a list, or the beginning of numbers."""

    list_id = UUID()
    number = Text(help_text="E.164; of a prefix only its beginning.")
    prefix = Boolean(default=False)
    comment = Text(default="")
