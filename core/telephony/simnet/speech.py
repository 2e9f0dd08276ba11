"""What simulated callers say: texts as WAV files, rendered once."""

import asyncio
import hashlib
from pathlib import Path

from core.telephony.simnet.script import Say


class Voice:
    """Renders speech with espeak-ng into a folder; the same text is rendered once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[Say, asyncio.Task[Path]] = {}

    async def __call__(self, say: Say) -> Path:
        """The WAV file of what is said. Raises OSError when espeak-ng is missing or refuses the language."""
        if say not in self._files:
            self._files[say] = asyncio.create_task(self._render(say))
        return await asyncio.shield(self._files[say])

    async def _render(self, say: Say) -> Path:
        name = hashlib.sha256(f"{say.language} {say.text}".encode()).hexdigest()[:16]
        file = self._folder / f"say-{name}.wav"
        process = await asyncio.create_subprocess_exec(
            *("espeak-ng", "-v", say.language, "-w", str(file), "--stdin"),
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, problem = await process.communicate(say.text.encode())
        if process.returncode:
            reason = problem.decode().strip()
            raise OSError(f"espeak-ng cannot say {say.text!r} in {say.language!r}: {reason}")
        return file
