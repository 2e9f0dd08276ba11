"""Stamps: a step is done when the hash of what went into it is the one that it left behind."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest(*parts: str | bytes | Path) -> str:
    """The hash of texts and of files' names and contents, in their order."""
    whole = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            data = part.name.encode() + b"\0" + part.read_bytes()
        else:
            data = part.encode() if isinstance(part, str) else part
        whole.update(hashlib.sha256(data).digest())
    return whole.hexdigest()


def tree_digest(folder: Path, files: Iterable[Path]) -> str:
    """The hash of files by their places under the folder and their contents, in any order."""
    parts = [(path.relative_to(folder).as_posix(), path) for path in files]
    return digest(*(part for pair in sorted(parts) for part in pair))


def is_stamped(stamp: Path, value: str) -> bool:
    """True when the stamp was left by the same inputs."""
    try:
        return stamp.read_text() == value
    except FileNotFoundError:
        return False


def leave_stamp(stamp: Path, value: str) -> None:
    """Say that the step is done for these inputs."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(value)
