"""`sentralbord doctor`: finds what is missing, says how to mend it, and ends with a status that a script can read."""

import time
from pathlib import Path

import pytest

from core.cli import COMMANDS, sentralbord
from core.cli.doctor import CHECKS
from core.data import Database
from core.host.registry import Registry
from core.telephony.presence import NAMES, Announcement
from core.ui import assets


@pytest.fixture(autouse=True)
def no_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example plugin may have been made importable by another test, and is not migrated here."""
    monkeypatch.setattr("core.cli.doctor.load", lambda: Registry({}))


def verdicts(output: str) -> dict[str, tuple[bool, str]]:
    """Check → whether it is good, and the whole line."""
    lines = {name: line for line in output.splitlines() for name in CHECKS if line[8:].startswith(name + " ")}
    return {name: (line.startswith("ok"), line) for name, line in lines.items()}


async def announce(redis) -> None:
    import msgspec

    said = Announcement(
        name="m1", pid=1, sip_address="127.0.0.1:5060", calls=3, legs=6, max_calls=100, draining=False, at=time.time()
    )
    await redis.sadd(NAMES, said.name)
    await redis.set(f"media:{said.name}", msgspec.json.encode(said))


async def test_every_check_has_its_line_and_a_whole_installation_is_well(command, redis) -> None:
    await announce(redis)
    result = await command("doctor")
    found = verdicts(result.output)
    assert found.keys() == CHECKS.keys()
    assert [line for good, line in found.values() if not good] == []
    assert result.exit_code == 0
    assert "3 of 100 calls" in found["media processes"][1]


async def test_what_is_missing_is_named_with_its_remedy(
    command, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    connection = await database.connect("owner")
    await connection.execute("DELETE FROM migration WHERE app_name = 'queues'")
    await connection.execute("ALTER TABLE person NO FORCE ROW LEVEL SECURITY")
    await connection.close()
    monkeypatch.setattr(assets, "DIST", tmp_path)
    assets.manifest.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    result = await command("doctor", SENTRALBORD_MEDIA__MAX_CALLS="1900")
    assets.manifest.cache_clear()
    wrong = {name: line for name, (good, line) in verdicts(result.output).items() if not good}
    remedies = {
        "migrations": "run `sentralbord migrate`",
        "tenants apart": "person: does not force row-level security",
        "speech": "apt-get install espeak-ng",
        "front end": "npm run build",
        "media processes": "`sentralbord media`",
        "pjsua2": "lower media.max_calls",
    }
    assert result.exit_code == 1
    for name, remedy in remedies.items():
        assert remedy in wrong[name], result.output


async def test_data_services_that_are_away_are_told_and_not_started(command, tmp_path: Path) -> None:
    result = await command(
        "doctor",
        SENTRALBORD_DATA__DATABASE_URL="",
        SENTRALBORD_DATA__REDIS_URL="",
        SENTRALBORD_DATA__FOLDER=str(tmp_path / "new"),
    )
    found = verdicts(result.output)
    for name in ("PostgreSQL", "Redis", "migrations", "tenants apart", "media processes"):
        assert not found[name][0]
        assert "`sentralbord up`" in found[name][1]
    assert result.exit_code == 1


def test_every_command_is_where_the_list_says() -> None:
    for name in COMMANDS:
        found = sentralbord.get_command(None, name)
        assert found is not None
        assert found.name == name
        assert found.help
