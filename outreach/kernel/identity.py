"""Reading a Chinese resident identity number (GB 11643) as people type it, without ever mending it.

Only the check digit and the date decide: the county code of a number issued decades ago may have
been abolished since, so it is worth a soft word at most.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from enum import StrEnum
from typing import Literal, NamedTuple

Sex = Literal["male", "female"]

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
    ]
)
# A spreadsheet keeps 15 significant digits of a number; the rest of a longer one is lost for good.
_KEPT_DIGITS = 15
_FULL = re.compile(r"[0-9]{17}[0-9X]")
_SCIENTIFIC = re.compile(r"([0-9])\.?([0-9]*)E\+?([0-9]{1,3})")
_OTHER_PAPER = re.compile(r"[A-Z]{1,3}[0-9]{6,10}")
# "Not at hand" in the words and strokes of a cell: 未提供, 身份证丢失, ——. "看户口本" is not among them.
_NOT_WRITTEN = frozenset(["NONE", "N/A", "NA", "NIL", "UNKNOWN"])
_NOT_AT_HAND = re.compile(r"[^0-9A-Z]*[无没未不忘丢遗缺待暂空][^0-9A-Z]*|[\W_]*")


class IdProblem(StrEnum):
    """Why no number comes out of a cell in which something is written."""

    CHECKSUM = "checksum"
    LENGTH = "length"
    BIRTH_DATE = "birth_date"
    PRECISION_LOST = "precision_lost"
    OTHER_PAPER = "other_paper"


class IdReading(NamedTuple):
    """One cell read as an identity number.

    ``number`` has 18 characters or is None with a ``problem``; ``original`` is what was written
    where that differs (a 15-digit number, another paper); ``kept_digits`` are the digits of a
    rounded number that can still be trusted.
    """

    number: str | None = None
    original: str | None = None
    problem: IdProblem | None = None
    born_on: date | None = None
    sex: Sex | None = None
    kept_digits: str | None = None
    is_region_known: bool = True


def check_digit(first_17: str) -> str:
    """Return the ISO 7064 MOD 11-2 character of the first seventeen digits."""
    return _CHECKS[sum(map(int.__mul__, map(int, first_17), _WEIGHTS)) % 11]


def read_id(cell: object) -> IdReading | None:
    """Read a cell as an identity number; None where nothing is written."""
    if isinstance(cell, bool):
        return IdReading(problem=IdProblem.LENGTH)
    if isinstance(cell, int | float):
        return _read_numeric(cell)
    if not isinstance(cell, str):
        return None if cell is None else IdReading(problem=IdProblem.LENGTH)
    return _read_text(cell)


def normalise(text: str) -> str:
    """Fold full-width characters, drop spaces and the marks that force text in a sheet, upper-case."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    text = "".join(text.split()).upper()
    if text.startswith("="):
        text = text[1:]
    return text.strip("\"'`‘’“”\u200b\u200e\u200f\ufeff\u202a\u202c\u202d")


def mask_id(number: str) -> str:
    """Return the number with everything between province and the last four hidden."""
    return f"{number[:2]}{'*' * (len(number) - 6)}{number[-4:]}" if len(number) > 8 else "****"


def _read_text(cell: str) -> IdReading | None:
    text = normalise(cell)
    if text in _NOT_WRITTEN or _NOT_AT_HAND.fullmatch(text):
        return None
    if len(text) == 18 and _FULL.fullmatch(text):
        return _read_full(text)
    if len(text) == 15 and text.isascii() and text.isdigit():
        longer = f"{text[:6]}19{text[6:]}"
        return _checked(longer + check_digit(longer), original=text)
    scientific = _SCIENTIFIC.fullmatch(text)
    if scientific:
        return _rounded(scientific[1] + scientific[2], length=int(scientific[3]) + 1)
    if _OTHER_PAPER.fullmatch(text):
        return IdReading(original=text, problem=IdProblem.OTHER_PAPER)
    if len(text) == 18:
        return IdReading(original=text, problem=IdProblem.CHECKSUM)
    return IdReading(original=text, problem=IdProblem.LENGTH)


def _read_full(text: str) -> IdReading:
    if check_digit(text[:17]) == text[17]:
        return _checked(text, original=None)
    if text.endswith("000"):
        return _rounded(text[:_KEPT_DIGITS], length=18)
    return IdReading(original=text, problem=IdProblem.CHECKSUM)


def _checked(number: str, *, original: str | None) -> IdReading:
    born_on = _date(number[6:14])
    if born_on is None:
        return IdReading(original=original or number, problem=IdProblem.BIRTH_DATE)
    return IdReading(
        number=number,
        original=original,
        born_on=born_on,
        sex="male" if number[16] in "13579" else "female",
        is_region_known=number[:2] in _PROVINCES,
    )


def _read_numeric(value: float) -> IdReading | None:
    if value == 0:
        return None
    mantissa, _, exponent = f"{value:.14e}".partition("e")
    digits = mantissa.replace(".", "").ljust(int(exponent) + 1, "0")[: max(int(exponent) + 1, 1)]
    if value < 0 or value != int(value) or len(digits) < _KEPT_DIGITS:
        return IdReading(original=digits, problem=IdProblem.LENGTH)
    if len(digits) == _KEPT_DIGITS:
        return _read_text(digits)
    return _rounded(digits, length=len(digits))


def _rounded(kept: str, *, length: int) -> IdReading:
    if length != 18:
        return IdReading(problem=IdProblem.LENGTH)
    kept = kept[:_KEPT_DIGITS]
    return IdReading(
        problem=IdProblem.PRECISION_LOST,
        born_on=_date(kept[6:14]),
        kept_digits=kept if len(kept) >= 14 else None,
    )


def _date(digits: str) -> date | None:
    if len(digits) != 8:
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
