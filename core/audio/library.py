"""Turns prompts into WAV files that can be played: stored sounds, spoken texts, hold music, ringing tone."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from core.api.calls import Prompt
from core.api.speech import SpeechError, TextToSpeech
from core.audio import tones
from core.audio.cache import PromptCache
from core.audio.errors import SoundError, SoundNotFound
from core.audio.speech import choose_voice
from core.audio.ssml import is_ssml
from core.audio.tables import Sound, SoundKind
from core.data import tenant

logger = logging.getLogger(__name__)

RENDERERS = 2
"""Prompts that one process renders at the same time."""
SPEECH_SECONDS = 60.0
"""How long a provider may take for one text; a plugin's may hang."""


class StoredSound(Struct, frozen=True):
    """What a process keeps of a sound in the library."""

    kind: str
    language: str
    text: str
    voice: str
    content_hash: str


class SoundLibrary:
    """The prompts of one process, for all tenants.

    `providers` speak for every tenant, `more` names those that one tenant has besides.
    """

    def __init__(
        self,
        cache: PromptCache,
        providers: Sequence[TextToSpeech],
        more: Callable[[UUID], Sequence[TextToSpeech]] = lambda _: (),
    ) -> None:
        self.cache = cache
        self._providers, self._more = tuple(providers), more
        self._rendering = asyncio.Semaphore(RENDERERS)
        self._stored: dict[UUID, dict[UUID, StoredSound]] = {}

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

    async def stored(self, tenant_id: UUID, sound: UUID) -> StoredSound:
        """A sound of the library. Raises SoundNotFound."""
        known = self._stored.setdefault(tenant_id, {})
        if sound not in known:
            with tenant(tenant_id):
                columns = (Sound.kind, Sound.language, Sound.text, Sound.voice, Sound.content_hash)
                row = await Sound.select(*columns).where(Sound.id == sound).first()
            if row is None:
                raise SoundNotFound(f"there is no sound {sound}; choose another one in the flow")
            known[sound] = StoredSound(**row)
        return known[sound]

    async def spoken(self, tenant_id: UUID, text: str, language: str, voice: str, preferred: str) -> Path:
        """The text as speech. Raises SpeechError, also when a provider fails in another way or hangs."""
        providers = (*self._providers, *self._more(tenant_id))
        provider, chosen = choose_voice(providers, language, voice, preferred)

        async def make(target: Path) -> None:
            async with self._rendering:
                try:
                    async with asyncio.timeout(SPEECH_SECONDS):
                        await provider.render(text, chosen, target, ssml=is_ssml(text))
                except SpeechError:
                    raise
                except Exception as error:
                    why = f"{type(error).__name__}: {error}"
                    raise SpeechError(f"{provider.key} could not speak ({why}); choose another voice") from error

        return await self.cache.file(("text", provider.key, chosen.name, text), make)

    async def uploaded(self, tenant_id: UUID, sound: UUID, content_hash: str) -> Path:
        """An uploaded file, converted. Raises SoundNotFound when it was removed meanwhile."""

        async def make(target: Path) -> None:
            with tenant(tenant_id):
                same = (Sound.id == sound) & (Sound.content_hash == content_hash)
                row = await Sound.select(Sound.content).where(same).first()
            if row is None:
                raise SoundNotFound(f"the recording {sound} was changed or removed; choose one in the flow")
            await asyncio.to_thread(target.write_bytes, row["content"])

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
        if prompt.sound is None:
            spoken_in = prompt.language or language
            return await self._library.spoken(self._tenant_id, prompt.text, spoken_in, prompt.voice, self._voice)
        sound = await self._library.stored(self._tenant_id, prompt.sound)
        if sound.kind == SoundKind.FILE:
            return await self._library.uploaded(self._tenant_id, prompt.sound, sound.content_hash)
        return await self._library.spoken(
            self._tenant_id,
            sound.text,
            sound.language or prompt.language or language,
            prompt.voice or sound.voice,
            self._voice,
        )
