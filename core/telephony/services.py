"""What the calls of a media process share: sounds, queues, elements, where recordings go."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from core.api.calls import Prompt
from core.api.elements import AnyElement
from core.audio.library import SoundLibrary, TenantSounds
from core.queues.distributor import Distributor


@dataclass(frozen=True, slots=True)
class MediaServices:
    """Given to every CallSession."""

    name: str
    """Name of the media process."""
    library: SoundLibrary
    distributor: Distributor
    elements: Callable[[UUID], Mapping[str, AnyElement]]
    """The flow elements of a tenant: ours and those of its plugins."""
    recordings: Path
    """Folder of the recordings' store."""


@dataclass(frozen=True, slots=True)
class CallSounds:
    """The sounds of one call, which knows its language. Implements core.queues.sounds.Sounds."""

    tenant: TenantSounds
    language: str

    def music(self) -> Path:
        return self.tenant.music()

    def ringback(self) -> Path:
        return self.tenant.ringback()

    async def render(self, prompts: Sequence[Prompt]) -> Sequence[Path]:
        return await self.tenant.render(prompts, self.language)
