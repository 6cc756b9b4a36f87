"""What every coded list is made of: a code that is stored and labels that are shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Coded:
    """One entry of a coded list: the code is stored, the labels are shown."""

    code: str
    zh: str
    en: str

    def label(self, language: str) -> str:
        """Return the label in ``language`` ('zh' or 'en'; Chinese where unknown)."""
        return self.en if language.startswith("en") else self.zh


def coded_list(entries: Iterable[tuple[str, str, str]]) -> dict[str, Coded]:
    """Return the list in order, by code."""
    return {code: Coded(code, zh, en) for code, zh, en in entries}
