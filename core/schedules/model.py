"""Opening hours as a document: categories, the week, exceptions, holidays.

Times are minutes of the local day, on the wall clock of the schedule's IANA zone: 08:00 is 08:00 before and after a
change of summer time (OPH-12). What is defined nowhere is closed (OPH-8).
"""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

DAY = 24 * 60
"""Minutes of a day on the wall clock."""
CLOSED = "closed"
"""OPH-8: the category of what is undefined; drawn explicitly, it overrides an open period."""

Minute = Annotated[int, Meta(ge=0, le=DAY)]
Key = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
Colour = Annotated[str, Meta(pattern=r"^#[0-9a-f]{6}$")]
Name = Annotated[str, Meta(min_length=1, max_length=80)]


class Category(Struct, frozen=True, kw_only=True):
    """A way in which calls are handled: open, closed, lunch, other (OPH-4)."""

    key: Key
    name: Name
    colour: Colour


PREDEFINED = (
    Category(key="open", name="Open", colour="#147a3f"),
    Category(key=CLOSED, name="Closed", colour="#c42a36"),
    Category(key="lunch", name="Lunch", colour="#8a5200"),
)
"""OPH-4, OPH-8."""


class Span(Struct, frozen=True):
    """A part of a day in which a category holds: from minute `start` up to but not including `end`."""

    start: Minute
    end: Minute
    category: Key


Day = tuple[Span, ...]
Week = tuple[Day, Day, Day, Day, Day, Day, Day]
"""Monday to Sunday."""
EMPTY: Week = ((), (), (), (), (), (), ())


class ExceptionPeriod(Struct, frozen=True, kw_only=True):
    """Days that differ (OPH-6): what its week defines overrides what lies below, the rest shows through."""

    name: Name
    first: date
    last: date
    """The last day, included."""
    week: Week = EMPTY
    source: str = ""
    """Where it was imported from; empty: made by hand."""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def covers(self, day: date) -> bool:
        return self.first <= day <= self.last


class Holidays(Struct, frozen=True, kw_only=True):
    """The public holidays of a country, and what holds on them all day."""

    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
    """ISO 3166."""
    subdivision: str = ""
    category: Key = CLOSED
    without: tuple[date, ...] = ()
    """Holidays on which the week holds all the same."""


class Schedule(Struct, frozen=True, kw_only=True):
    """Opening hours. Of two exceptions on a day the one of fewer days wins, of two equally long ones the later in the
    list (OPH-12); a holiday is one day long and yields to an exception made for that day."""

    zone: str = "Europe/Oslo"
    categories: tuple[Category, ...] = PREDEFINED
    week: Week = EMPTY
    exceptions: Annotated[tuple[ExceptionPeriod, ...], Meta(max_length=2000)] = ()
    holidays: tuple[Holidays, ...] = ()


class Piece(Struct, frozen=True):
    """A stretch of a local day in which one category holds, and what says so: an exception's or holiday's name; empty:
    the week."""

    start: Minute
    end: Minute
    category: str
    why: str = ""


class Holding(Struct, frozen=True):
    """What holds at a moment, and why."""

    category: str
    why: str = ""
