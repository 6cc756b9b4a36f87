"""One row of a sheet to what becomes of it: outcome, codes and values, without a database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from outreach.kernel.dates import age_on, eligible_on
from outreach.kernel.identity import IdProblem, IdReading, Sex, read_id
from outreach.kernel.phone import read_phones
from outreach.kernel.place import DateOrder, PlaceRules
from outreach.ledger.cells import (
    Cell,
    DatedDose,
    DateProblem,
    DoseCell,
    cell_text,
    read_birth,
    read_dose_cell,
    read_sex,
)
from outreach.ledger.columns import ColumnMap
from outreach.ledger.names import LIFE_WORD, read_name
from outreach.ledger.outcome import (
    ERROR_CODES,
    Outcome,
    RowDose,
    RowOutcome,
    RowPhone,
    RowValues,
)
from outreach.ledger.remarks import RemarkReading, read_remark

_YOUNGEST_LIKELY, _OLDEST_LIKELY = 50, 115
_CACHE_SIZE = 20_000
_SILENT = RemarkReading()
_TEXT_FIELDS = [
    "address",
    "registered_address",
    "district",
    "street",
    "community",
    "grid",
    "compound",
    "building",
    "unit",
    "floor",
    "room",
    "contact_name",
    "contact_relation",
]
_RELATIVE = re.compile(
    r"儿|女|子|孙|媳|婿|老伴|配偶|丈夫|妻|爱人|侄|外甥|兄|弟|姐|妹|亲|家属|邻居|保姆"
    r"|son|daughter|wife|husband|nephew|niece|neighbou?r|carer",
    re.IGNORECASE,
)
_FIVE_DIGITS = re.compile(r"(?:\d[\s-]?){5}")
_CHINA_PAPER = re.compile(r"居民|身份证|resident|identity", re.IGNORECASE)


class RowReader:
    """Reads rows of one sheet; holds the columns found once and what repeats from row to row."""

    def __init__(
        self, columns: ColumnMap, *, as_of: date, place: PlaceRules, is_1904: bool | None = False
    ) -> None:
        self.columns = columns
        self.as_of = as_of
        self.place = place
        self.is_1904 = is_1904
        self.date_order = effective_date_order(columns, place)
        self.saw_unclear_order = False
        one = {name: found[0] for name in _single_names() if (found := columns.columns(name))}
        self._name, self._given = one["name"], one.get("given_name")
        self._id, self._birth = one.get("id_number"), one.get("birth_date")
        self._sex, self._id_kind = one.get("sex"), one.get("id_kind")
        self._texts = [(name, one[name]) for name in _TEXT_FIELDS if name in one]
        self._phones = [(c, "own") for c in columns.columns("phone")]
        self._phones += [(c, "family") for c in columns.columns("family_phone")]
        self._contact = one.get("contact_name")
        self._elsewhere = [c for c, _ in self._phones] + [c for _, c in self._texts]
        self._remarks = columns.columns("remark")
        self._health = columns.columns("health")
        self._spoken = [c for f in ("reason", "status", "vaccinated") for c in columns.columns(f)]
        self._asked = {
            c: asked for c in (*self._health, *self._spoken) if (asked := _asks(columns, c))
        }
        self._said_done = [c for f in ("vaccinated", "dose_number") for c in columns.columns(f)]
        self._doses = _dose_columns(columns)
        self.width = max(columns.fields, default=0) + 1
        self._dose_cache: dict[tuple[str, bool], DoseCell] = {}

    def read(self, row: int, cells: Sequence[Cell]) -> RowOutcome:
        """Return what becomes of one row, repeats within the file apart."""
        codes: list[str] = []
        name = read_name(self._whole_name(cells))
        if name.code:
            codes.append(name.code)
        ident, born_on, certainty = self._identity(cells, codes)
        sex = self._read_sex(cells, ident, codes)
        phones = self._read_phones(cells, codes)
        doses, leftovers = self._read_doses(cells, born_on, codes)
        note, health, remark = self._read_words(cells, name.annotation, leftovers, codes)
        values = RowValues(
            name=name.name,
            sex=sex,
            id_number=ident.number if ident else None,
            id_as_written=ident.original if ident else None,
            id_kept_digits=ident.kept_digits if ident else None,
            born_on=born_on,
            birth_certainty=certainty,
            eligible_on=self._eligible_on(born_on, codes),
            phones=phones,
            doses=doses,
            hold=_hold(remark.reports),
            reports=tuple([str(kind) for kind in remark.reports]),
            needs=remark.needs,
            note=note,
            health=health,
            **{
                f: c.strip() if isinstance(c := cells[i], str) else cell_text(c)
                for f, i in self._texts
            },
        )
        texts = tuple([c if isinstance(c, str) else cell_text(c) for c in cells])
        return _outcome(row, codes, values, texts)

    def _whole_name(self, cells: Sequence[Cell]) -> Cell:
        """Return the name, put together where surname and given name stand in two columns."""
        if self._given is None:
            return cells[self._name]
        surname, given = cell_text(cells[self._name]).strip(), cell_text(cells[self._given]).strip()
        # Spaces beside Chinese characters go later; elsewhere the order follows the place's custom.
        is_surname_first = self.place.country == "CN" or not surname.isascii()
        return " ".join((surname, given) if is_surname_first else (given, surname)).strip()

    def _identity(
        self, cells: Sequence[Cell], codes: list[str]
    ) -> tuple[IdReading | None, date | None, str]:
        ident = self._read_id(cells)
        stated, problem = None, None
        if self._birth is not None and (cell := cells[self._birth]) not in ("", None):
            stated, problem = read_birth(
                cell, as_of=self.as_of, date_order=self.date_order, is_1904=self.is_1904
            )
            self.saw_unclear_order |= problem is DateProblem.ORDER
        from_id = ident.born_on if ident else None
        born_on = from_id or stated
        codes += identity_codes(ident, stated, problem, self.as_of, self.place)
        return ident, born_on, "from_id" if from_id else "stated"

    def _read_id(self, cells: Sequence[Cell]) -> IdReading | None:
        if self._id is None:
            return None
        cell = cells[self._id]
        if self.place.id_scheme == "none":
            text = cell_text(cell).strip()
            return IdReading(original=text) if text else None
        ident = read_id(cell)
        if ident is not None and self._id_kind is not None:
            kind = cell_text(cells[self._id_kind]).strip()
            if kind and not _CHINA_PAPER.search(kind) and ident.number is None:
                return IdReading(original=cell_text(cell).strip(), problem=IdProblem.OTHER_PAPER)
        return ident

    def _read_sex(
        self, cells: Sequence[Cell], ident: IdReading | None, codes: list[str]
    ) -> Sex | None:
        stated = read_sex(cells[self._sex]) if self._sex is not None else None
        from_id = ident.sex if ident else None
        if stated and from_id and stated != from_id:
            codes.append("sex_differs_from_id")
        return stated or from_id

    def _eligible_on(self, born_on: date | None, codes: list[str]) -> date | None:
        if born_on is None or born_on > self.as_of:
            return None
        age = age_on(self.as_of, born_on=born_on)
        if not _YOUNGEST_LIKELY <= age <= _OLDEST_LIKELY:
            codes.append("age_unlikely")
        if age >= self.place.minimum_age:
            return None
        return eligible_on(born_on, self.place.minimum_age)

    def _read_phones(self, cells: Sequence[Cell], codes: list[str]) -> tuple[RowPhone, ...]:
        found: dict[str, RowPhone] = {}
        is_invalid = False
        sources = self._phones
        if self._contact is not None and _FIVE_DIGITS.search(str(cells[self._contact])):
            sources = [*sources, (self._contact, "family")]
        for column, owner in sources:
            cell = cells[column]
            if cell == "" or cell is None:
                continue
            phones, invalid = read_phones(
                cell, country=self.place.country, area_code=self.place.area_code
            )
            is_invalid |= bool(invalid)
            for p in phones:
                whose = "family" if p.label and _RELATIVE.search(p.label) else owner
                found.setdefault(p.e164, RowPhone(p.e164, p.kind, whose, p.label, p.extension))
        if is_invalid:
            codes.append("phone_invalid")
        elif not found:
            codes.append("no_phone")
        return tuple(found.values())

    def _read_doses(
        self, cells: Sequence[Cell], born_on: date | None, codes: list[str]
    ) -> tuple[tuple[RowDose, ...], list[str]]:
        doses: list[RowDose] = []
        leftovers: list[str] = []
        problems: set[str] = set()
        days: set[date] = set()
        for number, column, parts in self._doses:
            cell = cells[column]
            if cell == "" or cell is None:
                continue
            read = self._dose_cell(cell, several=number is None)
            if read.problem is not None:
                problems.add(self._dose_problem(read.problem))
                leftovers.append(read.leftover)
            for dose in read.doses:
                if born_on is not None and dose.given_on < born_on <= self.as_of:
                    problems.add("dose_date_unclear")
                elif dose.given_on in days:
                    problems.add("dose_repeated")
                else:
                    days.add(dose.given_on)
                    doses.append(_row_dose(dose, number, cells, parts))
        if not doses and not problems and any(_says_done(cells[c]) for c in self._said_done):
            problems.add("dose_date_unclear")
        if problems:
            codes += sorted(problems, key=_DOSE_CODE_ORDER.index)
        return tuple(doses), leftovers

    def _dose_problem(self, problem: DateProblem) -> str:
        self.saw_unclear_order |= problem is DateProblem.ORDER
        return "dose_date_in_future" if problem is DateProblem.FUTURE else "dose_date_unclear"

    def _dose_cell(self, cell: Cell, *, several: bool) -> DoseCell:
        if not isinstance(cell, str):
            return read_dose_cell(
                cell, as_of=self.as_of, date_order=self.date_order, is_1904=self.is_1904
            )
        # A ledger of 100 000 rows holds a few thousand different dose cells.
        key = (cell, several)
        known = self._dose_cache.get(key)
        if known is None:
            known = read_dose_cell(
                cell,
                as_of=self.as_of,
                date_order=self.date_order,
                is_1904=self.is_1904,
                several=several,
            )
            if len(self._dose_cache) < _CACHE_SIZE:
                self._dose_cache[key] = known
        return known

    def _read_words(
        self, cells: Sequence[Cell], annotation: str, leftovers: list[str], codes: list[str]
    ) -> tuple[str, str, RemarkReading]:
        notes = [cell_text(c) for i in self._remarks if (c := cells[i]) != "" and c is not None]
        health = [t for i in self._health if (t := self._health_word(i, cells[i]))]
        words = [
            *notes,
            *health,
            *leftovers,
            *[t for i in self._spoken if (t := self._health_word(i, cells[i]))],
        ]
        if annotation:
            words.append(annotation)
        # A life word may stand in a telephone or address cell: one look at all of them together.
        elsewhere = "\n".join([s for i in self._elsewhere if isinstance(s := cells[i], str)])
        if LIFE_WORD.search(elsewhere):
            words += [line for line in elsewhere.split("\n") if LIFE_WORD.search(line)]
        if not words:
            return "", "", _SILENT
        remark = _read_all(words, self.as_of)
        codes += [f"possibly_{kind}" for kind in remark.reports]
        return "\n".join(notes), "\n".join(health), remark

    def _health_word(self, column: int, cell: Cell) -> str:
        """Return what a column says; a yes to "是否独居" says 独居, a no nothing, and 死亡 with a day 死亡.

        A no to whether somebody lives, or lives here, says that too.
        """
        text = cell_text(cell).strip()
        asked = self._asked.get(column)
        if asked is None or not text:
            return text
        if text in _SAYS_NO:
            return next((word for sign, word in _SAYS_BY_NO if sign in asked), "")
        if _says_done(cell):
            return asked
        return f"{text}{asked}" if _LIKE_A_DAY.match(text) else text


def _row_dose(
    dose: DatedDose, number: int | None, cells: Sequence[Cell], parts: tuple[int, int, int] | None
) -> RowDose:
    if parts is None:
        return RowDose(dose.given_on, number, dose.product, dose.batch, "", dose.remark)
    product, batch, site = [cell_text(cells[c]).strip() if c >= 0 else "" for c in parts]
    return RowDose(
        dose.given_on, number, dose.product or product, dose.batch or batch, site, dose.remark
    )


_DOSE_CODE_ORDER = ("dose_date_unclear", "dose_date_in_future", "dose_repeated")


def identity_codes(
    ident: IdReading | None,
    stated: date | None,
    problem: DateProblem | None,
    as_of: date,
    place: PlaceRules,
) -> list[str]:
    """Return the codes of a number and a stated birth date taken together."""
    if problem is DateProblem.FUTURE and not (ident and ident.born_on):
        return ["birth_in_future"]
    if place.id_scheme == "none":
        return [] if stated else ["birth_unknown"]
    if ident is None:
        return ["id_missing"] if stated else ["birth_unknown"]
    born_on = ident.born_on or stated
    barred = _problem_codes(ident.problem, born_on, stated) if ident.problem else []
    if barred:
        return barred
    if born_on is None or born_on > as_of:
        return ["birth_unknown" if born_on is None else "birth_in_future"]
    return _soft_codes(ident, stated)


def _soft_codes(ident: IdReading, stated: date | None) -> list[str]:
    codes = []
    if ident.problem is IdProblem.PRECISION_LOST:
        codes.append("id_precision_lost")
    if ident.problem is IdProblem.OTHER_PAPER:
        codes.append("id_other_document")
    if stated and ident.born_on and stated != ident.born_on:
        codes.append("birth_differs_from_id")
    if not ident.is_region_known:
        codes.append("id_region_unknown")
    return codes


def _problem_codes(problem: IdProblem, born_on: date | None, stated: date | None) -> list[str]:
    """Return the codes of a number that keeps its row out of the ledger, or none."""
    if problem is IdProblem.CHECKSUM:
        return ["id_checksum"]
    if problem is IdProblem.LENGTH or (problem is IdProblem.OTHER_PAPER and born_on is None):
        return ["id_length"]
    if problem is IdProblem.BIRTH_DATE:
        return ["id_birth_date"] if stated else ["birth_unknown", "id_birth_date"]
    return []


def effective_date_order(columns: ColumnMap, place: PlaceRules) -> DateOrder | None:
    """Return the order of day, month and year that may be relied upon, or None: then it is asked.

    A sheet with English headers in a place that writes the year first may come from anywhere.
    """
    if columns.date_order is not None:
        return columns.date_order
    if columns.is_latin and place.date_order == "ymd":
        return None
    return place.date_order


def _outcome(row: int, codes: list[str], values: RowValues, texts: tuple[str, ...]) -> RowOutcome:
    if not codes:
        return RowOutcome(row, Outcome.IMPORTED, (), values, texts)
    errors = [c for c in codes if c in ERROR_CODES]
    if not errors:
        return RowOutcome(row, Outcome.WARNING, tuple(codes), values, texts)
    rest = [c for c in codes if c not in ERROR_CODES]
    return RowOutcome(row, Outcome.ERROR, (*errors, *rest), values, texts)


def _hold(reports: tuple[object, ...]) -> str:
    if not reports:
        return ""
    return "all" if "deceased" in reports else "nudges"


def _read_all(words: list[str], as_of: date) -> RemarkReading:
    if len(words) == 1:
        return read_remark(words[0], as_of=as_of)
    readings = [read_remark(text, as_of=as_of) for text in words]
    reports = tuple(dict.fromkeys(k for r in readings for k in r.reports))
    if len(reports) > 1 and "deceased" in reports:
        reports = tuple(k for k in reports if k == "deceased")
    return RemarkReading(reports, tuple(dict.fromkeys(n for r in readings for n in r.needs)))


# What a no means where the question is whether all is well.
_SAYS_BY_NO = (
    ("健在", "已故"),
    ("在世", "已故"),
    ("存活", "已故"),
    ("在本", "不在本地"),
    ("本地居住", "不在本地"),
    ("在辖区", "不在辖区"),
)
_LIKE_A_DAY = re.compile(r"(?:19|20)\d{2}(?!\d)|(?:19|20)\d{6}")
_SAYS_NO = frozenset(
    ("否", "无", "没有", "不是", "×", "x", "X", "N", "n", "No", "no", "FALSE", "/")
)
_ASKS = re.compile(
    r"(?:是否|有无)(?:为|有|属于)?(?P<asked>[^\s?？]{2,10})"
    r"|(?P<life>死亡|去世|已故|病故|逝世|迁出|搬离|搬走|外迁|住院)(?:日期|时间|与否|标[记志])?\s*$"
)
_DONE = re.compile(
    r"[(（]?(?:是|已|完成|共|部分|打了?|接种了?|[(（])*(?:全程|全部|第?[一二两三四五1-5])?"
    r"(?:针|剂次?|次|接种|完成|打了|加强针?|已打)(?:完成|接种|已打)?[)）]?"
)


def _asks(columns: ColumnMap, column: int) -> str:
    """Return what the header of a column asks for, or nothing."""
    if column >= len(columns.headers):
        return ""
    found = _ASKS.match(columns.headers[column].strip())
    return (found["asked"] or found["life"]) if found else ""


def _says_done(cell: Cell) -> bool:
    """Say whether a column asks "vaccinated?" or counts doses, and answers yes."""
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, float | int):
        return cell > 0
    text = unicodedata.normalize("NFKC", cell_text(cell)).strip().lower()
    return text in ("是", "已", "已接种", "已打", "有", "√", "✓", "✔", "y", "yes", "true") or (
        (text.isascii() and text.isdigit() and int(text) > 0) or _DONE.fullmatch(text) is not None
    )


def _single_names() -> tuple[str, ...]:
    return ("name", "given_name", "id_number", "birth_date", "sex", "id_kind", *_TEXT_FIELDS)


_DoseColumn = tuple[int | None, int, tuple[int, int, int] | None]


def _dose_columns(columns: ColumnMap) -> list[_DoseColumn]:
    """Return (number, column, columns of its product, batch and site); -1 where there is none."""

    def first(*names: str) -> int:
        return next((c for name in names for c in columns.columns(name)), -1)

    def parts(prefix: str) -> tuple[int, int, int] | None:
        # A ledger names the maker more often than the product; either says which vaccine it was.
        product = first(f"{prefix}product", f"{prefix}manufacturer", "product", "manufacturer")
        batch, site = first(f"{prefix}batch", "batch"), first(f"{prefix}site", "site")
        return None if product < 0 and batch < 0 and site < 0 else (product, batch, site)

    found: list[_DoseColumn] = []
    for n in range(1, 6):
        found += [(n, c, parts(f"dose_{n}_")) for c in columns.columns(f"dose_{n}")]
    return found + [
        (None, c, parts("")) for f in ("dose_date", "doses") for c in columns.columns(f)
    ]
