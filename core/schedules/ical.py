"""Exceptions from a calendar file (RFC 5545), recurring events included."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar

from core.api.errors import Invalid
from core.api.texts import N_
from core.schedules.model import DAY, ExceptionPeriod, Span, Week

MOST_BYTES = 1_000_000
MOST_EVENTS = 1000
"""Events that are taken over at most, each repetition counted."""
AHEAD = timedelta(days=2 * 366)
"""How far ahead events are taken over."""


def exceptions_of(file: bytes, *, zone: str, category: str, since: datetime, source: str) -> list[ExceptionPeriod]:
    """The events of a calendar from `since` on as exceptions in which `category` holds.

    Cancelled events and those that block no time are left out. Raises Invalid for a file that is no calendar, is too
    large, or has more than MOST_EVENTS events.
    """
    if len(file) > MOST_BYTES:
        raise Invalid(N_("The calendar is larger than 1 MB: export fewer events."), field="file")
    try:
        calendar = Calendar.from_ical(file)
        repeated = recurring_ical_events.of(calendar, skip_bad_series=True)
        events = list(islice(_until(repeated.after(since), since + AHEAD), MOST_EVENTS + 1))
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise Invalid(
            N_("The file is no calendar that can be read ({why}): export it as iCalendar (.ics)."),
            field="file",
            why=str(error)[:100],
        ) from None
    if len(events) > MOST_EVENTS:
        raise Invalid(N_("The calendar has more than {most} events."), field="file", most=MOST_EVENTS)
    local = ZoneInfo(zone)
    return [
        made
        for event in events
        if str(event.get("STATUS", "")) != "CANCELLED" and str(event.get("TRANSP", "")) != "TRANSPARENT"
        for made in _exceptions(event, local, category, source)
    ]


def _until(events: Iterator[Any], end: datetime) -> Iterator[Any]:
    for event in events:
        if _moment(event.start, UTC) > end:
            return
        yield event


def _exceptions(event: Any, zone: ZoneInfo, category: str, source: str) -> Iterator[ExceptionPeriod]:
    """One event: a part of its first day, whole days between, a part of its last."""
    name = str(event.get("SUMMARY", "")).strip()[:80] or str(event.get("UID", "event"))[:80]
    start, end = _moment(event.start, zone).astimezone(zone), _moment(event.end, zone).astimezone(zone)
    day = start.date()
    for first, last, span in _parts(day, _minute(start), end.date(), _minute(end), category):
        week: Week = ((span,),) * 7
        yield ExceptionPeriod(name=name, first=first, last=last, week=week, source=source)


def _parts(first: date, begin: int, last: date, end: int, category: str) -> Iterator[tuple[date, date, Span]]:
    one = timedelta(days=1)
    if first == last:
        if begin < end:
            yield first, first, Span(begin, end, category)
        return
    if begin > 0:
        yield first, first, Span(begin, DAY, category)
        first += one
    if first < last:
        yield first, last - one, Span(0, DAY, category)
    if end > 0:
        yield last, last, Span(0, end, category)


def _minute(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


def _moment(value: date, zone: Any) -> datetime:
    """A time of the calendar; a day, or a time without zone, is meant in `zone`."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    return value if value.tzinfo else value.replace(tzinfo=zone)
