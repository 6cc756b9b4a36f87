"""A span of time between two aware instants, both ends included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """From ``from_at`` to ``until_at``; one that ends before it begins cannot be made."""

    from_at: datetime
    until_at: datetime

    def __post_init__(self) -> None:
        """Refuse naive ends and reversed ones."""
        if self.from_at.tzinfo is None or self.until_at.tzinfo is None:
            raise ValueError("naive datetime refused")
        if self.until_at < self.from_at:
            raise ValueError("window ends before it begins")

    @classmethod
    def around(cls, instant: datetime, *, before: timedelta, after: timedelta) -> TimeWindow:
        """Return the window from ``before`` an instant to ``after`` it."""
        return cls(instant - before, instant + after)

    def __contains__(self, instant: datetime) -> bool:
        """Tell whether an instant lies within, ends included."""
        return self.from_at <= instant <= self.until_at

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.until_at - self.from_at

    def overlaps(self, other: TimeWindow) -> bool:
        """Tell whether two windows share at least an instant."""
        return self.from_at <= other.until_at and other.from_at <= self.until_at

    def clipped(self, other: TimeWindow) -> TimeWindow | None:
        """Return what two windows share, or None."""
        if not self.overlaps(other):
            return None
        return TimeWindow(max(self.from_at, other.from_at), min(self.until_at, other.until_at))

    def shifted(self, by: timedelta) -> TimeWindow:
        """Return the same length of time, earlier or later."""
        return TimeWindow(self.from_at + by, self.until_at + by)

    def lateness(self, instant: datetime) -> timedelta:
        """Return how long after the window an instant comes; zero when in time or early."""
        return max(timedelta(0), instant - self.until_at)
