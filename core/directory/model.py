"""Values of the directory, checked; no I/O."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from itertools import chain
from typing import Literal

import phonenumbers
from msgspec import Struct

from core.api.errors import Invalid
from core.api.texts import N_

LONGEST = 100
"""Characters of a name, a department or a position."""
LONGEST_TAG = 60
LONGEST_MESSAGE = 200
LONGEST_VALUE = 500
"""Characters of a custom field's value."""
FIRST_EXTENSION = "100"
"""Offered to a company that has none yet."""
MOST_DEVICES = 10
"""Of one person: each is a call of its own when she is rung."""
RING_SECONDS = 15
"""How long a device rings before the next one of its owner, unless she says otherwise (PRF-5)."""
SHORTEST_RING, LONGEST_RING = 5, 120
EMERGENCY_EVERYWHERE = frozenset({"112", "911"})
"""Numbers that any telephone network takes for a call for help (3GPP TS 22.101)."""

TransferMethod = Literal["with_return", "without_return", "assisted"]
"""What happens to a call that nobody takes at its new place, or that is announced first (PRF-6)."""
TRANSFER_METHODS = {
    "assisted": N_("Assisted: talk first, then transfer"),
    "with_return": N_("With return: an unanswered call comes back"),
    "without_return": N_("Without return"),
}

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
_SIP = re.compile(r"sips?:[^@\s?<>]+@[^@\s?<>]+")
_NUMBER = re.compile(r"[+0-9 ()./-]+")


class Status(StrEnum):
    """What a person can be (AVL-1)."""

    AVAILABLE = "available"
    BUSY = "busy"
    MEETING = "meeting"
    LUNCH = "lunch"
    AWAY = "away"
    HOLIDAY = "holiday"
    SICK = "sick"
    OFF_WORK = "off_work"

    @property
    def tone(self) -> str:
        """How it is coloured: free, busy or pause (away)."""
        return {Status.AVAILABLE: "free", Status.BUSY: "busy", Status.MEETING: "busy"}.get(self, "pause")


STATUS_NAMES = {
    Status.AVAILABLE: N_("Available"),
    Status.BUSY: N_("Busy"),
    Status.MEETING: N_("Meeting"),
    Status.LUNCH: N_("Lunch"),
    Status.AWAY: N_("Away"),
    Status.HOLIDAY: N_("Holiday"),
    Status.SICK: N_("Sick"),
    Status.OFF_WORK: N_("Off work"),
}
"""Their names where the tenant has not chosen others."""


class FieldKind(StrEnum):
    """What a custom field holds (DIR-9)."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    DATE = "date"


class Option(Struct, frozen=True):
    """One of a choice: what is stored, and what people read."""

    key: str
    title: str


def checked_text(text: str, *, most: int = LONGEST) -> str:
    """One line without blanks around it. Raises Invalid when it is longer than `most`."""
    line = " ".join(text.split())
    if len(line) > most:
        raise Invalid(N_("At most {most} characters, please; this has {count}."), most=most, count=len(line))
    if not line.isprintable():
        raise Invalid(N_("There are characters in it that cannot be shown."))
    return line


def checked_email(text: str) -> str:
    """An e-mail address, or nothing. Raises Invalid."""
    address = checked_text(text, most=254)
    if address and not _EMAIL.fullmatch(address):
        raise Invalid(N_("{text} is no e-mail address: write it as name@example.com."), text=address)
    return address


def checked_tags(tags: Iterable[str]) -> list[str]:
    """Each tag once, whatever its case, in the order given (DIR-6). Raises Invalid for one that is too long."""
    found: dict[str, str] = {}
    for tag in tags:
        for part in tag.split(","):
            if line := checked_text(part, most=LONGEST_TAG):
                found.setdefault(line.casefold(), line)
    return list(found.values())


def checked_extension(text: str, regions: Collection[str]) -> str | None:
    """An internal number, or None for nothing. `regions`: where the company has numbers.

    Raises Invalid for anything but digits, and for a number that must reach somebody outside: an emergency or another
    short number of the country.
    """
    digits = text.strip()
    if not digits:
        return None
    if not re.fullmatch(r"[0-9]{1,8}", digits):
        raise Invalid(N_("{text} is no extension: 1 to 8 digits."), text=digits[:20])
    if is_reserved(digits, regions):
        raise Invalid(N_("{text} is an emergency or another public short number: choose another."), text=digits)
    return digits


def is_reserved(digits: str, regions: Collection[str]) -> bool:
    """Whether these digits are a public short number in one of the regions, or an emergency number anywhere."""
    return digits in EMERGENCY_EVERYWHERE or any(
        phonenumbers.is_emergency_number(digits, region)
        or (len(digits) > 2 and phonenumbers.is_valid_short_number_for_region(_short(digits, region), region))
        for region in regions
    )


def next_free(taken: Collection[str], regions: Collection[str]) -> str | None:
    """The extension to offer: of the length that most have, the next free one upwards; None when there is none."""
    used = set(taken)
    lengths = Counter(len(one) for one in used)
    length = max(lengths, key=lambda one: (lengths[one], one), default=len(FIRST_EXTENSION))
    first = min((int(one) for one in used if len(one) == length), default=int(FIRST_EXTENSION))
    upwards = chain(range(first, 10**length), range(10 ** (length - 1), first))
    candidates = (f"{number:0{length}}" for number in upwards)
    return next((one for one in candidates if one not in used and not is_reserved(one, regions)), None)


def checked_number(text: str, region: str | None) -> str:
    """A telephone number as E.164; without a country code it is one of `region`. Raises Invalid."""
    problem = Invalid(N_("{text} is no telephone number: write it as +47 22 33 44 55."), text=text.strip()[:40])
    if not _NUMBER.fullmatch(text.strip()):
        raise problem
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise problem from None
    if not phonenumbers.is_possible_number(number):
        raise problem
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def checked_address(kind: Literal["number", "sip"], address: str, region: str | None) -> str:
    """Where a device is reached: a telephone number as E.164, or a SIP address. Raises Invalid."""
    if kind == "number":
        return checked_number(address, region)
    if not _SIP.fullmatch(address.strip()) or len(address) > 300:
        raise Invalid(
            N_("{text} is no SIP address: write it as sip:name@example.com, without blanks."), text=address.strip()[:60]
        )
    return address.strip()


def checked_ring_seconds(seconds: int) -> int:
    """How long a device rings before the next one. Raises Invalid."""
    if not SHORTEST_RING <= seconds <= LONGEST_RING:
        raise Invalid(N_("Choose a number from {least} to {most}."), least=SHORTEST_RING, most=LONGEST_RING)
    return seconds


def checked_value(kind: FieldKind, options: Collection[Option], text: str) -> str:
    """A custom field's value as it is stored: "" for none, of a choice the key. Raises Invalid."""
    line = checked_text(text, most=LONGEST_VALUE)
    if not line or kind is FieldKind.TEXT:
        return line
    if kind is FieldKind.NUMBER:
        return _number(line)
    if kind is FieldKind.DATE:
        return _date(line)
    wanted = line.casefold()
    for option in options:
        if line == option.key or wanted == option.title.casefold():
            return option.key
    titles = ", ".join(option.title for option in options)
    raise Invalid(N_("{text} is none of {options}."), text=line, options=titles or "–")


def _number(text: str) -> str:
    try:
        number = Decimal(text.replace(" ", "").replace(",", "."))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not -30 <= number.adjusted() <= 30:
        raise Invalid(N_("{text} is no number: write it as 12 or 12.5."), text=text)
    return f"{number.normalize() + 0:f}"


def _date(text: str) -> str:
    try:
        day = datetime.strptime(text, "%d.%m.%Y").date() if "." in text else date.fromisoformat(text)  # noqa: DTZ007
        return day.isoformat()
    except ValueError:
        raise Invalid(N_("{text} is no day: write it as 2026-11-25."), text=text) from None


def _short(digits: str, region: str) -> phonenumbers.PhoneNumber:
    """Digits as they are dialled in a region; the library's parser would take 00 for the way abroad."""
    zeros = len(digits) - len(digits.lstrip("0"))
    return phonenumbers.PhoneNumber(
        country_code=phonenumbers.country_code_for_region(region),
        national_number=int(digits),
        italian_leading_zero=zeros > 0 or None,
        number_of_leading_zeros=zeros or None,
    )
