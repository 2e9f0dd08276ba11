"""The voices that a tenant has, and speech made with them: the embedded ones and those of its plugins."""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID

from core.api.speech import SpeechError, TextToSpeech, Voice
from core.api.texts import N_
from core.audio import wav
from core.audio.speech import choose_voice
from core.audio.ssml import is_ssml

RENDERERS = 2
"""Texts that one process renders at the same time."""
SPEECH_SECONDS = 60.0
"""How long a provider may take for one text; a plugin's may hang."""


class Voices:
    """`providers` speak for every tenant, `more` names those that one tenant has besides."""

    def __init__(
        self, providers: Sequence[TextToSpeech], more: Callable[[UUID], Sequence[TextToSpeech]] = lambda _: ()
    ) -> None:
        self._providers, self._more = tuple(providers), more
        self._rendering = asyncio.Semaphore(RENDERERS)

    def of(self, tenant_id: UUID) -> list[Voice]:
        """The voices that the tenant can choose (AUD-4)."""
        return [voice for provider in self._all(tenant_id) for voice in provider.voices()]

    def choose(self, tenant_id: UUID, language: str, name: str = "", preferred: str = "") -> tuple[TextToSpeech, Voice]:
        """See choose_voice, which this does for the tenant's providers."""
        return choose_voice(self._all(tenant_id), language, name, preferred)

    async def render(self, provider: TextToSpeech, voice: Voice, text: str, target: Path) -> None:
        """Speak the text into a file. Raises SpeechError, also when a provider fails in another way or hangs."""
        async with self._rendering:
            try:
                async with asyncio.timeout(SPEECH_SECONDS):
                    await provider.render(text, voice, target, ssml=is_ssml(text))
            except SpeechError:
                raise
            except Exception as error:
                why = f"{type(error).__name__}: {error}".rstrip(": ")
                raise SpeechError(
                    N_("{provider} could not speak ({why}); try again later, or choose another voice"),
                    field="voice",
                    provider=provider.key,
                    why=why,
                ) from error

    async def spoken(self, tenant_id: UUID, text: str, language: str, voice: str) -> tuple[bytes, float, Voice]:
        """The text as the library keeps sounds, its seconds, and the voice. Raises SpeechError, SoundError."""
        provider, chosen = self.choose(tenant_id, language, voice)
        with tempfile.TemporaryDirectory(prefix="speech-") as folder:
            target = Path(folder) / "speech"
            await self.render(provider, chosen, text, target)
            content, seconds = await asyncio.to_thread(wav.stored_form, target)
        return content, seconds, chosen

    def _all(self, tenant_id: UUID) -> tuple[TextToSpeech, ...]:
        return (*self._providers, *self._more(tenant_id))
