"""Telephone numbers as people write them, in E.164."""

import re
from typing import Annotated

import phonenumbers
from msgspec import Meta

from core.api.errors import Invalid
from core.api.texts import N_

E164 = Annotated[str, Meta(pattern=r"^\+[1-9][0-9]{4,14}$")]


def telephone_number(text: str, *, field: str = "") -> str:
    """The number in E.164. It is written with its country code, after + or 00, with spaces and marks as one likes.

    Raises Invalid for what is no number that could exist.
    """
    digits = re.sub(r"[\s\u00a0()./-]", "", text)
    digits = f"+{digits[2:]}" if digits.startswith("00") else digits
    try:
        number = phonenumbers.parse(digits, None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not re.fullmatch(r"\+[0-9]+", digits) or not phonenumbers.is_possible_number(number):
        raise Invalid(
            N_("“{text}” is no telephone number: write it with + and the country code, such as +4722334455."),
            field=field,
            text=text,
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
