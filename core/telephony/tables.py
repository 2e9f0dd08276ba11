"""Trunks: they belong to the platform, not to a tenant."""

from piccolo.columns import UUID, Array, Boolean, Integer, Text
from piccolo.table import Table

from core.data import uuid7


class TrunkRow(Table, tablename="trunk"):
    """One line to the telephone network; see core.telephony.trunks.Trunk. Only the system role reaches it."""

    id = UUID(primary_key=True, default=uuid7)
    name = Text(unique=True)
    host = Text()
    port = Integer(default=5060)
    mode = Text(help_text="ip or registration.")
    transport = Text(help_text="udp, tcp or tls.")
    username = Text(default="")
    secret = Text(default="", secret=True)
    number_format = Text(help_text="How numbers are written to the carrier.")
    region = Text(help_text="ISO 3166 code of the country whose national numbers it speaks.")
    allowed = Array(base_column=Text(), help_text="IP addresses or networks that may call in over it.")
    trusts_identity = Boolean(default=False, help_text="Its P-Asserted-Identity names the caller.")
    max_calls = Integer(default=100)
    priority = Integer(default=10, help_text="The lowest is tried first.")
