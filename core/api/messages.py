"""What is sent to people, and how a service sends it: in the transaction of what the message tells about."""

from datetime import datetime
from typing import Literal, Protocol, runtime_checkable
from uuid import UUID

from msgspec import Struct

Channel = Literal["email", "sms"]


class Message(Struct, frozen=True):
    """An e-mail or a text message, in its reader's language. `to`: an e-mail address or an E.164 number."""

    channel: Channel
    to: str
    subject: str
    """Of an e-mail; a text message has none."""
    text: str
    purpose: str
    """What it is for, as a key: "password"."""
    expires: datetime | None = None
    """When it is of no use any more: it is not sent later, and its text is forgotten then."""


@runtime_checkable
class Outbox(Protocol):
    """Takes messages to be sent. One that is put into it in a transaction is sent exactly if that commits."""

    async def put(self, message: Message) -> UUID:
        """Keep the message for sending; its id."""
        ...
