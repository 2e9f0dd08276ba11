"""A process of its own for tests: renders the same prompts many times at once, noting each real rendering."""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

from core.api.calls import Prompt
from core.api.speech import Voice
from core.audio.cache import PromptCache
from core.audio.library import SoundLibrary
from core.audio.speech import EspeakNg
from core.audio.voices import Voices


class Counted(EspeakNg):
    """espeak-ng that writes a line for each rendering."""

    async def render(self, text: str, voice: Voice, target: Path, *, ssml: bool = False) -> None:
        with Path(sys.argv[2]).open("a") as log:  # noqa: ASYNC230
            log.write(f"{text}\n")
        await super().render(text, voice, target, ssml=ssml)


async def main() -> None:
    sounds = SoundLibrary(PromptCache(Path(sys.argv[1])), Voices([Counted()])).of(UUID(int=1))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    prompts = [Prompt(text=f"Prompt number {number}.") for number in range(10)]
    await asyncio.gather(*(sounds.render(prompts, "en") for _ in range(8)))


asyncio.run(main())
