"""Reports written down: Excel with the sums as formulas, and PDF in the font that comes with the product."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import typst
import xlsxwriter

from outreach.oversight.reports import Report

HERE = Path(__file__).resolve().parent
FONTS = HERE.parent / "static" / "vendor" / "noto-sans-sc"
FORM = HERE / "report.typ"
HIDDEN = "•"


def xlsx_of(report: Report, *, watermark: str) -> bytes:
    """Return the report as an Excel file; who took it and when stands on the sheet and in its footer."""
    buffer = BytesIO()
    # strings_to_formulas off: a unit called "=1+1" stays a name.
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet("日报" if report.language == "zh" else "Report")
    _Sheet(book, sheet).write(report, watermark)
    book.close()
    return buffer.getvalue()


class _Sheet:
    """The rows of the report, top to bottom."""

    def __init__(self, book: Any, sheet: Any) -> None:  # noqa: ANN401 - xlsxwriter has no types
        self.sheet = sheet
        base = {"font_name": "Noto Sans SC", "font_size": 11, "valign": "vcenter"}
        self.title = book.add_format({**base, "bold": True, "font_size": 16, "align": "center"})
        self.plain = book.add_format({**base, "text_wrap": True})
        self.head = book.add_format(
            {**base, "bold": True, "border": 1, "text_wrap": True, "align": "center"}
        )
        self.name = book.add_format({**base, "border": 1})
        self.number = book.add_format({**base, "border": 1, "num_format": "#,##0"})
        self.share = book.add_format({**base, "border": 1, "num_format": "0.0%"})
        self.mark = book.add_format({**base, "font_color": "#888888", "font_size": 9})

    def write(self, report: Report, watermark: str) -> None:
        """Write everything; the page prints across, with the header repeated."""
        width = len(report.table.headings)
        last = width - 1
        sheet = self.sheet
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&C{watermark}&RP &P / &N")
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, last, 11)
        sheet.merge_range(0, 0, 0, last, report.title, self.title)
        sheet.merge_range(1, 0, 1, last, report.period, self.plain)
        for column, heading in enumerate(report.table.headings):
            sheet.write_string(3, column, heading, self.head)
        sheet.repeat_rows(3)
        row = self._rows(report, first=4)
        for text in (*report.sentences, *_harm_lines(report), *report.notes):
            row += 1
            sheet.merge_range(row, 0, row, last, text, self.plain)
        sheet.merge_range(row + 2, 0, row + 2, last, report.signature, self.plain)
        sheet.merge_range(row + 3, 0, row + 3, last, watermark, self.mark)

    def _rows(self, report: Report, *, first: int) -> int:
        sheet, row = self.sheet, first
        for name, values, share in report.table.rows:
            sheet.write_string(row, 0, name, self.name)
            self._numbers(row, values, share, formulas=False, first=first)
            row += 1
        values, share = report.table.total
        sheet.write_string(row, 0, "合计" if report.language == "zh" else "All together", self.name)
        whole = all(None not in line for _, line, _ in report.table.rows) and row > first
        self._numbers(row, values, share, formulas=whole, first=first)
        return row

    def _numbers(
        self,
        row: int,
        values: tuple[int | None, ...],
        share: float | None,
        *,
        formulas: bool,
        first: int,
    ) -> None:
        sheet = self.sheet
        for column, value in enumerate(values, start=1):
            if value is None:
                sheet.write_string(row, column, HIDDEN, self.number)
            elif formulas:
                letter = chr(ord("A") + column)
                formula = f"=SUM({letter}{first + 1}:{letter}{row})"
                sheet.write_formula(row, column, formula, self.number, value)
            else:
                sheet.write_number(row, column, value, self.number)
        column = len(values) + 1
        if share is None:
            sheet.write_string(row, column, "–", self.share)
        else:
            # Vaccinated by denominator: the third column by the second.
            formula = f"=IF(B{row + 1}=0,0,C{row + 1}/B{row + 1})"
            sheet.write_formula(row, column, formula, self.share, share)


def _harm_lines(report: Report) -> tuple[str, ...]:
    if not report.harms:
        return ()
    told = [f"{label} {HIDDEN if value is None else value}" for label, value in report.harms]
    lead = "与目标并列：" if report.language == "zh" else "Beside the target: "
    return (lead + ("；" if report.language == "zh" else "; ").join(told),)


def pdf_of(report: Report, *, watermark: str) -> bytes:
    """Return the report as a PDF; who took it and when stands across every page."""
    table = report.table
    rows = [
        [name, *(_shown(value) for value in values), _percent(share)]
        for name, values, share in table.rows
    ]
    total_name = "合计" if report.language == "zh" else "All together"
    values, share = table.total
    data = {
        "title": report.title,
        "period": report.period,
        "headings": list(table.headings),
        "rows": rows,
        "total": [total_name, *(_shown(value) for value in values), _percent(share)],
        "sentences": [*report.sentences, *_harm_lines(report)],
        "notes": list(report.notes),
        "signature": report.signature,
        "watermark": watermark,
        "lang": report.language,
    }
    made = typst.compile(
        str(FORM), font_paths=[str(FONTS)], sys_inputs={"report": json.dumps(data)}
    )
    assert isinstance(made, bytes)  # noqa: S101 - without an output path the bytes come back
    return made


def _shown(value: int | None) -> str:
    return HIDDEN if value is None else f"{value:,}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.1f}%"
