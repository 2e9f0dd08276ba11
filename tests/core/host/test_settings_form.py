"""The form of settings: every type has its place, what it shows it reads back, each fault is told at its field."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, time
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct, field

from core.api.errors import Invalid
from core.api.settings import Secret
from core.host.settings_form import Field, Group, Part, Rows, UnknownType, empty, form_of, joined, secrets_of
from core.host.settings_values import checked, plain_of


class Row(Struct, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=9)]
    urgent: bool = False


class Inner(Struct, frozen=True):
    password: Annotated[Secret, Meta(max_length=9)] = ""
    port: Annotated[int, Meta(gt=0, lt=65536)] = 5060


class Every(Struct, frozen=True):
    """A setting of each kind."""

    title: Annotated[str, Meta(max_length=20, title="The title", description="Help")] = "A"
    text: Annotated[str, Meta(max_length=500)] = ""
    count: Annotated[int, Meta(ge=1)] = 1
    share: Annotated[float, Meta(ge=0, le=1)] = 0.5
    on: bool = True
    kind: Literal["a", "b", 3] = "a"
    day: date | None = None
    at: time = time(8)
    limit: Annotated[int, Meta(le=9)] | None = None
    words: Annotated[list[Annotated[str, Meta(max_length=5)]], Meta(max_length=4)] = []
    rows: tuple[Row, ...] = ()
    inner: Inner = field(default_factory=Inner)


FORM = form_of(Every)
LINE = st.text(st.characters(categories=("L", "N", "P")), max_size=5)
ROWS = st.builds(Row, name=LINE.filter(bool), urgent=st.booleans())
SETTINGS = st.builds(
    Every,
    title=LINE,
    text=LINE,
    count=st.integers(1, 10**12),
    share=st.integers(0, 100).map(lambda number: number / 100),
    on=st.booleans(),
    kind=st.sampled_from(["a", "b", 3]),
    day=st.none() | st.dates(),
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    limit=st.none() | st.integers(-5, 9),
    words=st.lists(LINE, max_size=4),
    rows=st.lists(ROWS, max_size=3).map(tuple),
    inner=st.builds(Inner, password=LINE, port=st.integers(1, 65535)),
)


def sent(part: Part, value: Any, path: str = "") -> dict[str, str]:
    """What a browser sends of a form that shows a value."""
    if isinstance(part, Group):
        return {k: v for one in part.parts for k, v in sent(one, value[one.name], joined(path, one.name)).items()}
    if isinstance(part, Rows):
        found = {}
        for place, one in enumerate(value):
            found |= {f"{path}.{place}.row": "on"} | sent(part.item, one, joined(path, place))
        return found
    if part.kind == "switch":
        return {path: "on"} if value else {}
    return {path: "" if value is None else str(value)}


def faults(values: Mapping[str, Any]) -> dict[str, str]:
    """Field → what is told of it."""
    with pytest.raises(Invalid) as refused:
        checked(FORM, dict(values))
    return {one.field: str(one) for one in refused.value.all}


@given(SETTINGS)
def test_what_a_form_shows_it_reads_back(settings: Every) -> None:
    plain = msgspec.to_builtins(settings)
    assert checked(FORM, plain_of(FORM, sent(FORM, plain))) == settings


@given(st.dictionaries(st.sampled_from(sorted(sent(FORM, msgspec.to_builtins(Every())))), st.text(max_size=30)))
def test_whatever_is_typed_is_taken_or_told_at_its_field(typed: dict[str, str]) -> None:
    shown = sent(FORM, msgspec.to_builtins(Every())) | typed
    with suppress(Invalid):
        checked(FORM, plain_of(FORM, shown))
        return
    assert faults(plain_of(FORM, shown)).keys() <= typed.keys()


def test_every_kind_has_its_field_with_title_help_and_limits() -> None:
    kinds = {one.name: one.kind for one in FORM.parts}
    assert kinds == {
        "title": "text",
        "text": "long",
        "count": "whole",
        "share": "number",
        "on": "switch",
        "kind": "choice",
        "day": "date",
        "at": "time",
        "limit": "whole",
        "words": "rows",
        "rows": "rows",
        "inner": "group",
    }
    title, limit = FORM.parts[0], FORM.parts[8]
    assert isinstance(title, Field)
    assert (title.title, title.help, title.longest) == ("The title", "Help", 20)
    assert isinstance(limit, Field)
    assert (limit.title, limit.optional, limit.most) == ("Limit", True, 9)
    assert list(secrets_of(FORM)) == ["inner.password"]


def test_all_faults_are_told_at_once_each_with_what_it_has_to_be() -> None:
    assert faults(
        {
            "title": "x" * 21,
            "count": 0,
            "share": 2,
            "kind": "c",
            "day": "tomorrow",
            "words": ["long word", "ok"],
            "rows": [{"name": "", "urgent": "yes"}],
            "inner": {"port": 70000, "nothing": 1},
            "more": 1,
        }
    ) == {
        "title": "Write at most 20 characters.",
        "count": "Write a whole number, at least 1.",
        "share": "Write a number from 0 to 1.",
        "kind": "Choose one of: a, b, 3.",
        "day": "Write a day as 2026-11-25.",
        "words.0": "Write at most 5 characters.",
        "rows.0.name": "Write from 1 to 9 characters.",
        "rows.0.urgent": "Say true or false.",
        "inner.port": "Write a whole number from 1 to 65535.",
        "inner.nothing": "There is no setting nothing.",
        "more": "There is no setting more.",
    }
    assert faults({"words": ["a"] * 5, "rows": 1, "inner": []}).keys() == {"words", "rows", "inner"}


def test_a_new_row_has_the_defaults_of_its_struct() -> None:
    rows = next(one for one in FORM.parts if one.name == "rows")
    assert isinstance(rows, Rows)
    assert empty(rows.item) == {"name": "", "urgent": False}


@pytest.mark.parametrize("kind", [dict[str, int], bytes, int | str, list[list[int]], list[Inner]])
def test_what_no_form_can_show_is_refused_with_the_remedy(kind: Any) -> None:
    with pytest.raises(UnknownType, match=r"take|hold them"):
        form_of(msgspec.defstruct("Odd", [("odd", kind, None)]))
