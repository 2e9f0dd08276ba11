"""Reading the sound library of the tenant in force: finding sounds, their versions, what they sound like."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from core.api.rest import Page, page_of
from core.audio.errors import SoundNotFound, VersionNotFound
from core.audio.model import CategoryInfo, SoundFilter, SoundInfo, VersionInfo
from core.data import transaction

MOST_WORDS = 10
_SORT = 'alphabetical(s.name) COLLATE "C"'
_SOUND = f"""
SELECT s.id, s.name, s.category_id, coalesce(c.name, '') AS category, s.person_id, s.language, v.source, v.text,
  v.voice, v.seconds, s.newest AS version, s.edition, v.content_hash, s.created_at, s.changed_at, {_SORT} AS sort
FROM sound s
JOIN sound_version v ON v.tenant_id = s.tenant_id AND v.sound_id = s.id AND v.number = s.newest
LEFT JOIN sound_category c ON c.tenant_id = s.tenant_id AND c.id = s.category_id
WHERE s.removed_at IS NULL"""  # noqa: S608
_VERSION = (
    "SELECT number, source, language, text, voice, comment, author, seconds, content_hash, made_at FROM sound_version"
)


class _Row(SoundInfo, frozen=True, kw_only=True):
    sort: str


class Playable(Struct, frozen=True):
    """What a call needs to play a sound. `instead`: what is spoken when it was removed; else empty."""

    language: str
    content_hash: str
    instead: str


async def sounds(chosen: SoundFilter, *, after: tuple[str, UUID] | None = None, limit: int = 50) -> Page[SoundInfo]:
    """A page of sounds in alphabetical order (AUD-9); `after`: the place of the last one of the page before."""
    conditions, arguments = _conditions(chosen)
    if after is not None:
        arguments += after
        conditions += f" AND ({_SORT}, s.id) > (${len(arguments) - 1}, ${len(arguments)})"
    async with transaction(read_only=True) as unit:
        rows = await unit.fetch(f"{_SOUND}{conditions} ORDER BY {_SORT}, s.id LIMIT {limit + 1}", *arguments)
    found = [msgspec.convert(dict(row), _Row) for row in rows]
    page = page_of(found, limit, lambda row: [row.sort, row.id])
    return page.map(_plain)


async def sound(sound_id: UUID, owner: UUID | None = None) -> SoundInfo:
    """A sound of the company, or of the person `owner`. Raises SoundNotFound."""
    async with transaction(read_only=True) as unit:
        row = await unit.fetchrow(f"{_SOUND} AND s.id = $1 AND s.person_id IS NOT DISTINCT FROM $2", sound_id, owner)
    if row is None:
        raise SoundNotFound
    return _plain(msgspec.convert(dict(row), _Row))


async def versions(sound_id: UUID) -> list[VersionInfo]:
    """The versions of a sound, the newest first; none of a sound that there is not."""
    async with transaction(read_only=True) as unit:
        rows = await unit.fetch(f"{_VERSION} WHERE sound_id = $1 ORDER BY number DESC", sound_id)
    return [msgspec.convert(dict(row), VersionInfo) for row in rows]


async def content_of(sound_id: UUID, number: int) -> tuple[bytes, str]:
    """A version as it is kept (see core.audio.wav.stored_form), and its digest. Raises VersionNotFound."""
    async with transaction(read_only=True) as unit:
        row = await unit.fetchrow(
            "SELECT content, content_hash FROM sound_version WHERE sound_id = $1 AND number = $2", sound_id, number
        )
    if row is None:
        raise VersionNotFound
    return row["content"], row["content_hash"]


async def playable(sound_id: UUID) -> Playable:
    """What to play for a sound, also for one that was removed. Raises SoundNotFound."""
    async with transaction(read_only=True) as unit:
        row = await unit.fetchrow(
            "SELECT s.language, coalesce(v.content_hash, '') AS content_hash, s.instead FROM sound s "
            "LEFT JOIN sound_version v ON v.tenant_id = s.tenant_id AND v.sound_id = s.id AND v.number = s.newest "
            "WHERE s.id = $1",
            sound_id,
        )
    if row is None:
        raise SoundNotFound
    return Playable(**row)


async def content_with(sound_id: UUID, content_hash: str) -> bytes:
    """A version of a sound by its digest. Raises SoundNotFound when it is gone."""
    async with transaction(read_only=True) as unit:
        content: bytes | None = await unit.fetchval(
            "SELECT content FROM sound_version WHERE sound_id = $1 AND content_hash = $2 LIMIT 1",
            sound_id,
            content_hash,
        )
    if content is None:
        raise SoundNotFound
    return content


async def there_are(wanted: Collection[UUID]) -> set[UUID]:
    """Those of these sounds that the company has."""
    async with transaction(read_only=True) as unit:
        rows = await unit.fetch(
            "SELECT id FROM sound WHERE id = ANY ($1) AND removed_at IS NULL AND person_id IS NULL", list(wanted)
        )
    return {row["id"] for row in rows}


async def categories() -> list[CategoryInfo]:
    """The categories by name, with how many of the company's sounds are in each (AUD-11)."""
    async with transaction(read_only=True) as unit:
        rows = await unit.fetch(
            "SELECT id, name, version, (SELECT count(*) FROM sound s WHERE s.category_id = c.id AND removed_at IS NULL "
            "AND person_id IS NULL) AS sounds FROM sound_category c ORDER BY alphabetical(name)"
        )
    return [CategoryInfo(**row) for row in rows]


def _conditions(chosen: SoundFilter) -> tuple[str, list[Any]]:
    """The filter as SQL after _SOUND, and its arguments."""
    arguments: list[Any] = [chosen.owner]
    conditions = " AND s.person_id IS NOT DISTINCT FROM $1"

    def add(condition: str, argument: Any) -> None:
        nonlocal conditions
        arguments.append(argument)
        conditions += " AND " + condition.format(f"${len(arguments)}")

    for word in chosen.q.split()[:MOST_WORDS]:
        add("strpos(folded(concat_ws(' ', s.name, v.text, c.name)), (SELECT folded({}))) > 0", word)
    if chosen.category:
        add("s.category_id = {}", chosen.category)
    if chosen.language:
        add("s.language = {}", chosen.language)
    if chosen.source:
        add("v.source = {}", chosen.source)
    return conditions, arguments


def _plain(row: _Row) -> SoundInfo:
    return SoundInfo(**{name: getattr(row, name) for name in SoundInfo.__struct_fields__})
