"""Backup and restore of an installation: database, Redis, spools, recordings and the secret key, in one folder."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import Struct

from core.calls.recovery import store_spooled
from core.config import Settings
from core.data import dump
from core.host.loader import load
from core.identity.vault import FILE as KEY
from core.wiring import DataServices, folder_of, migrate_all, open_installation

FORMAT = 1
MANIFEST, DATABASE, REDIS, SPOOL, RECORDINGS = "manifest.json", "database.dump", "redis.jsonl", "spool", "recordings"


class BackupError(RuntimeError):
    """A backup could not be made or brought back; the message says why and what to do."""


class Manifest(Struct, frozen=True):
    """What a backup holds; written last, so that a backup without it is not whole."""

    format: int
    version: str
    """Of Sentralbord."""
    made_at: datetime
    files: dict[str, str]
    """Path and SHA-256 of every file."""


async def back_up(settings: Settings, target: Path) -> Manifest:
    """Write a backup of the running installation into `target`, a new or empty folder. Raises BackupError.

    What was journalled before the beginning is in it. The order sees to that: an event leaves the spool when the
    database has it, so the spool goes first; the stream is acknowledged after the commit, so Redis goes before the
    database; a recording is whole before a row names it, so recordings go last.
    """
    _require_empty(target, "a backup overwrites nothing: name a new folder")
    _make_private(target)
    services, folder = DataServices.of(settings), folder_of(settings)
    try:
        _copy(folder / SPOOL, target / SPOOL)
        await dump.dump_redis(services.redis_url, target / REDIS)
        await dump.dump_database(services.database_url, target / DATABASE)
        _copy(folder / RECORDINGS, target / RECORDINGS)
        _copy_file(folder / KEY, target / KEY)  # without it the database's sealed secrets are lost
        files = {str(file.relative_to(target)): _digest(file) for file in _files(target)}
        manifest = Manifest(FORMAT, version("sentralbord"), datetime.now(UTC), files)
        (target / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    except BaseException as error:
        _clear(target)
        if isinstance(error, dump.DumpFailed):
            raise BackupError(f"the database cannot be dumped: {error}") from error
        raise
    return manifest


def read_manifest(source: Path) -> Manifest:
    """What the backup in `source` holds, each file looked at. Raises BackupError when it is not whole or not ours."""
    try:
        manifest = msgspec.json.decode((source / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise BackupError(f"{source} is no backup, or one that was broken off: there is no {MANIFEST}") from None
    except msgspec.DecodeError as error:
        raise BackupError(f"{source / MANIFEST} cannot be read: {error}") from error
    if manifest.format > FORMAT:
        raise BackupError(f"{source} was made by Sentralbord {manifest.version}: install that version, or a newer one")
    for name, digest in manifest.files.items():
        file = source / name
        if not file.is_file() or _digest(file) != digest:
            raise BackupError(f"{file} is missing or was changed since the backup was made: use another backup")
    return manifest


def require_empty_folder(settings: Settings) -> None:
    """Raise BackupError when the data folder holds anything."""
    _require_empty(folder_of(settings), "nothing is overwritten: move it away, or set data.folder to a new one")


async def restore(settings: Settings, source: Path) -> int:
    """Bring a backup into an empty installation, whose data services run; returns how many calls it has cut off.

    Those are the calls that lasted while the backup was made: their journals end with it. Raises BackupError.
    """
    services, folder = DataServices.of(settings), folder_of(settings)
    if not await dump.database_is_empty(services.database_url):
        raise BackupError(
            "the database has tables, and nothing is overwritten: make a new one (`sentralbord provision`)"
        )
    if not await dump.redis_is_empty(services.redis_url):
        raise BackupError(
            "Redis has keys, and nothing is overwritten: set data.redis_url to another one, or to /1, /2 …"
        )
    try:
        await dump.restore_database(services.database_url, source / DATABASE)
        await dump.restore_redis(services.redis_url, source / REDIS)
    except dump.DumpFailed as error:
        raise BackupError(
            f"the backup cannot be brought back: {error}; before the next try empty {folder}, the database and Redis"
        ) from error
    await migrate_all(settings, load())
    _copy(source / RECORDINGS, folder / RECORDINGS)
    _copy(source / SPOOL, folder / SPOOL)
    _copy_file(source / KEY, folder / KEY)
    async with open_installation(settings) as installation:
        # The media processes of this machine may have other names, so nobody else would read these spools.
        return sum([await store_spooled(spool, installation.redis) for spool in sorted((folder / SPOOL).glob("*"))])


def _require_empty(folder: Path, remedy: str) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupError(f"{folder} is not empty, and {remedy}")


def _clear(folder: Path) -> None:
    for left in folder.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def _make_private(folder: Path) -> None:
    """For its user's eyes: conversations, and everybody's data."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)


def _copy(source: Path, target: Path) -> None:
    """The files of a folder, with their times; one that goes meanwhile is left out."""
    _make_private(target)
    for file in _files(source):
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        _copy_file(file, copy)


def _copy_file(source: Path, target: Path) -> None:
    """The file with its time and rights, if there is one."""
    with suppress(FileNotFoundError):
        shutil.copy2(source, target)


def _files(folder: Path) -> Iterator[Path]:
    return (Path(above) / name for above, _, names in os.walk(folder) for name in names)


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
