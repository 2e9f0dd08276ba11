"""Who is on a VIP list: what people write, what a file says, and whom a call is (VIP-1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api.errors import Invalid
from core.api.sheets import Row
from plugins.vip.model import Pattern, callers, plan, read_pattern, read_rows

NUMBERS = st.from_regex(r"\+[1-9][0-9]{6,13}", fullmatch=True)
PATTERNS = st.builds(Pattern, st.from_regex(r"\+[1-9][0-9]{0,9}", fullmatch=True), st.booleans())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("+47 22 33 44 55", Pattern("+4722334455")),
        ("0047 (22) 33-44.55", Pattern("+4722334455")),
        (" +4722* ", Pattern("+4722", prefix=True)),
        ("00 46 8*", Pattern("+468", prefix=True)),
    ],
)
def test_a_number_is_understood_however_it_is_written(written: str, meant: Pattern) -> None:
    assert read_pattern(written) == meant


@pytest.mark.parametrize(
    "written", ["", "*", "+", "+*", "22334455", "22*", "+47223344x", "+0*", "+4*7", "+47" + "1" * 20]
)
def test_what_is_no_number_is_refused_with_a_remedy(written: str) -> None:
    with pytest.raises(Invalid, match="country code"):
        read_pattern(written)


@given(st.lists(PATTERNS), NUMBERS)
def test_a_caller_is_on_the_list_exactly_when_a_number_or_a_beginning_is_hers(
    patterns: list[Pattern], caller: str
) -> None:
    """VIP-5, against the plainest way to say it."""
    expected = any(caller.startswith(one.number) if one.prefix else caller == one.number for one in patterns)
    assert (caller in callers(patterns)) is expected


@given(st.lists(PATTERNS), st.booleans())
def test_who_withholds_the_number_is_on_it_only_when_the_list_says_so(patterns: list[Pattern], withheld: bool) -> None:
    assert ("" in callers(patterns, withheld=withheld)) is withheld


@given(st.dictionaries(PATTERNS, st.text(max_size=3)), st.dictionaries(PATTERNS, st.text(max_size=3)), st.booleans())
def test_a_plan_leads_from_the_list_to_the_file(now: dict, wanted: dict, replace: bool) -> None:
    steps = plan(now, wanted, replace=replace)
    after = {one: comment for one, comment in (now | steps.added | steps.changed).items() if one not in steps.removed}
    assert after == (wanted if replace else now | wanted)
    assert len(steps.added) + len(steps.changed) + steps.unchanged == len(wanted)


def test_each_row_that_cannot_be_taken_is_told_with_its_place_and_the_others_are_taken() -> None:
    rows = [("Number", "Comment"), ("+4722334455", "Ada"), ("nonsense",), ("4792241118", "no plus"), ("+47 22334455",)]
    sheet = read_rows([Row(number, cells) for number, cells in enumerate(rows, start=1)])
    assert sheet.entries == {Pattern("+4722334455"): "Ada", Pattern("+4792241118"): "no plus"}
    assert [(one.row, one.text) for one in sheet.faults] == [(3, "nonsense"), (5, "+47 22334455")]
    assert "row 2" in str(sheet.faults[1].why)


def test_a_national_number_is_never_taken_for_one_of_another_country() -> None:
    sheet = read_rows([Row(1, ("92241118",))])
    assert sheet.entries == {}
    assert len(sheet.faults) == 1
