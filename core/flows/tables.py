"""Flows and their versions. A version never changes after it was stored."""

from piccolo.columns import JSONB, UUID, Integer, Text, Timestamptz
from piccolo.table import Table

from core.data import TenantTable


class Flow(TenantTable, Table, tablename="flow"):
    """A flow by its name; what it does is in its versions."""

    name = Text()
    created_at = Timestamptz(help_text="UTC.")
    edition = Integer(default=1, help_text="Grows with each saved version and each new name; what If-Match asks for.")


class FlowVersion(TenantTable, Table, tablename="flow_version"):
    """One saved state of a flow (IVR-3)."""

    flow_id = UUID()
    version = Integer(help_text="Counts from 1 within the flow.")
    document = JSONB(help_text="core.flows.document.Document.")
    author = Text(default="", help_text="Who saved it.")
    comment = Text(default="")
    created_at = Timestamptz(help_text="UTC.")
