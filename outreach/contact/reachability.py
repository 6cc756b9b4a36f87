"""PURE: when somebody is best reached: the hours they asked for, else what earlier calls have taught."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from itertools import pairwise

# Parts of a day in which a telephone is answered alike; a call outside belongs to none.
_BOUNDS = (time(8), time(10), time(12), time(14, 30), time(17), time(20))
PARTS: tuple[tuple[time, time], ...] = tuple(pairwise(_BOUNDS))
FEWEST_TRIES = 3


@dataclass(frozen=True, slots=True)
class Ring:
    """One earlier call: at which local time, and whether anybody spoke."""

    at: time
    is_reached: bool


@dataclass(frozen=True, slots=True)
class GoodHours:
    """From when until when to ring; ``is_learned`` when nobody asked for it and calls have shown it."""

    begins: time
    ends: time
    is_learned: bool

    def covers(self, at: time) -> bool:
        """Return whether a local time lies within."""
        return self.begins <= at < self.ends


def good_hours(
    rings: Iterable[Ring], *, begins: time | None = None, ends: time | None = None
) -> GoodHours | None:
    """Return the hours asked for, else the part of the day in which most calls were answered, else None.

    Nothing is learned from fewer than three calls, nor where every part of the day did equally well.
    """
    if begins is not None or ends is not None:
        return GoodHours(begins or _BOUNDS[0], ends or _BOUNDS[-1], is_learned=False)
    tried: dict[int, int] = defaultdict(int)
    reached: dict[int, int] = defaultdict(int)
    for ring in rings:
        part = _part_of(ring.at)
        if part is not None:
            tried[part] += 1
            reached[part] += ring.is_reached
    total, answered = sum(tried.values()), sum(reached.values())
    if total < FEWEST_TRIES or answered in {0, total}:
        return None
    # One success weighs less than three of four: every part begins with one call nobody answered.
    best = max(tried, key=lambda part: (reached[part] / (tried[part] + 1), -part))
    begin, end = PARTS[best]
    return GoodHours(begin, end, is_learned=True)


def _part_of(at: time) -> int | None:
    return next((i for i, (begin, end) in enumerate(PARTS) if begin <= at < end), None)
