"""Turns prompts into WAV files that can be played: stored sounds, spoken texts, hold music, ringing tone."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import UUID

from core.api.calls import Prompt
from core.api.speech import SpeechError
from core.audio import tones
from core.audio.cache import PromptCache
from core.audio.errors import SoundError, SoundNotFound
from core.audio.sounds import Playable, content_with, playable
from core.audio.voices import Voices
from core.data import tenant

logger = logging.getLogger(__name__)


class SoundLibrary:
    """The prompts of one process, for all tenants."""

    def __init__(self, cache: PromptCache, voices: Voices) -> None:
        self.cache = cache
        self._voices = voices
        self._stored: dict[UUID, dict[UUID, Playable]] = {}

    async def prepare(self) -> None:
        """Make what every call may need, before the first one comes."""
        await asyncio.to_thread(self.cache.sweep)
        await asyncio.to_thread(self.music)
        await asyncio.to_thread(self.ringback)

    def music(self) -> Path:
        """The hold music, about 30 s, to be looped."""
        return self.cache.generated("music", tones.music)

    def ringback(self) -> Path:
        """One period of the ringing tone, 5 s, to be looped."""
        return self.cache.generated("ringback", tones.ringback)

    def of(self, tenant_id: UUID, voice: str = "") -> "TenantSounds":
        """The sounds of a tenant; `voice` speaks its texts where it knows the language."""
        return TenantSounds(self, tenant_id, voice)

    def forget(self, tenant_id: UUID) -> None:
        """Look the tenant's sounds up again when they are next used: one was changed."""
        self._stored.pop(tenant_id, None)

    async def stored(self, tenant_id: UUID, sound: UUID) -> Playable:
        """A sound of the library. Raises SoundNotFound."""
        known = self._stored.setdefault(tenant_id, {})
        if sound not in known:
            with tenant(tenant_id):
                known[sound] = await playable(sound)
        return known[sound]

    async def spoken(self, tenant_id: UUID, text: str, language: str, voice: str, preferred: str) -> Path:
        """The text as speech. Raises SpeechError, also when a provider fails in another way or hangs."""
        provider, chosen = self._voices.choose(tenant_id, language, voice, preferred)

        async def make(target: Path) -> None:
            await self._voices.render(provider, chosen, text, target)

        return await self.cache.file(("text", provider.key, chosen.name, text), make)

    async def recorded(self, tenant_id: UUID, sound: UUID, content_hash: str) -> Path:
        """A version of a sound. Raises SoundNotFound when it was removed meanwhile."""

        async def make(target: Path) -> None:
            with tenant(tenant_id):
                content = await content_with(sound, content_hash)
            await asyncio.to_thread(target.write_bytes, content)

        return await self.cache.file(("file", content_hash), make)


class TenantSounds:
    """The sounds that one tenant's calls play."""

    def __init__(self, library: SoundLibrary, tenant_id: UUID, voice: str = "") -> None:
        self._library = library
        self._tenant_id = tenant_id
        self._voice = voice

    def music(self) -> Path:
        """See SoundLibrary.music."""
        return self._library.music()

    def ringback(self) -> Path:
        """See SoundLibrary.ringback."""
        return self._library.ringback()

    async def render(self, prompts: Sequence[Prompt], language: str) -> list[Path]:
        """A WAV file for each prompt, at once when it was made before. `language` (BCP 47) is the call's.

        Raises SpeechError when a text cannot be spoken, SoundNotFound or SoundError for a sound.
        """
        return [await self._render(prompt, language) for prompt in prompts]

    async def warm(self, prompts: Iterable[Prompt], language: str) -> list[str]:
        """Make the files of all prompts now, so that no caller waits; returns what went wrong, in words."""
        results = await asyncio.gather(*(self._attempt(prompt, language) for prompt in dict.fromkeys(prompts)))
        return [problem for problem in results if problem]

    async def _attempt(self, prompt: Prompt, language: str) -> str:
        try:
            await self._render(prompt, language)
        except (SpeechError, SoundError, SoundNotFound, OSError) as error:
            logger.warning("tenant %s: prompt %s cannot be made: %s", self._tenant_id, prompt, error)
            return str(error)
        return ""

    async def _render(self, prompt: Prompt, language: str) -> Path:
        spoken_in = prompt.language or language
        if prompt.sound is None:
            return await self._library.spoken(self._tenant_id, prompt.text, spoken_in, prompt.voice, self._voice)
        sound = await self._library.stored(self._tenant_id, prompt.sound)
        if sound.instead:
            logger.error(
                "tenant %s: the sound %s was removed and is still played; its text or name is spoken instead: "
                "choose another sound in the flow", self._tenant_id, prompt.sound,
            )  # fmt: skip
            return await self._library.spoken(
                self._tenant_id, sound.instead, sound.language or spoken_in, "", self._voice
            )
        return await self._library.recorded(self._tenant_id, prompt.sound, sound.content_hash)
