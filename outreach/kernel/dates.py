"""Calendar arithmetic of the dose rules: periods, ages, and what becomes of a day that does not exist."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

# One term of "7 months + 4 weeks - 1 day"; the sign belongs to the term that follows it.
_TERM = re.compile(
    r"\s*(?P<sign>[+-])?\s*(?P<count>\d{1,5})\s*(?P<unit>years?|months?|weeks?|days?)"
)
_UNITS = ("years", "months", "weeks", "days")


@dataclass(frozen=True, slots=True)
class Period:
    """A length of calendar time; a part may be negative ("18 years - 4 days")."""

    years: int = 0
    months: int = 0
    weeks: int = 0
    days: int = 0

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ``3 months`` or ``7 months + 4 weeks - 1 day``; anything else is a ValueError."""
        parts = dict.fromkeys(_UNITS, 0)
        position = 0
        while position < len(text.rstrip()):
            term = _TERM.match(text, position)
            if term is None or (position > 0 and term["sign"] is None):
                raise ValueError(f"not a period: {text!r}")
            count = int(term["count"])
            parts[term["unit"].rstrip("s") + "s"] += -count if term["sign"] == "-" else count
            position = term.end()
        if position == 0:
            raise ValueError("an empty text is not a period")
        return cls(**parts)

    def after(self, day: date) -> date:
        """Return the day this long after ``day``: years and months first, then weeks and days."""
        months_on = add_months(day, self.years * 12 + self.months)
        return months_on + timedelta(weeks=self.weeks, days=self.days)

    def minus_days(self, days: int) -> Period:
        """Return a period shorter by ``days``: how a rule's days of grace are written."""
        return Period(self.years, self.months, self.weeks, self.days - days)

    def __str__(self) -> str:
        text = ""
        for unit in _UNITS:
            count = getattr(self, unit)
            if count:
                noun = unit[:-1] if abs(count) == 1 else unit
                text += f" {'-' if count < 0 else '+'} {abs(count)} {noun}"
        return text.removeprefix(" + ").lstrip() or "0 days"


def add_months(day: date, months: int) -> date:
    """Move the month; a day that does not exist there becomes the first of the next month.

    31 July + 2 months is 1 October (CDSi CALCDT-5). Clipping to the month's end, as most libraries
    do, would let a dose be given a day before the interval is over.
    """
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month0 + 1, day.day)
    except ValueError:
        # Only 29, 30 and 31 can be missing, and never in December.
        return date(year, month0 + 2, 1)


def age_on(day: date, *, born_on: date) -> int:
    """Return completed years of age; a 29 February birthday falls on 1 March in common years."""
    had_birthday = (day.month, day.day) >= (born_on.month, born_on.day)
    return day.year - born_on.year - (not had_birthday)


def eligible_on(born_on: date, years: int) -> date:
    """Return the day on which someone turns ``years``."""
    return add_months(born_on, years * 12)
