"""Messages that wait to be sent."""

from piccolo.columns import Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from core.data import TenantTable


class OutboxMessage(TenantTable, Table, tablename="outbox_message"):
    """One e-mail or text message. Its id is the key by which a provider tells a repetition."""

    channel = Text(help_text="email or sms.")
    recipient = Text(help_text="E-mail address or E.164 number.")
    subject = Text(default="")
    text = Text(secret=True, help_text="May hold a link that only its reader may have.")
    purpose = Text()
    state = Text(default="waiting")
    created_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz(null=True, default=None, help_text="It is gone after this time.")
