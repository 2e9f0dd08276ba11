"""The sound library's tables."""

from piccolo.columns import UUID, Bytea, DoublePrecision, ForeignKey, Integer, Text, Timestamptz
from piccolo.table import Table

from core.audio.model import Source
from core.data import TenantTable


class SoundCategory(TenantTable, Table, tablename="sound_category"):
    """What a company sorts its sounds by (AUD-11)."""

    name = Text(help_text="Unique in the tenant.")
    version = Integer(default=1)


class Sound(TenantTable, Table, tablename="sound"):
    """A sound by its name; what it sounds like is in its versions."""

    name = Text(help_text="Unique among the company's, or among the person's.")
    category_id = ForeignKey(SoundCategory, null=True, default=None)
    person_id = UUID(null=True, default=None, help_text="Whose it is (AUD-12); NULL: the company's.")
    language = Text(default="", help_text="BCP 47; empty: it has none.")
    newest = Integer(default=1, help_text="Number of the version that is played.")
    edition = Integer(default=1, help_text="Grows with each change; what If-Match asks for.")
    created_at = Timestamptz(help_text="UTC.")
    changed_at = Timestamptz(help_text="Time of the last change, UTC.")
    removed_at = Timestamptz(null=True, default=None, help_text="UTC; its versions are gone since.")
    instead = Text(default="", help_text="What is spoken where a removed sound is still asked for.")


class SoundVersion(TenantTable, Table, tablename="sound_version"):
    """One state of a sound. Never changed after it was stored."""

    sound_id = ForeignKey(Sound, null=False)
    number = Integer(help_text="Counts from 1 within the sound.")
    source = Text(choices=Source)
    language = Text(default="")
    text = Text(default="", help_text="Plain text, or SSML when it begins with <speak.")
    voice = Text(default="", help_text="Name of the voice that speaks it.")
    comment = Text(default="", help_text="Name of the file, the number that was called, or which version came back.")
    author = Text(default="", help_text="Who made it.")
    seconds = DoublePrecision()
    content = Bytea(help_text="See core.audio.wav.stored_form.")
    content_hash = Text(help_text="SHA-256 of the content, in hexadecimal digits.")
    made_at = Timestamptz(help_text="UTC.")
