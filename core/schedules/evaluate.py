"""Which category holds at a moment, on a day, and over a stretch of time; pure."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from core.schedules.holidays import holiday_name
from core.schedules.model import CLOSED, DAY, Day, Holding, Piece, Schedule, Span

SCAN = timedelta(hours=6)
"""No zone changes its offset twice within so long."""


class Stretch(Struct, frozen=True):
    """What holds from `start` up to but not including `end` (UTC), and why."""

    start: datetime
    end: datetime
    category: str
    why: str = ""


def holds(schedule: Schedule, moment: datetime) -> Holding:
    """What holds at a moment, given with its time zone. Raises ZoneInfoNotFoundError for an unknown zone."""
    local = moment.astimezone(ZoneInfo(schedule.zone))
    minute = local.hour * 60 + local.minute
    piece = next(piece for piece in pieces(schedule, local.date()) if piece.start <= minute < piece.end)
    return Holding(piece.category, piece.why)


def pieces(schedule: Schedule, day: date) -> list[Piece]:
    """A local day from 0 to DAY minutes, without gaps or overlaps; neighbours differ."""
    found = [Piece(0, DAY, CLOSED)]
    for why, spans in _layers(schedule, day):
        for span in spans:
            found = list(_overlaid(found, Piece(span.start, span.end, span.category, why)))
    merged = [found[0]]
    for piece in found[1:]:
        last = merged[-1]
        if (last.category, last.why) == (piece.category, piece.why):
            merged[-1] = Piece(last.start, piece.end, last.category, last.why)
        else:
            merged.append(piece)
    return merged


def _layers(schedule: Schedule, day: date) -> Iterator[tuple[str, Day]]:
    """What speaks of a day, the weakest first: the week, then exceptions from wide to narrow, from old to new."""
    weekday = day.weekday()
    yield "", schedule.week[weekday]
    one_day_long = [exception for exception in schedule.exceptions if exception.covers(day)]
    wide = [exception for exception in one_day_long if exception.days > 1]
    for exception in sorted(wide, key=lambda exception: -exception.days):  # stable: the later in the list stays later
        yield exception.name, exception.week[weekday]
    for calendar in schedule.holidays:
        if name := holiday_name(calendar, day):
            yield name, (Span(0, DAY, calendar.category),)
    for exception in one_day_long:
        if exception.days == 1:
            yield exception.name, exception.week[weekday]


def _overlaid(found: list[Piece], top: Piece) -> Iterator[Piece]:
    """The pieces with another one laid over them."""
    for piece in found:
        if piece.start < min(piece.end, top.start):
            yield Piece(piece.start, min(piece.end, top.start), piece.category, piece.why)
        if piece.start <= top.start < piece.end and top.start < top.end:
            yield top
        if max(piece.start, top.end) < piece.end:
            yield Piece(max(piece.start, top.end), piece.end, piece.category, piece.why)


def stretches(schedule: Schedule, start: datetime, end: datetime) -> Iterator[Stretch]:
    """What holds when, from `start` to `end`, without gaps: the list and the calendar of the next days (OPH)."""
    zone = ZoneInfo(schedule.zone)
    running: Stretch | None = None
    for since, until in _steady(zone, start.astimezone(UTC), end.astimezone(UTC)):
        for found in _of_steady(schedule, zone, since, until):
            if running and (running.category, running.why) == (found.category, found.why):
                running = Stretch(running.start, found.end, running.category, running.why)
                continue
            if running:
                yield running
            running = found
    if running:
        yield running


def _of_steady(schedule: Schedule, zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[Stretch]:
    """The stretches of a time in which the zone's offset does not change, so that local time runs evenly."""
    offset = since.astimezone(zone).utcoffset() or timedelta()
    day = (since + offset).date()
    while (midnight := datetime.combine(day, datetime.min.time(), UTC) - offset) < until:
        for piece in pieces(schedule, day):
            first = max(midnight + timedelta(minutes=piece.start), since)
            last = min(midnight + timedelta(minutes=piece.end), until)
            if first < last:
                yield Stretch(first, last, piece.category, piece.why)
        day += timedelta(days=1)


def _steady(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The time from `start` to `end` cut where the zone's offset changes."""
    since = start
    while since < end:
        until = min(since + SCAN, end)
        while until < end and _offset(zone, until) == _offset(zone, since):
            until = min(until + SCAN, end)
        if _offset(zone, until) != _offset(zone, since):
            until = _change(zone, max(since, until - SCAN), until)
        yield since, until
        since = until


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The moment between two at which the zone's offset changes, to the second."""
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if _offset(zone, middle) == _offset(zone, before):
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()
