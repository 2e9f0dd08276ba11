"""A call always gets a category: hours that fail go on with their last good answer, and say so."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec
import pytest

from core.schedules.current import Current, OpeningHours
from core.schedules.model import DAY, Schedule, Span
from core.schedules.service import NamedSchedule

TENANT, ID = uuid4(), uuid4()
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
ALWAYS_OPEN = Schedule(week=((Span(0, DAY, "open"),),) * 7)  # type: ignore[arg-type]


def test_hours_that_can_no_longer_be_evaluated_keep_their_last_good_category(caplog: pytest.LogCaptureFixture) -> None:
    stored = NamedSchedule(id=ID, name="Office", schedule=ALWAYS_OPEN, version=1, changed_at=NOON)
    hours = OpeningHours(lambda tenant, schedule: stored)
    assert hours.now(TENANT, ID, NOON) == Current("Office", "open")
    broken = msgspec.structs.replace(ALWAYS_OPEN, zone="Mars/Base")
    stored = msgspec.structs.replace(stored, schedule=broken)
    found = hours.now(TENANT, ID, NOON)
    assert (found.category, "Mars/Base" in found.problem) == ("open", True)
    assert "cannot be evaluated" in caplog.text


def test_hours_that_are_gone_are_closed_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    def find(tenant: UUID, schedule: UUID) -> None:
        return None

    found = OpeningHours(find).now(TENANT, ID, NOON)
    assert (found.category, bool(found.problem)) == ("closed", True)
    assert str(ID) in caplog.text
