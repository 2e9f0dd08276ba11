"""Working past row-level security is for the modules on the list, each with its reason."""

import ast
from pathlib import Path

from core.data.system_uses import SYSTEM_USES

ROOT = Path(__file__).parents[3]


def modules_that_use_system(root: Path) -> set[str]:
    """Dotted names of modules that import system from core.data, or the role underneath it."""
    found = set()
    for file in [*root.glob("core/**/*.py"), *root.glob("plugins/**/*.py")]:
        name = ".".join(file.relative_to(root).with_suffix("").parts)
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("core.data", "core.api")):
                taken = {alias.name for alias in node.names} & {"system", "use", "Scope"}
            else:
                taken = isinstance(node, ast.Attribute) and node.attr == "system" and _ours(node.value)
            if taken:
                found.add(name)
    return found


def _ours(value: ast.expr) -> bool:
    return ast.unparse(value).endswith(("data", "scope"))


def test_every_use_of_the_system_role_is_on_the_list_and_the_list_has_no_other() -> None:
    machinery = {f"core.data.{name}" for name in ("__init__", "database", "engine", "unit", "migrate")}
    assert all(name.startswith("core.") for name in SYSTEM_USES)
    assert modules_that_use_system(ROOT) - machinery == set(SYSTEM_USES)
    assert all(len(reason) > 20 for reason in SYSTEM_USES.values())


def test_an_unlisted_use_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "core" / "calls").mkdir(parents=True)
    (tmp_path / "core" / "calls" / "service.py").write_text("from core.data import system, tenant\n")
    (tmp_path / "core" / "calls" / "other.py").write_text("from core import data\nwith data.system(): pass\n")
    (tmp_path / "plugins" / "chat").mkdir(parents=True)
    (tmp_path / "plugins" / "chat" / "jobs.py").write_text("from core.api.scope import system\n")
    (tmp_path / "core" / "calls" / "fine.py").write_text("from core.data import tenant\n")
    assert modules_that_use_system(tmp_path) == {"core.calls.service", "core.calls.other", "plugins.chat.jobs"}
