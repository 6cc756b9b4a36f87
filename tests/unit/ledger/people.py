"""Invented residents with valid numbers, and the rows a community would write of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from outreach.kernel.identity import check_digit
from outreach.kernel.place import PlaceRules
from outreach.ledger.columns import ColumnMap, guess_columns
from outreach.ledger.outcome import RowOutcome, SkippedRow
from outreach.ledger.repeats import mark_repeats
from outreach.ledger.rows import RowReader
from outreach.ledger.sheet import read_rows

AS_OF = date(2026, 12, 1)
PLACE = PlaceRules()
HEADERS = {
    "number": "序号",
    "grid": "网格",
    "name": "姓名",
    "sex": "性别",
    "id_number": "身份证号",
    "birth_date": "出生日期",
    "address": "现住址",
    "phone": "联系电话",
    "family_phone": "家属电话",
    "dose_1": "第一针",
    "dose_2": "第二针",
    "dose_3": "加强针",
    "remark": "备注",
}


def id_number(born_on: date, sequence: int = 914, region: str = "410103") -> str:
    """Return a number with a right check digit; an odd sequence is male."""
    first = f"{region}{born_on:%Y%m%d}{sequence:03d}"
    return first + check_digit(first)


@dataclass
class Written:
    """One row as written, by field; what is not said is empty."""

    cells: dict[str, object] = field(default_factory=dict)

    def row(self, fields: list[str]) -> list[object]:
        return [self.cells.get(name, "") for name in fields]


def person(**cells: object) -> Written:
    """Return a plain row of a woman of 91 who has had two doses, with what matters changed."""
    plain: dict[str, object] = {
        "name": "赵玉兰",
        "sex": "女",
        "id_number": id_number(date(1935, 6, 1)),
        "phone": "13900001111",
        "address": "淮河东路41号院5号楼1单元302",
        "dose_1": "2021-07-24",
        "dose_2": "2021.8.20",
    }
    return Written({**plain, **cells})


def table(*people: Written) -> list[list[object]]:
    """Return a header and rows."""
    fields = list(HEADERS)
    return [[HEADERS[f] for f in fields], *[p.row(fields) for p in people]]


def outcomes(
    rows: list[list[object]], *, place: PlaceRules = PLACE, as_of: date = AS_OF, **changes: object
) -> list[RowOutcome | SkippedRow]:
    """Read a table in this process."""
    numbered = list(enumerate(rows, start=1))
    columns = guess_columns(numbered)  # type: ignore[arg-type]
    assert columns is not None
    if changes:
        columns = ColumnMap.from_json({**columns.to_json(), **changes})
    reader = RowReader(columns, as_of=as_of, place=place)
    return list(mark_repeats(read_rows(numbered, reader)))  # type: ignore[arg-type]


def one(written: Written, **options: object) -> RowOutcome:
    """Read one person."""
    (found,) = outcomes(table(written), **options)  # type: ignore[arg-type]
    assert isinstance(found, RowOutcome)
    return found


def said(outcome: RowOutcome) -> str:
    """Return outcome and codes as the expected files write them."""
    return f"{outcome.outcome}:{'+'.join(outcome.codes)}" if outcome.codes else str(outcome.outcome)
