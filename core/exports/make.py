"""Makes the exports that are asked for, one after the other, and deletes those whose days are over."""

import logging
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from os import SEEK_END
from pathlib import Path
from typing import IO
from uuid import UUID

from piccolo.table import Table

from core.data import system, tenant, transaction
from core.exports.archive import Archive, Hidden
from core.exports.model import LIFE, LOST, MOST_TRIES
from core.jobs.model import WorkerJob

log = logging.getLogger(__name__)

PIECE = 1 << 20
"""Bytes of a piece of an archive."""

_CLAIM = """
    UPDATE data_export SET state = 'running', beat_at = $1, tries = tries + 1
     WHERE (tenant_id, id) = (
           SELECT tenant_id, id FROM data_export
            WHERE state = 'waiting' OR (state = 'running' AND beat_at < $2 AND tries < $3)
            ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING tenant_id, id"""


class GivenUp(Exception):
    """The export was removed while it was being made."""


def export_job(folder: Path, tables: Iterable[type[Table]]) -> WorkerJob:
    """The job that looks every minute whether an export is wanted.

    `folder`: of the installation's data, where recordings lie and an archive is made. `tables`: all there are, for
    their secret columns.
    """
    hidden = secrets_of(tables)

    async def work() -> None:
        await forget_old()
        while await make_next(folder, hidden):
            pass

    return WorkerJob("core.exports", work, every_minutes=1, timeout_seconds=3000)


def secrets_of(tables: Iterable[type[Table]]) -> Hidden:
    """Table → columns that no export holds: those declared with secret=True."""
    return {
        table._meta.tablename: frozenset(column._meta.name for column in table._meta.secret_columns) for table in tables
    }


async def make_next(folder: Path, hidden: Hidden) -> bool:
    """Make the export that has waited longest, or whose worker is lost. False: there is none."""
    now = datetime.now(UTC)
    with system():
        async with transaction() as unit:
            claimed = await unit.fetchrow(_CLAIM, now, now - LOST, MOST_TRIES)
    if claimed is None:
        return False
    tenant_id, export_id = claimed
    with tenant(tenant_id):
        try:
            await _make(export_id, folder, hidden)
        except GivenUp:
            log.info("export %s of tenant %s was given up", export_id, tenant_id)
        except Exception:
            log.exception("export %s of tenant %s could not be made", export_id, tenant_id)
            await _set(export_id, state="failed", finished_at=datetime.now(UTC), expires_at=datetime.now(UTC) + LIFE)
    return True


async def forget_old() -> None:
    """Delete the exports of all tenants whose days are over, with their archives; give up what is lost too often."""
    with system():
        async with transaction() as unit:
            await unit.execute("DELETE FROM data_export WHERE expires_at <= now()")
            await unit.execute(
                "UPDATE data_export SET state = 'failed', finished_at = now(), expires_at = now() + $2::interval "
                "WHERE state = 'running' AND beat_at < now() - $1::interval AND tries >= $3",
                LOST,
                LIFE,
                MOST_TRIES,
            )


async def _make(export_id: UUID, folder: Path, hidden: Hidden) -> None:
    async def progress(done: int, total: int, rows: int) -> None:
        await _set(export_id, done=done, total=total, rows=rows, beat_at=datetime.now(UTC))

    with tempfile.TemporaryFile(dir=folder) as file:
        await Archive(file, hidden, folder / "recordings").write(progress)
        size = await _keep(export_id, file)
    now = datetime.now(UTC)
    await _set(export_id, state="done", size=size, finished_at=now, expires_at=now + LIFE)


async def _keep(export_id: UUID, file: IO[bytes]) -> int:
    """Put the archive into the database, in pieces; its size in bytes."""
    size = file.seek(0, SEEK_END)
    file.seek(0)
    async with transaction() as unit:
        await unit.execute("DELETE FROM data_export_part WHERE export_id = $1", export_id)
    for position, content in enumerate(iter(lambda: file.read(PIECE), b"")):
        async with transaction() as unit:
            await _set(export_id, beat_at=datetime.now(UTC))
            await unit.execute(
                "INSERT INTO data_export_part (export_id, position, content) VALUES ($1, $2, $3)",
                export_id,
                position,
                content,
            )
    return size


async def _set(export_id: UUID, **values: object) -> None:
    """Change the row of an export. Raises GivenUp when it is not there any more."""
    changes = ", ".join(f"{name} = ${number}" for number, name in enumerate(values, 2))
    async with transaction() as unit:
        sql = f"UPDATE data_export SET {changes} WHERE id = $1 RETURNING true"  # noqa: S608  (names are ours)
        if not await unit.fetchval(sql, export_id, *values.values()):
            raise GivenUp
