"""Rendered prompts on disk, named by what they were made from: made once, whichever process asks."""

import asyncio
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from core.audio import wav

FORM = 1
"""Grows when the same recipe gives another file than before."""
LOCK_PAUSE = 0.02
"""Seconds between two tries for a lock that another process holds."""
LEFTOVER_SECONDS = 3600.0
"""A working folder so old belongs to a process that died."""


class PromptCache:
    """WAV files (mono, 16 bit, `rate` Hz, one loudness) in `folder`; several processes may share it."""

    def __init__(self, folder: Path, rate: int = 8000) -> None:
        self.folder = folder
        self.rate = rate
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, recipe: Sequence[str]) -> Path:
        """Where the file made by this recipe lies, whether it exists or not."""
        name = hashlib.sha256(json.dumps([FORM, self.rate, *recipe]).encode()).hexdigest()
        return self.folder / name[:2] / f"{name}.wav"

    async def file(self, recipe: Sequence[str], make: Callable[[Path], Awaitable[None]]) -> Path:
        """The file of the recipe; made when it is missing.

        `recipe` is everything that its content depends on. `make` writes an audio file of any form to
        the path that it is given; it is converted and put in place in one step. Raises what `make` raises.
        """
        target = self.path(recipe)
        if target.exists():
            return target
        target.parent.mkdir(exist_ok=True)
        async with _locked(target.parent / "lock"):
            if not target.exists():
                with _working_folder(self.folder) as work:
                    await make(work / "source")
                    await asyncio.to_thread(wav.convert, work / "source", work / "prompt.wav", self.rate)
                    os.replace(work / "prompt.wav", target)
        return target

    def generated(self, name: str, make: Callable[[int], wav.Samples]) -> Path:
        """The file of a sound that is computed; `make(rate)` gives its samples."""
        target = self.folder / f"{name}-{self.rate}-{FORM}.wav"
        if not target.exists():
            with _working_folder(self.folder) as work:
                wav.write(work / "prompt.wav", make(self.rate), self.rate)
                os.replace(work / "prompt.wav", target)
        return target

    def sweep(self) -> None:
        """Remove working folders that processes which died have left behind."""
        for left in self.folder.glob("work-*"):
            if time.time() - left.stat().st_mtime > LEFTOVER_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _working_folder(parent: Path) -> Iterator[Path]:
    """A folder for unfinished files, on the same file system, so that a move out of it is one step."""
    with tempfile.TemporaryDirectory(prefix="work-", dir=parent, ignore_cleanup_errors=True) as name:
        yield Path(name)


@asynccontextmanager
async def _locked(file: Path) -> AsyncIterator[None]:
    """Hold a lock that excludes other tasks and other processes. A process that dies lets go of it."""
    with file.open("w") as handle:
        while not _try_lock(handle.fileno()):  # noqa: ASYNC110 - another process cannot set an asyncio event
            await asyncio.sleep(LOCK_PAUSE)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
