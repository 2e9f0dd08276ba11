"""Text-to-speech: espeak-ng, the embedded default, and the choice of a voice among all providers."""

import asyncio
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from core.api.speech import SpeechError, TextToSpeech, Voice
from core.audio.ssml import check_ssml

LANGUAGES = ("en", "nb", "sv", "fi", "et", "lt")
"""GEN-12."""
ALIASES = {"no": "nb", "nn": "nb"}
"""Languages spoken by a neighbour's voice."""
GENDERS = {"female": "+f2", "male": ""}
"""Gender → espeak-ng's variant of the language's voice."""
WORDS_A_MINUTE = 150
TIME_LIMIT = 30.0
"""Seconds after which a rendering is given up."""
MAX_CHARACTERS = 10_000


class EspeakNg(TextToSpeech):
    """espeak-ng as a subprocess: small, quick, needs no network."""

    key: ClassVar[str] = "espeak-ng"

    def __init__(self, program: str = "espeak-ng") -> None:
        self.program = program

    def voices(self) -> tuple[Voice, ...]:
        """A female and a male voice of each language (AUD-4), the female first."""
        return tuple(Voice(f"{language}-{gender}", language, gender) for language in LANGUAGES for gender in GENDERS)

    async def render(self, text: str, voice: Voice, target: Path, *, ssml: bool = False) -> None:
        """See TextToSpeech.render; writes 22.05 kHz."""
        if ssml:
            check_ssml(text)
        spoken = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", text).strip()
        if not spoken:
            raise SpeechError("there is no text to speak; write one")
        if len(spoken) > MAX_CHARACTERS:
            raise SpeechError(f"the text has {len(spoken)} characters; the most is {MAX_CHARACTERS}: divide it")
        if voice.language not in LANGUAGES:
            raise SpeechError(f"espeak-ng has no voice for {voice.language!r} here; use {', '.join(LANGUAGES)}")
        await self._run(spoken, voice, target, ["-m"] if ssml else [])
        if not target.is_file():  # noqa: ASYNC240 - a look at the local disk
            raise SpeechError(f"espeak-ng found nothing to speak in {_shown(text)}; write words")

    async def _run(self, text: str, voice: Voice, target: Path, options: list[str]) -> None:
        program = shutil.which(self.program)
        if program is None:
            raise SpeechError(f"{self.program} is not installed; run: apt-get install espeak-ng")
        process = await asyncio.create_subprocess_exec(
            program, "-b", "1", "-v", voice.language + GENDERS[voice.gender], "-s", str(WORDS_A_MINUTE),
            *options, "--stdin", "-w", str(target),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(TIME_LIMIT):
                _, errors = await process.communicate(text.encode())
        except TimeoutError:
            raise SpeechError(f"espeak-ng took more than {TIME_LIMIT:.0f} s for {_shown(text)}; shorten it") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            said = errors.decode(errors="replace").strip() or f"status {process.returncode}"
            raise SpeechError(f"espeak-ng could not speak {_shown(text)}: {said}")


def choose_voice(
    providers: Sequence[TextToSpeech], language: str, name: str = "", preferred: str = ""
) -> tuple[TextToSpeech, Voice]:
    """The voice called `name`; else, of those of the language, the one called `preferred`, or the first.

    Raises SpeechError naming the voices or languages that there are.
    """
    every = [(provider, voice) for provider in providers for voice in provider.voices()]
    if name:
        for provider, voice in every:
            if voice.name == name:
                return provider, voice
        raise SpeechError(f"there is no voice {name!r}; there are: {', '.join(voice.name for _, voice in every)}")
    base = language.partition("-")[0].lower()
    speaking = [
        (provider, voice)
        for provider, voice in every
        if voice.language.partition("-")[0].lower() == ALIASES.get(base, base)
    ]
    if not speaking:
        known = ", ".join(dict.fromkeys(voice.language for _, voice in every)) or "none"
        raise SpeechError(f"no voice speaks {language!r}; languages with voices: {known}")
    return next((pair for pair in speaking if pair[1].name == preferred), speaking[0])


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
