"""Telephone numbers as people write them in a cell, read into E.164 with the place's area code."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType

_SEPARATORS = re.compile(r"[/、,;|\n\r\\&]+|(?:和|或|及)(?=[^\d]*\d)")
_DIGITS = re.compile(r"\+?\d+")
_EXTENSION = re.compile(r"(?:转|分机号?|ext\.?|extn\.?|x)[\s:：]*(\d{1,6})", re.IGNORECASE)
_AREA_CODE = re.compile(r"0\d{2,3}")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?e\+?\d+", re.IGNORECASE)
_DASHES = str.maketrans("—–―‐‑−－~", "--------")
_LABEL_EDGES = " -+.:：()（）[]【】*#\t\"'=_"


class PhoneKind(StrEnum):
    """What can be done with a number: text and call, call only, or unknown."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    UNKNOWN = "unknown"


class Phone(NamedTuple):
    """One valid number; ``label`` is what was written beside it (儿子, 李女士)."""

    e164: str
    kind: PhoneKind
    label: str = ""
    extension: str = ""


class PhonesReading(NamedTuple):
    """The numbers of one cell, in the order written, and the tokens that are none."""

    phones: tuple[Phone, ...] = ()
    invalid: tuple[str, ...] = ()

    @property
    def is_written(self) -> bool:
        """Say whether any number, valid or not, stands in the cell."""
        return bool(self.phones or self.invalid)


_NOTHING = PhonesReading()


def read_phones(cell: object, *, country: str, area_code: str) -> PhonesReading:
    """Read every number of a cell; text without digits is no number."""
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        cell = f"{cell:.0f}"
    if not isinstance(cell, str) or not cell:
        return _NOTHING
    # The commonest cell by far holds one mobile number and nothing else.
    if _mobile_pattern(country).fullmatch(cell):
        return PhonesReading((Phone(_calling_code(country) + cell, PhoneKind.MOBILE),))
    text = unicodedata.normalize("NFKC", cell).translate(_DASHES)
    if not any(c.isdigit() for c in text):
        return _NOTHING
    found: list[Phone] = []
    invalid: list[str] = []
    for piece in _pieces(text):
        _read_piece(piece, country, area_code, found, invalid)
    unique = dict.fromkeys(found)
    return PhonesReading(tuple(unique), tuple(invalid))


@lru_cache(maxsize=4096)
def parse_phone(digits: str, *, country: str, area_code: str) -> Phone | None:
    """Return the number that a run of digits is, or None; a local number takes the area code."""
    if area_code and 6 <= len(digits) <= 8 and digits[0] not in "0+1":
        local = _parse(area_code + digits, country)
        if local is not None:
            return local
    return _parse(digits, country)


def mask_phone(e164: str) -> str:
    """Return a number with its middle hidden, enough to tell two numbers of a family apart."""
    national = e164.removeprefix("+86")
    if len(national) < 7:
        return "****"
    return f"{national[:3]}{'*' * (len(national) - 7)}{national[-4:]}"


def _pieces(text: str) -> list[str]:
    pieces = [p for p in _SEPARATORS.split(text) if p.strip()]
    joined: list[str] = []
    for piece in pieces:
        # "0371/68801234": the slash stands for the dash after the area code.
        if joined and _AREA_CODE.fullmatch(joined[-1].strip(_LABEL_EDGES)):
            joined[-1] = f"{joined[-1]}-{piece}"
        else:
            joined.append(piece)
    return joined


def _read_piece(
    piece: str, country: str, area_code: str, found: list[Phone], invalid: list[str]
) -> None:
    scientific = _SCIENTIFIC.search(piece)
    if scientific:
        invalid.append(scientific[0])
        return
    extension_match = _EXTENSION.search(piece)
    extension = extension_match[1] if extension_match else ""
    if extension_match:
        piece = piece[: extension_match.start()] + piece[extension_match.end() :]
    spans = list(_DIGITS.finditer(piece))
    tokens = [span[0] for span in spans]
    label = _label(piece)
    read: list[tuple[Phone, int, int]] = []
    at = 0
    while at < len(tokens):
        phone, used = _longest(tokens, at, country, area_code)
        if phone is None:
            _leftover(tokens[at], found=found, invalid=invalid, is_bare=not label)
        else:
            found.append(phone._replace(label=label, extension=extension))
            read.append((phone, spans[at].start(), spans[at + used - 1].end()))
        at += used
    if len(read) > 1 and label:
        found[-len(read) :] = [
            phone._replace(label=words, extension=extension)
            for (phone, _, _), words in zip(read, _labels(piece, read), strict=True)
        ]


def _longest(tokens: list[str], at: int, country: str, area_code: str) -> tuple[Phone | None, int]:
    for end in range(min(len(tokens), at + 5), at, -1):
        digits = "".join(tokens[at:end])
        if len(digits) <= 16:
            phone = parse_phone(digits, country=country, area_code=area_code)
            if phone is not None:
                return phone, end - at
    return None, 1


def _leftover(token: str, *, found: list[Phone], invalid: list[str], is_bare: bool) -> None:
    if is_bare and found and len(token) <= 4 and found[-1].kind is PhoneKind.LANDLINE:
        found[-1] = found[-1]._replace(extension=token)
    elif len(token) >= 5 or (is_bare and len(token) >= 3):
        invalid.append(token)


def _labels(piece: str, read: list[tuple[Phone, int, int]]) -> list[str]:
    """Return the words of each of several numbers: before it, or after it as in "139… (son) 138… (Li)"."""
    edges = [0, *(end for _, _, end in read)]
    before = [_label(piece[left:start]) for left, (_, start, _) in zip(edges, read, strict=False)]
    starts = [*(start for _, start, _ in read[1:]), len(piece)]
    after = [_label(piece[end:right]) for (_, _, end), right in zip(read, starts, strict=True)]
    return after if after[-1] and not before[0] else before


def _label(piece: str) -> str:
    words = (word.strip(_LABEL_EDGES) for word in _DIGITS.sub(" ", piece).split())
    return " ".join(filter(None, words))[:40]


def _parse(digits: str, country: str) -> Phone | None:
    try:
        number = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return Phone(e164, _KINDS.get(phonenumbers.number_type(number), PhoneKind.UNKNOWN))


_KINDS = {
    PhoneNumberType.MOBILE: PhoneKind.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: PhoneKind.MOBILE,
    PhoneNumberType.FIXED_LINE: PhoneKind.LANDLINE,
}


@lru_cache(maxsize=16)
def _mobile_pattern(country: str) -> re.Pattern[str]:
    """Return the library's own pattern of a mobile number written without prefix."""
    metadata = PhoneMetadata.metadata_for_region(country, None)
    pattern = metadata.mobile.national_number_pattern if metadata and metadata.mobile else None
    if country != "CN" or pattern is None:
        # Elsewhere a number may begin with digits that are also a trunk prefix: parse it.
        return re.compile(r"(?!)")
    return re.compile(pattern, re.ASCII)


@lru_cache(maxsize=16)
def _calling_code(country: str) -> str:
    return f"+{phonenumbers.country_code_for_region(country)}"
