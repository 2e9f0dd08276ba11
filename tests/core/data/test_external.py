"""External PostgreSQL and Redis: prepared by one command, and whatever is wrong with them is said with its remedy."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
import redis
from click.testing import CliRunner, Result

from core.cli import sentralbord
from core.config import load_settings
from core.data import fitness
from core.data.fitness import Unfit, Unreachable, examine_postgres, examine_redis
from core.host.registry import Registry
from core.up import running
from core.wiring import open_installation
from tests.external import External, external_servers

Command = Callable[..., Awaitable[Result]]


@pytest.fixture(scope="module")
def external() -> Iterator[External]:
    with external_servers() as there:
        yield there


@pytest.fixture
def command(external: External, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `sentralbord …` with the external servers."""
    monkeypatch.setattr("core.cli.upkeep.load", lambda: Registry({}))
    environment = {
        "SENTRALBORD_DATA__DATABASE_URL": external.database_url(),
        "SENTRALBORD_DATA__REDIS_URL": external.redis_url(),
        "SENTRALBORD_DATA__FOLDER": str(tmp_path),
    }

    async def run(*arguments: str, stdin: str = "", **more: str) -> Result:
        return await asyncio.to_thread(
            CliRunner().invoke, sentralbord, arguments, input=stdin, env=environment | more, catch_exceptions=False
        )

    return run


async def test_a_server_is_prepared_once_and_again_with_another_password(
    command: Command, external: External, tmp_path: Path
) -> None:
    unprepared = await command("migrate")
    assert unprepared.exit_code == 1
    assert "provision" in unprepared.output
    for password in ("first", "second"):
        url = external.database_url(password)
        made = await command("provision", stdin=external.superuser_url + "\n", SENTRALBORD_DATA__DATABASE_URL=url)
        assert made.exit_code == 0, made.output
        assert external.superuser_url not in made.output
        assert await examine_postgres(url) == "18.4"
    migrated = await command("migrate", SENTRALBORD_DATA__DATABASE_URL=url)
    assert migrated.exit_code == 0, migrated.output
    with pytest.raises(Unfit, match="password"):
        await examine_postgres(external.database_url("first"))
    assert not (tmp_path / "postgres").exists()
    assert not (tmp_path / "redis").exists()
    listed = await command("tenant", "list", SENTRALBORD_DATA__DATABASE_URL=external.database_url("second"))
    assert listed.exit_code == 0, listed.output


async def test_what_cannot_be_prepared_is_told(command: Command, external: External) -> None:
    embedded = await command("provision", SENTRALBORD_DATA__DATABASE_URL="")
    assert embedded.exit_code == 1
    assert "data.database_url is empty" in embedded.output
    wrong = await command("provision", stdin=external.superuser_url.replace("s3cret", "guess") + "\n")
    assert wrong.exit_code == 1
    assert "password authentication failed" in wrong.output


@pytest.fixture
async def prepared(command: Command, external: External) -> External:
    made = await command("provision", stdin=external.superuser_url + "\n")
    assert made.exit_code == 0, made.output
    return external


async def test_a_postgresql_that_cannot_be_used_is_told_with_place_and_remedy(
    prepared: External, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, where = prepared.database_url(), f"PostgreSQL at 127.0.0.1:{prepared.postgres_port}"
    superuser = await asyncpg.connect(prepared.superuser_url)
    for wrong, says in {
        prepared.database_url("guess"): "does not let sentralbord_owner in .*: correct the password, or .*provision",
        prepared.database_url(name="nowhere"): 'database "nowhere" does not exist: .*provision',
    }.items():
        with pytest.raises(Unfit, match=f"data.database_url: {where}.*{says}"):
            await examine_postgres(wrong)
    with pytest.raises(Unreachable, match=r"does not answer .*: start it, or correct data\.database_url"):
        await examine_postgres(url.replace(f":{prepared.postgres_port}/", ":9/"))
    for spoil, says, mend in (
        ("app BYPASSRLS", "sentralbord_app passes row-level security", "app NOBYPASSRLS"),
        ("system NOBYPASSRLS", "sentralbord_system does not pass row-level security", "system BYPASSRLS"),
    ):
        await superuser.execute(f"ALTER ROLE sentralbord_{spoil}")
        with pytest.raises(Unfit, match=f"{where}: {says}.*provision"):
            await examine_postgres(url)
        await superuser.execute(f"ALTER ROLE sentralbord_{mend}")
    await superuser.execute("ALTER DATABASE switchboard OWNER TO postgres")
    with pytest.raises(Unfit, match="sentralbord_owner may not make tables in the database switchboard"):
        await examine_postgres(url)
    await superuser.execute("ALTER DATABASE switchboard OWNER TO sentralbord_owner")
    await superuser.close()
    monkeypatch.setattr(fitness, "POSTGRESQL", 19)
    with pytest.raises(Unfit, match=f"{where} is version 18.* 19 or newer is needed: upgrade it"):
        await examine_postgres(url)


async def test_a_redis_that_cannot_be_used_is_told_with_place_and_remedy(
    external: External, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = f"data.redis_url: Redis at 127.0.0.1:{external.redis_port}"
    for wrong in (external.redis_url("guess"), f"redis://127.0.0.1:{external.redis_port}/0"):
        with pytest.raises(Unfit, match=f"{where} refuses user or password .*: correct data.redis_url"):
            await examine_redis(wrong)
    with redis.Redis.from_url(external.redis_url()) as client:
        client.acl_setuser("reader", enabled=True, passwords=["+reads"], categories=["+@read"], keys=["*"])
        with pytest.raises(Unfit, match=f"{where}: .*needs all commands and keys"):
            await examine_redis(f"redis://reader:reads@127.0.0.1:{external.redis_port}/0")
        client.config_set("appendonly", "no")
        with pytest.raises(Unfit, match="set appendonly yes"):
            await examine_redis(external.redis_url())
        client.config_set("appendonly", "yes")
        client.config_set("maxmemory-policy", "allkeys-lru")
        with pytest.raises(Unfit, match=f"{where}: maxmemory-policy is allkeys-lru.*set maxmemory-policy noeviction"):
            await examine_redis(external.redis_url())
        client.config_set("maxmemory-policy", "noeviction")
    monkeypatch.setattr("core.data.redis.RETRIES", 1)
    with pytest.raises(Unreachable, match="does not answer"):
        await examine_redis("redis://127.0.0.1:9/0")
    monkeypatch.setattr(fitness, "REDIS", (99, 0))
    with pytest.raises(Unfit, match=f"{where} is version .*; 99.0 or newer is needed: upgrade it"):
        await examine_redis(external.redis_url())


async def test_commands_and_the_doctor_say_it_too(command: Command, prepared: External, tmp_path: Path) -> None:
    wrong = {"SENTRALBORD_DATA__REDIS_URL": prepared.redis_url("guess")}
    for arguments in (("tenant", "list"), ("migrate",)):
        said = await command(*arguments, **wrong)
        assert said.exit_code == 1
        assert "refuses user or password" in said.output, arguments
    said = await command("doctor", **wrong)
    assert "refuses user or password" in said.output
    assert "problem PostgreSQL" not in said.output
    environment = {"SENTRALBORD_DATA__DATABASE_URL": prepared.database_url(), "SENTRALBORD_DATA__FOLDER": str(tmp_path)}
    settings = load_settings(environment=environment | wrong)
    for opening in (running(settings), open_installation(settings)):
        with pytest.raises(Unfit, match="refuses user or password"):
            async with opening:
                raise AssertionError("it runs")
