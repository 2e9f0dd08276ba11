"""Tables in files that people upload: CSV in any usual encoding, and XLSX; read safely, formulas never evaluated."""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, Literal

from msgspec import Struct
from openpyxl import load_workbook

from core.api.errors import Invalid
from core.api.texts import N_
from core.directory.bulk.model import MOST

LARGEST_FILE = 10 << 20
LARGEST_UNPACKED = 100 << 20
"""Of all that an XLSX file, which is a ZIP archive, holds."""
MOST_PARTS = 500
MOST_COLUMNS = 100
LONGEST_CELL = 2000
"""Characters."""
SEPARATORS = (",", ";", "\t", "|")
"""The first is that of RFC 4180, which holds when no header says otherwise."""
Encoding = Literal["", "utf-8", "cp1252", "cp1257"]
"""Of a CSV file; "": what it looks like."""
_ZIP = b"PK\x03\x04"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Formula(str):
    """The text of a cell that is a formula, which is not evaluated: it is no value."""


class Line(Struct, frozen=True):
    """A row with something in it, and its number in the file, from 1."""

    number: int
    cells: tuple[str, ...]


class Sheet(Struct, frozen=True):
    """A table: its headers, and the rows below."""

    headers: tuple[str, ...]
    lines: tuple[Line, ...]


def read_sheet(content: bytes, encoding: Encoding = "") -> Sheet:
    """The table in a CSV or XLSX file. Raises Invalid for what is none, is broken, or too large to be read safely."""
    if len(content) > LARGEST_FILE:
        raise Invalid(N_("The file is larger than {most} MB: split it."), most=LARGEST_FILE >> 20)
    rows = _xlsx(content) if content.startswith(_ZIP) else _csv(_text(content, encoding))
    lines: list[Line] = []
    for number, cells in rows:
        if not any(cells):
            continue
        if len(cells) > MOST_COLUMNS:
            raise Invalid(N_("The file has more than {most} columns: keep those that are needed."), most=MOST_COLUMNS)
        if any(len(cell) > LONGEST_CELL for cell in cells):
            raise Invalid(N_("Row {row} has a cell with more than {most} characters."), row=number, most=LONGEST_CELL)
        if len(lines) > MOST:
            raise Invalid(N_("The file has more than {most} rows: split it."), most=MOST)
        lines.append(Line(number, cells))
    if len(lines) < 2:
        raise Invalid(
            N_("There is nothing in the file: the first row says what the columns are, the others who is who.")
        )
    return Sheet(lines[0].cells, tuple(lines[1:]))


def _text(content: bytes, encoding: Encoding) -> str:
    """What a CSV file says. Raises Invalid for what is no text."""
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), "")
    try:
        if encoding or marked:
            text = content.decode(marked or encoding)
        else:
            try:
                text = content.decode("utf-8")
            except UnicodeDecodeError:
                text = content.decode("cp1252")  # what spreadsheets on Windows write in western Europe
    except (UnicodeDecodeError, UnicodeError):
        raise Invalid(N_("The characters of the file cannot be read: save it as CSV in UTF-8, or as XLSX.")) from None
    if "\0" in text:
        raise Invalid(N_("This is no table: choose a CSV or XLSX file."))
    return text


def _csv(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Rows of a CSV file with their numbers. Raises Invalid for one that is broken."""
    first, _, rest = text.partition("\n")
    declared = first.strip().removeprefix("sep=") if first.startswith("sep=") else ""
    separator = declared if len(declared) == 1 else _separator(text)
    reader = csv.reader(io.StringIO(rest if declared else text, newline=""), delimiter=separator, strict=True)
    number = 1 if declared else 0
    try:
        for row in reader:
            number += 1
            yield number, tuple(_unguarded(cell.strip()) for cell in row)
    except csv.Error:
        raise Invalid(
            N_("Row {row} is broken: look for a quotation mark too many or too few."), row=number + 1
        ) from None


def _separator(text: str) -> str:
    """What stands between the cells: what there is most of in the first line that says something."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    outside = "".join(part for place, part in enumerate(line.split('"')) if place % 2 == 0)
    return max(SEPARATORS, key=outside.count)


def _unguarded(cell: str) -> str:
    """A cell without the mark that keeps spreadsheets from taking it for a formula, as our own export writes it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell


def _xlsx(content: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Rows of the first sheet with their numbers. Raises Invalid."""
    broken = Invalid(N_("The XLSX file is broken: open it, save it again, and choose it once more."))
    try:
        _ensure_harmless(content)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its size may be wrong
        for number, row in enumerate(sheet.iter_rows(), 1):
            if number > 2 * MOST:
                raise Invalid(N_("The file has more than {most} rows: split it."), most=MOST)
            yield number, _trimmed(_cell(one) for one in row[: MOST_COLUMNS + 1])
    except Invalid:
        raise
    except Exception:  # openpyxl raises whatever it stumbles over
        raise broken from None


def _ensure_harmless(content: bytes) -> None:
    """Raise Invalid for an archive that would fill the memory, or that has XML with entities of its own."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
            raise Invalid(N_("The XLSX file unpacks to more than can be read: keep only the sheet with the users."))
        for part in parts:
            with archive.open(part) as file:
                if b"<!DOCTYPE" in file.read(4096).upper():
                    raise Invalid(N_("This is no table: choose a CSV or XLSX file."))


def _trimmed(cells: Iterable[str]) -> tuple[str, ...]:
    """Without empty cells at the end."""
    found = list(cells)
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def _cell(cell: Any) -> str:
    """The text of a cell as a person would write it."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return Formula(str(value)[:LONGEST_CELL])
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == value.time().min else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()
