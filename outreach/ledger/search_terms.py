"""PURE: what a resident can be found by: folded name, pinyin in every reading, initials, address parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from outreach.ledger.matching import fold_address, fold_name

NAME, SOUND, INITIALS, PLACE = "n:", "p:", "i:", "a:"
_CHINESE = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_MOST_READINGS = 8
_MOST_PLACES = 12
_LONGEST_TERM = 60
# "棉纺东路12号院10号楼3单元304": runs of letters, and numbers with the word that says what they count.
_PART = re.compile(
    r"\d+(?:号院|号楼|号|单元|楼|层|栋|幢|室|院|组|排)?|[\u3400-\u9fff]+|[a-z]+", re.IGNORECASE
)
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One word of a search, as the terms that it may begin or be."""

    begins: tuple[str, ...] = ()
    has_all: tuple[str, ...] = ()
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
    places = tuple(_place_terms(word))
    if _CHINESE.search(folded):
        return Wanted(begins=(NAME + folded,), has_all=places)
    letters = "".join(c for c in folded if c.isalnum())
    if letters.isdigit() and places:
        return Wanted(has_all=places)
    if not letters:
        return Wanted(begins=(NAME + folded,))
    return Wanted(begins=(SOUND + letters, INITIALS + letters, NAME + folded))


@lru_cache(maxsize=16384)
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
        INITIALS + "".join(syllable[0] for syllable in way),
    }
    if len(way) >= 3:
        terms.add(SOUND + "".join(way[1:])[:_LONGEST_TERM])
    return terms


def _ways(folded: str) -> list[tuple[str, ...]]:
    options = [_readings(character) for character in folded[:12]]
    ways = 1
    for index, readings in enumerate(options):
        # The surname comes first and its rare reading matters most, so later ones are cut.
        if ways * len(readings) > _MOST_READINGS:
            options[index] = readings[:1]
        ways *= len(options[index])
    return list(product(*options))


@lru_cache(maxsize=16384)
def _readings(character: str) -> tuple[str, ...]:
    if not _CHINESE.match(character):
        return (character,) if character.isalnum() else ("",)
    from pypinyin import Style, pinyin

    found = pinyin(character, style=Style.NORMAL, heteronym=True)
    plain = (reading.replace("ü", "v") for reading in found[0])
    kept = tuple(dict.fromkeys(r for r in plain if r.isascii() and r.isalpha()))
    return kept or (character,)


def _place_terms(address: str) -> list[str]:
    """Return pairs of neighbouring letters and numbers with their unit, the last parts first."""
    terms: list[str] = []
    for part in _PART.findall(fold_address(address)):
        if part[0].isdigit():
            terms.append(PLACE + part)
            number = _NUMBER.match(part)
            if number and number[0] != part and part.endswith("楼"):
                terms.append(PLACE + number[0] + "号楼")
        elif part.isascii():
            terms.append(PLACE + part)
        elif len(part) == 1:
            continue
        else:
            terms += [PLACE + part[i : i + 2] for i in range(len(part) - 1)]
    return list(dict.fromkeys(terms))[-_MOST_PLACES:]
