"""Values of the directory, checked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api.errors import Invalid
from core.directory.model import (
    EMERGENCY_EVERYWHERE,
    STATUS_NAMES,
    FieldKind,
    Option,
    Status,
    checked_address,
    checked_extension,
    checked_number,
    checked_tags,
    checked_value,
    is_reserved,
    next_free,
)

EXTENSIONS = st.sets(st.from_regex(r"[0-9]{2,4}", fullmatch=True), max_size=60)
OPTIONS = (Option("a1", "Oslo"), Option("b2", "Bergen"))


@given(EXTENSIONS)
def test_the_extension_that_is_offered_is_free_and_no_public_number(taken: set[str]) -> None:
    offered = next_free(taken, ("NO", "SE"))
    assert offered is not None
    assert offered not in taken
    assert checked_extension(offered, ("NO", "SE")) == offered


def test_the_next_free_extension_fills_the_gap_among_those_of_the_usual_length() -> None:
    assert next_free([], ()) == "100"
    assert next_free(["2001", "2002", "2004", "99"], ()) == "2003"
    assert next_free(["109", "111"], ("NO",)) == "114"  # 110, 112 and 113 call for help
    assert next_free([str(number) for number in range(10)], ()) is None


@pytest.mark.parametrize("number", ["112", "911", "113", "1881", "116117"])
def test_emergency_and_short_numbers_are_no_extensions(number: str) -> None:
    with pytest.raises(Invalid, match="public short number"):
        checked_extension(number, ("NO",))


def test_emergency_numbers_are_no_extensions_even_of_a_company_without_numbers() -> None:
    assert all(is_reserved(number, ()) for number in EMERGENCY_EVERYWHERE)


@pytest.mark.parametrize("text", ["12a", "123456789", "-1", "²"])
def test_an_extension_is_one_to_eight_digits(text: str) -> None:
    with pytest.raises(Invalid):
        checked_extension(text, ())


def test_tags_are_kept_once_whatever_their_case() -> None:
    """DIR-6, USR-7: any number."""
    assert checked_tags([" Norsk ", "norsk", "C++, Welding", ""]) == ["Norsk", "C++", "Welding"]
    assert len(checked_tags(f"t{number}" for number in range(500))) == 500


def test_numbers_are_read_as_people_write_them_and_nothing_else_is() -> None:
    assert checked_number("912 34 567", "NO") == "+4791234567"
    assert checked_number("+46 (8) 123-456 78", "NO") == "+46812345678"
    for text in ("911 CALL NOW", "912 34 567", "12", "+", "tel:+4791234567;phone-context=x"):
        with pytest.raises(Invalid):
            checked_number(text, None)


@pytest.mark.parametrize("address", ["sip:with blank@x", "anna@x", "sip:anna", "sip:a@b?Route=x", "sip:<a@b>"])
def test_a_sip_address_is_one_address_and_carries_nothing_else(address: str) -> None:
    with pytest.raises(Invalid):
        checked_address("sip", address, None)


@pytest.mark.parametrize(
    ("kind", "text", "stored"),
    [
        (FieldKind.TEXT, "  two   words ", "two words"),
        (FieldKind.NUMBER, "1 200,50", "1200.5"),
        (FieldKind.NUMBER, "-0", "0"),
        (FieldKind.DATE, "25.11.2026", "2026-11-25"),
        (FieldKind.DATE, "2026-11-25", "2026-11-25"),
        (FieldKind.CHOICE, "OSLO", "a1"),
        (FieldKind.CHOICE, "b2", "b2"),
        (FieldKind.NUMBER, "", ""),
    ],
)
def test_a_custom_field_keeps_one_form_of_a_value(kind: FieldKind, text: str, stored: str) -> None:
    """DIR-9."""
    assert checked_value(kind, OPTIONS, text) == stored


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (FieldKind.NUMBER, "many"),
        (FieldKind.NUMBER, "1e400"),
        (FieldKind.NUMBER, "NaN"),
        (FieldKind.DATE, "31.02.2026"),
        (FieldKind.CHOICE, "Paris"),
        (FieldKind.TEXT, "x" * 501),
        (FieldKind.TEXT, "a\x00b"),
    ],
)
def test_a_value_that_its_field_cannot_hold_is_refused(kind: FieldKind, text: str) -> None:
    with pytest.raises(Invalid):
        checked_value(kind, OPTIONS, text)


@given(st.text(max_size=40))
def test_a_number_once_stored_is_stored_the_same_again(text: str) -> None:
    try:
        stored = checked_value(FieldKind.NUMBER, (), text)
    except Invalid:
        return
    assert checked_value(FieldKind.NUMBER, (), stored) == stored


def test_the_statuses_are_those_of_the_specification_and_all_have_names() -> None:
    """AVL-1 [D]."""
    assert [status.value for status in Status] == [
        "available",
        "busy",
        "meeting",
        "lunch",
        "away",
        "holiday",
        "sick",
        "off_work",
    ]
    assert STATUS_NAMES.keys() == set(Status)
