"""What the sound library speaks of. Pure: no I/O."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from msgspec import Struct


class Source(StrEnum):
    """The three ways to make a sound (AUD-2)."""

    TEXT = "text"
    FILE = "file"
    PHONE = "phone"


class SoundInfo(Struct, frozen=True, kw_only=True):
    """A sound with what its newest version is. Times are UTC."""

    id: UUID
    name: str
    category_id: UUID | None
    category: str
    person_id: UUID | None
    """Whose it is (AUD-12); None: the company's."""
    language: str
    """BCP 47; empty: it has none, such as music."""
    source: Source
    text: str
    voice: str
    seconds: float
    version: int
    """Number of the version that is played."""
    edition: int
    """Grows with each change."""
    content_hash: str
    created_at: datetime
    changed_at: datetime


class VersionInfo(Struct, frozen=True, kw_only=True):
    """One state of a sound."""

    number: int
    source: Source
    language: str
    text: str
    voice: str
    comment: str
    """Name of the file, the number that was called, or which version came back."""
    author: str
    seconds: float
    content_hash: str
    made_at: datetime


class SoundFilter(Struct, frozen=True):
    """Which sounds: those that fit all that is given."""

    q: str = ""
    """Words, or parts of words, in name, text or category."""
    category: UUID | None = None
    language: str = ""
    source: Literal["", "text", "file", "phone"] = ""
    owner: UUID | None = None
    """Whose; None: the company's (AUD-12)."""


class CategoryInfo(Struct, frozen=True):
    """A category and how many sounds of the company are in it."""

    id: UUID
    name: str
    version: int
    sounds: int


class SoundUse(Struct, frozen=True):
    """A place that plays a sound. `kind`: flow, or music (what waiting callers of the company hear)."""

    kind: Literal["flow", "music"]
    name: str
    id: UUID | None = None
    versions: tuple[int, ...] = ()
    """Of a flow: its newest and those that answer a number, as far as they play it."""


Uses = Callable[[UUID], Awaitable[Sequence[SoundUse]]]
"""Where a sound is used: asked of the packages above, which know."""
