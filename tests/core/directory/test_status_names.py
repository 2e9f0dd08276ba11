"""What a company calls the statuses (AVL-1)."""

from uuid import UUID

import pytest

from core.api.errors import Changed, Invalid, NotFound
from core.audit.service import AuditFilter, entries
from core.data import tenant
from core.directory.model import Status
from core.directory.status_names import names_in, rename_statuses, status_names


async def test_a_tenant_names_the_statuses_in_each_language(tenant_a: UUID, tenant_b: UUID) -> None:
    """AVL-1."""
    with tenant(tenant_a):
        await rename_statuses("nb", {Status.AWAY: "På reise", Status.SICK: ""})
        assert (await names_in("nb")).chosen == {Status.AWAY: "På reise"}
        assert (await names_in("sv")).chosen == {}
        (entry,) = (await entries(AuditFilter(action="status_name.changed"))).items
        assert (entry.subject, "På reise" in entry.after) == ("nb", True)
        await rename_statuses("nb", {Status.AWAY: ""})
        assert (await names_in("nb")).chosen == {}
    with tenant(tenant_b):
        assert all(not names.chosen for names in (await status_names()).values())


async def test_of_two_who_rename_at_once_the_second_is_told(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        read = (await names_in("en")).version
        await rename_statuses("en", {Status.AWAY: "Travelling"}, version=read)
        with pytest.raises(Changed):
            await rename_statuses("en", {Status.AWAY: "On the road"}, version=read)
        assert (await names_in("en")).chosen == {Status.AWAY: "Travelling"}


async def test_no_two_statuses_have_the_same_name(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        for wrong in ({Status.AWAY: "busy"}, {Status.AWAY: "Gone", Status.SICK: "gone"}, {Status.AWAY: "x" * 61}):
            with pytest.raises(Invalid) as refused:
                await rename_statuses("en", wrong)
            assert refused.value.all[0].field in wrong
        swapped = {Status.BUSY: "Meeting", Status.MEETING: "Busy"}
        assert (await rename_statuses("en", swapped)).chosen == swapped
        with pytest.raises(NotFound):
            await rename_statuses("tlh", {})
