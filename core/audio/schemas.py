"""What the REST API of the sound library takes."""

from typing import Annotated
from uuid import UUID

from litestar.datastructures import UploadFile
from msgspec import Meta, Struct

from core.audio.errors import CategoryNotFound

Text = Annotated[str, Meta(description="Plain text, or SSML when it begins with <speak")]
Voice = Annotated[str, Meta(description="Name of a voice; empty: the first that speaks the language")]
Language = Annotated[str, Meta(description="BCP 47; empty: that of the voice")]


class SpokenIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A text that is to be spoken."""

    text: Text
    language: Language = ""
    voice: Voice = ""


class NewSpoken(Struct, frozen=True, forbid_unknown_fields=True):
    """A new sound made from a text."""

    name: str
    text: Text
    language: Language = ""
    voice: Voice = ""
    category_id: UUID | None = None


class FileIn(Struct):
    """A WAV, MP3, OGG or FLAC file of at most 20 MB and 10 minutes."""

    file: UploadFile


class NewFile(Struct):
    """A new sound made from a file as FileIn. `name`: empty for the file's; `category_id`: an id, or empty."""

    file: UploadFile
    name: str = ""
    language: str = ""
    category_id: str = ""


class CategoryName(Struct, frozen=True, forbid_unknown_fields=True):
    """What a category is called."""

    name: str


def id_in(text: str) -> UUID | None:
    """The category that a form names; None for none. Raises CategoryNotFound."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise CategoryNotFound from None
