"""Numbers between E.164 and trunks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.telephony.numbers import NumberFormat, from_e164, to_e164


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("22334455", "NO", "+4722334455"),
        ("0047 22 33 44 55", "NO", "+4722334455"),
        ("+46812345678", "NO", "+46812345678"),
        ("08-123 456 78", "SE", "+46812345678"),
        ("reception", "NO", ""),
        ("12", "NO", ""),
        ("", "NO", ""),
        ("+999999999999999999999", "NO", ""),
    ],
)
def test_what_is_dialled_becomes_e164_or_nothing(text: str, region: str, number: str) -> None:
    assert to_e164(text, region) == number


@pytest.mark.parametrize(
    ("number", "form", "region", "text"),
    [
        ("+4722334455", NumberFormat.E164, "NO", "+4722334455"),
        ("+4722334455", NumberFormat.INTERNATIONAL, "NO", "004722334455"),
        ("+4722334455", NumberFormat.NATIONAL, "NO", "22334455"),
        ("+46812345678", NumberFormat.NATIONAL, "NO", "0046812345678"),
        ("+46812345678", NumberFormat.NATIONAL, "SE", "0812345678"),
        ("112", NumberFormat.INTERNATIONAL, "NO", "112"),
    ],
)
def test_a_trunk_gets_numbers_in_its_own_form(number: str, form: NumberFormat, region: str, text: str) -> None:
    assert from_e164(number, form, region) == text


@given(st.integers(20_000_000, 79_999_999), st.sampled_from(list(NumberFormat)))
def test_a_number_survives_the_way_to_a_trunk_and_back(local: int, form: NumberFormat) -> None:
    number = f"+47{local}"
    assert to_e164(from_e164(number, form, "NO"), "NO") == number
