"""Named seats of a module (GEN-10): counted by who has one, and never more than the operator has granted."""

import asyncio
import json
from uuid import UUID

import pytest

from core.api import Context
from core.api.errors import NotFound
from core.audit.service import AuditFilter, entries
from core.data import tenant, transaction, uuid7
from core.host.context import ContextFactory
from core.host.errors import NoSeatLeft, NoSuchModule
from core.host.registry import Registry
from core.host.seats import release_seat, seats_of, seats_taken, take_seat
from core.identity.service import create_user
from core.tenancy.service import set_module
from tests.core.host.plugins import entry_point, manifest, registry


async def grant(tenant_id: UUID, seats: int | None) -> None:
    with tenant(tenant_id):
        await set_module("chat", entitled=True, enabled=True, seats=seats)


async def users(tenant_id: UUID, count: int) -> list[UUID]:
    with tenant(tenant_id):
        return [(await create_user(f"u{number}@x.example", f"User {number}")).id for number in range(count)]


async def test_a_seat_is_given_once_told_in_the_trail_and_taken_back(tenant_a: UUID) -> None:  # GEN-10
    await grant(tenant_a, 2)
    one, two, three = await users(tenant_a, 3)
    with tenant(tenant_a):
        for user in (one, two, one):
            await take_seat("chat", user)
        with pytest.raises(NoSeatLeft, match="All 2 seats"):
            await take_seat("chat", three)
        seats = await seats_of("chat")
        assert (seats.limit, [seat.user for seat in seats.taken]) == (2, ["User 0", "User 1"])
        await release_seat("chat", one)
        await release_seat("chat", one)
        await take_seat("chat", three)
        assert await seats_taken() == {"chat": 2}
        told = [(entry.action, entry.subject) for entry in (await entries(AuditFilter(action="seat."))).items]
    assert told == [
        ("seat.taken", "User 2"),
        ("seat.released", "User 0"),
        ("seat.taken", "User 1"),
        ("seat.taken", "User 0"),
    ]


async def test_of_many_at_once_only_as_many_get_a_seat_as_there_are(tenant_a: UUID) -> None:  # GEN-10
    await grant(tenant_a, 3)

    async def tries(user: UUID) -> bool:
        with tenant(tenant_a):
            try:
                await take_seat("chat", user)
            except NoSeatLeft:
                return False
            return True

    got = await asyncio.gather(*(tries(user) for user in await users(tenant_a, 8)))
    assert sum(got) == 3
    with tenant(tenant_a):
        assert len((await seats_of("chat")).taken) == 3


async def test_without_a_number_there_are_as_many_as_wanted(tenant_a: UUID) -> None:  # GEN-10: the default
    await grant(tenant_a, None)
    everybody = await users(tenant_a, 12)
    with tenant(tenant_a):
        for user in everybody:
            await take_seat("chat", user)
        seats = await seats_of("chat")
    assert (seats.limit, len(seats.taken)) == (None, 12)


async def test_with_fewer_than_are_taken_nobody_loses_hers_and_nobody_gets_one(tenant_a: UUID) -> None:  # GEN-10
    await grant(tenant_a, 3)
    one, two, three, four = await users(tenant_a, 4)
    with tenant(tenant_a):
        for user in (one, two, three):
            await take_seat("chat", user)
    await grant(tenant_a, 2)
    with tenant(tenant_a):
        await release_seat("chat", one)
        with pytest.raises(NoSeatLeft):
            await take_seat("chat", four)
        await take_seat("chat", two)
        await release_seat("chat", two)
        await take_seat("chat", four)


async def test_a_user_who_is_removed_gives_her_seat_back(tenant_a: UUID) -> None:
    await grant(tenant_a, 1)
    one, two = await users(tenant_a, 2)
    with tenant(tenant_a):
        await take_seat("chat", one)
        async with transaction() as unit:
            await unit.execute("DELETE FROM user_account WHERE id = $1", one)
        await take_seat("chat", two)


async def test_seats_are_the_tenants_own_and_only_of_a_granted_module(tenant_a: UUID, tenant_b: UUID) -> None:  # GEN-8
    await grant(tenant_a, 1)
    (one,) = await users(tenant_a, 1)
    (other,) = await users(tenant_b, 1)
    with tenant(tenant_b), pytest.raises(NoSuchModule):
        await take_seat("chat", other)
    await grant(tenant_b, 1)
    with tenant(tenant_a):
        with pytest.raises(NotFound):
            await take_seat("chat", other)
        with pytest.raises(NotFound):
            await take_seat("chat", uuid7())
        await take_seat("chat", one)
    with tenant(tenant_b):
        assert (await seats_of("chat")).taken == ()
        await take_seat("chat", other)


async def test_a_plugin_gives_seats_through_its_context(tenant_a: UUID) -> None:
    async def nothing(*_: object, **__: object) -> None: ...

    found: Registry = registry(entry_point("chat", manifest("chat")))
    await grant(tenant_a, 1)
    one, two = await users(tenant_a, 2)
    async with ContextFactory(nothing, nothing)(found.plugins["chat"], tenant_a) as ctx:
        assert isinstance(ctx, Context)
        await ctx.take_seat(one)
        with pytest.raises(NoSeatLeft):
            await ctx.take_seat(two)
        assert [seat.user_id for seat in (await ctx.seats()).taken] == [one]
        await ctx.release_seat(one)
        assert (await ctx.seats()).taken == ()
        (entry,) = (await entries(AuditFilter(action="seat.released"))).items
    assert json.loads(entry.before) == {"module": "chat"}
