"""The documentation of the plugin interface is complete and in step with the code."""

from pathlib import Path

import pytest

from core.host.docs import PAGE, hooks, page, undocumented

TESTS = "\n".join(file.read_text() for file in Path(__file__).parent.rglob("test_*.py"))
EXAMPLE = (Path(__file__).parents[2] / "example_plugin" / "nightbell" / "plugin.py").read_text()


def test_every_hook_and_type_is_documented() -> None:
    assert undocumented() == []


@pytest.mark.parametrize("hook", hooks())
def test_every_hook_is_implemented_in_a_test(hook: str) -> None:
    assert f"def {hook}(" in TESTS + EXAMPLE


def test_the_page_of_hooks_is_what_the_code_says() -> None:
    assert PAGE.read_text() == page(), "run: python -m core.host.docs"
