"""What an export is and how its files are named; no I/O."""

from datetime import timedelta
from typing import Literal

State = Literal["waiting", "running", "done", "failed"]

FORMAT = 1
"""Grows when an archive is laid out otherwise."""
LIFE = timedelta(days=7)
"""An archive is deleted so long after it was made."""
LOST = timedelta(minutes=10)
"""An export whose worker has not been heard of for so long is made again by another."""
MOST_TRIES = 3
"""So often it is tried: what fells each worker that tries it must not go on for ever."""
OWN = ("data_export", "data_export_part")
"""Tables of exports, which no export holds."""
COMPANY = "tenant"
"""The table with the company itself."""
ABOUT = (
    "Everything that is kept of the company. tables/ has one JSON object a line for each row, files/ what rows hold as "
    "files: the row names its file. Passwords and other secrets are left out. Times are UTC, numbers E.164."
)

_BEGINNINGS = (
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    (b"ID3", "mp3"),
    (b"\xff\xfb", "mp3"),
)


def extension(content: bytes) -> str:
    """How the name of a file with this content ends, by its first bytes."""
    if content[:4] == b"RIFF":
        return {b"WAVE": "wav", b"WEBP": "webp"}.get(content[8:12], "bin")
    return next((name for begins, name in _BEGINNINGS if content.startswith(begins)), "bin")
