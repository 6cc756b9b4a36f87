"""Files that hurt: encodings, bombs, entities, disguises, endless sheets, a child that dies or stalls."""

from __future__ import annotations

import io
import os
import re
import time
import zipfile
from dataclasses import replace
from datetime import date

import openpyxl
import pytest
import xlsxwriter

from outreach.ledger.ledger_file import LedgerReading, read_ledger
from outreach.ledger.reading import LIMITS, MIB, UnreadableFile, decode
from tests.unit.ledger import sheet_files
from tests.unit.ledger.people import AS_OF, PLACE, id_number, said

TABLE: list[list[object]] = [
    ["姓名", "身份证号", "电话", "第一针"],
    ["钱䶮", id_number(date(1935, 6, 1)), "13900001111", "2021-07-24"],
    ["孙㛃英", id_number(date(1936, 6, 1)), "13900001112", ""],
    ["李玉兰", id_number(date(1937, 6, 1)), "13900001113", ""],
]


def read(data: bytes | str, **options: object) -> LedgerReading:
    return read_ledger(data, filename="x", as_of=AS_OF, place=PLACE, **options)  # type: ignore[arg-type]


def refused(data: bytes | str, **options: object) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as caught:
        read(data, **options)
    return caught.value


def rezipped(data: bytes, changes: dict[str, bytes]) -> bytes:
    """Return an archive with parts replaced or added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in changes:
                new.writestr(name, old.read(name))
        for name, content in changes.items():
            new.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "encoding", ["gbk", "gb18030", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_fault_42_names_are_byte_exact_in_every_encoding(encoding: str) -> None:
    table = TABLE if encoding != "gbk" else [TABLE[0], TABLE[3]]
    reading = read(sheet_files.text(table).encode(encoding))
    assert [r.values.name for r in reading.rows] == [str(row[0]) for row in table[1:]]


def test_fault_42_a_name_beyond_the_basic_plane_survives() -> None:
    table = [TABLE[0], ["𠮷玉兰", *TABLE[1][1:]]]
    for data in (
        sheet_files.xlsx(table),
        sheet_files.ods(table),
        sheet_files.text(table).encode("gb18030"),
    ):
        assert [r.values.name for r in read(data).rows] == ["𠮷玉兰"]


def test_fault_42_an_undecodable_file_is_refused_naming_the_row() -> None:
    lines = sheet_files.text(TABLE).encode("gb18030").split(b"\r\n")
    lines[2] = lines[2][:1] + b"\xff\xff" + lines[2][3:]
    error = refused(b"\r\n".join(lines))
    assert (error.code, error.facts["row"]) == ("file_undecodable", 3)


def test_fault_42_a_file_of_two_encodings_is_refused_naming_the_row() -> None:
    lines = sheet_files.text(TABLE).split("\r\n")
    mixed = [line.encode("utf-8" if i == 2 else "gb18030") for i, line in enumerate(lines)]
    error = refused(b"\r\n".join(mixed))
    assert (error.code, error.facts["row"]) == ("file_undecodable", 3)
    other_way = [line.encode("gb18030" if i == 2 else "utf-8") for i, line in enumerate(lines)]
    error = refused(b"\r\n".join(other_way))
    assert (error.code, error.facts["row"]) == ("file_undecodable", 3)


def test_fault_42_a_broken_utf16_file_is_refused_naming_the_row() -> None:
    data = sheet_files.text(TABLE).encode("utf-16")
    at = data.index("孙".encode("utf-16-le"))
    error = refused(data[:at] + b"\x00\xdc" + data[at + 2 :])
    assert (error.code, error.facts["row"]) == ("file_undecodable", 3)


def test_plain_ascii_is_utf8() -> None:
    assert decode(b"Name,Phone\n") == ("Name,Phone\n", "utf-8")


def test_fault_45_hidden_rows_are_read_like_any_other() -> None:
    book = openpyxl.load_workbook(io.BytesIO(sheet_files.xlsx(TABLE)))
    page = book.active
    assert page is not None
    page.row_dimensions[3].hidden = True
    out = io.BytesIO()
    book.save(out)
    assert len(read(out.getvalue()).rows) == 3


def test_fault_45_formulas_give_their_stored_values_and_missing_ones_are_announced() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet()
    for r, row in enumerate(TABLE):
        page.write_row(r, 0, row)
    page.write_formula(1, 2, '="1390000"&"1111"', None, "13900001111")
    book.close()
    reading = read(out.getvalue())
    assert reading.rows[0].values.phones[0].e164 == "+8613900001111"
    assert reading.head.notes == ()
    table = [TABLE[0], [*TABLE[1][:3], '=TEXT(44377,"yyyy-mm-dd")']]
    assert read(sheet_files.xlsx(table)).head.notes == ("formulas_without_values",)


def test_fault_45_an_empty_sheet_of_a_million_rows_is_refused_in_seconds() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sheet_files.xlsx(TABLE))) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    rows = "".join(f'<row r="{n}"><c r="A{n}" s="0"/></row>' for n in range(1, 1_000_001))
    empty = re.sub(
        r"<sheetData>.*</sheetData>", f"<sheetData>{rows}</sheetData>", sheet, flags=re.DOTALL
    )
    out.write(rezipped(sheet_files.xlsx(TABLE), {"xl/worksheets/sheet1.xml": empty.encode()}))
    began = time.monotonic()
    assert refused(out.getvalue()).code == "sheet_empty"
    assert time.monotonic() - began < 5


def test_fault_45_one_far_cell_does_not_exhaust_the_server() -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page["A1"], page["XFD1048576"] = "姓名", "x"
    out = io.BytesIO()
    book.save(out)
    began = time.monotonic()
    assert refused(out.getvalue()).code in ("reading_needs_too_much_memory", "too_many_rows")
    assert time.monotonic() - began < 5


def test_fault_46_a_bomb_is_refused_by_its_directory() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("xl/workbook.xml", "w") as part:
            part.write(b"<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(250):
                part.write(b" " * MIB)
    began = time.monotonic()
    assert refused(out.getvalue()).code == "file_unpacks_too_large"
    assert time.monotonic() - began < 2


def test_fault_46_a_bomb_whose_directory_lies_is_refused_too() -> None:
    bomb = rezipped(
        sheet_files.xlsx(TABLE), {"xl/worksheets/sheet9.xml": os.urandom(64) + b" " * (210 * MIB)}
    )
    lying = bytearray(bomb)
    real = (210 * MIB + 64).to_bytes(4, "little")
    while (at := lying.find(real)) >= 0:
        lying[at : at + 4] = (5000).to_bytes(4, "little")
    assert refused(bytes(lying)).code == "file_unpacks_too_large"


def test_fault_46_entities_and_external_links_are_refused() -> None:
    book = sheet_files.xlsx(TABLE)
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + sheet.split(b"?>", 1)[-1]
    assert refused(rezipped(book, {"xl/worksheets/sheet1.xml": laughs})).code == "file_has_entities"
    linked = rezipped(book, {"xl/externalLinks/externalLink1.xml": b"<externalLink/>"})
    assert refused(linked).code == "file_has_external_links"


def test_fault_46_what_a_file_is_decides_and_not_its_name() -> None:
    assert read(sheet_files.xls(TABLE)).rows[0].values.name == "钱䶮"
    for data in (
        b"%PDF-1.7\n%\xe2\xe3",
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        b"<html><table><tr><td>x",
        bytes(range(256)) * 20,
    ):
        assert refused(data).code == "file_not_a_spreadsheet"
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert refused(other.getvalue()).code == "file_not_a_spreadsheet"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"\r\n,,,\r\n", "file_empty"),
        (b"PK\x03\x04junk", "file_damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "file_damaged"),
        ("地址,电话\n淮河东路,13900001111\n".encode(), "no_name_column"),
        ("姓名,身份证号\n".encode(), "sheet_empty"),
        (sheet_files.xlsx([[]]), "sheet_empty"),
        (sheet_files.xlsx(TABLE)[:-40], "file_damaged"),
    ],
)
def test_a_file_that_is_no_ledger_is_refused_with_its_reason(data: bytes, code: str) -> None:
    assert refused(data).code == code


def test_a_file_of_thirty_megabytes_is_refused_before_it_is_looked_at(tmp_path: object) -> None:
    assert refused(b"x" * (30 * MIB)).code == "file_too_big"


def test_more_rows_or_columns_than_allowed_are_refused() -> None:
    small = replace(LIMITS, rows=2, columns=4)
    assert refused(sheet_files.text(TABLE), limits=small).code == "too_many_rows"
    assert refused(sheet_files.xlsx(TABLE), limits=small).code == "too_many_rows"
    wide = [[*row, *["x"] * 60] for row in TABLE]
    assert refused(sheet_files.text(wide)).code == "too_many_columns"


def test_a_child_out_of_time_or_memory_is_a_clear_error() -> None:
    big = sheet_files.text([TABLE[0], *(TABLE[1:] * 60_000)])
    assert refused(big, limits=replace(LIMITS, seconds=0.3)).code == "reading_took_too_long"
    code = refused(big, limits=replace(LIMITS, memory_bytes=48 * MIB)).code
    assert code in ("reading_needs_too_much_memory", "reading_died")


@pytest.mark.parametrize("broken", ['"孙', '孙"玉"', '"孙"玉'])
@pytest.mark.parametrize("rows_after", [3, 12_000])
def test_a_quote_never_closed_swallows_no_rows_unnoticed(broken: str, rows_after: int) -> None:
    rows: list[list[object]] = [[f"李玉{i}", "", "13900001111", "x,y"] for i in range(rows_after)]
    data = sheet_files.text([*TABLE[:3], *rows]).replace("孙", broken)
    if broken.startswith('"') and broken.count('"') == 1:
        error = refused(data)
        assert (error.code, error.facts["row"]) == ("file_broken_row", 3)
    else:
        rows_read = read(data).rows
        assert len(rows_read) == rows_after + 2
        assert rows_read[1].values.name == broken + "㛃英"


def test_a_line_break_within_a_quoted_cell_is_no_new_row() -> None:
    table: list[list[object]] = [[*TABLE[0], "备注"], [*TABLE[1], "轮椅\n独居"], [*TABLE[2], ""]]
    reading = read(sheet_files.text(table))
    assert [(r.row, r.values.note) for r in reading.rows] == [(2, "轮椅\n独居"), (4, "")]


def test_fault_44_a_workbook_that_counts_from_1904_gives_the_days_it_shows() -> None:
    table = [
        [*TABLE[0], "第二针"],
        ["李玉兰", id_number(date(1935, 6, 1)), "13900001111", date(2021, 5, 4), 42915],
    ]
    (row,) = read(sheet_files.xlsx(table, is_1904=True)).rows
    assert [d.given_on for d in row.values.doses] == [date(2021, 5, 4), date(2021, 6, 30)]
    assert said(row) == "imported"
    reading = read(sheet_files.xls(table, is_1904=True))
    assert reading.rows[0].values.doses[0].given_on == date(2021, 5, 4)
    # An unformatted number of an old binary workbook may count from either day: asked.
    assert said(reading.rows[0]) == "warning:dose_date_unclear"
