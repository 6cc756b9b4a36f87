"""How a resident is spoken of in a message: surname and a kind form, never the full name."""

from __future__ import annotations

import re

from outreach.ledger.codes import Sex

_DOUBLE_SURNAME = re.compile(
    "欧阳|司马|上官|诸葛|司徒|东方|皇甫|尉迟|公孙|慕容|令狐|夏侯|长孙|宇文|端木|轩辕|南宫|西门|独孤|呼延|澹台|闻人"
)
_ZH = {Sex.FEMALE: "奶奶", Sex.MALE: "爷爷", Sex.UNKNOWN: "老人"}
_EN = {Sex.FEMALE: "Ms", Sex.MALE: "Mr", Sex.UNKNOWN: "Mx"}


def surname(name: str) -> str:
    """Return the family name: one or two characters of a Chinese name, the last word of another."""
    bare = name.strip()
    if not bare:
        return ""
    if bare[0].isascii():
        return bare.split()[-1]
    return bare[:2] if len(bare) > 2 and _DOUBLE_SURNAME.match(bare) else bare[0]


def form_of_address(name: str, *, sex: Sex, language: str) -> str:
    """Return 赵奶奶, or Ms Zhao: what a text may call a resident."""
    family = surname(name)
    if language.startswith("en"):
        return f"{_EN[sex]} {family}".strip()
    if family and family[0].isascii():
        return family + ("女士" if sex is Sex.FEMALE else "先生" if sex is Sex.MALE else "老人")
    return family + _ZH[sex]


def all_of(forms: list[str], *, language: str) -> str:
    """Return several forms of address as one phrase (a couple on one phone)."""
    unique = list(dict.fromkeys(forms))
    if language.startswith("en"):
        return " and ".join([", ".join(unique[:-1]), unique[-1]] if len(unique) > 1 else unique)
    return "、".join(unique)
