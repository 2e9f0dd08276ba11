"""The lists, and where each value leads."""

from piccolo.columns import UUID, Boolean, Integer, Text
from piccolo.table import Table

from core.api import TenantTable


class RouteList(TenantTable, Table, tablename="routing_list"):
    """A route list (ADM-2)."""

    name = Text()
    version = Integer(default=1, help_text="Grows with each change, also of its routes.")


class Route(TenantTable, Table, tablename="routing_route"):
    """A value and its destination (ADM-3): a number, or else a flow."""

    list_id = UUID()
    digits = Text(help_text="What the caller keys in; of a prefix only the beginning.")
    prefix = Boolean(default=False)
    number = Text(default="", help_text="E.164; empty: the flow.")
    flow_id = UUID(null=True, default=None)
