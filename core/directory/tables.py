"""People and the devices that ring for them."""

from piccolo.columns import Boolean, ForeignKey, Integer, Text
from piccolo.table import Table

from core.data import TenantTable


class Person(TenantTable, Table, tablename="person"):
    """Somebody in the company: an entry of the directory."""

    first_name = Text()
    last_name = Text(default="")
    department = Text(default="")
    position = Text(default="", help_text="Job title.")
    extension = Text(null=True, default=None, help_text="Internal number, digits; unique in the tenant.")
    presentation_number = Text(null=True, default=None, help_text="E.164 shown to those she calls.")


class Device(TenantTable, Table, tablename="device"):
    """Something that rings when a person is called."""

    person_id = ForeignKey(Person, null=False)
    kind = Text(help_text="number: an outside number; sip: a SIP address.")
    address = Text(help_text="E.164 for a number, a sip: URI for sip.")
    position = Integer(default=0, help_text="Order among the person's devices.")
    enabled = Boolean(default=True)
