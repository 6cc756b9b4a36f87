"""The rows of a sheet in order: which hold a person, what merged cells spread, what is only paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from outreach.ledger.cells import Cell, cell_text
from outreach.ledger.columns import ColumnMap
from outreach.ledger.headers import field_of
from outreach.ledger.outcome import RowOutcome, SkippedRow
from outreach.ledger.rows import RowReader

Span = tuple[tuple[int, int], tuple[int, int]]

# A grid, street or community written once stands for the rows below it, merged or not.
_CARRIED = ("district", "street", "community", "grid")
_TOTAL = re.compile(
    r"\s*(?:合\s*计|总\s*计|小\s*计|共\s*计|总人数|本页|累\s*计|total|sub-?total|sum\b)",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"\s*(?:填\s*[表报写]|制\s*表|审\s*[核批]|负责人|单位负责|经办|统计人|报送|复核|校对|签\s*[字名章]|盖\s*章|(?:填报|制表|上报)?日期\s*[:：]"
    r"|联系电话\s*[:：]|prepared\s+by|checked\s+by|approved\s+by|signature|signed)",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"\s*(?:注|备注|说明|填[写表]说明|填写要求|提示|要求)\s*[:：0-9]|\s*(?:note|notes|instructions?)\s*[:：]",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(
    r"\s*(?:例|示例|样例|例如|填写示例|范例|example|e\.g\.)\s*[:：]?\s*", re.IGNORECASE
)
_GRID_TITLE = re.compile(
    r"第?[\d一二三四五六七八九十]+\s*网格|网格\s*[\d一二三四五六七八九十]+|grid\s*\d+",
    re.IGNORECASE,
)
_PLACE_TITLE = re.compile(
    r".{1,20}(?:小区|社区|网格|片区|家属院|号院|庭院|街道|居委会|村委会)[:：]?"
)
_COUNT = re.compile(r"\d{1,4}(?:\.0+)?")
_NAME_LIKE = re.compile(r"[^\W\d_]{2,4}|[^\W\d_]+(?:[ ·.'’-][^\W\d_]+){1,4}")
_PERSON_FIELDS = [
    "id_number",
    "birth_date",
    "phone",
    "family_phone",
    "contact_name",
    "doses",
    "dose_date",
    "dose_1",
    "dose_2",
    "dose_3",
    "dose_4",
    "dose_5",
]


def read_rows(
    rows: Iterable[tuple[int, list[Cell]]], reader: RowReader, *, merges: Sequence[Span] = ()
) -> Iterator[RowOutcome | SkippedRow]:
    """Yield what becomes of every row after the header that is not blank."""
    columns = reader.columns
    scan = RowScan(columns, merges)
    for number, found in rows:
        if number < columns.first_row:
            continue
        cells = padded(found, reader.width)
        reason = scan.reason_to_skip(number, cells)
        if reason is None:
            yield reader.read(number, cells)
        elif reason != "blank":
            yield SkippedRow(number, reason, _shown(cells))


def padded(cells: list[Cell], width: int) -> list[Cell]:
    """Return a row with blanks up to ``width``; the row itself where it is long enough."""
    short = width - len(cells)
    return [*cells, *[""] * short] if short > 0 else cells


class RowScan:
    """Looks at rows one after the other, remembering what stands above them.

    ``is_by_dose``: one row a dose, so that a merged name or number stands for all rows it spans.
    """

    def __init__(
        self, columns: ColumnMap, merges: Sequence[Span], *, is_by_dose: bool = False
    ) -> None:
        below = _below_merges(merges, columns, is_by_dose=is_by_dose)
        self._name = columns.columns("name")[0]
        self._person = _columns_of(columns, _PERSON_FIELDS)
        self._ids = columns.columns("id_number")
        self._known_by = _columns_of(columns, ("birth_date", "phone", "family_phone"))
        self._carried = _columns_of(columns, _CARRIED)
        self._grid = next(iter(columns.columns("grid")), None)
        self._header_name = columns.headers[self._name] if columns.headers else ""
        self._above: dict[int, Cell] = {}
        self._below = below
        self._tops: dict[tuple[int, int], Cell] = {}
        self._needed_tops = {pair for pairs in below.values() for pair in pairs}

    def reason_to_skip(self, number: int, cells: list[Cell]) -> str | None:
        """Fill what merged cells hide, and say why the row is no person's, or None."""
        if self._needed_tops:
            self._fill_merged(number, cells)
        name = cells[self._name]
        first = next((c for c in cells if c != "" and c is not None), None)
        if first is None:
            return "blank"
        if isinstance(first, str):
            reason = self._paper(first, name, cells)
            if reason is not None:
                return reason
        if name == "" or name is None or (isinstance(name, str) and not name.strip()):
            reason = self._without_name(cells)
        elif name == self._header_name:
            reason = "header"
        else:
            reason = self._lonely_name(name, cells)
        if reason is None:
            self._carry(cells)
        return reason

    def _fill_merged(self, number: int, cells: list[Cell]) -> None:
        for column, top in self._below.get(number, ()):
            if cells[column] in ("", None):
                cells[column] = self._tops.get((column, top), "")
        for column in range(len(cells)):
            if (column, number) in self._needed_tops:
                self._tops[column, number] = cells[column]

    def _paper(self, first: str, name: Cell, cells: list[Cell]) -> str | None:
        # Whoever bears a number is somebody, whatever the name looks like; who signs may give a phone.
        if first is name and self._says_something(self._ids, cells):
            return None
        if _SIGNATURE.match(first):
            return "signature"
        if first is name and self._says_something(self._known_by, cells):
            return None
        if _TOTAL.match(first):
            return "total"
        if _NOTE.match(first):
            return "note"
        if _EXAMPLE.fullmatch(first):
            return "example"
        return None

    @staticmethod
    def _says_something(columns: Iterable[int], cells: list[Cell]) -> bool:
        # A small bare number is the sum of a column, not somebody's number, day or injection.
        return any(cells[c] not in ("", None) and not _is_count(cells[c]) for c in columns)

    def _has_person(self, cells: list[Cell]) -> bool:
        return self._says_something(self._person, cells)

    def _without_name(self, cells: list[Cell]) -> str | None:
        if self._has_person(cells):
            return None
        words = [c for c in cells if isinstance(c, str) and c.strip()]
        if not words:
            return "numbered_only"
        if len(words) == 1:
            self._note_grid(words[0])
        return "subtitle" if len(words) == 1 else "no_person"

    def _is_title(self, text: str) -> bool:
        """Say whether a line of its own names a place rather than a person; a grid is remembered."""
        self._note_grid(text)
        return (
            _PLACE_TITLE.fullmatch(text) is not None
            or _GRID_TITLE.search(text) is not None
            or _NAME_LIKE.fullmatch(text) is None
        )

    def _note_grid(self, text: str) -> None:
        if _GRID_TITLE.search(text) and self._grid is not None:
            self._above[self._grid] = text.strip()

    def _lonely_name(self, name: Cell, cells: list[Cell]) -> str | None:
        if self._has_person(cells):
            return None
        words = [c for c in cells if isinstance(c, str) and c.strip()]
        if len(words) == 1 and self._is_title(cell_text(name).strip()):
            return "subtitle"
        if len(words) > 2 and sum(field_of(w) is not None for w in words) >= len(words) - 1:
            return "header"
        return None

    def _carry(self, cells: list[Cell]) -> None:
        for column in self._carried:
            if cells[column] in ("", None):
                cells[column] = self._above.get(column, "")
            else:
                self._above[column] = cells[column]


def _columns_of(columns: ColumnMap, fields: Sequence[str]) -> list[int]:
    return [c for f in fields for c in columns.columns(f)]


def _below_merges(
    merges: Sequence[Span], columns: ColumnMap, *, is_by_dose: bool
) -> dict[int, list[tuple[int, int]]]:
    """Return for each row (from 1) the columns hidden by a vertical merge and the row of its top.

    Only mapped columns count, and only merges one column wide: a title across the sheet is paper.
    """
    below: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, right) in merges:
        if left != right or left not in columns.fields or top + 1 < columns.first_row:
            continue
        if columns.fields[left] in ("name", "id_number") and not is_by_dose:
            continue
        for row in range(top + 1, min(bottom, top + 5000) + 1):
            below.setdefault(row + 1, []).append((left, top + 1))
    return below


def _shown(cells: list[Cell]) -> str:
    return " ".join(t for c in cells if (t := cell_text(c).strip()))[:200]


def _is_count(cell: Cell) -> bool:
    return _COUNT.fullmatch(cell_text(cell).strip()) is not None
