"""Everything held on one person as a file to take away: sheets to read, plain data, and the papers."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter

SHEET_NAME_LONGEST = 31
SUFFIXES = {"image/jpeg": "jpg", "image/png": "png"}


def held_archive(
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    titles: Mapping[str, str],
    papers: Sequence[tuple[int, str, bytes]],
    note: str,
) -> bytes:
    """Return a zip: a workbook with a sheet per kind of row, the same as JSON, and the papers."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("held.xlsx", _workbook(tables, titles=titles, note=note))
        plain = json.dumps(tables, ensure_ascii=False, indent=1, default=str)
        archive.writestr("held.json", plain)
        for evidence_id, content_type, content in papers:
            archive.writestr(f"papers/{evidence_id}.{SUFFIXES.get(content_type, 'bin')}", content)
    return out.getvalue()


def _workbook(
    tables: Mapping[str, Sequence[Mapping[str, Any]]], *, titles: Mapping[str, str], note: str
) -> bytes:
    out = io.BytesIO()
    # Whatever stands in the ledger is text here: nothing becomes a formula or a link.
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        bold = book.add_format({"bold": True})
        for position, (name, rows) in enumerate(tables.items(), start=1):
            title = f"{position} {titles.get(name, name)}"[:SHEET_NAME_LONGEST]
            sheet = book.add_worksheet("".join(c for c in title if c not in "[]:*?/\\"))
            columns = list(dict.fromkeys(key for row in rows for key in row))
            sheet.write_row(0, 0, columns, bold)
            for line, row in enumerate(rows, start=1):
                for column, key in enumerate(columns):
                    sheet.write_string(line, column, _shown(row.get(key)))
            sheet.write_string(len(rows) + 2, 0, note)
    return out.getvalue()


def _shown(value: object) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
