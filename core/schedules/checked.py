"""Finds what is wrong with opening hours before they are kept, field by field."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.api.errors import Invalid, Problems
from core.api.texts import N_
from core.schedules.holidays import COUNTRIES, subdivisions
from core.schedules.model import CLOSED, ExceptionPeriod, Schedule, Week

LONGEST = 400
"""Days of an exception at most; and how far ahead "what holds when" looks."""


def checked(schedule: Schedule) -> Schedule:
    """`schedule`. Raises Invalid, or SeveralInvalid with every fault at its field, such as `exceptions.2.last`."""
    problems = Problems()
    with problems.of("zone"):
        _zone(schedule.zone)
    with problems.of("categories"):
        _categories(schedule)
    known = {category.key for category in schedule.categories}
    _week(problems, "week", schedule.week, known)
    for place, exception in enumerate(schedule.exceptions):
        field = f"exceptions.{place}"
        with problems.of(f"{field}.last"):
            _period(exception)
        _week(problems, f"{field}.week", exception.week, known)
    for place, calendar in enumerate(schedule.holidays):
        with problems.of(f"holidays.{place}"):
            _country(calendar.country, calendar.subdivision)
            _known(calendar.category, known)
    problems.check()
    return schedule


def _zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(N_("{zone} is no time zone: choose one such as Europe/Oslo."), zone=name) from None


def _categories(schedule: Schedule) -> None:
    keys = [category.key for category in schedule.categories]
    for key in keys:
        if keys.count(key) > 1:
            raise Invalid(N_("Two categories have the key {key}: give each its own."), key=key)
    if CLOSED not in keys:
        raise Invalid(N_("The category closed is missing: what is undefined is closed, so it must stay."))


def _week(problems: Problems, field: str, week: Week, known: set[str]) -> None:
    for day, spans in enumerate(week):
        with problems.of(f"{field}.{day}"):
            end = 0
            for span in sorted(spans, key=lambda span: span.start):
                _known(span.category, known)
                if span.start >= span.end:
                    raise Invalid(N_("A period ends at {time}, before it begins."), time=clock(span.end))
                if span.start < end:
                    raise Invalid(N_("Two periods overlap at {time}: shorten one of them."), time=clock(span.start))
                end = span.end


def _known(category: str, known: set[str]) -> None:
    if category not in known:
        raise Invalid(N_("There is no category {key}: add it, or choose another."), key=category)


def _period(exception: ExceptionPeriod) -> None:
    if exception.last < exception.first:
        raise Invalid(N_("{name} ends before it begins."), name=exception.name)
    if exception.days > LONGEST:
        raise Invalid(
            N_("{name} is longer than {days} days: change the week instead."), name=exception.name, days=LONGEST
        )


def _country(country: str, subdivision: str) -> None:
    if country not in COUNTRIES:
        raise Invalid(
            N_("There are no holidays for {country}: choose one of {known}."),
            country=country,
            known=", ".join(COUNTRIES),
        )
    if subdivision and subdivision not in subdivisions(country):
        raise Invalid(N_("{country} has no part {part}."), country=country, part=subdivision)


def clock(minute: int) -> str:
    """A minute of the day as 08:30; the end of the day as 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}"
