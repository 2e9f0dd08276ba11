"""Text-to-speech providers."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from msgspec import Struct


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


class SpeechError(Exception):
    """A text could not be rendered; the message says why and what to change."""
