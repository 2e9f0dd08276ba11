"""Tables as spreadsheets: CSV and XLSX, read with their rows' numbers, written so that nothing is a formula."""

import csv
import io
import logging
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from msgspec import Struct
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from core.api.errors import Invalid, Refused
from core.api.texts import N_

log = logging.getLogger(__name__)

Format = Literal["xlsx", "csv"]
MEDIA_TYPES: dict[Format, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
MOST_BYTES = 5 << 20
MOST_UNPACKED = 100 << 20
"""What an XLSX file may become when it is unpacked."""
MOST_COLUMNS = 50
MOST_LINES = 200_000
"""Rows that are looked at, also empty ones."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"^[+-]?[0-9 ]+$")


class Row(Struct, frozen=True):
    """A row that is not empty: its number in the sheet, counted from 1, and its cells as text without outer spaces."""

    number: int
    cells: tuple[str, ...]

    def cell(self, place: int) -> str:
        """The cell at a place counted from 0; "" beyond the last one."""
        return self.cells[place] if place < len(self.cells) else ""


def read_sheet(content: bytes, *, most_rows: int) -> list[Row]:
    """The rows of a CSV file, or of the first sheet of an XLSX file; which of them it is, its content says.

    CSV: UTF-8, or else Windows-1252; comma, semicolon or tab. Takes a while: call it in a thread. Raises Invalid.
    """
    if len(content) > MOST_BYTES:
        raise Invalid(N_("The file is larger than {most} MB."), most=MOST_BYTES >> 20)
    raw = _xlsx(content) if content.startswith(b"PK\x03\x04") else _csv(content)
    rows: list[Row] = []
    for number, cells in enumerate(raw, start=1):
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            rows.append(Row(number, tuple(cells)))
        if len(rows) > most_rows or number > MOST_LINES:
            raise Invalid(N_("The file has more than {most} rows."), most=most_rows)
    return rows


def write_sheet(rows: Iterable[Sequence[str]], form: Format) -> bytes:
    """A file of the rows, the first of which has the headers. Everything in it is text: 0150 stays 0150, and nothing
    is taken for a formula. Long tables take a while: call it in a thread.
    """
    if form == "csv":
        text = io.StringIO()
        csv.writer(text).writerows([_safe(cell) for cell in row] for row in rows)
        return text.getvalue().encode("utf-8-sig")
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    for row in rows:
        cells = [WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", value)) for value in row]
        for cell in cells:
            cell.data_type, cell.number_format = "s", "@"
        sheet.append(cells)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) and not NUMBER.match(text) else text


def _csv(content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise Invalid(N_("This is neither a CSV nor an XLSX file."))
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield [_unsafe(cell.strip()) for cell in row[:MOST_COLUMNS]]
    except csv.Error as error:
        raise Invalid(N_("This is no CSV file that can be read: {why}."), why=error) from None


def _unsafe(text: str) -> str:
    """What write_sheet has made safe, as it was."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def _xlsx(content: bytes) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MOST_UNPACKED:
            raise Invalid(N_("The file is too large when it is unpacked."))
        sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
        for row in sheet.iter_rows(max_col=MOST_COLUMNS):
            yield [_text(cell) for cell in row]
    except Refused:
        raise
    except Exception as error:  # openpyxl trusts what it reads, and fails in any way
        log.info("an XLSX file cannot be read: %r", error)
        raise Invalid(N_("This is no XLSX file that can be read. Save it anew as XLSX or CSV.")) from None


def _text(cell: Any) -> str:
    """A cell as its reader sees it: whole numbers without a point, with the zeros in front that their format shows."""
    value = cell.value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and re.fullmatch("0+", cell.number_format or ""):
        return str(value).zfill(len(cell.number_format))
    return "" if value is None else str(value).strip()
