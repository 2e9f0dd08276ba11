"""Roles of a company on a real PostgreSQL: copies, changes, deletion, and two who act at once."""

import asyncio
from uuid import UUID

import pytest
from redis.asyncio import Redis

from core.api.errors import Changed, Invalid, Taken
from core.audit.service import AuditFilter, entries
from core.data import tenant, transaction, uuid7
from core.identity.errors import UnknownRole
from core.identity.service import create_user
from core.identity.stamps import Stamps
from core.identity.tables import User
from core.roles.errors import LastAdministrator
from core.roles.members import assign, ensure_an_administrator_remains
from core.roles.model import SYSTEM_ROLES, AccessLevel, Catalogue
from core.roles.service import NewLevels, RoleInfo, change_levels, create_role, delete_role, rename_role, role, roles

CATALOGUE = Catalogue()


@pytest.fixture
def inside(tenant_a: UUID):
    """Everything is done for tenant A."""
    with tenant(tenant_a):
        yield


async def made(redis: Redis, name: str = "Reception", copy: str = "user") -> RoleInfo:
    return await create_role(redis, CATALOGUE, name, copy)


async def member(role: str = "user", name: str = "kari") -> User:
    return await create_user(f"{name}@a.example", name.title(), role=role)


async def role_of(user: User) -> str:
    return (await User.objects().get(User.id == user.id)).role


@pytest.mark.usefixtures("inside")
class TestRoles:
    @pytest.mark.parametrize("source", SYSTEM_ROLES)
    async def test_a_copy_may_do_what_its_source_may_as_far_as_a_custom_role_can(self, redis: Redis, source) -> None:
        """ROL-3, ROL-5, ROL-7."""
        copy = await made(redis, copy=source)
        levels = CATALOGUE.system_levels(source)
        assert copy.levels == {key: min(level, CATALOGUE.areas[key].most) for key, level in levels.items()}
        again = await made(redis, "Second", copy.key)
        for key in (copy.key, again.key):
            stored = await role(CATALOGUE, key)
            assert {**dict.fromkeys(CATALOGUE.areas, AccessLevel.NONE), **stored.levels} == copy.levels
        assert again.copied_from == "Reception"

    async def test_the_list_has_the_systems_roles_first_and_how_many_have_each(self, redis: Redis) -> None:
        """ROL-2, ROL-8."""
        own = await made(redis)
        for number in range(3):
            await member(own.key, f"u{number}")
        await member("administrator")
        listed = [(one.key, one.members, one.system) for one in await roles(CATALOGUE)]
        assert listed == [
            ("administrator", 1, True),
            ("team_leader", 0, True),
            ("user", 0, True),
            (own.key, 3, False),
        ]

    @pytest.mark.parametrize("name", ["reception", " RECEPTION ", "Administrator", "bruker"])
    async def test_a_name_that_another_role_has_is_refused(self, redis: Redis, name: str) -> None:
        await made(redis)
        with pytest.raises(Taken):
            await made(redis, name)

    @pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\x00b"])
    async def test_a_name_that_is_none_is_refused(self, redis: Redis, name: str) -> None:
        with pytest.raises(Invalid):
            await made(redis, name)

    async def test_the_name_of_a_role_can_change_and_two_who_change_it_do_not_overwrite_each_other(
        self, redis: Redis
    ) -> None:
        own = await made(redis)
        await rename_role(redis, UUID(own.key), "Front desk", own.version)
        with pytest.raises(Changed):
            await rename_role(redis, UUID(own.key), "Desk", own.version)
        assert (await role(CATALOGUE, own.key)).name == "Front desk"

    async def test_levels_change_for_all_roles_or_for_none(self, redis: Redis) -> None:
        """ROL-6."""
        one, two = await made(redis, "One"), await made(redis, "Two")
        new = {"calls": AccessLevel.VIEW}
        wanted = {UUID(one.key): NewLevels(one.version, new), UUID(two.key): NewLevels(two.version + 1, new)}
        with pytest.raises(Changed):
            await change_levels(redis, CATALOGUE, wanted)
        assert "calls" not in (await role(CATALOGUE, one.key)).levels
        await change_levels(redis, CATALOGUE, wanted | {UUID(two.key): NewLevels(two.version, new)})
        for key in (one.key, two.key):
            changed = await role(CATALOGUE, key)
            assert (changed.levels["calls"], changed.levels["live"], changed.version) == (1, 1, 2)

    async def test_what_is_no_area_or_only_for_administrators_is_refused(self, redis: Redis) -> None:
        """ROL-7."""
        own = await made(redis)
        for levels in ({"nothing": AccessLevel.VIEW}, {"queues": AccessLevel.MANAGE}):
            with pytest.raises(Invalid):
                await change_levels(redis, CATALOGUE, {UUID(own.key): NewLevels(own.version, levels)})
        with pytest.raises(UnknownRole):
            await change_levels(redis, CATALOGUE, {uuid7(): NewLevels(1, {"calls": AccessLevel.VIEW})})

    async def test_members_of_a_deleted_role_are_users(self, redis: Redis) -> None:
        """ROL-4 [D]."""
        own = await made(redis)
        kari, ola = await member(own.key), await member(own.key, "ola")
        gone = await delete_role(redis, UUID(own.key), own.version)
        assert [user.name for user in gone] == ["Kari", "Ola"]
        assert [await role_of(user) for user in (kari, ola)] == ["user", "user"]
        told = (await entries(AuditFilter(action="user."))).items
        assert [(entry.subject, entry.after) for entry in told] == [
            ("Ola", '{"role": "User"}'),
            ("Kari", '{"role": "User"}'),
        ]
        with pytest.raises(UnknownRole):
            await delete_role(redis, UUID(own.key), own.version)

    async def test_every_change_gives_the_company_a_new_stamp_once_it_is_stored(
        self, redis: Redis, tenant_a: UUID
    ) -> None:
        stamps, seen = Stamps(redis), set()

        async def stamp_is_new() -> bool:
            before = len(seen)
            seen.add(await stamps.current(tenant_a))
            return len(seen) > before

        own, kari = await made(redis), await member()
        assert await stamp_is_new()
        await change_levels(redis, CATALOGUE, {UUID(own.key): NewLevels(1, {"calls": AccessLevel.VIEW})})
        assert await stamp_is_new()
        await rename_role(redis, UUID(own.key), "Other", 2)
        assert await stamp_is_new()
        with pytest.raises(RuntimeError):
            async with transaction():
                await assign(redis, own.key, [kari.id])
                assert not await stamp_is_new()
                raise RuntimeError
        assert not await stamp_is_new()
        async with transaction():
            await assign(redis, own.key, [kari.id])
            assert not await stamp_is_new()
        assert await stamp_is_new()
        await delete_role(redis, UUID(own.key), 3)
        assert await stamp_is_new()


@pytest.mark.usefixtures("inside")
class TestMembers:
    async def test_a_user_has_exactly_one_role(self, redis: Redis) -> None:
        """ROL-4, USR-8."""
        own, kari = await made(redis), await member("team_leader")
        await member("administrator", "boss")
        for key in (own.key, "administrator", "user"):
            assert await assign(redis, key, [kari.id]) == 1
            assert await role_of(kari) == key
        assert await assign(redis, "user", [kari.id]) == 0
        async with transaction() as unit:
            with pytest.raises(Exception, match="user_account_one_role"):
                async with unit.savepoint():
                    await unit.execute(
                        "UPDATE user_account SET system_role = 'administrator', custom_role_id = $1", UUID(own.key)
                    )

    @pytest.mark.parametrize("key", ["boss", str(UUID(int=1)), ""])
    async def test_a_role_that_is_none_cannot_be_given(self, redis: Redis, key: str) -> None:
        kari = await member()
        with pytest.raises(UnknownRole):
            await assign(redis, key, [kari.id])
        with pytest.raises(UnknownRole):
            await member(key, "ola")

    async def test_a_role_of_another_company_cannot_be_given(self, redis: Redis, tenant_b: UUID) -> None:
        with tenant(tenant_b):
            theirs = await made(redis)
        kari = await member()
        with pytest.raises(UnknownRole):
            await assign(redis, theirs.key, [kari.id])

    async def test_the_last_active_administrator_stays_one(self, redis: Redis) -> None:
        kari, ola = await member("administrator"), await member("administrator", "ola")
        await assign(redis, "user", [ola.id])
        with pytest.raises(LastAdministrator):
            await assign(redis, "user", [kari.id])
        assert await role_of(kari) == "administrator"
        with pytest.raises(LastAdministrator):
            async with transaction():
                await User.update({User.active: False}).where(User.id == kari.id)
                await ensure_an_administrator_remains()
        await assign(redis, "administrator", [ola.id])
        await assign(redis, "user", [kari.id])

    async def test_of_two_administrators_who_take_the_role_from_each_other_at_once_one_keeps_it(
        self, redis: Redis
    ) -> None:
        for number in range(5):
            pair = [await member("administrator", f"{name}{number}") for name in ("kari", "ola")]
            done = await asyncio.gather(*(assign(redis, "user", [user.id]) for user in pair), return_exceptions=True)
            assert sorted(type(one).__name__ for one in done) == ["LastAdministrator", "int"]
            assert sorted([await role_of(user) for user in pair]) == ["administrator", "user"]
            async with transaction():
                await User.delete(force=True)

    async def test_nobody_keeps_a_role_that_is_deleted_while_it_is_given_to_her(self, redis: Redis) -> None:
        """ROL-4: two at once."""
        kari, outcomes = await member(), set()
        for number in range(10):
            own = await made(redis, f"Role {number}")
            given, gone = await asyncio.gather(
                assign(redis, own.key, [kari.id]),
                delete_role(redis, UUID(own.key), own.version),
                return_exceptions=True,
            )
            assert isinstance(gone, list), gone
            assert await role_of(kari) == "user"
            outcomes.add(given if isinstance(given, int) else type(given))
            assert bool(gone) == (given == 1)
        assert outcomes <= {1, UnknownRole}

    async def test_two_who_change_the_same_role_at_once_do_not_overwrite_each_other(self, redis: Redis) -> None:
        own = await made(redis)
        wanted = [{UUID(own.key): NewLevels(1, {"calls": level})} for level in (AccessLevel.VIEW, AccessLevel.MANAGE)]
        done = await asyncio.gather(*(change_levels(redis, CATALOGUE, one) for one in wanted), return_exceptions=True)
        assert sorted(type(one).__name__ for one in done) == ["Changed", "NoneType"]
