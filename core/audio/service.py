"""Use cases of the sound library: add, replace, list and remove sounds of the tenant in force."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from piccolo.columns import Column

from core.api.speech import TextToSpeech
from core.audio import wav
from core.audio.errors import SoundError, SoundNotFound
from core.audio.speech import choose_voice
from core.audio.ssml import check_ssml, is_ssml
from core.audio.tables import Sound, SoundKind
from core.data import transaction

MAX_BYTES = 20_000_000
"""Largest upload."""


async def add_text(
    name: str, text: str, *, providers: Sequence[TextToSpeech], language: str = "", voice: str = ""
) -> UUID:
    """A sound that is spoken (AUD-4); SSML when the text begins with <speak (AUD-5).

    Raises SoundError for an empty name or text; SpeechError for bad SSML or an unknown voice or language.
    """
    return await _store(Sound(**_named(name), **_spoken(text, providers, language, voice)))


async def add_file(name: str, content: bytes, *, language: str = "") -> UUID:
    """A sound from an uploaded audio file (AUD-6). Raises SoundError when it cannot be used."""
    return await _store(Sound(**_named(name), language=language, **await _uploaded(content)))


async def replace_text(
    sound: UUID, text: str, *, providers: Sequence[TextToSpeech], language: str = "", voice: str = ""
) -> None:
    """Let a sound say something else; flows stay as they are. Raises as add_text, and SoundNotFound."""
    await _change(sound, content=None, content_hash="", **_spoken(text, providers, language, voice))


async def replace_file(sound: UUID, content: bytes) -> None:
    """Give a sound another recording. Raises as add_file, and SoundNotFound."""
    await _change(sound, text="", voice="", **await _uploaded(content))


async def rename(sound: UUID, name: str) -> None:
    """Call a sound by another name (AUD-9). Raises SoundError, SoundNotFound."""
    await _change(sound, **_named(name))


async def remove(sound: UUID) -> None:
    """Take a sound out of the library. Raises SoundNotFound."""
    if not await Sound.delete().where(Sound.id == sound).returning(Sound.id):
        raise SoundNotFound(f"there is no sound {sound}")


async def list_sounds() -> list[dict[str, Any]]:
    """All sounds by name (AUD-9), without their content."""
    columns = (Sound.id, Sound.name, Sound.language, Sound.kind, Sound.text, Sound.voice, Sound.changed_at)
    rows: list[dict[str, Any]] = await Sound.select(*columns).order_by(Sound.name)
    return rows


def _named(name: str) -> dict[str, Any]:
    if not name.strip():
        raise SoundError("the sound has no name; give it one")
    return {"name": name.strip(), "changed_at": datetime.now(UTC)}


def _spoken(text: str, providers: Sequence[TextToSpeech], language: str, voice: str) -> dict[str, Any]:
    if not text.strip():
        raise SoundError("the sound has no text; write what is to be said")
    if is_ssml(text):
        check_ssml(text)
    if language or voice:
        choose_voice(providers, language, voice)
    return {"kind": SoundKind.TEXT.value, "text": text, "language": language, "voice": voice}


async def _uploaded(content: bytes) -> dict[str, Any]:
    if len(content) > MAX_BYTES:
        raise SoundError(f"the file has {len(content)} bytes; the most is {MAX_BYTES}: shorten or compress it")
    await asyncio.to_thread(wav.read, content)
    digest = hashlib.sha256(content).hexdigest()
    return {"kind": SoundKind.FILE.value, "content": content, "content_hash": digest}


async def _store(sound: Sound) -> UUID:
    await sound.save()
    stored: UUID = sound.id
    return stored


async def _change(sound: UUID, **values: Any) -> None:
    async with transaction():
        columns: dict[Column | str, Any] = {"changed_at": datetime.now(UTC)}
        columns.update(values.items())
        if not await Sound.update(columns).where(Sound.id == sound).returning(Sound.id):
            raise SoundNotFound(f"there is no sound {sound}")
