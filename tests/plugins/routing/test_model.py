"""Which route fits what was keyed in, and what a file of routes says (ADM-1, ADM-3)."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api.errors import Invalid
from core.api.sheets import Row
from plugins.routing.model import (
    Destination,
    Value,
    match,
    plan,
    read_destination,
    read_rows,
    read_value,
    written,
)

FLOWS = {UUID(int=1): "Oslo", UUID(int=2): "Bergen"}
OSLO, BERGEN = Destination(flow=UUID(int=1)), Destination(flow=UUID(int=2))
DIGITS = st.text("0123", min_size=1, max_size=6)
VALUES = st.builds(Value, DIGITS, st.booleans())
DESTINATIONS = st.builds(Destination, st.sampled_from(["+4722334455", "+4792241118", "+46812345678"]))
ROUTES = st.dictionaries(VALUES, DESTINATIONS, max_size=12)


@given(ROUTES, DIGITS)
def test_the_whole_value_goes_first_and_then_the_longest_beginning(routes: dict, digits: str) -> None:
    """Against the plainest way to say it."""
    fitting = [one for one in routes if (digits.startswith(one.digits) if one.prefix else digits == one.digits)]
    best = max(fitting, key=lambda one: (not one.prefix, len(one.digits)), default=None)
    assert match(routes, digits) == (routes[best] if best else None)


@given(ROUTES, DIGITS, VALUES, DESTINATIONS)
def test_a_route_that_does_not_fit_changes_nothing(routes: dict, digits: str, other: Value, where: Destination) -> None:
    if digits == other.digits or (other.prefix and digits.startswith(other.digits)):
        return
    assert match(routes | {other: where}, digits) == match(routes, digits)


@given(ROUTES, DIGITS, DESTINATIONS)
def test_a_value_of_its_own_always_leads_there(routes: dict, digits: str, where: Destination) -> None:
    assert match(routes | {Value(digits): where}, digits) == where


@given(VALUES)
def test_a_value_is_written_as_it_is_read(value: Value) -> None:
    assert read_value(str(value)) == value


@pytest.mark.parametrize(
    ("text", "meant"), [(" 0150 ", Value("0150")), ("01...", Value("01", prefix=True)), ("1 2 3…", Value("123", True))]
)
def test_a_value_is_understood_however_it_is_written(text: str, meant: Value) -> None:
    assert read_value(text) == meant


@pytest.mark.parametrize("text", ["", "…", "12a", "#1", "1" * 21, "٣"])
def test_what_cannot_be_keyed_in_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="keyed in"):
        read_value(text)


def test_a_destination_is_a_flow_by_its_name_or_a_number() -> None:
    assert read_destination(" oslo ", FLOWS) == OSLO
    assert read_destination("+47 22 33 44 55", FLOWS) == Destination("+4722334455")
    assert [written(one, FLOWS) for one in (OSLO, Destination("+4722334455"))] == ["Oslo", "+4722334455"]
    assert written(Destination(flow=UUID(int=3)), FLOWS) == ""
    with pytest.raises(Invalid, match="no call flow"):
        read_destination("Trondheim", FLOWS)


def test_each_row_that_cannot_be_taken_is_told_with_its_place_and_the_others_are_taken() -> None:
    rows = [
        ("Postal code", "Where"),
        ("0150", "Oslo"),
        ("50…", "Bergen"),
        ("x", "Oslo"),
        ("7010", "?"),
        ("0150", "Oslo"),
    ]
    sheet = read_rows([Row(number, cells) for number, cells in enumerate(rows, start=1)], FLOWS)
    assert sheet.routes == {Value("0150"): OSLO, Value("50", prefix=True): BERGEN}
    assert [one.row for one in sheet.faults] == [4, 5, 6]


@given(ROUTES, ROUTES, st.booleans())
def test_a_plan_leads_from_the_list_to_the_file(now: dict, wanted: dict, replace: bool) -> None:
    steps = plan(now, wanted, replace=replace)
    after = {one: where for one, where in (now | steps.added | steps.changed).items() if one not in steps.removed}
    assert after == (wanted if replace else now | wanted)
