"""When periodic jobs run and how long a failed one waits."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.jobs.model import LONG_JOB, JobError, WorkerJob, pause_before, periods

EVEN = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440]


async def nothing() -> None:
    """Does nothing."""


@given(st.text(), st.sampled_from(EVEN))
def test_a_periodic_job_runs_at_its_period_through_day_and_night(name: str, every: int) -> None:
    hours, minutes = periods(name, every)
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    day = [midnight + timedelta(minutes=n) for n in range(2 * 1440)]
    due = [moment for moment in day if moment.hour in hours and moment.minute in minutes]
    assert len(due) == 2 * 1440 // every
    assert {later - earlier for earlier, later in pairwise(due)} == {timedelta(minutes=every)}


@given(st.integers(-10, 3000).filter(lambda n: n not in EVEN))
def test_an_uneven_period_is_refused(every: int) -> None:
    with pytest.raises(JobError, match="must divide 60"):
        periods("chat.tidy", every)


def test_jobs_of_one_period_are_spread() -> None:
    assert len({str(periods(f"job {n}", 60)) for n in range(50)}) > 20


def test_a_wrong_job_is_refused_where_it_is_declared() -> None:
    for wrong in ({"every_minutes": 7}, {"timeout_seconds": 0}, {"max_tries": 0}):
        with pytest.raises(JobError, match=r"chat\.tidy"):
            WorkerJob("chat.tidy", nothing, **wrong)


def test_long_jobs_have_a_queue_of_their_own() -> None:
    assert WorkerJob("a", nothing, timeout_seconds=LONG_JOB).queue != WorkerJob("b", nothing, timeout_seconds=600).queue


def test_pauses_grow_to_ten_minutes() -> None:
    assert [pause_before(n) for n in range(2, 13)] == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]
