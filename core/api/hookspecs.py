"""All hooks on one page. A plugin implements them in its plugin.py, marked with @hookimpl."""

from contextlib import AbstractAsyncContextManager

import pluggy

from core.api.context import Context, Host, PluginEvent
from core.api.manifest import Manifest

PROJECT = "sentralbord"
ENTRY_POINTS = "sentralbord.plugins"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def sentralbord_manifest() -> Manifest:  # type: ignore[empty-body]  # a specification
    """Everything the plugin declares. Called once, when the process starts; must not do I/O."""


@hookspec
def on_event(ctx: Context, event: PluginEvent) -> None:
    """Something happened in a tenant that has the plugin on. Plain or async; called in a worker.

    Events of one call come in order; an event may come twice after a crash. A handler that raises or takes
    longer than 10 seconds is counted and skipped; it cannot change the call.
    """


@hookspec
def tenant_enabled(ctx: Context) -> None:
    """The tenant has just switched the plugin on. Plain or async; must bear being called again."""


@hookspec
def tenant_disabled(ctx: Context) -> None:
    """The tenant has just switched the plugin off. Its data stays. Plain or async."""


@hookspec
def lifespan(host: Host) -> AbstractAsyncContextManager[None]:  # type: ignore[empty-body]  # a specification
    """Entered when a process starts and left when it stops: for connections that the plugin keeps open."""
