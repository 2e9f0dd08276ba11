"""Telephone numbers between E.164 and the form that a trunk speaks."""

from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat


class NumberFormat(StrEnum):
    """How a trunk writes numbers."""

    E164 = "e164"
    """+4722334455"""
    INTERNATIONAL = "international"
    """004722334455"""
    NATIONAL = "national"
    """22334455 within the trunk's country, 00… abroad"""


@lru_cache(maxsize=8192)
def to_e164(text: str, region: str) -> str:
    """The E.164 form of a number as dialled in `region` (ISO 3166); "" when it is none."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


@lru_cache(maxsize=8192)
def from_e164(number: str, form: NumberFormat, region: str) -> str:
    """`number` as a trunk in `region` wants it; what is not E.164 (an emergency number) stays as it is."""
    if form is NumberFormat.E164 or not number.startswith("+"):
        return number
    if form is NumberFormat.NATIONAL:
        parsed = phonenumbers.parse(number, None)
        if parsed.country_code == phonenumbers.country_code_for_region(region):
            national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
            return "".join(sign for sign in national if sign.isdigit())
    return "00" + number[1:]
