"""People, the devices that ring for them, and what else the directory keeps of them."""

from piccolo.columns import JSONB, UUID, Array, Boolean, Bytea, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from core.data import TenantTable
from core.directory.model import RING_SECONDS


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
    ring_in_order = Boolean(default=False, help_text="Her devices ring one after the other, else all at once (PRF-5).")
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
    name = Text(default="", help_text="What she calls it.")
    ring_seconds = Integer(default=RING_SECONDS, help_text="How long it rings before the next one, in order.")


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
    retired = Boolean(default=False, help_text="Nobody sees it; values in it stay.")
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


class UserBatch(TenantTable, Table, tablename="user_batch"):
    """Many users at once: what is done to them, by whom, and how far it is."""

    kind = Text(help_text="change, import or undo.")
    act = JSONB(null=True, default=None, help_text="What is done to each; none when it differs.")
    file = Text(default="", help_text="Name of the file that is imported.")
    source = Bytea(null=True, default=None, help_text="The file, until it has been imported.")
    choices = JSONB(default="{}", help_text="How the file is read.")
    state = Text(default="planned", help_text="planned, running or done.")
    author = JSONB(help_text="Who confirmed it, and what she may give.")
    undo_of = UUID(null=True, default=None, help_text="The batch that this one undoes.")
    created_at = Timestamptz(default=TimestamptzNow())


class UserBatchItem(TenantTable, Table, tablename="user_batch_item"):
    """One user of a batch."""

    batch_id = ForeignKey(UserBatch, null=False)
    place = Integer(help_text="Order in the batch; of an import the row.")
    person_id = UUID(null=True, default=None, help_text="Her entry; none: she is new, or could not be added.")
    label = Text(default="", help_text="What she is called.")
    act = JSONB(help_text="What is done to her.")
    expected = Text(help_text="What would come of it, when it was planned.")
    outcome = Text(default="", help_text="What came of it; empty: nothing yet.")
    why = JSONB(default="[]", help_text="Why it was refused.")
    steps = JSONB(default="[]", help_text="Fields that differ: before and after.")
    undo = JSONB(null=True, default=None, help_text="What brings back what was.")
