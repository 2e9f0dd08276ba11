"""Its code: from core it uses core.api alone, and it never works past row-level security."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from core.host.registry import Plugin

PAST_THE_TENANT = {"system", "use", "Scope"}
"""In core.api.scope, for core alone."""


def imports(plugin: Plugin) -> Iterator[tuple[str, str, str]]:
    """(file, module, name) of everything that the plugin's package imports."""
    folder = Path(import_module(plugin.manifest.package).__path__[0])
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from ((file.name, alias.name, "") for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield from ((file.name, node.module or "", alias.name) for alias in node.names)


def test_from_core_it_imports_core_api_alone(plugin: Plugin) -> None:
    used = [found for found in imports(plugin) if f"{found[1]}.".startswith("core.")]
    assert used
    strange = [found for found in used if not f"{found[1]}.".startswith("core.api.") and found[1:] != ("core", "api")]
    assert strange == []


def test_it_does_not_work_past_row_level_security(plugin: Plugin) -> None:
    used = [found for found in imports(plugin) if f"{found[1]}.".startswith("core.")]
    assert [found for found in used if found[1] == "core.api.scope" and found[2] in {*PAST_THE_TENANT, ""}] == []
    assert [found for found in used if found[1:] == ("core.api", "scope")] == []


def test_it_imports_no_other_plugin(plugin: Plugin) -> None:
    own = plugin.manifest.package
    others = [found for found in imports(plugin) if f"{found[1]}.".startswith("plugins.")]
    assert [found for found in others if not f"{found[1]}.".startswith(f"{own}.")] == []
