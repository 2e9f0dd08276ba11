"""Finds plugins by their entry points and loads them one by one, so that a broken one costs only itself."""

import inspect
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from core.api import hookspecs
from core.host.errors import PluginRefused
from core.host.manifests import check
from core.host.registry import Plugin, Registry

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Broken:
    """A plugin that was found but is not loaded, and why."""

    name: str
    distribution: str
    reason: str


def load(found: Iterable[EntryPoint] | None = None) -> Registry:
    """The registry of all plugins that are installed, in the order of their names.

    Never raises because of a plugin: one that fails is listed in Registry.broken and logged.
    """
    plugins: dict[str, Plugin] = {}
    broken: list[Broken] = []
    points = entry_points(group=hookspecs.ENTRY_POINTS) if found is None else found
    for point in sorted(points, key=lambda point: (point.name, point.value)):
        distribution = f"{point.dist.name} {point.dist.version}" if point.dist else "?"
        try:
            plugin = _load(point, distribution)
            if plugin.name in plugins:
                other = plugins[plugin.name].distribution
                raise PluginRefused(f"another plugin ({other}) is named {plugin.name!r} too")
        except (Exception, SystemExit) as error:  # a plugin may fail in any way
            reason = str(error) if isinstance(error, PluginRefused) else f"{type(error).__name__}: {error}"
            log.error("plugin %s (%s) is not loaded: %s", point.name, distribution, reason)
            broken.append(Broken(point.name, distribution, reason))
        else:
            plugins[plugin.name] = plugin
    return Registry(plugins, tuple(broken))


def _load(point: EntryPoint, distribution: str) -> Plugin:
    module = point.load()
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(module, name=point.name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginRefused(f"its hooks do not fit: {str(error).splitlines()[-1]}") from error
    manifests = manager.hook.sentralbord_manifest()
    if len(manifests) != 1:
        raise PluginRefused("it has no hook sentralbord_manifest; add one that returns a Manifest")
    return Plugin(check(manifests[0]), distribution, _implementations(manager))


def _implementations(manager: pluggy.PluginManager) -> dict[str, Callable[..., Any]]:
    """The plugin's runtime hooks, by name. pluggy checks them; our dispatcher calls them one by one."""
    return {
        name: _with_names(implementation)
        for name in ("on_event", "tenant_enabled", "tenant_disabled", "lifespan")
        for implementation in getattr(manager.hook, name).get_hookimpls()
    }


def _with_names(implementation: pluggy.HookImpl) -> Callable[..., Any]:
    """The hook's function, called with those of the arguments that it asks for; async stays async."""
    function, names = implementation.function, implementation.argnames
    if inspect.iscoroutinefunction(function):

        async def call_async(**arguments: Any) -> Any:
            return await function(*(arguments[name] for name in names))

        return call_async

    def call(**arguments: Any) -> Any:
        return function(*(arguments[name] for name in names))

    return call
