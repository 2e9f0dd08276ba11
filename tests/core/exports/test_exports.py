"""An export holds everything of one company and nothing of another, no secret, and goes after its days (GDPR)."""

import asyncio
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zipfile import ZipFile

import pytest
from piccolo.table import Table
from PIL import Image

from core.audit.service import AuditFilter, entries
from core.data import Database, system, tenant, transaction
from core.data.tenant_tables import tenant_tables
from core.directory.pictures import set_picture
from core.directory.user_changes import add_user
from core.directory.user_values import UserChange
from core.exports import make, service
from core.exports.errors import ExportRuns, NoSuchExport, NotReady
from core.exports.make import PIECE, forget_old, make_next, secrets_of
from core.exports.model import LOST, MOST_TRIES, OWN, extension
from core.identity.service import create_user
from tests.conftest import core_apps
from tests.core.retention.past import counted, past_calls

TABLES: list[type[Table]] = [table for app in core_apps() for table in app.tables]
HIDDEN = secrets_of(TABLES)
RECORDING = "2026-11/0193a.wav"


async def made(tenant_id: UUID, folder: Path) -> ZipFile:
    """The archive of an export that was asked for and made just now."""
    with tenant(tenant_id):
        asked = await service.ask("Kari")
        assert await make_next(folder, HIDDEN)
        found, pieces = await service.download(asked.id)
        content = b"".join([piece async for piece in pieces])
    assert found.size == len(content)
    return ZipFile(io.BytesIO(content))


def lines(archive: ZipFile, table: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in archive.read(f"tables/{table}.jsonl").splitlines()]


async def test_everything_is_in_it_and_nothing_of_another_company(
    tenant_a: UUID, tenant_b: UUID, tmp_path: Path
) -> None:
    for tenant_id, name in ((tenant_a, "Kari"), (tenant_b, "Ola")):
        await past_calls(tenant_id, 1, 2)
        with tenant(tenant_id):
            user = await add_user(UserChange(first_name=name, last_name="Nordmann", email=f"{name}@x.example"))
            picture = io.BytesIO()
            Image.new("RGB", (40, 40), "red").save(picture, "PNG")
            await set_picture(user.id, picture.getvalue())
        file = tmp_path / "recordings" / str(tenant_id) / RECORDING
        file.parent.mkdir(parents=True)
        file.write_bytes(b"RIFF....WAVE" + name.encode())
    archive = await made(tenant_a, tmp_path)
    assert archive.testzip() is None
    manifest = json.loads(archive.read("manifest.json"))
    with tenant(tenant_a):
        async with transaction() as unit:
            tables = set(await tenant_tables(unit)) - set(OWN)
    kept = await counted(tenant_a, *tables)
    told = {table: kept[table] for table in tables} | {"tenant": 1}
    told["audit_entry"] -= 1  # that it was downloaded
    assert manifest["rows"] == told
    assert {table: len(lines(archive, table)) for table in told} == told
    assert (manifest["company"]["slug"], lines(archive, "tenant")[0]["name"]) == ("a", "Company A")
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"Kari" in everything
    assert str(tenant_b).encode() not in everything
    assert b"Ola" not in everything
    (row,) = lines(archive, "person_picture")
    assert archive.read(str(row["content"]))[8:12] == b"WEBP"
    assert archive.read(f"files/recordings/{RECORDING}").endswith(b"WAVEKari")
    assert manifest["files"] == 2


async def test_no_password_and_no_other_secret_is_in_it(tenant_a: UUID, tmp_path: Path) -> None:
    with tenant(tenant_a):
        user = await create_user("kari@a.example", "Kari", "correct horse battery staple")
        assert user.password_hash
    archive = await made(tenant_a, tmp_path)
    (row,) = lines(archive, "user_account")
    assert "password_hash" not in row
    assert row["email"] == "kari@a.example"
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert user.password_hash.encode() not in everything
    assert "password_hash" in json.loads(archive.read("manifest.json"))["left_out"]["user_account"]


async def test_every_column_that_sounds_like_a_secret_is_declared_as_one(database: Database) -> None:
    public = {"person.picture", "sound_version.content_hash"}
    words = ("password", "secret", "digest", "hash", "token", "sealed")
    with system():
        async with transaction() as unit:
            found = await unit.fetch(
                "SELECT table_name || '.' || column_name AS name FROM information_schema.columns c "
                "WHERE table_schema = 'public'"
            )
    sounding = {row["name"] for row in found if any(word in row["name"].partition(".")[2] for word in words)}
    declared = {f"{table}.{column}" for table, columns in HIDDEN.items() for column in columns}
    assert {name for name in sounding - declared - public if not name.endswith("_id")} == set()


async def test_one_at_a_time_and_two_workers_make_it_once(tenant_a: UUID, tmp_path: Path) -> None:
    with tenant(tenant_a):
        asked = await service.ask("Kari")
        with pytest.raises(ExportRuns):
            await service.ask("Kari")
        with pytest.raises(NotReady):
            await service.download(asked.id)
    assert sorted(await asyncio.gather(*(make_next(tmp_path, HIDDEN) for _ in range(3)))) == [False, False, True]
    with tenant(tenant_a):
        found = await service.export(asked.id)
        assert (found.state, found.done) == ("done", found.total)
        assert await service.ask("Kari")


async def test_what_a_lost_worker_began_is_made_by_another_and_given_up_after_some_tries(
    tenant_a: UUID, tmp_path: Path
) -> None:
    async def lost(tries: int) -> None:
        with system():
            async with transaction() as unit:
                await unit.execute(
                    "UPDATE data_export SET state = 'running', beat_at = now() - $1::interval, tries = $2",
                    LOST + timedelta(minutes=1),
                    tries,
                )

    with tenant(tenant_a):
        asked = await service.ask("Kari")
    await lost(MOST_TRIES)
    assert not await make_next(tmp_path, HIDDEN)
    await forget_old()
    with tenant(tenant_a):
        assert (await service.export(asked.id)).state == "failed"
    await lost(1)
    assert await make_next(tmp_path, HIDDEN)
    with tenant(tenant_a):
        assert (await service.export(asked.id)).state == "done"


async def test_one_that_cannot_be_made_says_so_and_one_that_is_removed_is_given_up(
    tenant_a: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant(tenant_a):
        first = await service.ask("Kari")
    assert await make_next(tmp_path / "no such folder", HIDDEN)
    with tenant(tenant_a):
        assert (await service.export(first.id)).state == "failed"
        second = await service.ask("Kari")
    real = make._keep

    async def removed(*arguments: object) -> int:
        await service.remove(second.id)
        return await real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(make, "_keep", removed)
    assert await make_next(tmp_path, HIDDEN)
    with tenant(tenant_a):
        assert [one.id for one in await service.exports()] == [first.id]
    assert await counted(tenant_a, "data_export_part") == {"data_export_part": 0}


async def test_it_is_deleted_when_its_days_are_over_and_every_step_is_in_the_trail(
    tenant_a: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make, "PIECE", 1000)
    await past_calls(tenant_a, 1)
    archive = await made(tenant_a, tmp_path)
    assert archive.testzip() is None
    assert (await counted(tenant_a, "data_export_part"))["data_export_part"] > 1 < PIECE
    with tenant(tenant_a):
        (found,) = await service.exports()
        assert found.expires_at is not None
        assert timedelta(days=6) < found.expires_at - datetime.now(UTC) < timedelta(days=8)
        async with transaction() as unit:
            await unit.execute("UPDATE data_export SET expires_at = now() - interval '1 second'")
        with pytest.raises(NoSuchExport):
            await service.download(found.id)
    await forget_old()
    assert await counted(tenant_a, *OWN) == dict.fromkeys(OWN, 0)
    with tenant(tenant_a):
        told = [one.action for one in (await entries(AuditFilter(action="export."))).items]
    assert told == ["export.downloaded", "export.asked"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"RIFF\0\0\0\0WAVEfmt ", "wav"),
        (b"RIFF\0\0\0\0WEBP", "webp"),
        (b"\x89PNG\r\n", "png"),
        (b"ID3\4", "mp3"),
        (b"", "bin"),
    ],
)
def test_a_file_is_named_by_what_it_is(content: bytes, name: str) -> None:
    assert extension(content) == name
