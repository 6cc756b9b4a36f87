"""How many parts a text is cut into on its way: GSM 7-bit where every character fits, else UCS-2."""

from __future__ import annotations

from dataclasses import dataclass

_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("^{}\\[~]|€\f")


@dataclass(frozen=True, slots=True)
class Length:
    """A text's size: units are septets or UTF-16 code units."""

    units: int
    segments: int
    is_unicode: bool


def measure(text: str) -> Length:
    """Return the number of parts of ``text`` including its signature, as carriers count them."""
    if all(c in _GSM_BASIC or c in _GSM_EXTENDED for c in text):
        sizes = [2 if c in _GSM_EXTENDED else 1 for c in text]
        return Length(sum(sizes), _parts(sizes, single=160, joined=153), is_unicode=False)
    sizes = [2 if ord(c) > 0xFFFF else 1 for c in text]
    return Length(sum(sizes), _parts(sizes, single=70, joined=67), is_unicode=True)


def _parts(sizes: list[int], *, single: int, joined: int) -> int:
    if sum(sizes) <= single:
        return 1
    # A character of two units is never cut in half: it moves to the next part.
    parts, room = 1, joined
    for size in sizes:
        if size > room:
            parts, room = parts + 1, joined
        room -= size
    return parts
