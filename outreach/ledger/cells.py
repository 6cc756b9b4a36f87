"""Reading one cell: dates as people type them, doses, sex and plain text; what is unclear stays so."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from outreach.kernel.identity import Sex
from outreach.kernel.place import DateOrder

Cell = str | float | int | bool | date | datetime | time | timedelta | None

_EPOCH_1900 = date(1899, 12, 30)
_EPOCH_1904 = date(1904, 1, 1)
_OLDEST_BIRTH = 120
_LONGEST_MEMORY = 15
# No dose of a living person's ledger lies before this; a smaller serial number is something else.
_FIRST_DOSE = date(1950, 1, 1)


class DateProblem(StrEnum):
    """Why a written date is not read."""

    UNCLEAR = "unclear"
    ORDER = "order"
    FUTURE = "future"


class DateReading(NamedTuple):
    """A date, or why what is written is none; neither where nothing is written."""

    on: date | None = None
    problem: DateProblem | None = None


class DatedDose(NamedTuple):
    """One injection as a cell tells it."""

    given_on: date
    product: str = ""
    batch: str = ""
    remark: str = ""


class DoseCell(NamedTuple):
    """What one dose cell says: doses with dates, none, or something only a person can read."""

    doses: tuple[DatedDose, ...] = ()
    problem: DateProblem | None = None
    leftover: str = ""


_NO_DATE = DateReading()
_UNCLEAR = DateReading(problem=DateProblem.UNCLEAR)
_ORDER = DateReading(problem=DateProblem.ORDER)

_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ],
        start=1,
    )
    for name in names.split()
}
_MONTH_NAME = "|".join(sorted(_MONTHS, key=len, reverse=True))
_CLOCK = r"(?:T?\s*\d{1,2}[:时]\d{1,2}(?:[:分]\d{1,2}(?:\.\d+)?)?[秒分Z]?)?"
_PLAIN = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_YMD = re.compile(
    r"(?<![\d.])((?:19|20)\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)\s*[日号]?"
    + _CLOCK
)
_COMPACT = re.compile(r"(?<!\d)((?:19|20)\d{2})(\d{2})(\d{2})(?!\d)")
_YEAR_LAST = re.compile(
    r"(?<![\d.])(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*((?:19|20)\d{2})(?!\d)" + _CLOCK
)
_SHORT = re.compile(
    r"(?<![\d.])(\d{2})\s*([-/.年])\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)\s*[日号]?"
)
_SHORT_LAST = re.compile(r"(?<![\d.])(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{2})(?!\d)")
_DAY_NAME_YEAR = re.compile(
    rf"(?<![\w])(\d{{1,2}})(?:st|nd|rd|th)?[\s\-/.,]*(?:of\s+)?({_MONTH_NAME})\.?[\s\-/.,]*(\d{{4}}|\d{{2}})(?!\d)",
    re.IGNORECASE,
)
_NAME_DAY_YEAR = re.compile(
    rf"(?<![A-Za-z])({_MONTH_NAME})\.?\s*(\d{{1,2}})(?:st|nd|rd|th)?\s*[, ]\s*(\d{{4}})(?!\d)",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    r"([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})[日号]?"
)
_CHINESE_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0}
_LUNAR = re.compile(r"农历|阴历|旧历|腊月|正月|冬月|闰|廿|初[一二三四五六七八九十]")
_SERIAL_TEXT = re.compile(r"\d{4,5}(?:\.0+)?", re.ASCII)
_BLANK = frozenset(("空", "n/a", "na", "nil"))
_TICKS = frozenset("√✓✔☑○●")

_NOT_GIVEN = re.compile(
    r"(?:[(（]?(?:本人|老人|家[属人]|子女|儿子|女儿|自己|目前|因[^,，。;；\d]{1,4}|身体原因)*(?:未|没|无|拒|不愿|不同意|不打|不接|不种|暂未|暂无|尚未|还没|从未|均未|否|没有)"
    r"[^\d]{0,10}|0\s*[针剂次]|[×xX✗✘0否不]|no|none|never|not\s+\w+|unvaccinated|refused|declined)[)）]?",
    re.IGNORECASE,
)
_NOT_KNOWN = re.compile(
    r"不详|不清|不明|不知|不记得|记不|没记|未知|未核|未查|无法|不确定|待|禁忌|暂缓|不宜|不适"
)
_NOT_DONE = re.compile(
    r"未|没|无|拒|取消|预约|计划|拟|待|应种|不|约|左右|前后|大概|大约|可能|好像|估计|下次|应于|due|booked|planned|not",
    re.IGNORECASE,
)
_BATCH = re.compile(
    r"(?:批\s*号|批次|batch(?:\s*(?:no|number))?|lot(?:\s*(?:no|number))?)[.\s:：#]*([A-Za-z0-9][A-Za-z0-9-]{3,})",
    re.IGNORECASE,
)
_PRODUCT = re.compile(
    r"生物|科兴|中维|国药|康希诺|智飞|龙科马|沈泰|丽珠|众维|三叶草|神州|威克|灭活|重组|腺病毒|疫苗|厂|公司"
    r"|vero|cho|corona|sino|pfizer|moderna|astra|biontech|novavax|vaccine",
    re.IGNORECASE,
)
_DOSE_WORDS = re.compile(
    r"第?[一二三四五1-5]\s*[针剂次]次?|首[针剂]|加强[针剂]?|已?接种(?:时间|日期)?|已[打种]|注射|日期|时间"
)
_EDGES = " \t\r\n,，;；:：、。.()（）[]【】/|-—+"
_MALE = frozenset(("男", "男性", "m", "male", "man", "1男", "♂"))
_FEMALE = frozenset(("女", "女性", "f", "female", "woman", "2女", "♀"))


def cell_text(cell: Cell) -> str:
    """Return a cell as its reader saw it; a whole number has no point, a date is ISO.

    A number beyond what a spreadsheet can hold exactly keeps its exponent, so that a row read
    again from its stored text is still known to be rounded.
    """
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float | int):
        if abs(cell) >= 1e15:
            return f"{cell:.14E}"
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="minutes")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def read_sex(cell: Cell) -> Sex | None:
    """Return what the sex column says in plain words, else None."""
    if not isinstance(cell, str):
        return None
    word = cell.strip().lower()
    if word in _MALE:
        return "male"
    return "female" if word in _FEMALE else None


def read_birth(
    cell: Cell, *, as_of: date, date_order: DateOrder | None, is_1904: bool | None = False
) -> DateReading:
    """Read a birth date; a two-digit year is read only where one century alone is possible."""
    reading = _read_date(cell, as_of, date_order, is_1904=is_1904, is_birth=True)
    if reading.on is None:
        return reading
    if reading.on > as_of:
        return DateReading(problem=DateProblem.FUTURE)
    return reading if as_of.year - reading.on.year <= _OLDEST_BIRTH else _UNCLEAR


def read_day(
    cell: Cell, *, as_of: date, date_order: DateOrder | None, is_1904: bool | None = False
) -> DateReading:
    """Read the day of an injection that has a cell to itself (an official list)."""
    reading = _read_date(cell, as_of, date_order, is_1904=is_1904, is_birth=False)
    if reading.on is None:
        return reading
    if reading.on > as_of:
        return DateReading(on=reading.on, problem=DateProblem.FUTURE)
    return reading if reading.on >= _FIRST_DOSE else _UNCLEAR


def read_dose_cell(
    cell: Cell,
    *,
    as_of: date,
    date_order: DateOrder | None,
    is_1904: bool | None = False,
    several: bool = False,
) -> DoseCell:
    """Read a dose cell: a date, a date with its product, several dates, or the word for none."""
    if isinstance(cell, str):
        return _read_dose_text(cell, as_of, date_order, is_1904=is_1904, several=several)
    reading = read_day(cell, as_of=as_of, date_order=date_order, is_1904=is_1904)
    if reading.problem is not None:
        return DoseCell(problem=reading.problem, leftover=cell_text(cell))
    return DoseCell((DatedDose(reading.on),)) if reading.on else DoseCell()


def _read_dose_text(
    cell: str,
    as_of: date,
    date_order: DateOrder | None,
    *,
    is_1904: bool | None,
    several: bool,
) -> DoseCell:
    text = unicodedata.normalize("NFKC", cell).strip()
    if _is_blank(text):
        return DoseCell()
    if _SERIAL_TEXT.fullmatch(text):
        return read_dose_cell(float(text), as_of=as_of, date_order=date_order, is_1904=is_1904)
    if _NOT_GIVEN.fullmatch(text) and not _NOT_KNOWN.search(text):
        return DoseCell()
    batch = _BATCH.search(text)
    rest = text[: batch.start()] + " " + text[batch.end() :] if batch else text
    found, problem, rest = _dates_within(rest, as_of, date_order)
    if not found:
        return DoseCell(problem=problem or DateProblem.UNCLEAR, leftover=text)
    words = _DOSE_WORDS.sub(" ", rest).strip(_EDGES)
    days = sorted(set(found))
    if _NOT_DONE.search(words) or (len(days) > 1 and not several and not _DOSE_WORDS.search(rest)):
        return DoseCell(problem=DateProblem.UNCLEAR, leftover=text)
    if any(day > as_of for day in days):
        return DoseCell(problem=DateProblem.FUTURE, leftover=text)
    if any(day < _FIRST_DOSE for day in days) or problem or any(c.isdigit() for c in words):
        return DoseCell(problem=problem or DateProblem.UNCLEAR, leftover=text)
    is_product = bool(words and _PRODUCT.search(words))
    number = batch[1] if batch and len(days) == 1 else ""
    return DoseCell(
        tuple(
            DatedDose(day, words[:80] if is_product else "", number, "" if is_product else words)
            for day in days
        )
    )


def _is_blank(text: str) -> bool:
    """Say whether a cell holds nothing but the strokes people fill empty cells with."""
    return text.lower() in _BLANK or not any(c.isalnum() or c in _TICKS for c in text)


def _read_date(
    cell: Cell, as_of: date, date_order: DateOrder | None, *, is_1904: bool | None, is_birth: bool
) -> DateReading:
    if isinstance(cell, str):
        return _read_date_text(cell, as_of, date_order, is_1904=is_1904, is_birth=is_birth)
    if isinstance(cell, datetime):
        return DateReading(cell.date())
    if isinstance(cell, date):
        return DateReading(cell)
    if cell is None:
        return _NO_DATE
    if isinstance(cell, bool) or not isinstance(cell, float | int):
        return _UNCLEAR
    return _from_number(cell, is_1904=is_1904)


def _read_date_text(
    cell: str,
    as_of: date,
    date_order: DateOrder | None,
    *,
    is_1904: bool | None,
    is_birth: bool,
) -> DateReading:
    plain = _PLAIN.fullmatch(cell)
    if plain:
        return _made(plain[1], plain[3], plain[4])
    text = unicodedata.normalize("NFKC", cell).strip().strip("'`\"")
    if _is_blank(text):
        return _NO_DATE
    if _SERIAL_TEXT.fullmatch(text):
        return _from_number(float(text), is_1904=is_1904)
    if _LUNAR.search(text):
        return _UNCLEAR
    found, problem, rest = _dates_within(text, as_of, date_order, is_birth=is_birth)
    if len(found) == 1 and problem is None and not rest.strip(_EDGES + "生出日期于"):
        return DateReading(found[0])
    return DateReading(problem=problem or DateProblem.UNCLEAR)


def _from_number(value: float, *, is_1904: bool | None) -> DateReading:
    whole = int(value)
    if 19000101 <= value <= 21001231 and value == whole:
        digits = str(whole)
        return _made(digits[:4], digits[4:6], digits[6:])
    # 1938 or 1938.5 is a year or a month somebody typed, not the serial of a day in 1905.
    if 1900 <= value < 2101 or not 60 < value < 80000 or is_1904 is None:
        return _UNCLEAR
    return DateReading((_EPOCH_1904 if is_1904 else _EPOCH_1900) + timedelta(days=whole))


def _dates_within(
    text: str, as_of: date, date_order: DateOrder | None, *, is_birth: bool = False
) -> tuple[list[date], DateProblem | None, str]:
    """Return the dates of a text, a problem where one is unreadable, and the text around them."""
    if _LUNAR.search(text):
        return [], DateProblem.UNCLEAR, text
    found: list[date] = []
    problem: DateProblem | None = None

    def take(reading: DateReading) -> str:
        nonlocal problem
        if reading.on is None:
            problem = reading.problem
        else:
            found.append(reading.on)
        return " "

    text = _YMD.sub(lambda m: take(_made(m[1], m[2], m[3])), text)
    text = _COMPACT.sub(lambda m: take(_made(m[1], m[2], m[3])), text)
    text = _CHINESE.sub(lambda m: take(_made(*_chinese_numbers(m))), text)
    text = _DAY_NAME_YEAR.sub(
        lambda m: take(_named(m[3], m[2], m[1], as_of, is_birth=is_birth)), text
    )
    text = _NAME_DAY_YEAR.sub(
        lambda m: take(_named(m[3], m[1], m[2], as_of, is_birth=is_birth)), text
    )
    text = _YEAR_LAST.sub(lambda m: take(_year_last(m[1], m[2], m[3], date_order)), text)
    text = _SHORT.sub(lambda m: take(_short(m, as_of, date_order, is_birth=is_birth)), text)
    text = _SHORT_LAST.sub(
        lambda m: take(_short_last(m, as_of, date_order, is_birth=is_birth)), text
    )
    return found, problem, text


def _made(year: str | int, month: str | int, day: str | int) -> DateReading:
    try:
        return DateReading(date(int(year), int(month), int(day)))
    except ValueError:
        return _UNCLEAR


def _year_last(first: str, second: str, year: str, order: DateOrder | None) -> DateReading:
    day_first, month_first = _made(year, second, first), _made(year, first, second)
    if day_first.on is None or month_first.on is None or day_first == month_first:
        return day_first if day_first.on else month_first
    if order == "dmy":
        return day_first
    return month_first if order == "mdy" else _ORDER


def _short(
    match: re.Match[str], as_of: date, order: DateOrder | None, *, is_birth: bool
) -> DateReading:
    if order == "ymd" or match[2] == "年":
        return _century(match[1], match[3], match[4], as_of, is_birth=is_birth)
    return _short_last(match, as_of, order, is_birth=is_birth, parts=(match[1], match[3], match[4]))


def _short_last(
    match: re.Match[str],
    as_of: date,
    order: DateOrder | None,
    *,
    is_birth: bool,
    parts: tuple[str, str, str] | None = None,
) -> DateReading:
    first, second, third = parts or (match[1], match[2], match[3])
    if order == "dmy":
        return _century(third, second, first, as_of, is_birth=is_birth)
    if order == "mdy":
        return _century(third, first, second, as_of, is_birth=is_birth)
    # One reading alone may be possible whatever the order: 38-05-24 has no day or month 38.
    possible = {
        reading.on
        for y, m, d in ((first, second, third), (third, second, first), (third, first, second))
        if (reading := _century(y, m, d, as_of, is_birth=is_birth)).on is not None
    }
    return DateReading(possible.pop()) if len(possible) == 1 else _ORDER


def _named(year: str, month: str, day: str, as_of: date, *, is_birth: bool) -> DateReading:
    number = _MONTHS[month.lower()]
    if len(year) == 2:
        return _century(year, number, day, as_of, is_birth=is_birth)
    return _made(year, number, day)


def _century(
    year: str, month: str | int, day: str | int, as_of: date, *, is_birth: bool
) -> DateReading:
    """Read a two-digit year where one century alone is possible: 38 is 1938, a dose of 21 is 2021."""
    if len(year) != 2:
        return _UNCLEAR
    old, new = _made(f"19{year}", month, day), _made(f"20{year}", month, day)
    if new.on is None or new.on > as_of:
        return old if is_birth else _UNCLEAR
    if not is_birth:
        # 05/07/21 read year first would be a dose of 2005: more likely the day stands first.
        return new if as_of.year - new.on.year <= _LONGEST_MEMORY else _UNCLEAR
    # Somebody aged over 110 or under 30 is on no such list; between the two nobody can choose.
    ages = [(r, as_of.year - r.on.year) for r in (old, new) if r.on is not None]
    likely = [r for r, age in ages if 30 <= age <= 110]
    return likely[0] if len(likely) == 1 else _UNCLEAR


def _chinese_numbers(match: re.Match[str]) -> tuple[int, int, int]:
    year = int("".join(str(_CHINESE_DIGITS[c]) for c in match[1]))
    return year, _up_to_99(match[2]), _up_to_99(match[3])


def _up_to_99(text: str) -> int:
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _CHINESE_DIGITS.get(text, 0) if len(text) == 1 else 0
    return (_CHINESE_DIGITS.get(tens, 0) if tens else 1) * 10 + _CHINESE_DIGITS.get(ones, 0)
