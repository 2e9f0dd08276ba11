"""Who is on a VIP list: numbers and beginnings of numbers, as people write them and as calls are matched; no I/O."""

import re
from collections.abc import Iterable, Mapping

import phonenumbers
from msgspec import Struct

from core.api import N_, telephone_number
from core.api.errors import Invalid, Refused
from core.api.sheets import Row

LONGEST_COMMENT = 200
MOST_NUMBERS = 20_000
"""On one list, and so in one file."""
COLUMNS = ("number", "comment")
PREFIX = re.compile(r"\+[1-9][0-9]{0,13}")


class Pattern(Struct, frozen=True, order=True):
    """A number in E.164, or the beginning of numbers."""

    number: str
    prefix: bool = False

    def __str__(self) -> str:
        return f"{self.number}*" if self.prefix else self.number


class Callers(Struct, frozen=True):
    """Whoever is on a list: `caller in callers`, for a number in E.164; "" is a caller who withholds it."""

    numbers: frozenset[str]
    prefixes: frozenset[str]
    withheld: bool = False

    def __contains__(self, caller: str) -> bool:
        if not caller:
            return self.withheld
        return caller in self.numbers or any(caller[:end] in self.prefixes for end in range(2, len(caller) + 1))


def callers(patterns: Iterable[Pattern], *, withheld: bool = False) -> Callers:
    """The callers that some patterns stand for."""
    patterns = list(patterns)
    numbers, prefixes = (frozenset(one.number for one in patterns if one.prefix is kind) for kind in (False, True))
    return Callers(numbers, prefixes, withheld)


def read_pattern(text: str, *, field: str = "number") -> Pattern:
    """A number, or with * at its end the beginning of numbers, always with its country code. Raises Invalid."""
    text = text.strip()
    if not text.endswith("*"):
        return Pattern(telephone_number(text, field=field))
    digits = re.sub(r"[\s\u00a0()./-]", "", text[:-1])
    digits = f"+{digits[2:]}" if digits.startswith("00") else digits
    if not PREFIX.fullmatch(digits):
        raise Invalid(
            N_("“{text}” is no beginning of numbers: write it with + and the country code, such as +4722*."),
            field=field,
            text=text,
        )
    return Pattern(digits, prefix=True)


def checked_comment(text: str) -> str:
    """A comment without outer spaces. Raises Invalid."""
    text = text.strip()
    if len(text) > LONGEST_COMMENT:
        raise Invalid(N_("A comment has at most {most} characters."), field="comment", most=LONGEST_COMMENT)
    return text


class Fault(Struct, frozen=True):
    """A row of a file that cannot be taken, and why."""

    row: int
    text: str
    why: Refused


class Sheet(Struct, frozen=True):
    """What a file says: pattern → comment, and the rows that cannot be taken."""

    entries: dict[Pattern, str]
    faults: tuple[Fault, ...] = ()


def read_rows(rows: Iterable[Row]) -> Sheet:
    """The number in the first column, a comment in the second. A first row without any digit is a heading."""
    entries: dict[Pattern, str] = {}
    places: dict[Pattern, int] = {}
    faults = []
    for place, row in enumerate(rows):
        text = row.cell(0)
        if place == 0 and not any(letter.isdigit() for letter in text):
            continue
        try:
            pattern, comment = read_pattern(_with_plus(text)), row.cell(1)
            if pattern in entries:
                raise Invalid(N_("The same number is in row {row}."), row=places[pattern])
            entries[pattern] = checked_comment(comment)
            places[pattern] = row.number
        except Refused as error:
            faults.append(Fault(row.number, text, error))
    return Sheet(entries, tuple(faults))


def _with_plus(text: str) -> str:
    """Spreadsheets take the + off a number; it is put back where that makes a number that somebody can have."""
    number = f"+{text}"
    if not re.fullmatch(r"[1-9][0-9]{6,14}", text):
        return text
    try:
        return number if phonenumbers.is_valid_number(phonenumbers.parse(number, None)) else text
    except phonenumbers.NumberParseException:
        return text


class Plan(Struct, frozen=True):
    """What taking a file into a list would do."""

    added: dict[Pattern, str]
    changed: dict[Pattern, str]
    """Whose comment is another."""
    removed: tuple[Pattern, ...]
    unchanged: int


def plan(now: Mapping[Pattern, str], wanted: Mapping[Pattern, str], *, replace: bool) -> Plan:
    """From the list as it is to what a file says. `replace`: who is not in the file is taken off the list."""
    both = [one for one in wanted if one in now]
    changed = {one: wanted[one] for one in both if now[one] != wanted[one]}
    return Plan(
        added={one: comment for one, comment in wanted.items() if one not in now},
        changed=changed,
        removed=tuple(one for one in now if one not in wanted) if replace else (),
        unchanged=len(both) - len(changed),
    )
