"""Cutting a long list into pieces that one question to the database can carry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

# SQLite takes 32 766 variables in one statement, PostgreSQL 65 535.
AT_ONCE = 2000

_T = TypeVar("_T")


def slices(items: Sequence[_T], size: int = AT_ONCE) -> Iterator[Sequence[_T]]:
    """Yield ``items`` in their order, at most ``size`` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
