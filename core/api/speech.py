"""Text-to-speech providers."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from msgspec import Struct

from core.api.errors import Refused


class Voice(Struct, frozen=True):
    """A voice of a provider: its name, BCP 47 language and gender."""

    name: str
    language: str
    gender: str


class TextToSpeech(ABC):
    """Renders text as speech."""

    key: ClassVar[str]

    @abstractmethod
    def voices(self) -> tuple[Voice, ...]:
        """The voices that can be chosen."""

    @abstractmethod
    async def render(self, text: str, voice: Voice, target: Path, *, ssml: bool = False) -> None:
        """Write `text` to `target` as a mono 16-bit WAV file of 8, 16 or 22.05 kHz.

        Raises SpeechError when the text cannot be rendered.
        """


class SpeechError(Refused):
    """A text could not be rendered (HTTP 409); the message says why and what to change.

    `message`: in plain words; or a gettext id with {placeholders} that `values` fill.
    """

    code = "not_spoken"

    def __init__(self, message: str, /, *, field: str = "text", **values: object) -> None:
        if not values:  # what a provider says may have braces of its own
            message, values = "{words}", {"words": message}
        super().__init__(message, field=field, **values)

    def text(self, translate: Callable[[str], str]) -> str:
        words = str(self.values.get("words", ""))
        return translate(words) if words else super().text(translate)
