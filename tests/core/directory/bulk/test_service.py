"""Batches: looked at, confirmed once, carried out user by user, undone; each with an audit entry (USR-2)."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from core.api.errors import Invalid, NotFound, Refused
from core.audit.model import Actor, acting_as
from core.audit.service import AuditFilter, entries
from core.data import tenant, transaction
from core.directory.bulk.model import (
    AddTags,
    BulkAct,
    Chosen,
    Invite,
    Remove,
    RemoveTags,
    Result,
    SetAvailability,
    SetHidden,
    SetRole,
)
from core.directory.bulk.schemas import Item
from core.directory.bulk.service import Batches, batch, forget_batches, items
from core.directory.model import Status
from core.directory.presence import Availability
from core.directory.user_changes import add_user, change_user
from core.directory.user_values import UserChange
from core.directory.users import UserDetails, UserFilter, user
from core.identity.links import PasswordLinks
from core.identity.sessions import Sessions
from core.messages.tables import OutboxMessage
from core.roles.acting import Acting, with_access_of
from core.roles.model import ADMINISTRATOR, TEAM_LEADER, Catalogue


async def some(tenant_id: UUID, count: int = 3, role: str = "user") -> list[UserDetails]:
    """Users A, B, C … of a tenant."""
    with tenant(tenant_id):
        return [
            await add_user(UserChange(first_name=letter, email=f"{letter}@x.example".lower(), role=role, tags=["old"]))
            for letter in "ABCDEFGH"[:count]
        ]


def ids(people: Sequence[UserDetails]) -> Chosen:
    return Chosen(ids=[one.id for one in people])


async def listed(batch_id: UUID) -> dict[str, Item]:
    return {one.label: one for one in (await items(batch_id, limit=200)).items}


@pytest.mark.parametrize(
    ("act", "field", "value"),
    [
        (SetRole("team_leader"), "role", "team_leader"),
        (SetHidden(True), "hidden", True),
        (AddTags(["new", "OLD"]), "tags", ("old", "new")),
        (RemoveTags(["OLD"]), "tags", ()),
        (SetAvailability(Availability(status=Status.HOLIDAY, message="Away")), "status", Status.HOLIDAY),
    ],
)
async def test_everybody_is_changed_when_it_is_confirmed_and_undone_when_asked(
    tenant_a: UUID, batches: Batches, act: BulkAct, field: str, value: object
) -> None:
    """USR-2, USR-4, USR-7, USR-8, DIR-7: role, hidden, tags, availability."""
    people = await some(tenant_a)
    with tenant(tenant_a):
        planned = await batches.plan(act, ids(people))
        assert (planned.state, planned.expected) == ("planned", {Result.CHANGED: 3})
        assert [await user(one.id) for one in people] == people, "nothing is changed before it is confirmed"
        done = await batches.confirm(planned.id)
        assert (done.state, done.outcomes) == ("done", {Result.CHANGED: 3})
        assert [getattr(await user(one.id), field) for one in people] == [value] * 3
        with pytest.raises(Refused):
            await batches.confirm(planned.id)
        back = await batches.undo(planned.id)
        assert (back.state, back.outcomes) == ("done", {Result.CHANGED: 3})
        assert [getattr(await user(one.id), field) for one in people] == [getattr(one, field) for one in people]
        with pytest.raises(Refused):
            await batches.undo(planned.id)
        subjects = [one.subject for one in (await entries(AuditFilter())).items if one.action.endswith(".changed")]
        assert sorted(subjects) == ["A", "A", "B", "B", "C", "C"], "one entry for each user and change"


async def test_the_preview_says_who_stays_as_she_is_and_who_cannot_be_changed_and_why(
    tenant_a: UUID, batches: Batches
) -> None:
    with tenant(tenant_a):
        bare = await add_user(UserChange(first_name="Bare"))
        user_already = await add_user(UserChange(first_name="Liv", email="liv@x.example", role="user"))
        leader = await add_user(UserChange(first_name="Per", email="per@x.example", role="team_leader"))
        planned = await batches.plan(SetRole("user"), ids([bare, user_already, leader]))
        found = await listed(planned.id)
        assert {name: one.expected for name, one in found.items()} == {
            "Bare": Result.REFUSED,
            "Liv": Result.UNCHANGED,
            "Per": Result.CHANGED,
        }
        assert "e-mail" in found["Bare"].why[0].text
        assert [(one.field, one.before, one.after) for one in found["Per"].steps] == [("role", "team_leader", "user")]
        assert [one.label for one in (await items(planned.id, result=Result.REFUSED)).items] == ["Bare"]
        done = await batches.confirm(planned.id)
        assert done.outcomes == {Result.REFUSED: 1, Result.UNCHANGED: 1, Result.CHANGED: 1}


async def test_one_who_changes_all_administrators_neither_loses_herself_nor_the_last(
    tenant_a: UUID, batches: Batches
) -> None:
    """ROL-4: the last administrator stays; nobody locks herself out."""
    people = await some(tenant_a, 3, ADMINISTRATOR)
    me = people[0]
    with tenant(tenant_a):
        with acting_as(Actor("user", me.account_id, me.name)):
            planned = await batches.plan(Remove(), ids(people))
            assert (await listed(planned.id))["A"].why[0].code == "yourself"
            done = await batches.confirm(planned.id)
            assert done.outcomes == {Result.REFUSED: 1, Result.REMOVED: 2}
        with acting_as(Actor("token", uuid4(), "A program")):
            left = await batches.confirm((await batches.plan(SetRole("user"), ids([me]))).id)
            assert left.outcomes == {Result.REFUSED: 1}
            assert (await listed(left.id))["A"].why[0].code == "last_administrator"
        assert (await user(me.id)).role == ADMINISTRATOR


async def test_invitations_go_to_those_who_have_no_password_yet(tenant_a: UUID, batches: Batches) -> None:
    people = await some(tenant_a, 2)
    with tenant(tenant_a):
        bare = await add_user(UserChange(first_name="Bare"))
        done = await batches.confirm((await batches.plan(Invite(), ids([*people, bare]))).id)
        assert done.outcomes == {Result.INVITED: 2, Result.REFUSED: 1}
        sent = sorted(row.recipient for row in await OutboxMessage.objects())
        assert sent == ["a@x.example", "b@x.example"]
        assert not done.can_undo


async def test_who_was_changed_after_it_is_left_alone_by_the_undoing(
    tenant_a: UUID, batches: Batches, sessions: Sessions
) -> None:
    people = await some(tenant_a, 2)
    with tenant(tenant_a):
        done = await batches.confirm((await batches.plan(AddTags(["new"]), ids(people))).id)
        await change_user(people[0].id, UserChange(tags=["other"]), sessions)
        back = await batches.undo(done.id)
        assert back.outcomes == {Result.REFUSED: 1, Result.CHANGED: 1}
        assert (await listed(back.id))["A"].why[0].code == "changed"
        assert (await user(people[0].id)).tags == ("other",)


async def test_all_who_fit_a_search_are_changed_and_nobody_else(tenant_a: UUID, batches: Batches) -> None:
    await some(tenant_a)
    with tenant(tenant_a):
        planned = await batches.plan(SetHidden(True), Chosen(matching=UserFilter(q="b@x")))
        assert list(await listed(planned.id)) == ["B"]
        for wrong in (Chosen(), Chosen(ids=[uuid4()], matching=UserFilter())):
            with pytest.raises(Invalid):
                await batches.plan(SetHidden(True), wrong)


async def test_another_tenants_users_and_batches_do_not_exist(tenant_a: UUID, tenant_b: UUID, batches: Batches) -> None:
    people = await some(tenant_a)
    with tenant(tenant_a):
        planned = await batches.plan(Remove(), ids(people))
    with tenant(tenant_b):
        for attempt in (
            batches.plan(Remove(), ids(people)),
            batches.confirm(planned.id),
            batches.undo(planned.id),
            batch(planned.id),
        ):
            with pytest.raises(NotFound):
                await attempt
        assert (await items(planned.id)).items == []


async def test_a_large_batch_goes_to_the_background_and_two_workers_share_it(
    tenant_a: UUID, sessions: Sessions, links: PasswordLinks
) -> None:
    added: list[tuple[object, ...]] = []

    async def enqueue(job: str, *args: object, **options: object) -> None:
        added.append((job, *args, options["delay"]))

    with tenant(tenant_a):
        async with transaction() as unit:
            await unit.execute("INSERT INTO person (first_name) SELECT 'P' || n FROM generate_series(1, 60) n")
        batches = Batches(sessions, links, Catalogue(), enqueue)
        with acting_as(Actor("user", uuid4(), "Kari")):
            begun = await batches.confirm((await batches.plan(SetHidden(True), Chosen(matching=UserFilter()))).id)
        assert (begun.state, begun.done, added) == ("running", 0, [("core.user_batch", str(begun.id), 0)])
        await asyncio.gather(*(Batches(sessions, links, Catalogue()).carry_out(str(begun.id)) for _ in range(2)))
        assert ((await batch(begun.id)).state, (await batch(begun.id)).outcomes) == ("done", {Result.CHANGED: 60})
        told = (await entries(AuditFilter(action="user.changed"), limit=100)).items
        assert (len(told), {one.actor for one in told}) == (60, {"Kari"}), "in the name of who confirmed it, once each"
        await batches.carry_out(str(begun.id))


async def test_nobody_gives_more_than_she_has_by_a_batch_and_not_in_the_background_either(
    tenant_a: UUID, sessions: Sessions, links: PasswordLinks
) -> None:
    """ROL-7: what was planned by somebody who may, and confirmed by somebody who may not, is refused user by user."""

    async def enqueue(*_: object, **__: object) -> None: ...

    batches = Batches(sessions, links, Catalogue(), enqueue)
    leader, catalogue = Acting(Catalogue(), TEAM_LEADER), Catalogue()
    people = await some(tenant_a, 2)
    with tenant(tenant_a):
        async with transaction() as unit:
            await unit.execute(
                "INSERT INTO person (first_name, email) SELECT 'P' || n, n || '@y' FROM generate_series(1, 60) n"
            )
        with with_access_of(leader):
            planned = await batches.plan(SetRole(ADMINISTRATOR), ids(people))
            assert {one.why[0].code for one in (await listed(planned.id)).values()} == {"not_covered"}
        planned = await batches.plan(SetRole(ADMINISTRATOR), Chosen(matching=UserFilter()))
        with with_access_of(leader):
            await batches.confirm(planned.id)
        await Batches(sessions, links, catalogue).carry_out(str(planned.id))
        assert (await batch(planned.id)).outcomes == {Result.REFUSED: 62}


async def test_a_batch_is_forgotten_after_a_week(tenant_a: UUID, batches: Batches) -> None:
    people = await some(tenant_a, 1)
    with tenant(tenant_a):
        old, new = [(await batches.plan(SetHidden(True), ids(people))).id for _ in range(2)]
        async with transaction() as unit:
            past = datetime.now(UTC) - timedelta(days=8)
            await unit.execute("UPDATE user_batch SET created_at = $2 WHERE id = $1", old, past)
        await forget_batches()
        assert (await batch(new)).state == "planned"
        with pytest.raises(NotFound):
            await batch(old)
