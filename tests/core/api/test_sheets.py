"""Spreadsheets: what is written is read again, and nothing that is sent brings us down."""

import contextlib
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from core.api.errors import Invalid
from core.api.sheets import MOST_BYTES, read_sheet, write_sheet

CELLS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Co", "Cn")), max_size=20).map(str.strip)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=3).filter(any), min_size=1, max_size=5)


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@settings(deadline=None, max_examples=40)
@given(rows=ROWS)
def test_what_is_written_is_read_again(form, rows: list[list[str]]) -> None:
    """Also what looks like a formula, a number or a date."""
    rows = [["a", "b", "c"], *rows]
    read = read_sheet(write_sheet(rows, form), most_rows=100)
    assert [[row.cell(place) for place in range(len(cells))] for row, cells in zip(read, rows, strict=True)] == rows


def test_empty_rows_are_left_out_and_the_others_keep_their_numbers() -> None:
    read = read_sheet(b"a;b\n\n ;\nc;d\n", most_rows=2)
    assert [(row.number, row.cells) for row in read] == [(1, ("a", "b")), (4, ("c", "d"))]


@pytest.mark.parametrize("content", ["a,b", "a;b", "a\tb"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_the_usual_kinds_of_csv_are_understood(content: str, encoding: str) -> None:
    (first, second) = read_sheet(f"{content}\n{content.replace('a', 'å')}".encode(encoding), most_rows=10)
    assert (first.cells, second.cells) == (("a", "b"), ("å", "b"))


def test_a_number_in_a_cell_is_read_as_its_reader_sees_it() -> None:
    book, target = Workbook(), io.BytesIO()
    book.active.append([4722334455, 12.0, 1.5, 150])
    book.active["D1"].number_format = "0000"
    book.save(target)
    assert read_sheet(target.getvalue(), most_rows=1)[0].cells == ("4722334455", "12", "1.5", "0150")


def bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (101 << 20))
    return target.getvalue()


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04", b"PK\x03\x04" * 100, b"\0\1\2", bomb(), b"x" * (MOST_BYTES + 1), b'"' + b"x" * 200_000]
)
def test_what_is_no_spreadsheet_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(Invalid):
        read_sheet(content, most_rows=10)


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(content: bytes) -> None:
    for head in (b"", b"PK\x03\x04"):
        with contextlib.suppress(Invalid):
            read_sheet(head + content, most_rows=10)


def test_one_row_too_many_is_told() -> None:
    with pytest.raises(Invalid, match="more than 2 rows"):
        read_sheet(b"a\nb\nc\n", most_rows=2)
