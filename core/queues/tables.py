"""Queues and their members."""

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, Text
from piccolo.table import Table

from core.data import TenantTable
from core.directory.tables import Person

LAST_PRIORITY = 99
"""The highest priority number that a member can have."""


class Queue(TenantTable, Table, tablename="queue"):
    """A queue with its parameters, the same wherever a flow uses it (QUE-9)."""

    name = Text(help_text="Unique in the tenant.")
    service_level_seconds = Integer(default=30, help_text="Waiting time that is good enough (QUE-10).")
    acw_seconds = Integer(default=0, help_text="After-call work: pause between calls (QUE-11).")
    acw_prolong = Boolean(default=False, help_text="Members may prolong it (QUE-12).")
    hidden = Boolean(default=False, help_text="Not shown on the switchboard (QUE-14).")
    no_history = Boolean(default=False, help_text="Its earlier calls are not shown on the switchboard (QUE-15).")
    lost_to_callback = Boolean(default=False, help_text="Lost calls go to the manual callback list (QUE-16).")


class QueueMember(TenantTable, Table, tablename="queue_member"):
    """A person in a queue. Who is logged in now is told by the live state; this is what survives its loss."""

    queue_id = ForeignKey(Queue, null=False)
    person_id = ForeignKey(Person, null=False)
    priority = Integer(default=0, help_text="Lowest is rung first (QUE-6).")
    logged_in = Boolean(default=False)
    session_id = UUID(null=True, default=None, help_text="Journal of the log-in that lasts.")
