"""Use cases of the sound library, for the tenant in force: add, replace, rename, restore and remove sounds.

`owner`: the person whose sound it is (AUD-12); None: the company's. What is played never changes by halves: a sound
keeps its last version until the next one is stored whole.
"""

import asyncio
import hashlib
import re
from pathlib import PurePath
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from core.api.errors import Changed, Invalid
from core.api.texts import N_
from core.audio import wav
from core.audio.errors import CategoryNotFound, NameTaken, SoundError, SoundInUse, SoundNotFound, VersionNotFound
from core.audio.model import SoundInfo, Source, Uses
from core.audio.sounds import sound
from core.audio.voices import Voices
from core.audit.model import current_actor
from core.audit.service import record
from core.data import current_tenant, transaction
from core.data.errors import ForeignKeyViolationError, UniqueViolationError
from core.data.unit import Transaction

MAX_BYTES = 20_000_000
"""Largest upload."""
LONGEST_NAME = 100
LONGEST_TEXT = 10_000
LONGEST_COMMENT = 200
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_one_at_a_time = asyncio.Semaphore(1)
"""Ten minutes of sound take a second and 100 MB while they are converted."""


class Content(Struct, frozen=True, kw_only=True):
    """What a version of a sound is made of. `content`: see core.audio.wav.stored_form."""

    source: Source
    content: bytes
    seconds: float
    language: str = ""
    text: str = ""
    voice: str = ""
    comment: str = ""


class SoundChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be different; what is not given stays."""

    name: str | UnsetType = UNSET
    category_id: UUID | UnsetType | None = UNSET
    language: str | UnsetType = UNSET


async def spoken(text: str, voices: Voices, *, language: str, voice: str = "") -> Content:
    """A text as speech (AUD-4), SSML when it begins with <speak (AUD-5). Raises Invalid, SpeechError, SoundError."""
    if not text.strip():
        raise Invalid(N_("Write what is to be said."), field="text")
    if len(text) > LONGEST_TEXT:
        raise Invalid(N_("The text has at most {most} characters."), field="text", most=LONGEST_TEXT)
    if not (language or voice):
        raise Invalid(N_("Choose a language."), field="language")
    content, seconds, chosen = await voices.spoken(current_tenant(), text, language, voice)
    return Content(
        source=Source.TEXT, content=content, seconds=seconds, language=chosen.language, text=text, voice=chosen.name
    )


async def uploaded(content: bytes, *, language: str = "", comment: str = "", source: Source = Source.FILE) -> Content:
    """An audio file, converted (AUD-6). `comment`: its name. Raises SoundError when it cannot be used, Invalid."""
    language = _language(language)
    if len(content) > MAX_BYTES:
        raise SoundError(
            N_("The file is larger than {most} MB: shorten it, or save it as MP3."),
            field="file",
            most=MAX_BYTES // 1_000_000,
        )
    try:
        async with _one_at_a_time:
            kept, seconds = await asyncio.to_thread(wav.stored_form, content)
    except SoundError as error:
        error.field = "file"
        raise
    return Content(source=source, content=kept, seconds=seconds, language=language, comment=comment[:LONGEST_COMMENT])


async def add_sound(
    name: str, made: Content, *, category_id: UUID | None = None, owner: UUID | None = None
) -> SoundInfo:
    """A new sound; without a name it has the one of the file. Raises Invalid, NameTaken, CategoryNotFound."""
    name = _named(name or PurePath(made.comment).stem[:LONGEST_NAME])
    async with transaction() as unit:
        sound_id: UUID = await _written(
            unit, name,
            "INSERT INTO sound (name, category_id, person_id, language) VALUES ($1, $2, $3, $4) RETURNING id",
            name, category_id, owner, made.language,
        )  # fmt: skip
        await _add_version(unit, sound_id, 1, made)
        facts = {"name": name, "source": made.source, "language": made.language, "text": made.text, "voice": made.voice}
        await record("sound.created", sound_id, name, after=facts)
        return await sound(sound_id, owner)


async def replace_sound(sound_id: UUID, edition: int, made: Content, owner: UUID | None = None) -> SoundInfo:
    """Let a sound sound otherwise from now on (AUD-9); flows stay as they are. Raises SoundNotFound, Changed."""
    async with transaction() as unit:
        before = await held_sound(unit, sound_id, edition, owner)
        await _add_version(unit, sound_id, before.version + 1, made)
        await unit.execute(
            "UPDATE sound SET newest = newest + 1, edition = edition + 1, language = $2, changed_at = now() "
            "WHERE id = $1",
            sound_id, made.language or before.language,
        )  # fmt: skip
        after = await sound(sound_id, owner)
        await record("sound.replaced", sound_id, before.name, before=_facts(before), after=_facts(after))
    return after


async def restore_version(sound_id: UUID, number: int, edition: int, owner: UUID | None = None) -> SoundInfo:
    """An earlier version becomes the newest once more; what came after it stays.

    Raises SoundNotFound, Changed, VersionNotFound.
    """
    async with transaction() as unit:
        await held_sound(unit, sound_id, edition, owner)
        row = await unit.fetchrow(
            "SELECT source, content, seconds, language, text, voice FROM sound_version "
            "WHERE sound_id = $1 AND number = $2",
            sound_id, number,
        )  # fmt: skip
        if row is None:
            raise VersionNotFound
        made = Content(**{**row, "source": Source(row["source"])}, comment=f"← {number}")
        return await replace_sound(sound_id, edition, made, owner)


async def change_sound(sound_id: UUID, edition: int, change: SoundChange, owner: UUID | None = None) -> SoundInfo:
    """Name, category or language (AUD-9). Raises SoundNotFound, Changed, Invalid, NameTaken, CategoryNotFound."""
    async with transaction() as unit:
        before = await held_sound(unit, sound_id, edition, owner)
        name = before.name if change.name is UNSET else _named(change.name)
        category_id = before.category_id if change.category_id is UNSET else change.category_id
        language = before.language if change.language is UNSET else _language(change.language)
        await _written(
            unit, name,
            "UPDATE sound SET name = $1, category_id = $2, language = $3, edition = edition + 1, changed_at = now() "
            "WHERE id = $4 RETURNING id",
            name, category_id, language, sound_id,
        )  # fmt: skip
        after = await sound(sound_id, owner)
        await record("sound.changed", sound_id, name, before=_facts(before), after=_facts(after))
    return after


async def remove_sound(
    sound_id: UUID, edition: int, uses: Uses, *, anyway: bool = False, owner: UUID | None = None
) -> None:
    """Remove a sound with its versions (AUD-9); where it is still asked for, its text or name is spoken instead.

    `anyway`: although it is used. Raises SoundNotFound, Changed, SoundInUse.
    """
    async with transaction() as unit:
        before = await held_sound(unit, sound_id, edition, owner)
        used = await uses(sound_id)
        if used and not anyway:
            raise SoundInUse([use.name for use in used])
        await unit.execute(
            "UPDATE sound SET removed_at = now(), edition = edition + 1, instead = $2 WHERE id = $1",
            sound_id, before.text or before.name,
        )  # fmt: skip
        await unit.execute("DELETE FROM sound_version WHERE sound_id = $1", sound_id)
        await record("sound.removed", sound_id, before.name, before=_facts(before))


async def unchanged(sound_id: UUID, edition: int, owner: UUID | None = None) -> SoundInfo:
    """A sound that is still of this edition: asked before something costly is made for it.

    Raises SoundNotFound, Changed.
    """
    found = await sound(sound_id, owner)
    if found.edition != edition:
        raise Changed
    return found


async def held_sound(unit: Transaction, sound_id: UUID, edition: int, owner: UUID | None = None) -> SoundInfo:
    """A sound, held against changes by others. Raises SoundNotFound, Changed."""
    held = await unit.fetchval("SELECT edition FROM sound WHERE id = $1 AND removed_at IS NULL FOR UPDATE", sound_id)
    if held is None:
        raise SoundNotFound
    return await unchanged(sound_id, edition, owner)


async def _add_version(unit: Transaction, sound_id: UUID, number: int, made: Content) -> None:
    await unit.execute(
        "INSERT INTO sound_version (sound_id, number, source, language, text, voice, comment, author, seconds, "
        "content, content_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        sound_id, number, made.source.value, made.language, made.text, made.voice, made.comment, current_actor().name,
        made.seconds, made.content, hashlib.sha256(made.content).hexdigest(),
    )  # fmt: skip


async def _written(unit: Transaction, name: str, sql: str, *arguments: Any) -> UUID:
    """Run a statement that gives a sound name and category. Raises NameTaken, CategoryNotFound."""
    try:
        async with unit.savepoint():
            sound_id: UUID = await unit.fetchval(sql, *arguments)
    except UniqueViolationError:
        raise NameTaken(name) from None
    except ForeignKeyViolationError:
        raise CategoryNotFound from None
    return sound_id


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Invalid(N_("Give the sound a name."), field="name")
    if len(name) > LONGEST_NAME:
        raise Invalid(N_("The name has at most {most} characters."), field="name", most=LONGEST_NAME)
    return name


def _language(code: str) -> str:
    if code and not _LANGUAGE.fullmatch(code):
        raise Invalid(N_("“{code}” is no language: write it as nb or en-GB."), field="language", code=code[:40])
    return code


def _facts(of: SoundInfo) -> dict[str, Any]:
    """A sound as the audit trail keeps it."""
    return {
        "name": of.name,
        "category": of.category,
        "language": of.language,
        "text": of.text,
        "voice": of.voice,
        "version": of.version,
    }
