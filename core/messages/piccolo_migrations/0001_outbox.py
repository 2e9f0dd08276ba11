"""The outbox."""

from core.api.ddl import sql, tenant_table

ID = "0001_outbox"


async def forwards() -> None:
    await tenant_table(
        "outbox_message",
        """
        channel text NOT NULL CHECK (channel IN ('email', 'sms')),
        recipient text NOT NULL CHECK (recipient <> ''),
        subject text NOT NULL DEFAULT '',
        text text NOT NULL,
        purpose text NOT NULL,
        state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting')),
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz
        """,
    )
    await sql(
        "CREATE INDEX outbox_message_newest ON outbox_message (id)",
        "CREATE INDEX outbox_message_expired ON outbox_message (expires_at)",
    )
