"""Text-to-speech: espeak-ng, the embedded default, and the choice of a voice among all providers."""

import asyncio
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from core.api.speech import SpeechError, TextToSpeech, Voice
from core.api.texts import N_
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
            raise SpeechError(N_("there is no text to speak; write one"))
        if len(spoken) > MAX_CHARACTERS:
            text = N_("the text has {count} characters; the most is {most}: divide it")
            raise SpeechError(text, count=len(spoken), most=MAX_CHARACTERS)
        if voice.language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise SpeechError(
                N_("espeak-ng has no voice for {language!r}; use {known}"), language=voice.language, known=known
            )
        await self._run(spoken, voice, target, ["-m"] if ssml else [])
        if not target.is_file():  # noqa: ASYNC240 - a look at the local disk
            raise SpeechError(N_("there is nothing to speak in {text}; write words"), text=_shown(text))

    async def _run(self, text: str, voice: Voice, target: Path, options: list[str]) -> None:
        program = shutil.which(self.program)
        if program is None:
            raise SpeechError(N_("{program} is not installed; run: apt-get install espeak-ng"), program=self.program)
        process = await asyncio.create_subprocess_exec(
            program, "-b", "1", "-v", voice.language + GENDERS[voice.gender], "-s", str(WORDS_A_MINUTE),
            *options, "--stdin", "-w", str(target),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(TIME_LIMIT):
                _, errors = await process.communicate(text.encode())
        except TimeoutError:
            words = N_("espeak-ng took more than {seconds:.0f} s for {text}; shorten it")
            raise SpeechError(words, seconds=TIME_LIMIT, text=_shown(text)) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            said = errors.decode(errors="replace").strip() or f"status {process.returncode}"
            raise SpeechError(N_("espeak-ng could not speak {text}: {said}"), text=_shown(text), said=said)


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
        known = ", ".join(voice.name for _, voice in every)
        raise SpeechError(N_("there is no voice {name!r}; there are: {known}"), field="voice", name=name, known=known)
    base = language.partition("-")[0].lower()
    speaking = [
        (provider, voice)
        for provider, voice in every
        if voice.language.partition("-")[0].lower() == ALIASES.get(base, base)
    ]
    if not speaking:
        known = ", ".join(dict.fromkeys(voice.language for _, voice in every)) or "none"
        text = N_("no voice speaks {language!r}; languages with voices: {known}")
        raise SpeechError(text, field="language", language=language, known=known)
    return next((pair for pair in speaking if pair[1].name == preferred), speaking[0])


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
