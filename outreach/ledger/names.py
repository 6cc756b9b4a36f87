"""Reading a name cell: stray spaces go, everything else stays as it was written."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from outreach.ledger.cells import Cell, cell_text

LONGEST_NAME = 60
_ANNOTATED = re.compile(r"(.+?)\s*[(（]([^()（）]{1,20})[)）]\s*")
_CJK = "[\u2e80-\u2fdf\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_SPACE_BY_CJK = re.compile(rf"(?<={_CJK})\s+|\s+(?={_CJK})")
_NAME_MARKS = frozenset(" ·•・‧.-'’()（）")
LIFE_WORD = re.compile(
    r"[去过][世逝]|[已己巳]故|死亡|病故|身故|亡故|病逝|逝世|离世|搬走|迁出|住院|deceased|died",
    re.IGNORECASE,
)


class NameReading(NamedTuple):
    """A name without stray spaces, its code, and an annotation that stood in brackets after it."""

    name: str
    code: str = ""
    annotation: str = ""


def read_name(cell: Cell) -> NameReading:
    """Read a name: spaces around it and between Chinese characters go, everything else stays."""
    text = cell_text(cell)
    # Nearly every name is letters and nothing else; the rest takes the long way.
    if text.isalpha() and len(text) <= LONGEST_NAME:
        return NameReading(text)
    text = " ".join(_SPACE_BY_CJK.sub("", text).split())
    if not text:
        return NameReading("", "name_missing")
    if len(text) > LONGEST_NAME:
        return NameReading(text, "name_too_long")
    categories = {unicodedata.category(c) for c in text}
    if "Cc" in categories or "\ufffd" in text:
        return NameReading(text, "name_unreadable")
    annotated = _ANNOTATED.fullmatch(text)
    if annotated and LIFE_WORD.search(annotated[2]):
        return NameReading(annotated[1], "", annotated[2])
    is_plain = all(c[0] in "LM" for c in categories) or all(
        c in _NAME_MARKS or unicodedata.category(c)[0] in "LM" for c in text
    )
    return NameReading(text, "" if is_plain else "name_odd_characters")
