"""Backup and restore of a whole installation: everything is as it was, also elsewhere; nothing is overwritten."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from click.testing import CliRunner, Result

from core.backup import MANIFEST
from core.calls.events import CallEnded, Cause
from core.calls.journal import CallJournal
from core.calls.live import live_key
from core.calls.projector import Projector
from core.calls.publisher import Publisher
from core.calls.service import call_with_journal
from core.calls.spool import Spool, encode, lines
from core.cli import sentralbord
from core.config import Settings, load_settings
from core.data import Database, tenant
from core.data.provision import provision
from core.host.registry import Registry
from core.identity.vault import FILE as KEY
from core.identity.vault import Vault
from core.tenancy.service import create_tenant
from core.wiring import DataServices, Installation, migrate_all, open_installation
from tests.core.calls.support import dump, new_call, publish, running, some_calls, started, stored, until
from tests.external import external_servers

SOUND = bytes(range(256))
EVERY_TABLE = """
    SELECT relname FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname
"""


@pytest.fixture(autouse=True)
def _without_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("core.wiring", "core.backup"):
        monkeypatch.setattr(f"{module}.load", lambda: Registry({}))


@pytest.fixture
def folders(services_folder: Path) -> Iterator[Path]:
    """Where the users of embedded servers may pass through."""
    folder = services_folder / "installations"
    folder.mkdir(mode=0o711)
    yield folder
    shutil.rmtree(folder)


def settings_of(folder: Path, **data: str) -> Settings:
    values = {"folder": str(folder), **data}
    return load_settings(environment={f"SENTRALBORD_DATA__{key}".upper(): value for key, value in values.items()})


async def command(settings: Settings, *arguments: object) -> Result:
    """Run `sentralbord …` on this installation."""
    data = msgspec.structs.asdict(settings.data)
    environment = {f"SENTRALBORD_DATA__{key}".upper(): value for key, value in data.items()}
    words = [str(word) for word in arguments]
    return await asyncio.to_thread(CliRunner().invoke, sentralbord, words, env=environment, catch_exceptions=False)


@contextmanager
def embedded(settings: Settings) -> Iterator[None]:
    """The embedded servers of an installation run inside the block."""
    services = DataServices.of(settings)
    services.start()
    try:
        yield
    finally:
        services.stop()


async def every_row(url: str) -> dict[str, list[str]]:
    """All rows of all tables, as text."""
    connection = await Database(url).connect("system")
    try:
        names = [row["relname"] for row in await connection.fetch(EVERY_TABLE)]
        return {
            name: sorted(row[0] for row in await connection.fetch(f"SELECT t::text FROM {name} t")) for name in names
        }
    finally:
        await connection.close()


@dataclass
class Busy:
    """An installation in the midst of its work, and its backup."""

    settings: Settings
    backup: Path
    tenant_id: UUID
    rows: dict[str, list[str]]
    """As they were when the backup was made."""
    all_rows: dict[str, list[str]]
    """Of the company's calls, as they came to be when all was stored that had happened until then."""
    live_call: UUID
    """It went on meanwhile."""


@pytest.fixture
async def busy(folders: Path) -> Busy:
    """Some calls are stored, some wait in Redis, some only in a spool, one goes on. Afterwards its machine is gone."""
    settings, backup = settings_of(folders / "first"), folders / "backup"
    with embedded(settings):
        await migrate_all(settings, Registry({}))
        async with open_installation(settings) as site:
            tenant_id = (await create_tenant("acme", "Acme Æøå")).id
            live_call = await _work(site, folders / "first", tenant_id)
            services = DataServices.of(settings)
            rows = await every_row(services.database_url)
            made = await command(settings, "backup", backup)
            assert made.exit_code == 0, made.output
            spooled = [line for file in (folders / "first" / "spool").rglob("*.jsonl") for line in lines(file).values()]
            projector = Projector(site.redis)
            await projector.project([fields[b"e"] for _, fields in await site.redis.xrange("journal")] + spooled)
            found = Busy(settings, backup, tenant_id, rows, await dump(tenant_id), live_call)
    return found


async def _work(site: Installation, folder: Path, tenant_id: UUID) -> UUID:
    done, waiting, spooled = (some_calls(tenant_id, seed, 10) for seed in (1, 2, 3))
    await publish(site.redis, [event for call in done for event in call])

    async def all_done() -> bool:
        return await stored(tenant_id) == sum(map(len, done))

    async with running(Projector(site.redis).run()):
        await until(all_done, "the first calls are stored")
    await publish(site.redis, [event for call in waiting for event in call])
    away = Spool(folder / "spool" / "elsewhere-1")
    for event in [event for call in spooled for event in call]:
        away.append(event, encode(event))
    publisher, call_id = Publisher(site.redis), new_call()
    async with running(publisher.run()):
        CallJournal(tenant_id, call_id, Spool(folder / "spool" / "elsewhere-2"), publisher).write(started())
        await publisher.drained()
    await site.redis.set("kept for a day", b"\x00\xff", ex=86400)
    recording = folder / "recordings" / str(tenant_id) / "2026-11" / "greeting.wav"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(SOUND)
    Vault("", folder).seal("hemmelig", "test")
    return call_id


async def test_another_machine_takes_over_everything_from_a_backup(busy: Busy, folders: Path) -> None:
    settings = settings_of(folders / "second")
    brought = await command(settings, "restore", busy.backup)
    assert brought.exit_code == 0, brought.output
    assert "1 calls went on then" in brought.output
    with embedded(settings):
        await _is_the_same(busy, settings)


async def test_servers_elsewhere_take_it_too(busy: Busy, folders: Path) -> None:
    with external_servers() as external:
        settings = settings_of(folders / "second", database_url=external.database_url(), redis_url=external.redis_url())
        await provision(external.superuser_url, settings.data.database_url)
        brought = await command(settings, "restore", busy.backup)
        assert brought.exit_code == 0, brought.output
        await _is_the_same(busy, settings)
        again = await command(settings_of(folders / "third", **_urls(settings)), "restore", busy.backup)
        assert "the database has tables, and nothing is overwritten" in again.output
        back = await command(settings, "backup", folders / "back")
        assert back.exit_code == 0, back.output
        empty = external.database_url(name="another")
        await provision(external.superuser_url, empty)
        again = await command(
            settings_of(folders / "third", database_url=empty, redis_url=settings.data.redis_url),
            "restore", folders / "back",
        )  # fmt: skip
        assert "Redis has keys, and nothing is overwritten" in again.output


def _urls(settings: Settings) -> dict[str, str]:
    return {"database_url": settings.data.database_url, "redis_url": settings.data.redis_url}


async def _is_the_same(busy: Busy, settings: Settings) -> None:
    """What the other installation has is what the first one had, or would have had without a pause."""
    folder = Path(settings.data.folder)
    restored = await every_row(DataServices.of(settings).database_url)
    assert {
        name: set(rows) - set(restored[name]) for name, rows in busy.rows.items() if set(rows) - set(restored[name])
    } == {}
    async with open_installation(settings) as site:
        assert await site.redis.get("kept for a day") == b"\x00\xff"
        assert 86000 < await site.redis.ttl("kept for a day") <= 86400
        assert await site.redis.hgetall(live_key(busy.tenant_id)) == {}

        async def caught_up() -> bool:
            return {k: len(v) for k, v in (await dump(busy.tenant_id)).items()} == {
                k: len(v) for k, v in busy.all_rows.items()
            }

        async with running(Projector(site.redis).run()):
            await until(caught_up, "the calls that waited in Redis are stored")
        with tenant(busy.tenant_id):
            _, journal = await call_with_journal(busy.live_call)
        assert [event.data for event in journal][1:] == [CallEnded(cause=Cause.MEDIA_PROCESS_LOST)]
        ours = await dump(busy.tenant_id)
    live = str(busy.live_call)
    for name, rows in busy.all_rows.items():
        assert [row for row in ours[name] if live not in row] == [row for row in rows if live not in row], name
    assert [file.read_bytes() for file in (folder / "recordings").rglob("*.wav")] == [SOUND]
    assert list((folder / "spool").iterdir()) == []
    assert (folder / KEY).read_bytes() == (busy.backup / KEY).read_bytes()


@pytest.fixture
async def small(folders: Path) -> tuple[Settings, Path]:
    """An installation without calls, and its backup."""
    settings, backup = settings_of(folders / "first"), folders / "backup"
    assert (await command(settings, "migrate")).exit_code == 0
    made = await command(settings, "backup", backup)
    assert made.exit_code == 0, made.output
    return settings, backup


async def test_nothing_is_overwritten(small: tuple[Settings, Path], folders: Path) -> None:
    settings, backup = small
    before = {file: file.read_bytes() for file in backup.rglob("*.*")}
    again = await command(settings, "backup", backup)
    assert again.exit_code == 1
    assert "is not empty, and a backup overwrites nothing: name a new folder" in again.output
    assert {file: file.read_bytes() for file in backup.rglob("*.*")} == before
    over = await command(settings, "restore", backup)
    assert over.exit_code == 1
    assert f"{settings.data.folder} is not empty, and nothing is overwritten" in over.output


async def test_a_backup_is_for_the_eyes_of_its_user_alone(small: tuple[Settings, Path]) -> None:
    assert small[1].stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda backup: (backup / MANIFEST).unlink(), "is no backup, or one that was broken off"),
        (lambda backup: (backup / MANIFEST).write_text("{"), "cannot be read"),
        (lambda backup: (backup / "database.dump").unlink(), "database.dump is missing or was changed"),
        (lambda backup: (backup / "redis.jsonl").write_text("x"), "redis.jsonl is missing or was changed"),
        (
            lambda backup: (backup / MANIFEST).write_text(
                (backup / MANIFEST).read_text().replace('"format": 1', '"format": 99')
            ),
            "install that version, or a newer one",
        ),
    ],
)
async def test_a_damaged_backup_is_refused_before_anything_is_made(
    small: tuple[Settings, Path], folders: Path, damage: Callable[[Path], object], says: str
) -> None:
    damage(small[1])
    refused = await command(settings_of(folders / "second"), "restore", small[1])
    assert refused.exit_code == 1
    assert says in refused.output
    assert not (folders / "second").exists()


async def test_a_backup_that_fails_leaves_nothing_behind(small: tuple[Settings, Path], folders: Path) -> None:
    settings, _ = small
    with embedded(settings):
        connection = await Database(DataServices.of(settings).database_url).connect("owner")
        await connection.execute("REVOKE CONNECT ON DATABASE sentralbord FROM PUBLIC, sentralbord_system")
        await connection.close()
        failed = await command(settings, "backup", folders / "another")
    assert failed.exit_code == 1
    assert "the database cannot be dumped" in failed.output
    assert list((folders / "another").iterdir()) == []
