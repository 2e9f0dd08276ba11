"""People, the devices that ring for them, and what else the directory keeps of them."""

from piccolo.columns import JSONB, Array, Boolean, Bytea, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from core.data import TenantTable


class Person(TenantTable, Table, tablename="person"):
    """Somebody in the company: an entry of the directory. What she is found and sorted by is kept by triggers."""

    first_name = Text()
    last_name = Text(default="")
    department = Text(default="")
    position = Text(default="", help_text="Job title.")
    email = Text(default="", help_text="Unique in the tenant, whatever its case.")
    extension = Text(null=True, default=None, help_text="Internal number, digits; unique in the tenant.")
    presentation_number = Text(null=True, default=None, help_text="E.164 shown to those she calls.")
    allowed_numbers = Array(base_column=Text(), default=list, help_text="She may present these; none: all of us.")
    hidden = Boolean(default=False, help_text="Colleagues do not see her in the directory (DIR-7).")
    tags = Array(base_column=Text(), default=list, help_text="Skills (DIR-6).")
    custom = JSONB(default="{}", help_text="Id of a custom field → its value, a string (DIR-9).")
    picture = Text(default="", help_text="Digest of her picture; empty: none.")
    transfer_method = Text(default="assisted", help_text="with_return, without_return or assisted (PRF-6).")
    shares_outgoing = Boolean(default=False, help_text="She lets the company see her outgoing calls (OUT-3).")
    version = Integer(default=1)
    search = Text(default="", help_text="All that she is found by, folded.")
    sort = Text(default="", help_text="Her place in the alphabet.")


class Device(TenantTable, Table, tablename="device"):
    """Something that rings when a person is called."""

    person_id = ForeignKey(Person, null=False)
    kind = Text(help_text="number: an outside number; sip: a SIP address.")
    address = Text(help_text="E.164 for a number, a sip: URI for sip.")
    position = Integer(default=0, help_text="Order among the person's devices.")
    enabled = Boolean(default=True)


class PersonPicture(TenantTable, Table, tablename="person_picture"):
    """A person's picture, square, WebP."""

    person_id = ForeignKey(Person, null=False)
    content = Bytea()


class CustomField(TenantTable, Table, tablename="custom_field"):
    """A field that the tenant adds to each person (DIR-9)."""

    title = Text(help_text="Unique in the tenant, whatever its case.")
    kind = Text(help_text="text, number, choice or date.")
    options = JSONB(default="[]", help_text="Of a choice: key and title of each.")
    position = Integer(default=0)
    version = Integer(default=1)


class Presence(TenantTable, Table, tablename="presence"):
    """Whether a person is available, and what she tells her colleagues; without a row she is available."""

    person_id = ForeignKey(Person, null=False)
    status = Text(default="available")
    message = Text(default="", help_text="For colleagues (AVL-12).")
    since = Timestamptz(default=TimestamptzNow())
    until = Timestamptz(null=True, default=None, help_text="Then she is available again (AVL-7).")


class StatusName(TenantTable, Table, tablename="status_name"):
    """What a tenant calls a status in a language (AVL-1)."""

    status = Text()
    language = Text()
    name = Text()
