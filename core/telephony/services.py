"""What the calls of a media process share: sounds, queues, elements, where recordings go."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from core.api.elements import AnyElement
from core.audio.library import SoundLibrary
from core.queues.distributor import Distributor
from core.schedules.current import OpeningHours


@dataclass(frozen=True, slots=True)
class MediaServices:
    """Given to every CallSession."""

    name: str
    """Name of the media process."""
    library: SoundLibrary
    distributor: Distributor
    hours: OpeningHours
    elements: Callable[[UUID], Mapping[str, AnyElement]]
    """The flow elements of a tenant: ours and those of its plugins."""
    recordings: Path
    """Folder of the recordings' store."""
