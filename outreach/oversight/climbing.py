"""PURE: what climbs to the level above, and when: unserved need, never a person's no (moment 6e)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from outreach.kernel.codes import coded_list

DAYS_PER_LEVEL = 3
HIGHEST = 3  # grid → community → street → district


class ClimbCause(StrEnum):
    """What of ours was not done in time."""

    NO_CAR = "no_car"
    NO_ANSWER = "no_answer"
    NO_SLOT = "no_slot"
    PROMISED_CALL = "promised_call"
    REQUEST = "request"


CAUSE_LABELS = coded_list(
    [
        ("no_car", "要车未能安排", "No car for someone who asked"),
        ("no_answer", "医生尚未答复", "No answer from a clinician"),
        ("no_slot", "同意后未能预约", "Agreed, and no appointment offered"),
        ("promised_call", "答应的回电未打", "A promised call not made"),
        ("request", "上级要求逾期", "A request of the level above overdue"),
    ]
)


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits on us since a day, in a unit of the tree."""

    cause: ClimbCause
    subject_id: int
    area_id: int
    due_on: date

    @property
    def key(self) -> str:
        """What makes it one and the same need, however often it is looked at."""
        return f"{self.cause}:{self.subject_id}:{self.due_on.isoformat()}"


def level_on(due_on: date, day: date, *, days_per_level: int = DAYS_PER_LEVEL) -> int:
    """Return how many levels a need has climbed by ``day``: one for each full number of days overdue."""
    overdue = (day - due_on).days
    return max(0, min(HIGHEST, overdue // days_per_level))
