"""Until when things are kept: in the tenant's own days, never shorter than was chosen, never longer than allowed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api.retention import RetainedRows, RetentionClass
from core.retention.errors import KeepRefused, NoSuchClass
from core.retention.model import (
    CALL_DETAIL,
    CORE_CLASSES,
    Classes,
    boundary,
    checked_keep,
    due,
)
from core.retention.service import keep_of
from core.retention.tables import RetentionPeriod
from tests.core.host.plugins import manifest

OSLO = ZoneInfo("Europe/Oslo")
zones = st.sampled_from([OSLO, UTC, ZoneInfo("Pacific/Auckland"), ZoneInfo("America/St_Johns")])
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def made(**fields: object) -> RetentionClass:
    """A class of a plugin's data."""
    given = {"key": "survey.results", "title": "t", "about": "a", "unit": "months", "default": 3, "most": 24} | fields
    return RetentionClass(rows=(RetainedRows(table="survey_result"),), **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keep", "unit", "first"),
    [
        (92, "days", datetime(2026, 8, 27, 22, tzinfo=UTC)),
        (1, "days", datetime(2026, 11, 26, 23, tzinfo=UTC)),
        (12, "months", datetime(2025, 11, 27, 23, tzinfo=UTC)),
        (25, "months", datetime(2024, 10, 27, 23, tzinfo=UTC)),
    ],
)
def test_what_began_before_the_tenants_day_so_long_ago_is_too_old(keep: int, unit: str, first: datetime) -> None:
    """STA-8 (3 months), STA-9 (12 months), STA-10 (25 months)."""
    assert boundary(date(2026, 11, 28), keep, unit, OSLO) == first  # type: ignore[arg-type]


@given(days, zones)
def test_the_last_90_days_of_calls_are_always_complete(day: date, zone: ZoneInfo) -> None:
    """STA-8: no day of the last 90 is missing, and none is kept that is older than the longest 3 months."""
    kept = boundary(day, CALL_DETAIL.most, "days", zone).astimezone(zone).date()
    assert kept <= day - timedelta(days=90)
    assert kept >= day - timedelta(days=92)


@given(days, st.integers(1, 120), st.integers(1, 120), zones)
def test_who_keeps_longer_keeps_at_least_as_much(day: date, one: int, other: int, zone: ZoneInfo) -> None:
    for unit in ("days", "months"):
        ends = [boundary(day, keep, unit, zone) for keep in sorted((one, other))]  # type: ignore[arg-type]
        assert ends[1] <= ends[0]


@given(days, st.integers(1, 119), zones)
def test_a_month_is_never_shorter_than_a_month(day: date, months: int, zone: ZoneInfo) -> None:
    """STA-9, STA-10: of the 31st, the last day of a shorter month is kept too."""
    kept = boundary(day, months, "months", zone).astimezone(zone).date()
    assert (kept.year * 12 + kept.month) == day.year * 12 + day.month - months
    assert kept.day == day.day or (kept + timedelta(days=1)).day == 1


def test_the_night_is_the_tenants_and_its_work_is_done_once_also_when_nobody_worked_at_night() -> None:
    def at(hour: int, day: int = 28) -> datetime:
        return datetime(2026, 11, day, hour, 30, tzinfo=UTC)

    assert due(at(0), OSLO, None) is None  # half past one in Oslo
    assert due(at(1), OSLO, None) == date(2026, 11, 28)
    assert due(at(14), OSLO, at(2, 27)) == date(2026, 11, 28)
    assert due(at(14), OSLO, at(2)) is None
    assert due(at(23), OSLO, at(2)) is None  # the 29th, but not night yet
    assert due(at(13), ZoneInfo("Pacific/Auckland"), at(2)) == date(2026, 11, 29)


@pytest.mark.parametrize("one", CORE_CLASSES, ids=lambda one: one.key)
def test_every_class_of_core_allows_its_default_and_nothing_outside_its_limits(one: RetentionClass) -> None:
    assert checked_keep(one, one.default) == one.default
    for keep in (0, one.least - 1, one.most + 1):
        with pytest.raises(KeepRefused, match=f"{one.least} to {one.most}"):
            checked_keep(one, keep)


def test_calls_in_detail_are_kept_for_three_months_at_most() -> None:  # STA-8
    assert (CALL_DETAIL.default, CALL_DETAIL.most, CALL_DETAIL.unit) == (92, 92, "days")


def test_a_class_may_have_a_few_periods_to_choose_from() -> None:
    one = made(choices=(3, 6, 12))
    assert checked_keep(one, 6) == 6
    with pytest.raises(KeepRefused, match="3, 6, 12 months"):
        checked_keep(one, 7)


@pytest.mark.parametrize(("stored", "kept"), [(None, 3), (6, 6), (99, 24)])
def test_what_a_newer_version_does_not_allow_any_more_is_not_kept(stored: int | None, kept: int) -> None:
    assert keep_of(made(), RetentionPeriod(tenant_id=None, kind="survey.results", keep=stored)) == kept


def test_a_company_sees_cores_classes_and_those_of_its_modules_only() -> None:
    """GEN-8: of a module that it may not use it sees nothing; its data is deleted when too old all the same."""
    on: set[str] = set()
    classes = Classes([manifest("survey", retention=(made(),))], lambda _: on)
    someone = RetentionPeriod(tenant_id=None).id
    core = [one.key for one in CORE_CLASSES]
    assert [one.key for _, one in classes.shown(someone)] == core
    with pytest.raises(NoSuchClass):
        classes.of(someone, "survey.results")
    assert [one.key for one in classes] == [*core, "survey.results"]
    on.add("survey")
    assert classes.of(someone, "survey.results") == ("survey", made())
