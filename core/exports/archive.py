"""Writes what a tenant has into a ZIP file: JSON lines for each table, files beside them, a manifest."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import msgspec

from core.data import Transaction, current_tenant, transaction
from core.data.tenant_tables import tenant_tables
from core.exports.model import ABOUT, COMPANY, FORMAT, OWN, extension
from core.tenancy.service import this_tenant

ROWS = 500
"""Rows that are read at a time."""
FILES = 10
"""Files that are read at a time."""
Hidden = Mapping[str, Collection[str]]
Progress = Callable[[int, int, int], Awaitable[None]]

_BINARY = """
    SELECT attname FROM pg_attribute
     WHERE attrelid = $1::text::regclass AND atttypid = 'bytea'::regtype AND attnum > 0 AND NOT attisdropped
     ORDER BY attnum"""


class Archive:
    """A ZIP file being written. `hidden`: table → columns with secrets, which stay out.

    `recordings`: the folder of the recordings' store, with a folder for each tenant.
    """

    def __init__(self, file: IO[bytes], hidden: Hidden, recordings: Path) -> None:
        self._zip = ZipFile(file, "w", ZIP_DEFLATED)
        self._recordings = recordings
        self._hidden = hidden
        self._rows: dict[str, int] = {}
        self._files = 0

    async def write(self, progress: Progress) -> None:
        """Everything that the tenant in force has; `progress(tables, of, rows)` is awaited after each table.

        A table is as it was at one moment, another as it was a little later.
        """
        async with transaction(read_only=True) as unit:
            tables = [COMPANY, *sorted(set(await tenant_tables(unit)) - set(OWN))]
        for number, table in enumerate(tables, 1):
            async with transaction(read_only=True) as unit:
                await self._table(unit, table)
            await progress(number, len(tables), sum(self._rows.values()))
        await asyncio.to_thread(self._recorded, self._recordings / str(current_tenant()))
        await self._manifest()
        await asyncio.to_thread(self._zip.close)

    async def _table(self, unit: Transaction, table: str) -> None:
        """The lines of one table, then its files: of a ZIP file only one entry is open at a time."""
        hidden = set(self._hidden.get(table, ()))
        binary = [row[0] for row in await unit.fetch(_BINARY, table) if row[0] not in hidden]
        beginnings = "".join(f', substr("{name}", 1, 12) AS "{name}"' for name in binary)
        sql = f"SELECT to_jsonb(t) - $1::text[] AS kept{beginnings} FROM {table} t"  # noqa: S608  (from the catalogue)
        self._rows[table] = 0
        with self._zip.open(f"tables/{table}.jsonl", "w", force_zip64=True) as lines:
            async for rows in _portions(unit, sql, ROWS, [*hidden, *binary]):
                text = b"".join(_line(table, row, binary) for row in rows)
                await asyncio.to_thread(lines.write, text)
                self._rows[table] += len(rows)
        for name in binary:
            sql = f'SELECT id, "{name}" FROM {table} WHERE "{name}" IS NOT NULL'  # noqa: S608
            async for rows in _portions(unit, sql, FILES):
                for row in rows:
                    entry = ZipInfo(_path(table, row["id"], name, row[name]))
                    entry.compress_type = ZIP_STORED  # pictures and sounds are compressed already
                    await asyncio.to_thread(self._zip.writestr, entry, row[name])
                    self._files += 1

    def _recorded(self, folder: Path) -> None:
        """What callers were recorded saying."""
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            self._zip.write(file, f"files/recordings/{file.relative_to(folder)}", ZIP_STORED)
            self._files += 1

    async def _manifest(self) -> None:
        company = await this_tenant()
        manifest = {
            "format": FORMAT,
            "about": ABOUT,
            "made_at": datetime.now(UTC),
            "company": {"id": company.id, "slug": company.slug, "name": company.name},
            "rows": self._rows,
            "files": self._files,
            "left_out": {table: sorted(names) for table, names in self._hidden.items() if names},
        }
        self._zip.writestr("manifest.json", msgspec.json.format(msgspec.json.encode(manifest)))


async def _portions(unit: Transaction, sql: str, size: int, *arguments: Any) -> AsyncIterator[list[Any]]:
    cursor = await unit.cursor(sql, *arguments)
    while rows := await cursor.fetch(size):
        yield rows


def _line(table: str, row: Any, binary: Collection[str]) -> bytes:
    """A row as JSON; what it holds as a file is named by the file's place in the archive."""
    if not binary:
        return str(row["kept"]).encode() + b"\n"
    kept = msgspec.json.decode(row["kept"])
    files = {name: _path(table, kept["id"], name, row[name]) if row[name] else None for name in binary}
    return msgspec.json.encode(kept | files) + b"\n"


def _path(table: str, key: object, column: str, content: bytes) -> str:
    return f"files/{table}/{key}-{column}.{extension(content)}"
