"""Who rang the bell."""

from piccolo.columns import UUID, Boolean, Text, Timestamptz
from piccolo.table import Table

from core.api import TenantTable


class Ring(TenantTable, Table, tablename="nightbell_ring"):
    """One ring of the bell."""

    call_id = UUID(null=True, default=None)
    caller = Text()
    at = Timestamptz()
    answered = Boolean(default=False)
