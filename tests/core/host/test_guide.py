"""The guide for plugin authors says what is so: quoted code is the example's, and messages are the loader's."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "tests" / "example_plugin"
GUIDE = (ROOT / "docs" / "plugins" / "README.md").read_text()
RULES = ROOT / "core" / "host" / "manifests.py"
QUOTES = re.findall(r'^```\w+ title="([^"]+)"\n(.*?)^```$', GUIDE, re.MULTILINE | re.DOTALL)
ENFORCED = GUIDE.partition("## What is enforced")[2]
MESSAGES = [line.split(" | ", 1)[1].strip("`| ") for line in ENFORCED.splitlines() if "| `" in line]
SOURCES = [file for folder in ("host", "data") for file in sorted((ROOT / "core" / folder).glob("*.*"))]
TEXT = "\n".join(file.read_text() for file in SOURCES if file.suffix in {".py", ".sql"})
TEXT = TEXT.replace('\\"', '"').replace("{{", "{")


def parts(message: str) -> list[str]:
    """What a message says whatever the names in it are."""
    return [part for part in (part.strip() for part in message.split("…")) if len(part) > 3]


def said() -> Iterator[str]:
    """The longest fixed part of every message that the rules of the manifest yield."""
    for node in ast.walk(ast.parse(RULES.read_text())):
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.JoinedStr):
            fixed = [str(value.value) for value in node.value.values if isinstance(value, ast.Constant)]
            yield max((text.strip() for text in fixed), key=len)


@pytest.mark.parametrize(("path", "code"), QUOTES, ids=[path for path, _ in QUOTES])
def test_quoted_code_is_what_is_in_the_file(path: str, code: str) -> None:
    file = EXAMPLE / path if (EXAMPLE / path).is_file() else ROOT / path
    assert code in file.read_text() + "\n"


def test_every_file_of_the_example_is_quoted() -> None:
    files = {file.relative_to(EXAMPLE).as_posix() for file in EXAMPLE.rglob("*") if file.is_file()}
    files = {file for file in files if not re.search(r"__init__\.py$|__pycache__|\.po$|egg-info|^dist/|^build/", file)}
    assert files - {path for path, _ in QUOTES} == set()


@pytest.mark.parametrize("message", MESSAGES)
def test_every_message_is_one_of_the_code(message: str) -> None:
    assert parts(message)
    for part in parts(message):
        assert part in TEXT, part


def test_every_rule_of_the_manifest_is_told() -> None:
    fixed = [text for text in said() if " " in text]
    assert len(fixed) > 15
    assert [text for text in fixed if text not in ENFORCED] == []
