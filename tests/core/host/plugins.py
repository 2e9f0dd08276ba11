"""Makes plugin modules for the tests of the loader and the dispatcher."""

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

from core.api import API, Manifest, hookimpl
from core.host.loader import load
from core.host.registry import Registry


def manifest(name: str, **fields: Any) -> Manifest:
    """A valid manifest with some fields of its own."""
    given: dict[str, Any] = {"title": name, "version": "1", "api": API, "package": name} | fields
    return Manifest(name=name, **given)


def entry_point(name: str, made: Any = None, **hooks: Callable[..., Any]) -> EntryPoint:
    """The entry point of a plugin module with these hooks; `made` is what its manifest hook returns."""
    module = ModuleType(f"made_plugin_{name}")

    def sentralbord_manifest() -> Any:
        return manifest(name) if made is None else made

    for hook in (sentralbord_manifest, *hooks.values()):
        setattr(module, hook.__name__, hookimpl(hook))
    sys.modules[module.__name__] = module
    package = sys.modules.setdefault(name, ModuleType(name))
    package.__path__ = [str(Path(__file__).parent / "package")]
    return EntryPoint(name, module.__name__, "sentralbord.plugins")


def registry(*points: EntryPoint) -> Registry:
    """What the loader makes of them."""
    return load(points)


def why(point: EntryPoint) -> str:
    """The reason for which the loader refuses a plugin."""
    (broken,) = load([point]).broken
    return broken.reason
