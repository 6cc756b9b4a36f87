"""A health office's list of doses given: read row by row, and compared with what the ledger holds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from outreach.kernel.identity import read_id
from outreach.kernel.place import PlaceRules
from outreach.ledger.cells import Cell, DateProblem, cell_text, read_day, read_dose_cell
from outreach.ledger.columns import ColumnMap
from outreach.ledger.headers import booster_number, normalise_header
from outreach.ledger.ledger_file import FileHead, FileSource, head_of, start
from outreach.ledger.matching import fold_name
from outreach.ledger.names import read_name
from outreach.ledger.reading import LIMITS, Limits, UnreadableFile
from outreach.ledger.rows import effective_date_order
from outreach.ledger.sheet import RowScan, Span, padded

_FRAME_ROWS = 500
# No schedule gives two doses of one vaccine within a fortnight: two such dates are one dose.
SAME_DOSE_DAYS = 13


class OfficialRow(NamedTuple):
    """One line of the list; ``codes`` say what keeps it from being compared at all."""

    row: int
    name: str
    id_number: str | None
    given_on: date | None
    number: int | None
    product: str
    manufacturer: str
    batch: str
    site: str
    codes: tuple[str, ...]
    cells: tuple[str, ...]


class Verdict(StrEnum):
    """What a line of the official list is against the ledger."""

    NEW_DOSE = "new_dose"
    ALREADY_IN_LEDGER = "already_in_ledger"
    NO_SUCH_RESIDENT = "no_such_resident"
    NAME_DIFFERS = "name_differs"
    DATE_DIFFERS = "date_differs"
    ROW_UNREADABLE = "row_unreadable"


@dataclass(frozen=True, slots=True)
class KnownDose:
    """A dose as the ledger holds it, of the same vaccine as the list's."""

    given_on: date
    stated_number: int | None = None


@dataclass(frozen=True, slots=True)
class KnownResident:
    """The resident whose identity number a line bears."""

    name: str
    doses: tuple[KnownDose, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class OfficialReading:
    """A whole official list."""

    head: FileHead
    rows: tuple[OfficialRow, ...]


def reconcile_row(row: OfficialRow, *, resident: KnownResident | None) -> Verdict:
    """Compare one line with the resident of its number; only ``new_dose`` may be recorded.

    Another name under the same number goes to a person, whatever the date says.
    """
    if row.codes or row.given_on is None or row.id_number is None:
        return Verdict.ROW_UNREADABLE
    if resident is None:
        return Verdict.NO_SUCH_RESIDENT
    if fold_name(row.name) != fold_name(resident.name):
        return Verdict.NAME_DIFFERS
    days = sorted(dose.given_on for dose in resident.doses)
    if row.given_on in days:
        return Verdict.ALREADY_IN_LEDGER
    if any(abs((row.given_on - day).days) <= SAME_DOSE_DAYS for day in days):
        return Verdict.DATE_DIFFERS
    if dose_of_number(row.number, resident.doses) is not None:
        return Verdict.DATE_DIFFERS
    return Verdict.NEW_DOSE


def dose_of_number(number: int | None, doses: Sequence[KnownDose]) -> KnownDose | None:
    """Return the dose that somebody called dose ``number``; where none was numbered, that in time.

    A ledger that knows the second dose alone says nothing of the first, so a count would mislead.
    """
    if number is None:
        return None
    stated = {dose.stated_number: dose for dose in doses if dose.stated_number is not None}
    if stated:
        return stated.get(number)
    in_time = sorted(doses, key=lambda dose: dose.given_on)
    return in_time[number - 1] if 1 <= number <= len(in_time) else None


def reconcile_all(
    rows: Iterable[OfficialRow], *, residents: Mapping[str, KnownResident]
) -> Iterator[tuple[OfficialRow, Verdict]]:
    """Compare a list line by line, each line seeing the doses that lines before it brought."""
    known = dict(residents)
    for row in rows:
        resident = known.get(row.id_number) if row.id_number else None
        verdict = reconcile_row(row, resident=resident)
        if verdict is Verdict.NEW_DOSE and resident and row.id_number and row.given_on:
            dose = KnownDose(row.given_on, row.number)
            known[row.id_number] = KnownResident(resident.name, (*resident.doses, dose))
        yield row, verdict


def read_official(
    source: FileSource,
    *,
    filename: str,
    as_of: date,
    place: PlaceRules,
    column_map: ColumnMap | None = None,
    sheet: str = "",
    limits: Limits = LIMITS,
) -> OfficialReading:
    """Read an official list: a path, the bytes of a file, or pasted text."""
    frames = start(
        "official",
        source,
        as_of=as_of,
        place=place,
        column_map=column_map,
        sheet=sheet or None,
        remembered=None,
        limits=limits,
    )
    head = head_of(next(frames), filename)
    rows = [_unpack(plain) for name, content in frames if name == "rows" for plain in content]
    return OfficialReading(head, tuple(rows))


def official_frames(
    rows: Iterable[tuple[int, list[Cell]]],
    columns: ColumnMap,
    *,
    merges: Sequence[Span],
    as_of: date,
    place: PlaceRules,
    is_1904: bool | None,
) -> Iterator[tuple[str, Any]]:
    """Yield the lines of a list in plain values; the child process calls this."""
    reader = _LineReader(columns, as_of=as_of, place=place, is_1904=is_1904)
    scan = RowScan(columns, merges, is_by_dose=True)
    batch: list[tuple[Any, ...]] = []
    for number, found in rows:
        if number < columns.first_row:
            continue
        cells = padded(found, reader.width)
        # What is only paper (a sum, a signature, the header once more) names nobody.
        is_paper = scan.reason_to_skip(number, cells) is not None
        line = None if is_paper else reader.read(number, cells)
        if line is None:
            continue
        batch.append((*line[:3], line.given_on and line.given_on.toordinal(), *line[4:]))
        if len(batch) == _FRAME_ROWS:
            yield "rows", batch
            batch = []
    if batch:
        yield "rows", batch
    yield "tail", {}


class _LineReader:
    def __init__(
        self, columns: ColumnMap, *, as_of: date, place: PlaceRules, is_1904: bool | None
    ) -> None:
        self._as_of, self._is_1904 = as_of, is_1904
        self._order = effective_date_order(columns, place)
        self._name = columns.columns("name")[0]
        ids = columns.columns("id_number")
        self._usual_number: int | None = None
        days = [c for f in ("dose_date", "doses") for c in columns.columns(f)]
        numbered = [(n, c) for n in range(1, 6) for c in columns.columns(f"dose_{n}")]
        if not days and len(numbered) == 1:
            self._usual_number, days = numbered[0][0], [numbered[0][1]]
        if not days:
            days = [
                c for c in columns.unmapped if normalise_header(columns.headers[c]) == _PLAIN_DAY
            ]
        if not ids or not days:
            raise UnreadableFile("no_dose_columns")
        self._id, self._day = ids[0], days[0]
        self._number = next(iter(columns.columns("dose_number")), None)
        self._texts = [
            next(iter(columns.columns(f)), None)
            for f in ("product", "manufacturer", "batch", "site")
        ]
        self.width = max([*columns.fields, self._day]) + 1

    def read(self, row: int, cells: Sequence[Cell]) -> OfficialRow | None:
        """Read one line, as wide as ``width``; None where it holds neither a number nor a day."""
        name = read_name(cells[self._name])
        ident = read_id(cells[self._id])
        if ident is None and cells[self._day] in ("", None):
            return None
        codes = (
            [name.code] if name.code in ("name_missing", "name_too_long", "name_unreadable") else []
        )
        if ident is None or ident.number is None:
            codes.append(f"id_{ident.problem}" if ident and ident.problem else "id_missing")
        given_on = self._given_on(cells[self._day], codes)
        product, maker, batch, site = (
            cell_text(cells[c]).strip() if c is not None else "" for c in self._texts
        )
        return OfficialRow(
            row,
            name.name,
            ident.number if ident else None,
            given_on,
            self._usual_number if self._number is None else _number(cells[self._number]),
            product,
            maker,
            batch,
            site,
            tuple(codes),
            tuple(cell_text(c) for c in cells),
        )

    def _given_on(self, cell: Cell, codes: list[str]) -> date | None:
        if isinstance(cell, str):
            read = read_dose_cell(
                cell, as_of=self._as_of, date_order=self._order, is_1904=self._is_1904
            )
            problem = read.problem
            if len(read.doses) == 1 and problem is None:
                return read.doses[0].given_on
        else:
            day = read_day(cell, as_of=self._as_of, date_order=self._order, is_1904=self._is_1904)
            problem = day.problem
            if day.on is not None and problem is None:
                return day.on
        is_future = problem is DateProblem.FUTURE
        codes.append("dose_date_in_future" if is_future else "dose_date_unclear")
        return None


def _unpack(plain: tuple[Any, ...]) -> OfficialRow:
    given_on = date.fromordinal(plain[3]) if plain[3] else None
    return OfficialRow._make((*plain[:3], given_on, *plain[4:]))


def _number(cell: Cell) -> int | None:
    """Return which dose a line says that it is: 3, 3.0, 3/3, 第三剂 and 加强1 are the third."""
    text = unicodedata.normalize("NFKC", cell_text(cell)).lower()
    booster = booster_number(text)
    if booster is not None:
        return booster
    digits = _COUNT.search(text)
    if digits:
        return int(digits[0]) if len(digits[0]) <= 2 else None
    return next((n for c, n in _CHINESE.items() if c in text), None)


_COUNT = re.compile(r"\d+")
_PLAIN_DAY = "日期"
_CHINESE = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "首": 1}
