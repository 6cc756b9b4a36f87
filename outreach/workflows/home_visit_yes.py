"""A clinician's yes to a dose at home, kept as the screen of the visit: the stay, and who watches (5l)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.clinics.models import PreScreen
from outreach.clinics.rules import OBSERVATION

LEAST_STAY = int(OBSERVATION.total_seconds()) // 60
LONGEST_STAY = 240


@dataclass(frozen=True, slots=True)
class ClinicianYes:
    """A clinician's yes to a dose at home: how long the team stays, and who watches in that time."""

    stay_minutes: int
    observer: str
    decided_by: int | None


def home_yes(session: Session, *, appointment_id: int) -> ClinicianYes | None:
    """Return the clinician's yes to a home visit, or None."""
    return yeses_of(session, [appointment_id]).get(appointment_id)


def yeses_of(session: Session, appointment_ids: Sequence[int]) -> dict[int, ClinicianYes]:
    """Return the newest yes of each of these home visits."""
    rows = session.scalars(
        select(PreScreen)
        .where(
            PreScreen.appointment_id.in_(list(appointment_ids)),
            PreScreen.at_place == "home",
            PreScreen.decision == "go",
        )
        .order_by(PreScreen.recorded_at, PreScreen.id)
    )
    return {
        row.appointment_id: ClinicianYes(
            stay_minutes=int(row.answers["stay_minutes"]),
            observer=str(row.answers["observer"]),
            decided_by=row.decided_by,
        )
        for row in rows
        if "stay_minutes" in row.answers
    }
