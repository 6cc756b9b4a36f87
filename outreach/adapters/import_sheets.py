"""Workbooks of imports: a blank ledger to fill in, and the rows of a file that want mending."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import xlsxwriter


def blank_ledger(
    headings: Sequence[str], example: Sequence[str], *, note: str, guide_name: str
) -> bytes:
    """Return a workbook to fill in: every column a text, so that no number is rounded."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    head = book.add_format({"bold": True, "bg_color": "#E4F3EC", "border": 1})
    text = book.add_format({"num_format": "@"})
    sheet.write_row(0, 0, headings, head)
    for column, heading in enumerate(headings):
        width = max(10, len(heading) * 2 + 4, len(example[column]) + 4)
        sheet.set_column(column, column, width, text)
    sheet.freeze_panes(1, 1)
    guide = book.add_worksheet(guide_name)
    guide.set_column(0, 0, 90)
    guide.write_string(0, 0, note)
    for number, (heading, cell) in enumerate(zip(headings, example, strict=True), start=2):
        guide.write_string(number, 0, f"{heading}: {cell}")
    book.close()
    return out.getvalue()


def rows_to_mend(
    headings: Sequence[str],
    reason_heading: str,
    rows: Iterable[tuple[str, Sequence[str]]],
) -> bytes:
    """Return problem rows as they came, the reason in a last column; to be mended and uploaded again."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet()
    head = book.add_format({"bold": True, "bg_color": "#E4F3EC", "border": 1})
    reasons = book.add_format({"bold": True, "bg_color": "#FCE8E6", "border": 1})
    text = book.add_format({"num_format": "@"})
    sheet.write_row(0, 0, headings, head)
    sheet.write_string(0, len(headings), reason_heading, reasons)
    sheet.set_column(0, len(headings) - 1, 16, text)
    sheet.set_column(len(headings), len(headings), 40, text)
    for number, (reason, cells) in enumerate(rows, start=1):
        for column, cell in enumerate(cells[: len(headings)]):
            sheet.write_string(number, column, cell, text)
        sheet.write_string(number, len(headings), reason)
    sheet.freeze_panes(1, 1)
    book.close()
    return out.getvalue()
