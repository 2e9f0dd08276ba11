"""What a tenant has decided about its data, and what the nights did."""

from piccolo.columns import JSONB, Date, Integer, Text, Timestamptz
from piccolo.table import Table

from core.data import TenantTable


class RetentionPeriod(TenantTable, Table, tablename="retention_period"):
    """One class of data: the tenant's period, and the last night that deleted; without a row the default holds."""

    kind = Text(help_text="Key of the class.")
    keep = Integer(null=True, default=None, help_text="Days or months; null: the default of the class.")
    version = Integer(default=0, help_text="0 until somebody has decided.")
    day = Date(null=True, default=None, help_text="The tenant's day whose night has begun last.")
    removed = JSONB(default="{}", help_text="Table → rows that went in that night, so far.")
    swept_at = Timestamptz(null=True, default=None, help_text="When that night's work was done; null: it is not yet.")
