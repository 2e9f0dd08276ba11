"""`sentralbord tenant`: numbers, and modules that the running processes follow."""

import asyncio

import pytest
from redis.asyncio import Redis

from core.data import Database, tenant
from core.data.migrate import App, migrate
from core.host.gate import Gate
from core.host.registry import Registry
from core.host.service import CHANNEL, follow_modules
from core.tenancy.service import tenant_by_slug
from tests.conftest import core_apps


async def test_a_tenant_is_made_and_listed_with_its_numbers(good) -> None:
    said = await good("tenant", "create", "acme", "Acme AS", "--zone", "Europe/Tallinn", "--language", "et")
    assert "sentralbord user create acme" in said
    await good("tenant", "number", "acme", "+4722334455")
    await good("tenant", "number", "acme", "+3726001000 - +3726001001")
    line = (await good("tenant", "list")).splitlines()[1].split()
    assert line == ["acme", "Acme", "AS", "Europe/Tallinn", "et", "+3726001000", "+3726001001", "+4722334455"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("create", "a b", "A"), "small letters"),
        (("create", "b", "B", "--zone", "Oslo"), "Europe/Oslo"),
        (("create", "acme", "Again"), "choose another"),
        (("number", "acme", "22334455"), "+4722334455"),
        (("number", "nobody", "+4722334455"), "`sentralbord tenant list`"),
        (("grant", "acme", "no_such"), "`sentralbord plugins`"),
        (("module", "acme", "no_such", "on"), "`sentralbord plugins`"),
    ],
)
async def test_what_cannot_be_done_is_said_with_the_remedy(
    good, command, arguments: tuple[str, ...], says: str
) -> None:
    await good("tenant", "create", "acme", "Acme AS")
    result = await command("tenant", *arguments)
    assert (result.exit_code, says in result.output) == (1, True), result.output


async def test_a_database_that_is_not_migrated_is_told_so(command, empty_database: Database) -> None:
    result = await command("tenant", "list", SENTRALBORD_DATA__DATABASE_URL=empty_database.url)
    assert (result.exit_code, "run `sentralbord migrate`" in result.output) == (1, True), result.output


async def test_a_module_is_granted_switched_and_revoked_in_running_processes(
    good, command, example: Registry, database: Database, redis: Redis
) -> None:
    from nightbell.tables import Ring

    await migrate(database, [*core_apps(), App.load("nightbell.piccolo_app")])
    await good("tenant", "create", "acme", "Acme AS")
    acme = await tenant_by_slug("acme")
    assert acme is not None
    running = Gate(frozenset({"nightbell"}))
    following = asyncio.create_task(follow_modules(redis, running))

    async def until(on: bool) -> None:
        async with asyncio.timeout(10):
            while running.is_on("nightbell", acme.id) is not on:
                await asyncio.sleep(0.01)

    try:
        async with asyncio.timeout(10):
            while not (await redis.pubsub_numsub(CHANNEL))[0][1]:
                await asyncio.sleep(0.01)
        refused = await command("tenant", "module", "acme", "nightbell", "on")
        assert "operator grants" in refused.output
        assert "with 5 licences" in await good("tenant", "grant", "acme", "nightbell", "--seats", "5")
        assert "(nightbell)" in await good("tenant", "list")
        await good("tenant", "module", "acme", "nightbell", "on")
        await until(True)
        with tenant(acme.id):
            assert await Ring.count() == 1  # the plugin was told
        await good("tenant", "grant", "acme", "nightbell")  # other licences: stays on
        await until(True)
        await good("tenant", "revoke", "acme", "nightbell")
        await until(False)
        with tenant(acme.id):
            assert [ring.answered for ring in await Ring.objects()] == [True]  # told again; its data stays
        assert "nightbell" not in await good("tenant", "list")
        await good("tenant", "revoke", "acme", "nightbell")
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
