"""Guessing which column of a sheet means what, from headers as communities write them; a person confirms."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from outreach.kernel.place import DateOrder
from outreach.ledger.cells import Cell, cell_text
from outreach.ledger.headers import (
    DOSE_FIELDS,
    DOSE_PARTS,
    FIELDS,
    MANY_FIELDS,
    field_of,
    normalise_header,
)

# How far down a sheet its header may begin: titles, units, dates and instructions come first.
HEADER_SEARCH_ROWS = 40


_SEXES = frozenset(("男", "女", "M", "F", "Male", "Female"))
_DATA = re.compile(r"[\d\s./年月日\-+]{6,}[Xx]?|\d\.\d+E\+\d+")
_ADDRESS_PART = re.compile(r".*[址所][(（]([^()（）、/，,]+)[)）]")
_ADDRESS_PARTS = ("compound", "building", "unit", "floor", "room")
# What a column holds may speak where its header does not.
_ID_LIKE = re.compile(r"\d{17}[\dXx]|\d{15}")
_MOBILE_LIKE = re.compile(r"1[3-9]\d{9}")


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which column means what in one sheet; plain enough to be stored, shown and changed.

    ``fields`` maps a column (from 0) to its field; ``header_rows`` and ``first_row`` count from 1.
    ``date_order`` is the user's answer where the dates of a file can be read two ways.
    """

    fields: Mapping[int, str]
    headers: tuple[str, ...] = ()
    header_rows: tuple[int, ...] = ()
    first_row: int = 1
    sheet: str = ""
    date_order: DateOrder | None = None
    unmapped: tuple[int, ...] = field(default=())

    def __post_init__(self) -> None:
        unknown = sorted(set(self.fields.values()) - FIELDS)
        if unknown:
            raise ValueError(f"unknown field {unknown[0]!r}")

    def columns(self, name: str) -> tuple[int, ...]:
        """Return the columns of a field, left to right."""
        return tuple(sorted(c for c, f in self.fields.items() if f == name))

    @property
    def is_latin(self) -> bool:
        """Say whether no header holds a Chinese character."""
        return bool(self.headers) and not any(
            "\u3400" <= c <= "\u9fff" for h in self.headers for c in h
        )

    @property
    def signature(self) -> str:
        """Return a short name of this set of headers, under which a confirmed map is remembered."""
        text = "\x1f".join(normalise_header(h) for h in self.headers)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def changed(
        self, fields: Mapping[int, str], *, date_order: DateOrder | None = None
    ) -> ColumnMap:
        """Return the map as a user changed it on the confirming page."""
        return replace(self, fields=dict(fields), date_order=date_order or self.date_order)

    def to_json(self) -> dict[str, Any]:
        """Return plain values that ``from_json`` reads back to an equal map."""
        return {
            "fields": {str(c): f for c, f in sorted(self.fields.items())},
            "headers": list(self.headers),
            "header_rows": list(self.header_rows),
            "first_row": self.first_row,
            "sheet": self.sheet,
            "date_order": self.date_order,
            "unmapped": list(self.unmapped),
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> ColumnMap:
        """Read what ``to_json`` wrote."""
        return cls(
            fields={int(c): f for c, f in plain["fields"].items()},
            headers=tuple(plain.get("headers", ())),
            header_rows=tuple(plain.get("header_rows", ())),
            first_row=plain.get("first_row", 1),
            sheet=plain.get("sheet", ""),
            date_order=plain.get("date_order"),
            unmapped=tuple(plain.get("unmapped", ())),
        )


def guess_columns(
    rows: Sequence[tuple[int, Sequence[Cell]]],
    *,
    sheet: str = "",
    merges: Sequence[tuple[tuple[int, int], tuple[int, int]]] = (),
    remembered: Mapping[str, Mapping[str, Any]] | None = None,
) -> ColumnMap | None:
    """Return the best reading of the header among the first rows, or None where there is no name.

    ``rows`` are (number from 1, cells); ``merges`` are spans of merged cells counted from 0;
    ``remembered`` holds confirmed maps by ``signature`` (as ``to_json`` wrote them).
    """
    best: ColumnMap | None = None
    top = [(n, [cell_text(c).strip() for c in cells]) for n, cells in rows[:HEADER_SEARCH_ROWS]]
    for at in range(len(top)):
        for lines in (1, 2, 3):
            block = top[at : at + lines]
            if len(block) < lines or not _may_be_header(block):
                continue
            candidate = _read_block(block, merges, sheet)
            if "name" in candidate.fields.values() and (
                best is None or _score(candidate) > _score(best)
            ):
                best = candidate
    if best is not None:
        best = _learn_from_cells(best, rows)
    if best is not None and remembered and best.signature in remembered:
        known = ColumnMap.from_json(remembered[best.signature])
        return best.changed(known.fields, date_order=known.date_order)
    return best


def _learn_from_cells(columns: ColumnMap, rows: Sequence[tuple[int, Sequence[Cell]]]) -> ColumnMap:
    """Recognise numbers and phones under headers nobody knows, where no other column has them."""
    fields = dict(columns.fields)
    below = [cells for number, cells in rows if number >= columns.first_row]
    for name, pattern in (("id_number", _ID_LIKE), ("phone", _MOBILE_LIKE)):
        if name in fields.values():
            continue
        for column in (*columns.unmapped, *columns.columns("number")):
            texts = [
                t
                for cells in below
                if column < len(cells) and (t := cell_text(cells[column]).strip())
            ]
            like = sum(pattern.fullmatch(t) is not None for t in texts)
            if like * 2 > len(texts):
                fields[column] = name
                break
    unmapped = tuple(c for c in columns.unmapped if c not in fields)
    return replace(columns, fields=fields, unmapped=unmapped)


def _score(columns: ColumnMap) -> tuple[int, int, int]:
    mapped = [f for f in columns.fields.values() if f != "ignored"]
    return len(set(mapped)), len(mapped), -len(columns.header_rows)


def _may_be_header(block: list[tuple[int, list[str]]]) -> bool:
    """A header line holds words: no number of a person, and each line after the first adds some."""
    for index, (_, cells) in enumerate(block):
        words = [c for c in cells if c]
        if not words or any(_is_data(c) for c in words):
            return False
        if index and not any(field_of(c) for c in words) and not _are_parts(words):
            return False
    return sum(1 for c in block[0][1] if c) >= 2


def _are_parts(words: list[str]) -> bool:
    return all(
        re.fullmatch(r"日期|时间|厂家|批号|地点|疫苗|单位|date|product|batch", w.lower())
        for w in words
    )


def _is_data(text: str) -> bool:
    # A sex, a number or a date stands in data rows; "年龄(截至2026-12-01)" is still a header.
    return text in _SEXES or _DATA.fullmatch(text) is not None


def _read_block(
    block: list[tuple[int, list[str]]],
    merges: Sequence[tuple[tuple[int, int], tuple[int, int]]],
    sheet: str,
) -> ColumnMap:
    width = max(len(cells) for _, cells in block)
    lines = [
        _spread(cells, width, n - 1, merges, is_last=i == len(block) - 1, below=block[i + 1 :])
        for i, (n, cells) in enumerate(block)
    ]
    headers = tuple(
        " ".join(dict.fromkeys(line[c] for line in lines if line[c])) for c in range(width)
    )
    fields: dict[int, str] = {}
    for column, header in enumerate(headers):
        own = next((line[column] for line in reversed(lines) if line[column]), "")
        # The lowest line says what the column holds; the group above it says whose.
        meaning = field_of(header) if header else None
        if meaning is None or (meaning in ("doses", "address") and own != header):
            meaning = field_of(own) or meaning
        if meaning is not None:
            fields[column] = meaning
    _split_addresses(fields, headers)
    _settle(fields, headers)
    while headers and not headers[-1]:
        headers = headers[:-1]
    unmapped = tuple(c for c, h in enumerate(headers) if h and c not in fields)
    return ColumnMap(
        fields=fields,
        headers=headers,
        header_rows=tuple(n for n, _ in block),
        first_row=block[-1][0] + 1,
        sheet=sheet,
        unmapped=unmapped,
    )


def _spread(
    cells: list[str],
    width: int,
    row: int,
    merges: Sequence[tuple[tuple[int, int], tuple[int, int]]],
    *,
    is_last: bool,
    below: list[tuple[int, list[str]]],
) -> list[str]:
    """Write a merged title over every column it covers."""
    line = [*cells, *[""] * (width - len(cells))]
    if is_last:
        return line
    spans = [(a[1], b[1]) for a, b in merges if a[0] <= row <= b[0]]
    if spans:
        for left, right in spans:
            for column in range(left + 1, min(right + 1, width)):
                line[column] = line[column] or line[left]
        return line
    # Without merge marks: a title covers the empty cells after it that have a word below.
    title = ""
    for column in range(width):
        has_word_below = any(column < len(c) and c[column] for _, c in below)
        if line[column]:
            title = line[column] if has_word_below else ""
        elif title and has_word_below:
            line[column] = title
        else:
            title = ""
    return line


def _settle(fields: dict[int, str], headers: tuple[str, ...]) -> None:
    """Let one column only speak for a field that has one value, and find doses their numbers."""
    _give_parts_to_doses(fields)
    taken: dict[str, int] = {}
    for column in sorted(fields, key=lambda c: (len(normalise_header(headers[c])), c)):
        name = fields[column]
        if name in MANY_FIELDS:
            continue
        if name not in taken:
            taken[name] = column
        elif name.startswith("dose_") and name[5:6].isdigit():
            fields[column] = _free_dose(name, taken, column)
        else:
            fields[column] = "ignored"
    # A list with one date per line and no numbered columns is read by its plain date column.
    if "dose_date" in taken and any(f in DOSE_FIELDS for f in fields.values()):
        fields[taken["dose_date"]] = "doses"


def _split_addresses(fields: dict[int, str], headers: tuple[str, ...]) -> None:
    """Read 地址(楼栋) beside 地址(房号) as the parts that the brackets name; one alone is a whole address."""
    parts = {
        column: part
        for column, name in fields.items()
        if name in ("address", "registered_address")
        and (named := _ADDRESS_PART.fullmatch(headers[column].strip()))
        and (part := field_of(named[1])) in _ADDRESS_PARTS
    }
    if len(parts) > 1:
        fields |= parts


def _give_parts_to_doses(fields: dict[int, str]) -> None:
    """Read a repeated 厂家 or 批号 as that of the dose column before it."""
    for part in ("product", "manufacturer", "batch", "site"):
        columns = sorted(c for c, f in fields.items() if f == part)
        if len(columns) < 2:
            continue
        for column in columns:
            before = [c for c, f in fields.items() if c < column and re.fullmatch(r"dose_\d", f)]
            if before and column - max(before) <= len(DOSE_PARTS):
                fields[column] = f"{fields[max(before)]}_{part}"


def _free_dose(name: str, taken: dict[str, int], column: int) -> str:
    number, _, part = name[5:].partition("_")
    for n in range(int(number) + 1, 6):
        free = f"dose_{n}" + (f"_{part}" if part else "")
        if free not in taken:
            taken[free] = column
            return free
    return "doses" if not part else "ignored"
