"""Lists of people as files to take along: every cell a text, a watermark that names the taker."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import xlsxwriter

# What a spreadsheet would run as a formula when it stands first in a cell.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def to_csv(headings: Sequence[str], rows: Iterable[Sequence[str]], *, watermark: str) -> bytes:
    """Return a CSV that spreadsheets open as UTF-8, formulas disarmed, the watermark in the last line."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(headings)
    for row in rows:
        writer.writerow([disarmed(cell) for cell in row])
    writer.writerow([disarmed(watermark)])
    return "\ufeff".encode() + out.getvalue().encode()


def to_xlsx(headings: Sequence[str], rows: Iterable[Sequence[str]], *, watermark: str) -> bytes:
    """Return a workbook in which every cell is a text (an identity number stays what it is)."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet()
    head = book.add_format({"bold": True, "bg_color": "#E4F3EC", "border": 1})
    text = book.add_format({"num_format": "@"})
    sheet.set_header(f"&C{watermark}")
    sheet.set_footer(f"&C{watermark}   &P/&N")
    sheet.write_row(0, 0, headings, head)
    last = 0
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            sheet.write_string(number, column, cell, text)
        last = number
    sheet.write_string(last + 2, 0, watermark)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(last, 1), len(headings) - 1)
    for column, heading in enumerate(headings):
        sheet.set_column(column, column, max(10, len(heading) * 2 + 4))
    book.close()
    return out.getvalue()


def disarmed(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula."""
    return f"'{cell}" if cell.startswith(DANGEROUS) else cell
