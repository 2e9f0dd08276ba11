"""What simulated parties say: texts as WAV files, each rendered once."""

import asyncio
import hashlib
from pathlib import Path

from core.audio.speech import EspeakNg, choose_voice
from core.telephony.simnet.script import Say


class Voice:
    """Renders speech into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._provider = EspeakNg()
        self._files: dict[Say, asyncio.Task[Path]] = {}

    async def __call__(self, say: Say) -> Path:
        """The WAV file of what is said. Raises SpeechError when it cannot be rendered."""
        if say not in self._files:
            self._files[say] = asyncio.create_task(self._render(say))
        return await asyncio.shield(self._files[say])

    async def _render(self, say: Say) -> Path:
        name = hashlib.sha256(f"{say.language} {say.text}".encode()).hexdigest()[:16]
        file = self._folder / f"say-{name}.wav"
        _, voice = choose_voice([self._provider], say.language)
        await self._provider.render(say.text, voice, file)
        return file
