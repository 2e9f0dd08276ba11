"""What is loaded: the plugins and what they add, looked up by key."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.api.elements import AnyElement
from core.api.manifest import Job, Manifest, Panel, Report, Slot
from core.api.speech import TextToSpeech

if TYPE_CHECKING:
    from core.host.loader import Broken


@dataclass(frozen=True, slots=True)
class Plugin:
    """A loaded plugin: its manifest, where it comes from, and its runtime hooks by name."""

    manifest: Manifest
    distribution: str
    hooks: Mapping[str, Callable[..., Any]]

    @property
    def name(self) -> str:
        return self.manifest.name


class Registry:
    """All loaded plugins, ordered by name, and those that could not be loaded."""

    def __init__(self, plugins: Mapping[str, Plugin], broken: "tuple[Broken, ...]" = ()) -> None:
        self.plugins = dict(sorted(plugins.items()))
        self.broken = broken

    @property
    def elements(self) -> dict[str, AnyElement]:
        """Call-flow elements of all plugins by key."""
        return {item.key: item for plugin in self.plugins.values() for item in plugin.manifest.elements}

    @property
    def jobs(self) -> dict[str, Job]:
        return {item.key: item for plugin in self.plugins.values() for item in plugin.manifest.jobs}

    @property
    def reports(self) -> dict[str, Report]:
        return {item.key: item for plugin in self.plugins.values() for item in plugin.manifest.reports}

    def panels(self, slot: Slot) -> list[Panel]:
        """Panels of a slot in the order in which they stand there."""
        every = (item for plugin in self.plugins.values() for item in plugin.manifest.panels)
        return sorted((p for p in every if p.slot == slot), key=lambda panel: (panel.order, panel.key))

    def speech(self, on: Collection[str]) -> list[TextToSpeech]:
        """The text-to-speech providers of the plugins named in `on`."""
        every = (item for name, plugin in self.plugins.items() if name in on for item in plugin.manifest.providers)
        return [item for item in every if isinstance(item, TextToSpeech)]

    def owner(self, key: str) -> str:
        """Name of the plugin to which a key belongs; "core" when it is none's."""
        name = key.partition(".")[0]
        return name if name in self.plugins else "core"
