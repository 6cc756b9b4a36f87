"""Who may be the same person twice: candidates with a score and the reasons, for a person to decide."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import product
from typing import Any

from rapidfuzz.distance import JaroWinkler
from rapidfuzz.fuzz import ratio

from outreach.ledger.readings import readings

_CHINESE = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_NEAR_PINYIN, _NEAR_LATIN = 90.0, 0.93
_MOST_READINGS = 12
_NOT_ADDRESS = re.compile(r"[^\w\u3400-\u9fff]+")
_LEADING_AREA = re.compile(r"^.*?(?:省|市|区|县|街道|办事处|镇|乡|社区|居委会)(?=.{4})")
# Sounds that people of many regions write for one another, longest first.
_MERGED_SOUNDS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"))


class Reason(StrEnum):
    """One fact for or against two rows being one person."""

    SAME_ID = "same_id"
    SAME_NAME = "same_name"
    SAME_NAME_OTHER_SCRIPT = "same_name_other_script"
    NAME_SOUNDS_ALIKE = "name_sounds_alike"
    NAME_NEARLY_ALIKE = "name_nearly_alike"
    SAME_BIRTH_DATE = "same_birth_date"
    SAME_PHONE = "same_phone"
    SAME_ADDRESS = "same_address"
    IDS_DIFFER = "ids_differ"
    BIRTH_DATE_DIFFERS = "birth_date_differs"
    SEX_DIFFERS = "sex_differs"
    MAYBE_TWINS = "maybe_twins"


_WEIGHTS = {
    Reason.SAME_ID: 1.0,
    Reason.SAME_NAME: 0.5,
    Reason.SAME_NAME_OTHER_SCRIPT: 0.5,
    Reason.NAME_SOUNDS_ALIKE: 0.4,
    Reason.NAME_NEARLY_ALIKE: 0.3,
    Reason.SAME_BIRTH_DATE: 0.3,
    Reason.SAME_PHONE: 0.2,
    Reason.SAME_ADDRESS: 0.2,
    Reason.IDS_DIFFER: -0.35,
    Reason.BIRTH_DATE_DIFFERS: -0.2,
    Reason.SEX_DIFFERS: -0.15,
    Reason.MAYBE_TWINS: 0.0,
}
WORTH_A_LOOK = 0.5


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of one row or resident; ``key`` is the caller's name for it."""

    key: int
    name: str
    id_number: str | None = None
    born_on: date | None = None
    phones: frozenset[str] = field(default=frozenset())
    address: str = ""
    sex: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two that may be one; certain only by the same number."""

    first: int
    second: int
    score: float
    reasons: tuple[Reason, ...]

    @property
    def is_certain(self) -> bool:
        """Say whether the identity number alone settles it."""
        return Reason.SAME_ID in self.reasons


def compare(first: Person, second: Person) -> Candidate | None:
    """Return the two as a candidate, or None where nothing worth a person's time speaks for it."""
    if first.id_number and first.id_number == second.id_number:
        return Candidate(first.key, second.key, 1.0, (Reason.SAME_ID, *_for(first, second)))
    name = name_reason(first.name, second.name)
    if name is None:
        return None
    support = _for(first, second)
    if not support:
        return None
    reasons = [name, *support, *_against(first, second)]
    if Reason.IDS_DIFFER in reasons and len(support) < 2:
        # Two valid numbers are two people, unless birth date and household agree as well.
        return None
    is_homophone = name in (Reason.NAME_SOUNDS_ALIKE, Reason.NAME_NEARLY_ALIKE)
    is_same_door = Reason.SAME_BIRTH_DATE in support and len(support) > 1
    if is_same_door and (is_homophone or Reason.IDS_DIFFER in reasons):
        reasons.append(Reason.MAYBE_TWINS)
    score = round(min(sum(_WEIGHTS[r] for r in reasons), 0.99), 2)
    if score < WORTH_A_LOOK:
        return None
    return Candidate(first.key, second.key, score, tuple(reasons))


def find_candidates(person: Person, pool: Iterable[Person]) -> list[Candidate]:
    """Return the candidates of one person among others, the likeliest first."""
    found = [
        candidate
        for other in pool
        if other.key != person.key and (candidate := compare(person, other)) is not None
    ]
    return sorted(found, key=lambda c: (-c.score, c.second))


def block_keys(person: Person) -> frozenset[str]:
    """Return keys of which any two candidates share at least one, so that a pool stays small."""
    keys = {f"p:{phone}" for phone in person.phones}
    keys |= {f"n:{sound}" for sound in sounds(person.name)}
    if person.id_number:
        keys.add(f"i:{person.id_number}")
    if person.born_on:
        keys.add(f"b:{person.born_on.isoformat()}")
    if address := fold_address(person.address):
        keys.add(f"a:{address[-8:]}")
    return frozenset(keys)


def name_reason(first: str, second: str) -> Reason | None:
    """Say in what way two names are alike: written the same, in another script, by sound, nearly."""
    plain_a, plain_b = _plain(first), _plain(second)
    if not plain_a or not plain_b:
        return None
    if plain_a == plain_b:
        return Reason.SAME_NAME
    a, b = fold_name(first), fold_name(second)
    if a == b:
        return Reason.SAME_NAME_OTHER_SCRIPT
    if not _CHINESE.search(a) or not _CHINESE.search(b):
        same_words = sorted(a.split()) == sorted(b.split())
        is_near = same_words or JaroWinkler.similarity(a, b) >= _NEAR_LATIN
        return Reason.NAME_NEARLY_ALIKE if is_near else None
    if len(a) != len(b):
        return None
    if sounds(a) & sounds(b):
        return Reason.NAME_SOUNDS_ALIKE
    return Reason.NAME_NEARLY_ALIKE if _is_nearly(a, b) else None


@lru_cache(maxsize=1 << 14)
def fold_name(name: str) -> str:
    """Return a name for comparison: simplified characters, no spaces between them, lower case."""
    plain = _plain(name)
    return str(_simplifier().convert(plain)) if _CHINESE.search(plain) else plain


@lru_cache(maxsize=8192)
def sounds(name: str) -> frozenset[str]:
    """Return the ways a name may sound, every reading of each character, regional mergers folded."""
    folded = fold_name(name)
    if not _CHINESE.search(folded):
        return frozenset((folded,)) if folded else frozenset()
    merged = [tuple(dict.fromkeys(map(_merge_sounds, readings(one)))) for one in folded]
    ways = 1
    for index, options in enumerate(merged):
        if ways * len(options) > _MOST_READINGS:
            merged[index] = options[:1]
        ways *= len(merged[index])
    return frozenset(" ".join(way) for way in product(*merged))


@lru_cache(maxsize=8192)
def fold_address(text: str) -> str:
    """Return an address for comparison: no spaces or strokes, no leading district or community."""
    folded = _NOT_ADDRESS.sub("", unicodedata.normalize("NFKC", text)).lower()
    return (
        _LEADING_AREA.sub("", folded).replace("栋", "号楼").replace("幢", "号楼").removesuffix("室")
    )


def _for(first: Person, second: Person) -> list[Reason]:
    reasons = []
    if first.born_on and first.born_on == second.born_on:
        reasons.append(Reason.SAME_BIRTH_DATE)
    if first.phones & second.phones:
        reasons.append(Reason.SAME_PHONE)
    a, b = fold_address(first.address), fold_address(second.address)
    if a and b and (a == b or (min(len(a), len(b)) >= 8 and (a.endswith(b) or b.endswith(a)))):
        reasons.append(Reason.SAME_ADDRESS)
    return reasons


def _against(first: Person, second: Person) -> list[Reason]:
    reasons = []
    if first.id_number and second.id_number and first.id_number != second.id_number:
        reasons.append(Reason.IDS_DIFFER)
    if first.born_on and second.born_on and first.born_on != second.born_on:
        reasons.append(Reason.BIRTH_DATE_DIFFERS)
    if first.sex and second.sex and first.sex != second.sex:
        reasons.append(Reason.SEX_DIFFERS)
    return reasons


def _plain(name: str) -> str:
    text = unicodedata.normalize("NFC", name).casefold().strip()
    return "".join(text.split()) if _CHINESE.search(text) else " ".join(text.split())


def _merge_sounds(syllable: str) -> str:
    for sound, plain in _MERGED_SOUNDS:
        syllable = syllable.replace(sound, plain)
    return syllable


def _is_nearly(a: str, b: str) -> bool:
    """Same sound of the surname and nearly the same whole: a slip of one letter of pinyin."""
    ways_a, ways_b = sounds(a), sounds(b)
    return any(
        x.split()[0] == y.split()[0] and ratio(x, y) >= _NEAR_PINYIN for x in ways_a for y in ways_b
    )


@lru_cache(maxsize=1)
def _simplifier() -> Any:  # noqa: ANN401  # the library carries no types
    import opencc

    return opencc.OpenCC("t2s")
