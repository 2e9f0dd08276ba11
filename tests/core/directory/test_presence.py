"""Availability: set for oneself or by an administrator, back to available by itself."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from core.api.errors import Invalid, NotFound
from core.audit.service import AuditFilter, entries
from core.data import tenant
from core.directory.model import Status
from core.directory.presence import Availability, reset_expired, set_availability
from core.directory.service import add_person
from core.directory.tables import Presence
from core.directory.users import UserFilter, user, users


@pytest.fixture
async def anna(tenant_a: UUID) -> UUID:
    with tenant(tenant_a):
        return (await add_person("Anna")).person.id


async def ended(person: UUID) -> None:
    """The end of her status has come."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    await Presence.update({Presence.until: past}).where(Presence.person_id == person)


async def test_a_status_has_a_message_and_an_end_and_is_recorded(tenant_a: UUID, anna: UUID) -> None:
    """USR-4, AVL-11, AVL-12."""
    end = datetime.now(UTC) + timedelta(hours=1)
    with tenant(tenant_a):
        assert (await user(anna)).status is Status.AVAILABLE
        await set_availability(anna, Availability(status=Status.MEETING, until=end, message="Room 4"))
        (row,) = (await users(UserFilter())).items
        assert (row.status, row.until, row.message) == (Status.MEETING, end, "Room 4")
        (entry,) = (await entries(AuditFilter(action="presence.changed"))).items
        assert (entry.subject_id, "Room 4" in entry.after) == (str(anna), True)


async def test_a_status_that_has_ended_is_over_before_any_job_has_run(tenant_a: UUID, anna: UUID) -> None:
    """AVL-7 [D]."""
    with tenant(tenant_a):
        end = datetime.now(UTC) + timedelta(hours=1)
        await set_availability(anna, Availability(status=Status.LUNCH, until=end, message="Out"))
        await ended(anna)
        (row,), one = (await users(UserFilter())).items, await user(anna)
        assert (row.status, row.message, row.until) == (Status.AVAILABLE, "", None)
        assert (one.status, one.message, one.until) == (Status.AVAILABLE, "", None)


async def test_the_job_resets_what_has_ended_and_nothing_else(tenant_a: UUID, anna: UUID) -> None:
    """AVL-7, AVL-8: without an end it lasts until it is changed."""
    with tenant(tenant_a):
        later = datetime.now(UTC) + timedelta(hours=1)
        berit, eva = (await add_person("Berit")).person.id, (await add_person("Eva")).person.id
        for person, until in ((anna, later), (berit, later), (eva, None)):
            await set_availability(person, Availability(status=Status.SICK, until=until, message="!"))
        await ended(anna)
        await reset_expired()
        rows = {row.person_id: row for row in await Presence.objects()}
        assert (rows[anna].status, rows[anna].message, rows[anna].until) == ("available", "", None)
        assert [rows[one].status for one in (berit, eva)] == ["sick", "sick"]


async def test_an_end_that_is_past_or_a_message_too_long_is_refused(tenant_a: UUID, tenant_b: UUID, anna: UUID) -> None:
    with tenant(tenant_a):
        for wrong in (
            Availability(status=Status.BUSY, until=datetime(2020, 1, 1, tzinfo=UTC)),
            Availability(status=Status.BUSY, until=datetime(2100, 1, 1)),  # noqa: DTZ001  (that is the point)
            Availability(message="x" * 201),
        ):
            with pytest.raises(Invalid) as refused:
                await set_availability(anna, wrong)
            assert refused.value.field in ("until", "message")
    with tenant(tenant_b), pytest.raises(NotFound):
        await set_availability(anna, Availability())
