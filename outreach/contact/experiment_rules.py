"""PURE: drawing arms by household, intervals of shares, and when an experiment must end for harm."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from math import sqrt

from outreach.contact.codes import Step

# Never rides, clinical answers, or what follows a dose (moment 3i).
MAY_VARY = (Step.INVITE, Step.NEXT_DOSE_DUE, Step.BOOKED, Step.T_MINUS_3, Step.T_MINUS_1)
NUDGES = frozenset({Step.INVITE, Step.NEXT_DOSE_DUE})
LEAST_HOUSEHOLDS = 40
MOST_ARMS = 4
LEAST_TO_JUDGE = 20
HARMS_TO_JUDGE = 3
HARM_IS_TOO_MUCH = 0.05
Z_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with its 95 % confidence interval."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Tally:
    """What is counted of one arm, by household."""

    households: int
    matured: int
    came: int
    harmed: int


def shift_allowed(step: Step) -> tuple[int, int]:
    """Return by how many days an arm may shift a step against its usual time."""
    if step in NUDGES:
        return (0, 7)
    return (-3, 0) if step is Step.T_MINUS_3 else (0, 0)


def drawn_arm(seed: int, household: str, arms: int) -> int:
    """Return the place of the arm that a household falls to: always the same one, and evenly spread."""
    digest = hashlib.sha256(f"{seed}|{household}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % arms


def interval(count: int, total: int) -> Interval | None:
    """Return a share with Wilson's interval, which holds for small numbers too; None of nothing."""
    if total <= 0:
        return None
    share, square = count / total, Z_95 * Z_95
    middle = share + square / (2 * total)
    spread = Z_95 * sqrt(share * (1 - share) / total + square / (4 * total * total))
    scale = 1 + square / total
    return Interval(share, max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale))


def difference(of: Interval, against: Interval) -> Interval:
    """Return how much more one share is than another, with Newcombe's interval."""
    gap = of.share - against.share
    down = sqrt((of.share - of.low) ** 2 + (against.high - against.share) ** 2)
    up = sqrt((of.high - of.share) ** 2 + (against.share - against.low) ** 2)
    return Interval(gap, gap - down, gap + up)


def is_harmful(arm: Tally, control: Tally) -> bool:
    """Say whether an arm draws more opt-outs and complaints than may be borne, or than the usual words.

    Looked at all the time, and therefore wary of few cases: three at least.
    """
    if arm.harmed < HARMS_TO_JUDGE or arm.households < LEAST_TO_JUDGE:
        return False
    own = interval(arm.harmed, arm.households)
    usual = interval(control.harmed, control.households)
    if own is not None and own.share > HARM_IS_TOO_MUCH:
        return True
    return own is not None and usual is not None and difference(own, usual).low > 0
