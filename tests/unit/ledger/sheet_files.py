"""Writes small ledgers as real files: xlsx, xls, ods, csv in any encoding, 1904, merged, two headers."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from xml.sax.saxutils import escape

import openpyxl
import xlwt
from openpyxl.utils.datetime import CALENDAR_MAC_1904

Table = Sequence[Sequence[object]]


def xlsx(
    table: Table, *, merges: Sequence[str] = (), is_1904: bool = False, sheet: str = "台账"
) -> bytes:
    """Write with openpyxl; ``merges`` are ranges such as A1:C1."""
    book = openpyxl.Workbook()
    if is_1904:
        book.epoch = CALENDAR_MAC_1904
    page = book.active
    assert page is not None
    page.title = sheet
    for row in table:
        page.append([_plain(c) for c in row])
    for span in merges:
        page.merge_cells(span)
    return _saved(book)


def workbook(sheets: dict[str, Table]) -> bytes:
    """Write several sheets."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    book.remove(page)
    for name, table in sheets.items():
        page = book.create_sheet(name)
        for row in table:
            page.append([_plain(c) for c in row])
    return _saved(book)


def xls(table: Table, *, is_1904: bool = False) -> bytes:
    """Write the old binary format."""
    book = xlwt.Workbook()
    book.dates_1904 = is_1904
    page = book.add_sheet("台账")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for r, row in enumerate(table):
        for c, value in enumerate(row):
            if isinstance(value, date):
                page.write(r, c, value, day)
            elif value not in ("", None):
                page.write(r, c, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def ods(table: Table) -> bytes:
    """Write an OpenDocument sheet by hand."""
    rows = "".join(
        f"<table:table-row>{''.join(_ods_cell(c) for c in row)}</table:table-row>" for row in table
    )
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content'
        ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
        ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">'
        '<office:body><office:spreadsheet><table:table table:name="台账">'
        f"{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest'
        ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
        '<manifest:file-entry manifest:full-path="/"'
        ' manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content, zipfile.ZIP_DEFLATED)
        archive.writestr("META-INF/manifest.xml", manifest, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def text(table: Table, *, delimiter: str = ",") -> str:
    """Write delimited text as a spreadsheet saves it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    for row in table:
        writer.writerow([_shown(c) for c in row])
    return out.getvalue()


def _shown(value: object) -> object:
    return f"{value:%Y/%m/%d}" if isinstance(value, date) else value


def _plain(value: object) -> object:
    return None if value == "" else value


def _ods_cell(value: object) -> str:
    if value in ("", None):
        return "<table:table-cell/>"
    if isinstance(value, date) and not isinstance(value, datetime):
        return f'<table:table-cell office:value-type="date" office:date-value="{value}"/>'
    if isinstance(value, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    shown = escape(str(value))
    return (
        f'<table:table-cell office:value-type="string"><text:p>{shown}</text:p></table:table-cell>'
    )


def _saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
