"""The sound library's table."""

from enum import StrEnum

from piccolo.columns import Bytea, Text, Timestamptz
from piccolo.table import Table

from core.data import TenantTable


class SoundKind(StrEnum):
    """What a sound is made from (AUD-2)."""

    TEXT = "text"
    FILE = "file"


class Sound(TenantTable, Table, tablename="sound"):
    """A named sound: a text to be spoken, or an uploaded recording."""

    name = Text()
    language = Text(default="", help_text="BCP 47; empty: the language of the call.")
    kind = Text(choices=SoundKind)
    text = Text(default="", help_text="Plain text, or SSML when it begins with <speak.")
    voice = Text(default="", help_text="Name of a voice; empty: the tenant's.")
    content = Bytea(null=True, default=None, help_text="The file as it was uploaded.")
    content_hash = Text(default="", help_text="SHA-256 of the content, in hexadecimal digits.")
    changed_at = Timestamptz(help_text="Time of the last change, UTC.")
