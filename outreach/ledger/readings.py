"""Every reading of a Chinese character: names are searched and compared by all of them."""

from __future__ import annotations

import os
from functools import lru_cache


@lru_cache(maxsize=16384)
def readings(character: str) -> tuple[str, ...]:
    """Return the readings of one character in plain letters, the usual one first; itself where it has none.

    A name is no phrase: the dictionary of phrases, 45 MB of memory, would only hide rare readings.
    """
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "true")
    from pypinyin import Style, pinyin

    found = pinyin(character, style=Style.NORMAL, heteronym=True)
    return tuple(found[0]) if found else (character,)
