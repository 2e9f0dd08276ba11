"""Who sees the calls that somebody makes: herself, and others only when she shares them (PRF-9, OUT-1, OUT-3)."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from redis.asyncio import Redis

from core.calls import events as e
from core.calls.journal import CallJournal
from core.calls.service import recent_calls
from core.data import tenant
from core.directory.users import UserDetails, user
from core.identity.service import create_user
from core.identity.tables import User
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.support import Telephony, projected
from tests.core.web.test_live import changes, channel, frame

CALLED = "+4791112233"


@pytest.fixture
async def liv(tenant_a: UUID) -> User:
    """A team leader of tenant A, who may read the call log."""
    with tenant(tenant_a):
        return await create_user("liv@a.example", "Liv Dahl", PASSWORD, role="team_leader")


async def entry(of: User) -> tuple[UUID, UserDetails]:
    with tenant(of.tenant_id):
        return of.tenant_id, await user(of.id)


def outgoing(telephony: Telephony, who: tuple[UUID, UserDetails]) -> CallJournal:
    """The journal of a call that she makes, as a media process begins it."""
    tenant_id, she = who
    journal = telephony.journal(tenant_id, lambda: datetime.now(UTC))
    journal.write(
        e.CallStarted(
            direction=e.Direction.OUT,
            caller="+4722334455",
            dialled=CALLED,
            media="media-1",
            person_id=she.id,
            person=she.name,
        )
    )
    return journal


@pytest.fixture
async def made(redis: Redis, telephony: Telephony, liv: User) -> UUID:
    """A call that Liv has made; its id. A caller has called too."""
    journal = outgoing(telephony, await entry(liv))
    journal.write(e.CallEnded(cause=e.Cause.COMPLETED))
    telephony.call(liv.tenant_id).hang_up()

    async def both() -> bool:
        with tenant(liv.tenant_id):
            return len([row for row in (await recent_calls()).items if row.ended_at]) == 2

    await projected(redis, telephony, both)
    return journal.state.id


async def numbers(of: Visitor) -> set[str]:
    return {one["dialled"] for one in (await of.client.get("/api/v1/calls")).json()["items"]}


async def test_calls_of_one_who_does_not_share_are_shown_to_herself_alone(
    visitor: Visitor, stranger: Visitor, kari: User, liv: User, made: UUID
) -> None:
    """PRF-9: not even an administrator sees them, on no page and by no address."""
    await visitor.sign_in(kari.email)
    await stranger.sign_in(liv.email)
    assert await numbers(visitor) == {"+4722334455"}, "the caller's own call is everybody's"
    assert (await visitor.client.get(f"/api/v1/calls/{made}")).status_code == 404
    assert (await visitor.get(f"/calls/{made}")).status_code == 404
    assert "91 11 22 33" not in (await visitor.get("/calls")).text
    assert await numbers(stranger) == {"+4722334455", CALLED}
    own = (await stranger.client.get(f"/api/v1/calls/{made}")).json()["call"]
    assert (own["made_by"], own["direction"]) == ("Liv Dahl", "out")
    assert "Liv Dahl" in (await stranger.get(f"/calls/{made}")).text


async def test_they_are_shown_from_when_she_shares_until_she_does_not_any_more(
    visitor: Visitor, stranger: Visitor, kari: User, liv: User, made: UUID
) -> None:
    """PRF-9, OUT-3: earlier calls follow her choice of now."""
    await visitor.sign_in(kari.email)
    await stranger.sign_in(liv.email)
    await stranger.post("/profile/calls", shares_outgoing="on")
    assert await numbers(visitor) == {"+4722334455", CALLED}
    assert (await visitor.get(f"/calls/{made}")).status_code == 200
    await stranger.post("/profile/calls")
    assert await numbers(visitor) == {"+4722334455"}


async def test_a_call_that_somebody_makes_is_not_on_screens_that_all_of_her_company_watch(
    visitor: Visitor, address: str, telephony: Telephony, liv: User
) -> None:
    """PRF-9: live screens are the same for all, so they never show whom somebody calls."""
    before, incoming = outgoing(telephony, await entry(liv)), telephony.call(liv.tenant_id)
    await telephony.publisher.drained()
    await visitor.sign_in(liv.email)
    async with channel(visitor, address) as connection:
        snapshot = await frame(connection, "snapshot")
        assert [key for key, _ in snapshot["topics"]["calls"]] == [str(incoming.id)]
        now, last = outgoing(telephony, await entry(liv)), telephony.call(liv.tenant_id)
        seen: dict[str, object] = {}
        while str(last.id) not in seen:
            seen |= await changes(connection, "calls")
        shown = {key for key, view in seen.items() if view}
        assert shown.isdisjoint({str(before.state.id), str(now.state.id)})
