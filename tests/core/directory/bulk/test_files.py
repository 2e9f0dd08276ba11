"""Files of users: encodings, separators, formulas, and what must not be read."""

import csv
import io
import zipfile
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from core.api.errors import Invalid
from core.api.sheets import write_sheet
from core.directory.bulk import files
from core.directory.bulk.columns import COLUMNS, guess
from core.directory.bulk.files import Formula, read_sheet
from core.directory.custom_fields import Fields
from core.directory.user_forms import FIELD_NAMES
from core.ui.translations import LANGUAGES, translations

CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=20)


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def cells(content: bytes, **options: Any) -> list[tuple[str, ...]]:
    sheet = read_sheet(content, **options)
    return [sheet.headers, *(line.cells for line in sheet.lines)]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_csv_file_is_read_in_its_encoding_with_its_separator(separator: str, encoding: str) -> None:
    text = separator.join(("Fornavn", "Etternavn")) + "\r\n\r\n" + separator.join(("Åse", '"Bø\nHaug"')) + "\r\n"
    assert cells(text.encode(encoding)) == [("Fornavn", "Etternavn"), ("Åse", "Bø\nHaug")]


def test_the_encoding_can_be_said_and_the_separator_as_well() -> None:
    assert cells("a,b\nŽąsys,x".encode("cp1257"), encoding="cp1257")[1] == ("Žąsys", "x")
    assert cells(b"sep=,\na;1,b\nc,d") == [("a;1", "b"), ("c", "d")]
    with pytest.raises(Invalid, match="UTF-8"):
        read_sheet("a,b\nå,x".encode("cp1252"), "utf-8")


def test_rows_keep_their_numbers_and_empty_ones_are_left_out() -> None:
    assert [line.number for line in read_sheet(b"a;b\n\n\nb\n;\nc").lines] == [4, 6]


def test_an_xlsx_file_is_read_as_people_see_it_and_formulas_are_not_evaluated() -> None:
    found = cells(workbook(["Name", "Ext", "Ok", "Sum"], ["Åse", 201.0, True, "=1+1"]))
    assert found[1] == ("Åse", "201", "1", "=1+1")
    assert isinstance(found[1][3], Formula)
    assert not isinstance(found[1][0], Formula)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "nothing"),
        (b"name", "nothing"),
        (b"a\0b\nc", "no table"),
        (b'a,b\n"c,d', "Row 2 is broken"),
        (b"PK\x03\x04 and nothing", "broken"),
        (b"a\n" + b"x\n" * 10_001, "10000 rows"),
        (b"a\n" + b"x" * 2001, "2000 characters"),
        (b"," * 200 + b"a\nx", "columns"),
        (b"a" * (10 << 20) + b"b", "10 MB"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(content: bytes, match: str) -> None:
    with pytest.raises(Invalid, match=match):
        read_sheet(content)


def changed(name: str, content: bytes) -> bytes:
    """A workbook with another part."""
    out = io.BytesIO()
    old = zipfile.ZipFile(io.BytesIO(workbook(["a"], ["b"])))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, content if part == name else old.read(part))
        if name not in old.namelist():
            new.writestr(name, content)
    return out.getvalue()


def test_an_archive_that_would_fill_the_memory_is_not_unpacked() -> None:
    bomb = changed("xl/media/a.bin", b"\0" * ((100 << 20) + 1))
    assert len(bomb) < 1 << 20
    with pytest.raises(Invalid, match="unpacks"):
        read_sheet(bomb)
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">]><worksheet/>'
    with pytest.raises(Invalid, match="no table"):
        read_sheet(changed("xl/worksheets/sheet1.xml", laughs))
    with pytest.raises(Invalid, match="broken"):
        read_sheet(changed("xl/worksheets/sheet1.xml", b"<worksheet><nonsense"))


def test_a_sheet_that_says_it_is_large_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST", 5)
    far = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1048576">'
    far += b'<c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>'
    with pytest.raises(Invalid, match="5 rows"):
        read_sheet(changed("xl/worksheets/sheet1.xml", far))


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_read_or_refused(content: bytes, zipped: bool) -> None:
    with suppress(Invalid):
        read_sheet(b"PK\x03\x04" + content if zipped else content)


@settings(deadline=None, max_examples=50)
@given(st.lists(CELLS.map(lambda text: f"x{text}"), min_size=1, max_size=5), st.sampled_from("=+-@"))
def test_what_is_taken_away_is_no_formula_and_comes_back_as_it_was(values: list[str], begin: str) -> None:
    row = [begin + value for value in values]
    table = [["h"] * len(row), row]
    content = write_sheet(table, "csv")
    last = content.decode("utf-8-sig").splitlines()[-1]
    assert all(not cell.startswith(("=", "+", "-", "@")) for cell in next(csv.reader([last])))
    assert cells(content)[1] == tuple(row)
    content = write_sheet(table, "xlsx")
    written = load_workbook(io.BytesIO(content)).active
    assert written is not None
    assert {cell.data_type for cell in written[2]} == {"s"}
    assert cells(content)[1] == tuple(row)


@pytest.mark.parametrize("language", LANGUAGES)
def test_headers_are_known_in_every_language(language: str) -> None:
    gettext = translations(language).gettext
    assert guess([gettext(FIELD_NAMES[name]).upper() for name in COLUMNS], Fields(())) == list(COLUMNS)


def test_a_header_that_is_unknown_or_there_twice_is_left_out() -> None:
    assert guess(["Mobile", "Phone", "Shoe size", " E-mail: "], Fields(())) == ["numbers", "", "", "email"]
