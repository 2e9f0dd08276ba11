"""Entries of the audit trail."""

from piccolo.columns import JSONB, UUID, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from core.data import TenantTable


class AuditEntry(TenantTable, Table, tablename="audit_entry"):
    """One act. The application's database role can add entries and read them, nothing else."""

    at = Timestamptz(default=TimestamptzNow())
    action = Text(help_text="What was done: subject and verb, for example user.changed.")
    subject_id = Text(default="", help_text="Id of what it was done to.")
    subject = Text(default="", help_text="Its name then.")
    before = JSONB(default="{}")
    after = JSONB(default="{}")
    actor_kind = Text()
    actor_id = UUID(null=True, default=None)
    actor = Text(default="", help_text="Name then.")
    address = Text(default="", help_text="IP address.")
    request = Text(default="", help_text="Id of the request, as in the log.")
