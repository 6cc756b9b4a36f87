"""PURE: what a resident can be found by: folded name, pinyin in every reading, initials, address parts."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from outreach.ledger.matching import fold_name
from outreach.ledger.readings import readings

NAME, SOUND, INITIALS, PLACE = "n:", "p:", "i:", "a:"
_CHINESE = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_MOST_READINGS = 8
_MOST_PLACES = 4
_LONGEST_TERM = 60
_LONGEST_PLACE = 24
# What stands before the part by which people of one community tell doors apart.
_AREAS = re.compile(r"^\D*(?:省|市|(?<!小)区|县|街道|办事处|镇|乡|居委会)(?=.{3})")
_NOT_WORD = re.compile(r"[\W_]+")
_BUILDING = re.compile(r"[栋幢]|号楼栋")
# A place may be asked for from any of its parts on: the street, the compound, the building.
_PART_STARTS = re.compile(r"(?<=[路街道巷弄])(?=[\u3400-\u9fff])|(?<!\d)(?=\d)|(?<=\s)(?=[a-z])")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One word of a search: terms that it may begin, or the digits of a number."""

    begins: tuple[str, ...] = ()
    digits: str = ""


def terms_of(name: str, address: str) -> set[str]:
    """Return every term under which a resident is kept."""
    return name_terms(name) | place_terms(address)


def name_terms(name: str) -> set[str]:
    """Return the terms of a name: as written, without the surname, as it sounds, its initials."""
    return set(_name_terms(fold_name(name)))


def place_terms(address: str) -> set[str]:
    """Return the terms of an address."""
    return set(_place_terms(address))


def wanted(text: str) -> list[Wanted]:
    """Return what a typed search asks for, word by word; all words must fit."""
    return [_wanted_word(word) for word in text.split()[:6] if word.strip()]


def _wanted_word(word: str) -> Wanted:
    word = word[:_LONGEST_TERM]
    digits = "".join(c for c in word if c.isdigit() or c in "xX+")
    if len(digits) == len(word) and len(word.lstrip("+")) >= 4:
        return Wanted(digits=word.lstrip("+").upper())
    folded = fold_name(word)
    places = _asked_places(word)
    if _CHINESE.search(folded):
        return Wanted(begins=(NAME + folded, *places))
    letters = "".join(c for c in folded if c.isalnum())
    if letters.isdigit() and places:
        return Wanted(begins=places)
    if not letters:
        return Wanted(begins=(NAME + folded,))
    return Wanted(begins=(SOUND + letters, INITIALS + letters, NAME + folded, *places))


@lru_cache(maxsize=1 << 13)
def _name_terms(folded: str) -> frozenset[str]:
    if not folded:
        return frozenset()
    terms = {NAME + folded[:_LONGEST_TERM]}
    if _CHINESE.search(folded):
        if len(folded) >= 3:
            terms.add(NAME + folded[1:][:_LONGEST_TERM])
        for way in _ways(folded):
            terms |= _spoken(way)
        return frozenset(terms)
    words = [w for w in re.split(r"[^\w]+", folded) if w]
    terms |= {SOUND + word[:_LONGEST_TERM] for word in words}
    terms.add(SOUND + "".join(words)[:_LONGEST_TERM])
    terms.add(INITIALS + "".join(word[0] for word in words))
    return frozenset(terms)


def _spoken(way: tuple[str, ...]) -> set[str]:
    terms = {
        SOUND + "".join(way)[:_LONGEST_TERM],
        INITIALS + "".join(syllable[:1] for syllable in way),
    }
    if len(way) >= 3:
        terms.add(SOUND + "".join(way[1:])[:_LONGEST_TERM])
    return terms


def _ways(folded: str) -> list[tuple[str, ...]]:
    options = [_readings(character) for character in folded[:12]]
    ways = 1
    for index, ways_of_one in enumerate(options):
        # The surname comes first and its rare reading matters most, so later ones are cut.
        if ways * len(ways_of_one) > _MOST_READINGS:
            options[index] = ways_of_one[:1]
        ways *= len(options[index])
    return list(product(*options))


@lru_cache(maxsize=16384)
def _readings(character: str) -> tuple[str, ...]:
    if not _CHINESE.match(character):
        return (character,) if character.isalnum() else ("",)
    plain = (reading.replace("ü", "v") for reading in readings(character))
    kept = tuple(dict.fromkeys(r for r in plain if r.isascii() and r.isalpha()))
    return kept or (character,)


def _place_terms(address: str) -> list[str]:
    """Return an address from each of its first parts on: it is found wherever one begins to type it."""
    folded = _fold_place(address)
    starts = sorted({0, *(found.start() for found in _PART_STARTS.finditer(folded))})
    ways = [folded[start : start + _LONGEST_PLACE] for start in starts[:_MOST_PLACES]]
    return list({PLACE + way.replace(" ", ""): None for way in ways if len(way) > 1})


def _asked_places(word: str) -> tuple[str, ...]:
    """Return the beginning that a typed part of an address asks for."""
    folded = _fold_place(word)[:_LONGEST_PLACE]
    return (PLACE + folded,) if len(folded) > 1 else ()


def _fold_place(text: str) -> str:
    """Return an address without areas above the street, signs and the many words for a building."""
    plain = unicodedata.normalize("NFKC", text).lower()
    plain = " ".join(_NOT_WORD.sub(" ", plain).split())
    if _CHINESE.search(plain):
        plain = _AREAS.sub("", plain.replace(" ", ""))
    return _BUILDING.sub("号楼", plain).removesuffix("室")
