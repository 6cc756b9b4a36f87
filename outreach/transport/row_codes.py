"""Short codes of rows on paper: typed or scanned, they find the ride or the visit again (pure).

A code is the number of the row in letters that are not mistaken for another, with one check letter:
a slip of the pen finds nothing instead of somebody else.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
BASE = len(LETTERS)
CHECK_BASE = 31  # a prime: every single slip and every swap of neighbours changes the check letter
KINDS = 3
LONGEST = 9


class RowKind(StrEnum):
    """What a row is about."""

    PICKUP = "pickup"
    DROPOFF = "dropoff"
    VISIT = "visit"


class Row(NamedTuple):
    """A row: a ride's pickup or drop-off (``id`` is the leg's), or a visit (the appointment's)."""

    kind: RowKind
    id: int


def row_code(kind: RowKind, row_id: int) -> str:
    """Return the code of a row, such as ``3F7-K``."""
    number = row_id * KINDS + list(RowKind).index(kind)
    digits = ""
    while number or not digits:
        number, rest = divmod(number, BASE)
        digits = LETTERS[rest] + digits
    return f"{digits}-{_check(digits)}"


def find_row(text: str) -> Row | None:
    """Return the row that a code names, however it was typed; None when it is no code."""
    folded = "".join(text.split()).replace("-", "").replace("－", "").upper()
    if not 2 <= len(folded) <= LONGEST or any(letter not in LETTERS for letter in folded):
        return None
    digits, check = folded[:-1], folded[-1]
    if check != _check(digits):
        return None
    number = 0
    for letter in digits:
        number = number * BASE + LETTERS.index(letter)
    row_id, kind = divmod(number, KINDS)
    return Row(list(RowKind)[kind], row_id) if row_id else None


def _check(digits: str) -> str:
    total = sum((place + 2) * (LETTERS.index(letter) + 1) for place, letter in enumerate(digits))
    return LETTERS[total % CHECK_BASE]
