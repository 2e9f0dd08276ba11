"""The page about flows says what the code does."""

import re
from pathlib import Path

import msgspec

from core.flows.checker import validate
from core.flows.document import parse
from core.flows.elements import BUILT_IN

PAGE = (Path(__file__).parents[3] / "docs" / "flows.md").read_text()


def test_the_document_of_the_page_has_no_problems() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert validate(parse(example), BUILT_IN) == []


def test_every_element_is_described_with_all_its_settings() -> None:
    rows = dict(re.findall(r"^\| `(\S+)` \| (.*) \|$", PAGE, re.MULTILINE))
    assert set(rows) == set(BUILT_IN)
    for key, element in BUILT_IN.items():
        named = set(re.findall(r"`(\w+)`", rows[key].split("|")[0]))
        assert named >= {field.name for field in msgspec.structs.fields(element.config)}
