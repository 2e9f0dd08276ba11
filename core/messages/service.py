"""The outbox: what is put into it in a transaction is sent exactly if that transaction commits."""

from datetime import UTC, datetime
from uuid import UUID

from core.api.messages import Message
from core.api.rest import Page, page_of
from core.data import system
from core.messages.tables import OutboxMessage


class StoredOutbox:
    """The outbox in PostgreSQL (core.api.messages.Outbox)."""

    async def put(self, message: Message) -> UUID:
        """Keep a message of the tenant in force, in the transaction that is open; its id."""
        row = OutboxMessage(
            channel=message.channel,
            recipient=message.to,
            subject=message.subject,
            text=message.text,
            purpose=message.purpose,
            expires_at=message.expires,
        )
        await row.save()
        return row.id


async def outbox(*, before: UUID | None = None, limit: int = 50) -> Page[OutboxMessage]:
    """Messages of every tenant that are of use still, newest first, with the system role: for the operator alone.

    `before`: those older than this one.
    """
    query = OutboxMessage.objects().where(
        (OutboxMessage.expires_at > datetime.now(UTC)) | OutboxMessage.expires_at.is_null()
    )
    if before is not None:
        query = query.where(OutboxMessage.id < before)
    with system():
        rows = await query.order_by(OutboxMessage.id, ascending=False).limit(limit + 1)
    return page_of(rows, limit, lambda row: [row.id])


async def forget_expired() -> None:
    """Remove the messages of all tenants whose time is over: a link in a text is nobody's business any more."""
    with system():
        await OutboxMessage.delete().where(OutboxMessage.expires_at <= datetime.now(UTC))
