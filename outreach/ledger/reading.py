"""Opening a ledger file of any format safely: what it is decides, not what it is called."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from itertools import chain
from typing import cast

import python_calamine as calamine

from outreach.kernel.errors import InvalidInput
from outreach.ledger.cells import Cell

MIB = 1024 * 1024
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = 256 * 1024
_DELIMITERS = "\t,;|"
# BIFF record DATEMODE with value 1: the workbook counts days from 1904.
_XLS_1904 = b"\x22\x00\x02\x00\x01\x00"
_FORMULA_WITHOUT_VALUE = re.compile(rb"</f>\s*(?:<v\s*/>|<v></v>)?\s*</c>")


class UnreadableFile(InvalidInput):
    """The file cannot be read as a ledger; ``code`` says why, ``facts`` where."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one uploaded file may cost."""

    packed_bytes: int = 20 * MIB
    unpacked_bytes: int = 200 * MIB
    ratio: int = 100
    entries: int = 500
    rows: int = 200_000
    columns: int = 60
    seconds: float = 120.0
    memory_bytes: int = 1024 * MIB


LIMITS = Limits()
Span = tuple[tuple[int, int], tuple[int, int]]


@dataclass(slots=True)
class Sheet:
    """One sheet: its rows (number from 1, cells), and the spans of its merged cells (from 0)."""

    name: str
    rows: Iterator[tuple[int, list[Cell]]]
    height: int
    merges: list[Span] = field(default_factory=list)


@dataclass(slots=True)
class Source:
    """An opened file; ``notes`` are codes a person should see before relying on it.

    ``is_1904`` is None where nothing says from which day bare serial numbers count.
    """

    kind: str
    sheet_names: tuple[str, ...]
    encoding: str = ""
    is_1904: bool | None = False
    notes: tuple[str, ...] = ()
    limits: Limits = LIMITS
    _workbook: calamine.CalamineWorkbook | None = None
    _text: str = ""

    def sheet(self, name: str) -> Sheet:
        """Return one sheet, ready to be read once."""
        if self._workbook is None:
            return _text_sheet(self._text, self.limits)
        return _workbook_sheet(self._workbook, name, self.limits)

    def let_go(self) -> None:
        """Give the file's own memory back: sheets that were taken stay, no other can be."""
        self._workbook, self._text = None, ""


def open_source(data: bytes, *, limits: Limits = LIMITS) -> Source:
    """Open the bytes of a spreadsheet or text file."""
    if not data.strip(b"\x00\r\n\t ,;"):
        raise UnreadableFile("file_empty")
    if len(data) > limits.packed_bytes:
        raise UnreadableFile("file_too_big", limit_mib=limits.packed_bytes // MIB)
    if data.startswith(_ZIP):
        return _open_zip(data, limits)
    if data.startswith(_OLE):
        return _open_workbook(
            data,
            kind="xls",
            limits=limits,
            # The mark may also be chance bytes: then unformatted serial numbers are asked.
            is_1904=None if _XLS_1904 in data else False,
        )
    text, encoding = decode(data)
    return open_text(text, encoding=encoding, limits=limits)


def open_text(text: str, *, encoding: str = "", limits: Limits = LIMITS) -> Source:
    """Open text that is already decoded: a csv or tsv file, or what was pasted from a spreadsheet."""
    head = text.lstrip()[:2000].lower()
    if head.startswith(("<!doctype", "<html", "<?xml", "<table", "{\\rtf", "%pdf")):
        raise UnreadableFile("file_not_a_spreadsheet")
    if not text.strip(" \t\r\n,;|"):
        raise UnreadableFile("file_empty")
    return Source(
        kind="text",
        sheet_names=("",),
        encoding=encoding,
        limits=limits,
        _text=text.replace("\x00", "\ufffd"),
    )


def decode(data: bytes) -> tuple[str, str]:
    """Decode a text file, or refuse it naming the first line that cannot be read."""
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return _decoded(data, encoding), encoding
    wide = _wide_encoding(data)
    if wide:
        return _decoded(data, wide), wide
    if _is_binary(data):
        raise UnreadableFile("file_not_a_spreadsheet")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        encoding = _narrow_encoding(data)
        return _decoded(data, encoding), encoding


def _wide_encoding(data: bytes) -> str:
    """Recognise UTF-16 without a mark by the zero halves of its commas and line ends."""
    sample = data[:4000]
    if len(sample) < 4 or b"\x00" not in sample:
        return ""
    low = sum(sample[1::2][i] == 0 for i in range(len(sample) // 2))
    high = sum(sample[0::2][i] == 0 for i in range(len(sample) // 2))
    newline_le, newline_be = b"\n\x00" in sample, b"\x00\n" in sample
    if newline_le and low > high:
        return "utf-16-le"
    return "utf-16-be" if newline_be and high > low else ""


def _is_binary(data: bytes) -> bool:
    sample = data[:4000]
    strange = sum(b < 9 or 13 < b < 32 for b in sample)
    return strange > max(2, len(sample) // 50) or data.startswith(
        (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"Rar!")
    )


def _narrow_encoding(data: bytes) -> str:
    """Choose between UTF-8 and GB18030 by lines; a file that mixes them is refused.

    GB18030 swallows most UTF-8 as wrong but valid characters, so a line that is good UTF-8 with
    several characters, in a file of the other encoding, means mojibake to come.
    """
    utf8_lines, other_lines = [], []
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.isascii():
            continue
        try:
            is_utf8 = sum(ord(c) > 0x7FF for c in line.decode("utf-8")) >= 3
        except UnicodeDecodeError:
            other_lines.append(number)
            continue
        if is_utf8:
            utf8_lines.append(number)
    if len(utf8_lines) > len(other_lines):
        return "utf-8"
    if utf8_lines:
        raise UnreadableFile("file_undecodable", row=utf8_lines[0], encoding="gb18030")
    return "gb18030"


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        ends = data[: error.start].decode(encoding, "ignore").count("\n")
        raise UnreadableFile("file_undecodable", row=ends + 1, encoding=encoding) from None


def _text_sheet(text: str, limits: Limits) -> Sheet:
    lines = text.count("\n") + 1
    return Sheet("", _text_rows(text, limits), lines)


def _text_rows(text: str, limits: Limits) -> Iterator[tuple[int, list[Cell]]]:
    delimiter = _delimiter(text)
    raw: list[str] = []
    reader = csv.reader(_noted(io.StringIO(text, newline=""), raw), delimiter=delimiter)
    start = 1
    count = 0
    try:
        for found in reader:
            cells = found
            if len(raw) > 1:
                _check_quotes(raw, found, delimiter, start)
            elif raw and '"' in raw[0]:
                cells = _as_written(raw[0], found, delimiter, start)
            if cells and any(cells):
                count += 1
                _check_size(count, len(cells), limits)
                yield start, list(cells)
            raw.clear()
            start = reader.line_num + 1
    except csv.Error:
        raise UnreadableFile("file_broken_row", row=start) from None


def _noted(lines: Iterator[str], raw: list[str]) -> Iterator[str]:
    """Pass lines on, keeping those that the record being read is made of."""
    for line in lines:
        raw.append(line)
        yield line


def _as_written(line: str, cells: list[str], delimiter: str, start: int) -> list[str]:
    """Return the cells of a line whose quotes may be text: a lenient reader would drop them."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        literal = line.rstrip("\r\n").split(delimiter)
    if len(literal) != len(cells):
        raise UnreadableFile("file_broken_row", row=start)
    return literal


def _check_quotes(raw: list[str], cells: list[str], delimiter: str, start: int) -> None:
    """Refuse a record over several lines that is really rows swallowed by a quote never closed."""
    try:
        strict = list(csv.reader(raw, delimiter=delimiter, strict=True))
    except csv.Error:
        raise UnreadableFile("file_broken_row", row=start) from None
    like_a_row = max(len(cells) - 1, 2)
    inner = [line for cell in cells if "\n" in cell for line in cell.splitlines()]
    if len(strict) != 1 or any(line.count(delimiter) >= like_a_row for line in inner):
        raise UnreadableFile("file_broken_row", row=start)


def _delimiter(text: str) -> str:
    """Return the separator that stands in most of the first lines, quoted cells left out."""
    lines = [re.sub(r'"[^"]*"', "", line) for line in text[:20000].splitlines() if line.strip()][
        :20
    ]
    return max(_DELIMITERS, key=lambda d: sum(min(line.count(d), 60) for line in lines))


def _check_size(rows: int, columns: int, limits: Limits) -> None:
    if rows > limits.rows:
        raise UnreadableFile("too_many_rows", limit=limits.rows)
    if columns > limits.columns:
        raise UnreadableFile("too_many_columns", limit=limits.columns)


def _open_zip(data: bytes, limits: Limits) -> Source:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_directory(archive, size=len(data), limits=limits)
            names = {info.filename for info in archive.infolist()}
            if "xl/workbook.xml" in names:
                notes = _inflate(archive, limits)
                is_1904 = _counts_from_1904(archive.read("xl/workbook.xml"))
                return _open_workbook(
                    data, kind="xlsx", limits=limits, is_1904=is_1904, notes=notes
                )
            if "content.xml" in names and "mimetype" in names:
                return _open_workbook(
                    data, kind="ods", limits=limits, notes=_inflate(archive, limits)
                )
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError):
        raise UnreadableFile("file_damaged") from None
    raise UnreadableFile("file_not_a_spreadsheet")


def check_directory(archive: zipfile.ZipFile, *, size: int, limits: Limits) -> None:
    """Refuse by the archive's own directory, before a byte is unpacked."""
    entries = archive.infolist()
    unpacked = sum(e.file_size for e in entries)
    packed = sum(e.compress_size for e in entries)
    if len(entries) > limits.entries or unpacked > limits.unpacked_bytes:
        raise UnreadableFile("file_unpacks_too_large", limit_mib=limits.unpacked_bytes // MIB)
    if packed > size or (unpacked > MIB and unpacked > max(packed, 1) * limits.ratio):
        raise UnreadableFile("file_unpacks_too_large", limit_mib=limits.unpacked_bytes // MIB)
    if any(e.flag_bits & 1 for e in entries):
        raise UnreadableFile("file_encrypted")
    if any(e.filename.startswith("xl/externalLinks/") for e in entries):
        raise UnreadableFile("file_has_external_links")


def _inflate(archive: zipfile.ZipFile, limits: Limits) -> tuple[str, ...]:
    """Unpack the XML once, keeping nothing: a directory may lie, and entities must not be there."""
    left = limits.unpacked_bytes
    is_valueless = False
    for entry in archive.infolist():
        if not entry.filename.endswith((".xml", ".rels")):
            continue
        # The reader stops at the declared size; declaring more shows what is really there.
        honest = copy(entry)
        honest.file_size = limits.unpacked_bytes + _CHUNK
        is_sheet = entry.filename.startswith("xl/worksheets/")
        tail = b""
        with archive.open(honest) as part:
            for chunk in iter(lambda: part.read(_CHUNK), b""):
                left -= len(chunk)
                if left < 0:
                    raise UnreadableFile(
                        "file_unpacks_too_large", limit_mib=limits.unpacked_bytes // MIB
                    )
                window = tail + chunk
                if b"<!ENTITY" in window or b"<!DOCTYPE" in window:
                    raise UnreadableFile("file_has_entities")
                if is_sheet and not is_valueless and b"</f>" in window:
                    is_valueless = _FORMULA_WITHOUT_VALUE.search(window) is not None
                tail = chunk[-64:]
    return ("formulas_without_values",) if is_valueless else ()


def _counts_from_1904(workbook_xml: bytes) -> bool:
    return re.search(rb"""date1904\s*=\s*["'](?:1|true)["']""", workbook_xml) is not None


def _open_workbook(
    data: bytes,
    *,
    kind: str,
    limits: Limits,
    is_1904: bool | None = False,
    notes: tuple[str, ...] = (),
) -> Source:
    try:
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except calamine.PasswordError:
        raise UnreadableFile("file_encrypted") from None
    except calamine.CalamineError:
        raise UnreadableFile("file_damaged") from None
    names = tuple(
        s.name
        for s in workbook.sheets_metadata
        if s.typ == calamine.SheetTypeEnum.WorkSheet
        and s.visible == calamine.SheetVisibleEnum.Visible
    )
    if not names:
        raise UnreadableFile("sheet_empty")
    return Source(kind, names, "", is_1904, notes, limits, workbook)


def _workbook_sheet(workbook: calamine.CalamineWorkbook, name: str, limits: Limits) -> Sheet:
    try:
        sheet = workbook.get_sheet_by_name(name)
    except calamine.CalamineError:
        raise UnreadableFile("file_damaged") from None
    if sheet.start is None or sheet.height == 0:
        return Sheet(name, iter(()), 0)
    _check_size(sheet.height, sheet.width, limits)
    # iter_rows begins at the first row of the sheet but at the first used column.
    left: list[Cell] = [""] * sheet.start[1]
    rows = cast("Iterator[list[Cell]]", sheet.iter_rows())
    numbered: Iterator[tuple[int, list[Cell]]] = (
        enumerate(rows, start=1)
        if not left
        else ((n, [*left, *cells]) for n, cells in enumerate(rows, start=1))
    )
    return Sheet(name, numbered, sheet.height, list(sheet.merged_cell_ranges or ()))


def take(
    rows: Iterator[tuple[int, list[Cell]]], count: int
) -> tuple[list[tuple[int, list[Cell]]], Iterator[tuple[int, list[Cell]]]]:
    """Return the first rows, and all of them again from the start."""
    first = [pair for _, pair in zip(range(count), rows, strict=False)]
    return first, chain(first, rows)
