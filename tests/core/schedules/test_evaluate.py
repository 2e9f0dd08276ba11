"""Which category holds: on the wall clock, over every zone, on both days of the change of summer time."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.schedules.evaluate import holds, pieces, stretches
from core.schedules.model import DAY, ExceptionPeriod, Holding, Holidays, Schedule, Span, Week

OFFICE: Week = ((Span(480, 690, "open"), Span(690, 720, "lunch"), Span(720, 960, "open")),) * 5 + ((), ())
OSLO = ZoneInfo("Europe/Oslo")
ZONES = sorted(
    zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix", "right"))
)
CATEGORIES = ("open", "closed", "lunch")


@st.composite
def days(draw: st.DrawFn) -> tuple[Span, ...]:
    """A day's periods, which do not overlap."""
    marks = sorted(draw(st.sets(st.integers(0, DAY), max_size=6)))
    return tuple(Span(a, b, draw(st.sampled_from(CATEGORIES))) for a, b in list(pairwise(marks))[::2])


weeks = st.tuples(*[days()] * 7)
dates = st.dates(date(2025, 1, 1), date(2030, 12, 31))


zones = st.sampled_from(ZONES)


@st.composite
def schedules(draw: st.DrawFn, zones: st.SearchStrategy[str] = zones) -> Schedule:
    exceptions = []
    for number in range(draw(st.integers(0, 3))):
        first = draw(dates)
        last = first + timedelta(days=draw(st.sampled_from([0, 0, 1, 6, 30])))
        exceptions.append(ExceptionPeriod(name=f"e{number}", first=first, last=last, week=draw(weeks)))
    calendars = draw(st.sampled_from([(), (Holidays(country="NO"),), (Holidays(country="GB", subdivision="SCT"),)]))
    return Schedule(zone=draw(zones), week=draw(weeks), exceptions=tuple(exceptions), holidays=calendars)


SINCE = datetime(2025, 1, 2, tzinfo=UTC)
moments = st.timedeltas(timedelta(), timedelta(days=6 * 365)).map(lambda later: SINCE + later)


@given(schedules(), dates)
def test_a_day_is_covered_once_from_midnight_to_midnight(schedule: Schedule, day: date) -> None:
    found = pieces(schedule, day)
    assert (found[0].start, found[-1].end) == (0, DAY)
    for one, next in pairwise(found):
        assert one.end == next.start
        assert (one.category, one.why) != (next.category, next.why)


@given(schedules(), moments, st.integers(0, 5 * 24 * 60))
def test_the_list_of_what_holds_when_says_the_same_as_asking_for_a_moment(
    schedule: Schedule, start: datetime, minutes: int
) -> None:
    end = start + timedelta(days=5, minutes=1)
    found = list(stretches(schedule, start, end))
    assert (found[0].start, found[-1].end) == (start, end)
    assert all(one.end == next.start for one, next in pairwise(found))
    moment = start + timedelta(minutes=minutes)
    (there,) = [one for one in found if one.start <= moment < one.end]
    assert holds(schedule, moment) == Holding(there.category, there.why)


@pytest.mark.parametrize("year", range(2025, 2031))
@pytest.mark.parametrize("month", [3, 10])
def test_eight_oclock_is_eight_oclock_on_both_days_of_the_change(year: int, month: int) -> None:
    """OPH-12: wall-clock semantics; Europe changes on the last Sunday of March and October."""
    sunday = max(day for day in (date(year, month, 24 + n) for n in range(8)) if day.weekday() == 6)
    schedule = Schedule(zone="Europe/Oslo", week=((Span(8 * 60, 9 * 60, "open"),),) * 7)  # type: ignore[arg-type]
    at = datetime.combine(sunday, datetime.min.time(), OSLO)
    assert holds(schedule, at.replace(hour=7, minute=59)).category == "closed"
    assert holds(schedule, at.replace(hour=8)).category == "open"
    assert holds(schedule, at.replace(hour=8, minute=59)).category == "open"
    assert holds(schedule, at.replace(hour=9)).category == "closed"
    day = list(stretches(schedule, at, at + timedelta(days=1)))
    assert [one.category for one in day] == ["closed", "open", "closed"]
    assert sum((one.end - one.start for one in day if one.category == "open"), timedelta()) == timedelta(hours=1)


def test_an_hour_that_comes_twice_holds_twice_and_one_that_is_skipped_never() -> None:
    schedule = Schedule(week=((Span(150, 210, "open"),),) * 7)  # type: ignore[arg-type]  # 02:30–03:30
    autumn = stretches(schedule, datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 3, tzinfo=UTC))
    opened = [one for one in autumn if one.category == "open"]
    assert [(one.start.hour, one.start.minute, one.end - one.start) for one in opened] == [
        (0, 30, timedelta(minutes=30)),
        (1, 30, timedelta(hours=1)),
    ]
    spring = stretches(schedule, datetime(2026, 3, 29, 0, tzinfo=UTC), datetime(2026, 3, 29, 3, tzinfo=UTC))
    assert [one.start for one in spring if one.category == "open"] == [datetime(2026, 3, 29, 1, tzinfo=UTC)]


def exception(name: str, first: str, last: str, *spans: Span) -> ExceptionPeriod:
    week: Week = (spans,) * 7
    return ExceptionPeriod(name=name, first=date.fromisoformat(first), last=date.fromisoformat(last), week=week)


def at(schedule: Schedule, text: str) -> Holding:
    return holds(schedule, datetime.fromisoformat(text).replace(tzinfo=OSLO))


def test_an_exception_overrides_what_it_defines_and_lets_the_week_through_elsewhere() -> None:
    """OPH-6, OPH-7, OPH-8."""
    early = exception("Inventory", "2026-11-26", "2026-11-26", Span(14 * 60, DAY, "closed"))
    schedule = Schedule(week=OFFICE, exceptions=(early,))
    assert at(schedule, "2026-11-26T09:00") == Holding("open")
    assert at(schedule, "2026-11-26T14:00") == Holding("closed", "Inventory")
    assert at(schedule, "2026-11-27T14:00") == Holding("open")


def test_the_narrower_exception_wins_and_of_equally_narrow_ones_the_newer() -> None:
    """OPH-12."""
    summer = exception("Summer", "2026-07-01", "2026-07-31", Span(0, DAY, "closed"))
    day = exception("Open day", "2026-07-06", "2026-07-06", Span(600, 840, "open"))
    newer = exception("Fire drill", "2026-07-06", "2026-07-06", Span(660, 690, "closed"))
    for order in ((summer, day, newer), (day, summer, newer), (day, newer, summer)):
        schedule = Schedule(week=OFFICE, exceptions=order)
        assert at(schedule, "2026-07-06T10:30") == Holding("open", "Open day")
        assert at(schedule, "2026-07-06T11:15") == Holding("closed", "Fire drill")
        assert at(schedule, "2026-07-06T08:30") == Holding("closed", "Summer")
        assert at(schedule, "2026-07-07T09:00") == Holding("closed", "Summer")


def test_a_holiday_overrides_the_week_and_wide_exceptions_but_not_an_exception_made_for_the_day() -> None:
    schedule = Schedule(week=OFFICE, holidays=(Holidays(country="NO"),))
    assert at(schedule, "2028-05-17T10:00") == Holding("closed", "Grunnlovsdag")
    wide = exception("Spring", "2028-05-01", "2028-05-31", Span(0, DAY, "lunch"))
    day = exception("Parade", "2028-05-17", "2028-05-17", Span(600, 660, "open"))
    schedule = Schedule(week=OFFICE, exceptions=(wide, day), holidays=schedule.holidays)
    assert at(schedule, "2028-05-17T10:30") == Holding("open", "Parade")
    assert at(schedule, "2028-05-17T12:00") == Holding("closed", "Grunnlovsdag")
    without = Schedule(week=OFFICE, holidays=(Holidays(country="NO", without=(date(2028, 5, 17),)),))
    assert at(without, "2028-05-17T10:00") == Holding("open")


def test_nothing_defined_is_closed() -> None:
    """OPH-8."""
    assert at(Schedule(), "2028-02-29T12:00") == Holding("closed")


@pytest.mark.parametrize("zone", ZONES)
def test_every_zone_can_be_asked_at_every_hour_of_its_changes(zone: str) -> None:
    """OPH-12: from 2025 to 2030, both days of each change."""
    schedule = Schedule(zone=zone, week=((Span(0, 90, "open"), Span(90, 210, "lunch"), Span(1380, DAY, "open")),) * 7)  # type: ignore[arg-type]
    local = ZoneInfo(zone)
    for year in (2025, 2027, 2030):
        changed = datetime(year, 1, 1, tzinfo=UTC)
        while changed.year == year:
            later = changed + timedelta(days=1)
            if later.astimezone(local).utcoffset() != changed.astimezone(local).utcoffset():
                for one in stretches(schedule, changed - timedelta(days=1), later + timedelta(days=1)):
                    assert holds(schedule, one.start).category == one.category
                    assert holds(schedule, one.end - timedelta(seconds=1)).category == one.category
            changed = later
