"""What people sign in with: e-mail addresses, user names, numbers; no I/O."""

import re
from typing import Literal

import phonenumbers
from babel.core import get_global
from msgspec import Struct
from phonenumbers import PhoneNumberFormat

from core.api.errors import Invalid
from core.api.texts import N_

Kind = Literal["email", "name", "number"]
"""GEN-5: what somebody signs in with: an e-mail address, a user name, a number in E.164."""

EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
NAME = re.compile(r"(?=.*[a-z])[a-z0-9._-]{2,64}")
"""A letter in it tells a user name from a number, and that it has no @ from an address."""
NUMBER = re.compile(r"[+\d][\d\s().\-/]*")


class Identifier(Struct, frozen=True):
    """What somebody signs in with. `national`: the digits of a number as the company's country writes them."""

    kind: Kind
    value: str
    national: str = ""

    @property
    def account(self) -> str:
        """Under what attempts with it are counted: the same however a number is written."""
        return self.value[-8:] if self.kind == "number" else self.value

    def fits(self, value: str, national: str) -> bool:
        """Whether this, as it was typed, is an identifier of its kind that is kept so."""
        return self.value == value or self.national == national != ""


def read_identifier(typed: str) -> Identifier:
    """What was typed to sign in. A number without + or 00 may be a national or an international one."""
    text = typed.strip()
    if "@" in text:
        return Identifier("email", text.lower())
    if not NUMBER.fullmatch(text):
        return Identifier("name", text.lower())
    digits = "".join(sign for sign in text if sign.isdecimal())
    if text.startswith("+") or digits.startswith("00"):
        return Identifier("number", f"+{digits.removeprefix('00')}")
    return Identifier("number", f"+{digits}", digits)


def checked_identifier(kind: Kind, text: str, country: str) -> Identifier:
    """An identifier as it is kept; numbers are read as dialled in `country` (ISO 3166). Raises Invalid."""
    value = text.strip().lower()
    if kind == "number":
        return _number(value, country)
    if kind == "email" and not EMAIL.fullmatch(value):
        raise Invalid(N_("“{text}” is no e-mail address: write it as name@example.com."), field="email", text=text)
    if kind == "name" and not NAME.fullmatch(value):
        raise Invalid(
            N_("“{text}” is no user name: 2 to 64 letters a to z, digits, dots and hyphens, with a letter among them."),
            text=text,
        )
    return Identifier(kind, value)


def country_of(zone: str) -> str:
    """ISO 3166 code of the country of an IANA zone, for example NO; "" for a zone of no country."""
    territories: dict[str, str] = get_global("zone_territories")  # type: ignore[assignment]
    return territories.get(zone, "")


def _number(text: str, country: str) -> Identifier:
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise Invalid(
            N_("“{text}” is no telephone number: write it with its country code, for example +4722334455."), text=text
        )
    at_home = number.country_code == phonenumbers.country_code_for_region(country)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL) if at_home else ""
    digits = "".join(sign for sign in national if sign.isdecimal())
    return Identifier("number", phonenumbers.format_number(number, PhoneNumberFormat.E164), digits)
