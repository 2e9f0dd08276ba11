"""Routes: values that callers key in, where they lead, and which of them fits; no I/O."""

import re
from collections.abc import Iterable, Mapping
from uuid import UUID

from msgspec import Struct

from core.api import N_, telephone_number
from core.api.errors import Invalid, Refused
from core.api.sheets import Row

MOST_ROUTES = 20_000
"""In one list, and so in one file."""
COLUMNS = ("value", "destination")


class Value(Struct, frozen=True, order=True):
    """Digits that are keyed in, or the beginning of them."""

    digits: str
    prefix: bool = False

    def __str__(self) -> str:
        return f"{self.digits}…" if self.prefix else self.digits


class Destination(Struct, frozen=True):
    """Where a call goes (ADM-1): a number in E.164, or a flow."""

    number: str = ""
    flow: UUID | None = None


Routes = Mapping[Value, Destination]


def match(routes: Routes, digits: str) -> Destination | None:
    """Where the digits lead: the whole value before beginnings, and the longest beginning first."""
    if found := routes.get(Value(digits)):
        return found
    beginnings = (routes.get(Value(digits[:end], prefix=True)) for end in range(len(digits), 0, -1))
    return next((found for found in beginnings if found), None)


def read_value(text: str, *, field: str = "value") -> Value:
    """Digits, with … or ... at their end the beginning of digits. Raises Invalid."""
    written = text.strip().replace(" ", "")
    digits = re.sub(r"(…|\.\.\.)$", "", written)
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 20):
        raise Invalid(
            N_(
                "“{text}” is nothing that can be keyed in: write up to 20 digits, such as 0150, or 01… for a beginning."
            ),
            field=field,
            text=text.strip(),
        )
    return Value(digits, prefix=digits != written)


def read_destination(text: str, flows: Mapping[UUID, str], *, field: str = "destination") -> Destination:
    """A telephone number with its country code, or the name of a flow. Raises Invalid."""
    text = text.strip()
    named = next((id for id, name in flows.items() if name.casefold() == text.casefold()), None)
    if named is not None:
        return Destination(flow=named)
    try:
        return Destination(number=telephone_number(text))
    except Invalid:
        raise Invalid(
            N_("“{text}” is no call flow, and no telephone number with its country code, such as +4722334455."),
            field=field,
            text=text,
        ) from None


def written(destination: Destination, flows: Mapping[UUID, str]) -> str:
    """A destination as read_destination takes it; "" for a flow that is gone."""
    return destination.number or (flows.get(destination.flow, "") if destination.flow else "")


class Fault(Struct, frozen=True):
    """A row of a file that cannot be taken, and why."""

    row: int
    text: str
    why: Refused


class Sheet(Struct, frozen=True):
    """What a file says, and the rows that cannot be taken."""

    routes: dict[Value, Destination]
    faults: tuple[Fault, ...] = ()


def read_rows(rows: Iterable[Row], flows: Mapping[UUID, str]) -> Sheet:
    """Values in the first column, destinations in the second (ADM-4). A first row without digits is a heading."""
    routes: dict[Value, Destination] = {}
    places: dict[Value, int] = {}
    faults = []
    for place, row in enumerate(rows):
        text = row.cell(0)
        if place == 0 and not any(letter.isdigit() for letter in text):
            continue
        try:
            value, destination = read_value(text), read_destination(row.cell(1), flows)
            if value in routes:
                raise Invalid(N_("The same value is in row {row}."), row=places[value])
            routes[value], places[value] = destination, row.number
        except Refused as error:
            faults.append(Fault(row.number, text, error))
    return Sheet(routes, tuple(faults))


class Plan(Struct, frozen=True):
    """What taking a file into a list would do."""

    added: dict[Value, Destination]
    changed: dict[Value, Destination]
    """Which lead elsewhere."""
    removed: tuple[Value, ...]
    unchanged: int


def plan(now: Routes, wanted: Routes, *, replace: bool) -> Plan:
    """From the list as it is to what a file says. `replace`: what is not in the file is taken out."""
    both = [one for one in wanted if one in now]
    changed = {one: wanted[one] for one in both if now[one] != wanted[one]}
    return Plan(
        added={one: where for one, where in wanted.items() if one not in now},
        changed=changed,
        removed=tuple(one for one in now if one not in wanted) if replace else (),
        unchanged=len(both) - len(changed),
    )
