"""Calendars become exceptions: whole days, parts of days, repetitions; rubbish is refused."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api.errors import Invalid
from core.schedules.evaluate import holds
from core.schedules.ical import MOST_BYTES, exceptions_of
from core.schedules.model import DAY, ExceptionPeriod, Schedule, Span

SINCE = datetime(2026, 11, 1, tzinfo=UTC)


def calendar(*events: str) -> bytes:
    body = "".join(
        f"BEGIN:VEVENT\nUID:{n}\nDTSTAMP:20261101T000000Z\n{event}\nEND:VEVENT\n" for n, event in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def imported(*events: str) -> list[ExceptionPeriod]:
    return exceptions_of(calendar(*events), zone="Europe/Oslo", category="closed", since=SINCE, source="office.ics")


def test_a_day_long_event_is_a_day_long_exception() -> None:
    (found,) = imported("SUMMARY:Stocktaking\nDTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227")
    assert (found.name, found.first, found.last) == ("Stocktaking", date(2026, 12, 24), date(2026, 12, 26))
    assert found.week[0] == (Span(0, DAY, "closed"),)
    assert found.source == "office.ics"


def test_an_event_over_midnights_takes_parts_of_its_first_and_last_day() -> None:
    found = imported("SUMMARY:Move\nDTSTART;TZID=Europe/Oslo:20261204T180000\nDTEND;TZID=Europe/Oslo:20261207T080000")
    assert [(one.first.day, one.last.day, one.week[0][0].start, one.week[0][0].end) for one in found] == [
        (4, 4, 1080, DAY),
        (5, 6, 0, DAY),
        (7, 7, 0, 480),
    ]


def test_a_time_in_another_zone_is_moved_to_the_schedules() -> None:
    (found,) = imported("SUMMARY:Call\nDTSTART:20261201T100000Z\nDTEND:20261201T113000Z")
    assert found.week[0] == (Span(11 * 60, 12 * 60 + 30, "closed"),)


def test_a_repeated_event_comes_as_often_as_it_happens_without_its_exceptions() -> None:
    found = imported(
        "SUMMARY:Staff meeting\nDTSTART;TZID=Europe/Oslo:20261102T083000\nDTEND;TZID=Europe/Oslo:20261102T091500\n"
        "RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=Europe/Oslo:20261116T083000"
    )
    assert [one.first.day for one in found] == [2, 9, 23]
    schedule = Schedule(week=((Span(480, 960, "open"),),) * 7, exceptions=tuple(found))  # type: ignore[arg-type]
    assert holds(schedule, datetime(2026, 11, 9, 8, 0, tzinfo=UTC)).category == "closed"
    assert holds(schedule, datetime(2026, 11, 16, 8, 0, tzinfo=UTC)).category == "open"


def test_what_is_past_cancelled_or_blocks_no_time_is_left_out() -> None:
    assert (
        imported(
            "SUMMARY:Past\nDTSTART;VALUE=DATE:20250101",
            "SUMMARY:Off\nSTATUS:CANCELLED\nDTSTART;VALUE=DATE:20261201",
            "SUMMARY:Note\nTRANSP:TRANSPARENT\nDTSTART;VALUE=DATE:20261201",
        )
        == []
    )


@pytest.mark.parametrize("rule", ["RRULE:FREQ=SECONDLY", "RRULE:FREQ=MINUTELY;INTERVAL=5"])
def test_an_event_that_never_stops_repeating_is_refused_at_once(rule: str) -> None:
    with pytest.raises(Invalid, match="more than 1000 events"):
        imported(f"SUMMARY:Bomb\nDTSTART:20261201T100000Z\nDTEND:20261201T100001Z\n{rule}")


@given(st.binary(max_size=300))
def test_what_is_no_calendar_is_refused_with_a_reason_and_nothing_else(file: bytes) -> None:
    try:
        found = exceptions_of(file, zone="Europe/Oslo", category="closed", since=SINCE, source="x")
    except Invalid as error:
        found = []
        assert error.field == "file"  # noqa: PT017  (either way is right)
    assert found == []


def test_a_huge_file_is_refused_unread() -> None:
    with pytest.raises(Invalid, match="1 MB"):
        exceptions_of(b"x" * (MOST_BYTES + 1), zone="UTC", category="closed", since=SINCE, source="x")
