"""Writes docs/plugins/hooks.md from the code: every hook, public type and function. Run as a module to renew it."""

import inspect
import re
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from core import api
from core.api import hookspecs

PAGE = Path(__file__).parent.parent.parent / "docs" / "plugins" / "hooks.md"

MODULES = re.compile(r"\b(core\.api|collections\.abc|typing|uuid|datetime|pathlib|contextlib)\.([a-z_]+\.)*")
"""Names of modules in front of types, which readers do not need."""

HEAD = """# Hooks, types and functions of the plugin interface

This page is written by `python -m core.host.docs` from the code; a test fails when it is out of step.
A plugin implements hooks in its `plugin.py`, marked with `@hookimpl` (from `core.api`). It may import
everything on this page from `core.api`, and nothing else of Sentralbord.
"""


def hooks() -> dict[str, Callable[..., Any]]:
    """Every hook by name, in the order in which they stand in the code."""
    every = vars(hookspecs).items()
    return {name: value for name, value in every if hasattr(value, f"{hookspecs.PROJECT}_spec")}


def undocumented() -> list[str]:
    """Names of hooks and public types without a docstring."""
    public = {name: getattr(api, name) for name in api.__all__}
    ours = {name: value for name, value in public.items() if inspect.isclass(value) or inspect.isfunction(value)}
    return [name for name, value in {**hooks(), **ours}.items() if not inspect.getdoc(value)]


def page() -> str:
    """The whole page."""
    parts = (HEAD, "## Hooks\n", *_hooks(), "## Types\n", *_types(), "## Functions\n", *_functions())
    return "\n".join(parts).rstrip() + "\n"


def _hooks() -> Iterator[str]:
    for name, function in hooks().items():
        yield f"### `{name}`\n\n```python\ndef {name}{_shown_signature(function)}\n```\n"
        yield f"{inspect.getdoc(function)}\n"


def _types() -> Iterator[str]:
    for name in api.__all__:
        value = getattr(api, name)
        if inspect.isclass(value):
            yield f"### `{name}`\n\n{inspect.getdoc(value)}\n"
            fields = getattr(value, "__annotations__", {})
            yield from (f"- `{field}: {_shown(kind)}`" for field, kind in fields.items() if not field.startswith("_"))
            yield from _members(value)
            yield ""


def _functions() -> Iterator[str]:
    plain = {name: getattr(api, name) for name in api.__all__}
    ddl = {f"ddl.{name}": value for name, value in vars(api.ddl).items() if not name.startswith("_")}
    for name, function in (plain | ddl).items():
        if inspect.isfunction(function) and function.__module__.startswith(api.__name__):
            word = "async def" if inspect.iscoroutinefunction(function) else "def"
            yield f"### `{name}`\n\n```python\n{word} {name.removeprefix('ddl.')}{_shown_signature(function)}\n```\n"
            yield f"{inspect.getdoc(function)}\n"


def _members(kind: type) -> Iterator[str]:
    """The values of an enumeration; what a protocol or a base class asks for or offers."""
    if issubclass(kind, Enum):
        yield from (f"- `{member.name}` = `{member.value!r}`" for member in kind)
    for name, method in vars(kind).items():
        if isinstance(method, property):
            kind_of = inspect.signature(method.fget).return_annotation if method.fget else Any
            yield f"- `{name}: {_shown(kind_of)}` {(inspect.getdoc(method) or '').replace(chr(10), ' ')}"
        if inspect.isfunction(method) and not name.startswith("_"):
            word = "async def" if inspect.iscoroutinefunction(method) else "def"
            says = (inspect.getdoc(method) or "").replace("\n", " ")
            yield f"- `{word} {name}{_shown_signature(method)}` {says}"


def _shown_signature(function: Callable[..., Any]) -> str:
    return MODULES.sub("", str(inspect.signature(function)))


def _shown(kind: Any) -> str:
    """A type as a reader wants it: without module names."""
    return MODULES.sub("", inspect.formatannotation(kind))


if __name__ == "__main__":
    PAGE.write_text(page())
