"""Rules of an appointment: the way home, how long a visit takes, when one is ready, allowed moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.clinics.codes import NEXT_APPOINTMENT_STATUS, AppointmentStatus, Mode
from outreach.kernel.errors import MoveNotAllowed, OutreachError

OBSERVATION = timedelta(minutes=30)
EXPECTED_STAY = timedelta(minutes=50)  # register and ask 15, jab 2, observe 30, and to the door
ARRIVE_BEFORE = timedelta(minutes=15)
LATE_CANCEL = timedelta(hours=2)


class WayHomeMissing(OutreachError):
    """Our car would bring someone whom nobody takes home (N2, moment 1a)."""


class SlotFull(OutreachError):
    """The slot holds as many as it can (N4)."""

    status = 409


class SlotNotOffered(OutreachError):
    """No such slot in this session, or the session is closed then."""


class AlreadyBooked(OutreachError):
    """The resident has a standing appointment; it is changed, not doubled."""

    status = 409


class AppointmentOver(OutreachError):
    """The appointment no longer stands."""

    status = 409


class ObservationRunning(OutreachError):
    """Nobody leaves before the observation ends; ``facts['minutes_left']`` says how long."""

    status = 409


@dataclass(frozen=True, slots=True)
class Ways:
    """How someone comes and goes; ``return_with`` names who takes them home when our car does not."""

    outbound: Mode
    homeward: Mode
    outbound_with: str = ""
    return_with: str = ""
    return_contact_id: int | None = None

    @property
    def names_a_person(self) -> bool:
        """Whether a person is named who takes them home."""
        return bool(self.return_with.strip()) or self.return_contact_id is not None


def check_ways(ways: Ways) -> None:
    """Refuse an outbound by our car without a return by our car or by a named person (N2)."""
    is_brought = ways.outbound is Mode.OUR_CAR and ways.homeward is not Mode.OUR_CAR
    if is_brought and not ways.names_a_person:
        raise WayHomeMissing(field="return_with", return_mode=ways.homeward.value)


def ready_due_at(jab_at: datetime, *, extended_minutes: int = 0) -> datetime:
    """Return when the observation after a jab ends: 30 minutes on, later when extended."""
    return jab_at + OBSERVATION + timedelta(minutes=extended_minutes)


def expected_ready_at(slot_at: datetime) -> datetime:
    """Return when someone with this slot is expected to be ready for the way home."""
    return slot_at + EXPECTED_STAY


def check_move(now: AppointmentStatus, to: AppointmentStatus) -> None:
    """Refuse a status that cannot follow the present one."""
    if to is not now and to not in NEXT_APPOINTMENT_STATUS[now]:
        raise MoveNotAllowed(from_status=now.value, to_status=to.value)


def cancel_code(*, asked: str, now: datetime, slot_at: datetime) -> str:
    """Return R04 or R05 for a plain cancellation, by how early it comes; other codes stand."""
    if asked not in {"", "R04", "R05"}:
        return asked
    return "R04" if slot_at - now >= LATE_CANCEL else "R05"
