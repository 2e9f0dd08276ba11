"""The audit trail: who did what, before and after; nobody of the application can change it afterwards."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from core.api.errors import Invalid
from core.audit.model import Actor, acting_as, changes
from core.audit.schemas import AuditEntryOut
from core.audit.service import AuditFilter, entries, every_entry, record
from core.audit.tables import AuditEntry
from core.data import Database, tenant, transaction

ALL = AuditFilter()
KARI = Actor(kind="user", id=uuid4(), name="Kari", address="192.0.2.1", request="abc")


def test_of_a_change_only_what_differs_is_kept_and_of_a_new_or_gone_thing_all() -> None:
    assert changes({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": None}) == ({"b": 2}, {"b": 3})
    assert changes(None, {"a": 1}) == ({}, {"a": 1})
    assert changes({"a": 1}, None) == ({"a": 1}, {})


async def test_an_entry_says_who_did_what_to_whom_and_from_where(tenant_a: UUID) -> None:
    with tenant(tenant_a), acting_as(KARI):
        await record("user.changed", KARI.id, "Ola", before={"role": "user"}, after={"role": "team_leader"})
        (entry,) = [AuditEntryOut.of(row) for row in (await entries(ALL)).items]
    assert (entry.actor, entry.actor_id, entry.actor_kind, entry.address) == ("Kari", KARI.id, "user", "192.0.2.1")
    assert (entry.action, entry.subject, entry.subject_id) == ("user.changed", "Ola", str(KARI.id))
    assert (entry.before, entry.after) == ({"role": "user"}, {"role": "team_leader"})


async def test_a_change_that_changes_nothing_leaves_no_entry(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        await record("user.changed", before={"a": 1}, after={"a": 1})
        assert (await entries(ALL)).items == []


async def test_an_act_that_is_rolled_back_has_no_entry(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        with pytest.raises(ZeroDivisionError):
            async with transaction():
                await record("user.changed", after={"a": 1})
                raise ZeroDivisionError
        assert (await entries(ALL)).items == []


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry"])
async def test_the_applications_role_can_neither_change_nor_remove_an_entry(tenant_a: UUID, statement: str) -> None:
    with tenant(tenant_a):
        await record("user.changed", after={"a": 1})
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with transaction() as unit:
                await unit.execute(statement)


async def test_entries_of_another_tenant_are_not_there(tenant_a: UUID, tenant_b: UUID) -> None:
    with tenant(tenant_b):
        await record("user.changed", after={"a": 1})
    with tenant(tenant_a):
        assert (await entries(ALL)).items == []


async def test_entries_are_filtered_by_action_actor_subject_and_time_and_read_page_by_page(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        for number in range(5):
            await record("role.changed", number, after={"n": number})
        with acting_as(KARI):
            await record("user.removed", 9, after={"n": 9})
        first = await entries(ALL, limit=4)
        rest = await entries(ALL, before=first.items[-1].id, limit=4)
        assert [len(first.items), len(rest.items), rest.next] == [4, 2, None]
        assert len([row async for row in every_entry(ALL)]) == 6
        now = datetime.now(UTC)
        for chosen, count in {
            AuditFilter(action="role."): 5,
            AuditFilter(action="user.removed"): 1,
            AuditFilter(actor_id=KARI.id): 1,
            AuditFilter(subject_id="3"): 1,
            AuditFilter(since=now - timedelta(hours=1)): 6,
            AuditFilter(until=now - timedelta(hours=1)): 0,
        }.items():
            assert len((await entries(chosen)).items) == count, chosen
        with pytest.raises(Invalid):
            await entries(AuditFilter(since=datetime(2026, 1, 1)))  # noqa: DTZ001  (without a zone: that is the point)


async def test_the_check_of_actions_is_the_databases_too(database: Database, tenant_a: UUID) -> None:
    with tenant(tenant_a), pytest.raises(asyncpg.CheckViolationError):
        await AuditEntry(action="what", actor_kind="system").save()
