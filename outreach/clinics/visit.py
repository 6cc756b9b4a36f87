"""What the day's events say of one visit, whatever order they came in (pure).

Phones lose the network: events arrive late, twice and out of order. A visit is therefore computed
from the whole set each time; equal sets give equal visits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from outreach.clinics.codes import CAME, AppointmentStatus, DayEventKind
from outreach.clinics.rules import ready_due_at

_K = DayEventKind


class VisitStage(StrEnum):
    """How far a visit has come."""

    EXPECTED = "expected"
    ON_THE_WAY = "on_the_way"
    AT_SITE = "at_site"
    REGISTERED = "registered"
    SCREENED = "screened"
    OBSERVING = "observing"
    READY = "ready"
    LEFT = "left"
    HANDED_OVER = "handed_over"


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of an appointment as the rules see it."""

    key: str
    kind: DayEventKind
    at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    voids: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit: when each thing first happened, and where it stands now."""

    fetched_at: datetime | None = None
    at_site_at: datetime | None = None
    registered_at: datetime | None = None
    screened_at: datetime | None = None
    jab_at: datetime | None = None
    no_dose_at: datetime | None = None
    visit_result: str = ""
    extended_minutes: int = 0
    extension_reason: str = ""
    adverse_code: str = ""
    ready_due_at: datetime | None = None
    ready_at: datetime | None = None
    left_site_at: datetime | None = None
    left_otherwise_at: datetime | None = None
    handed_over_at: datetime | None = None
    not_there_at: datetime | None = None

    @property
    def left_at(self) -> datetime | None:
        """When the person left the site, by whatever way."""
        return self.left_site_at or self.left_otherwise_at

    @property
    def home_ready_at(self) -> datetime | None:
        """From when a car may take the person home: told, or due by the observation's clock."""
        return self.ready_at or self.no_dose_at or self.ready_due_at

    @property
    def stage(self) -> VisitStage:
        """How far it has come; the furthest thing that happened decides."""
        steps = (
            (self.handed_over_at, VisitStage.HANDED_OVER),
            (self.left_at, VisitStage.LEFT),
            (self.ready_at or self.no_dose_at, VisitStage.READY),
            (self.jab_at, VisitStage.OBSERVING),
            (self.screened_at, VisitStage.SCREENED),
            (self.registered_at, VisitStage.REGISTERED),
            (self.at_site_at, VisitStage.AT_SITE),
            (self.fetched_at, VisitStage.ON_THE_WAY),
        )
        return next((stage for at, stage in steps if at is not None), VisitStage.EXPECTED)


def standing(happenings: Iterable[Happening]) -> list[Happening]:
    """Return the events that were not taken back, in order of when they happened."""
    distinct = {h.key: h for h in happenings}.values()
    taken_back = {h.voids for h in distinct if h.kind is _K.VOIDED and h.voids is not None}
    kept = [h for h in distinct if h.kind is not _K.VOIDED and h.key not in taken_back]
    return sorted(kept, key=lambda h: (h.at, h.key))


def visit_of(happenings: Iterable[Happening]) -> Visit:
    """Return the visit that a set of events tells of."""
    events = standing(happenings)
    first: dict[DayEventKind, Happening] = {}
    for event in events:
        first.setdefault(event.kind, event)
    jab_at = _at(first, _K.JABBED)
    no_dose = (first.get(_K.NO_DOSE) or _turned_round(first)) if jab_at is None else None
    extensions = [e for e in events if e.kind is _K.OBSERVATION_EXTENDED]
    extended = sum(int(e.facts.get("minutes", 0)) for e in extensions)
    due = ready_due_at(jab_at, extended_minutes=extended) if jab_at is not None else None
    tapped = _at(first, _K.READY)
    no_dose_at = no_dose.at if no_dose is not None else None
    adverse = [e for e in events if e.kind is _K.ADVERSE_EVENT]
    return Visit(
        fetched_at=_at(first, _K.PICKED_UP),
        at_site_at=_at(first, _K.AT_SITE),
        registered_at=_at(first, _K.REGISTERED),
        screened_at=_at(first, _K.SCREENED),
        jab_at=jab_at,
        no_dose_at=no_dose_at,
        visit_result=_result(jab_at, no_dose, adverse),
        extended_minutes=extended,
        extension_reason=str(extensions[-1].facts.get("reason", "")) if extensions else "",
        adverse_code=str(adverse[-1].facts.get("code", "")) if adverse else "",
        ready_due_at=due,
        ready_at=_ready(tapped, due, no_dose_at),
        left_site_at=_at(first, _K.LEFT_SITE),
        left_otherwise_at=_at(first, _K.LEFT_WITH_FAMILY) or _at(first, _K.TO_HOSPITAL),
        handed_over_at=_at(first, _K.HANDED_OVER)
        or _at(first, _K.LEFT_WITH_FAMILY)
        or _at(first, _K.TO_HOSPITAL),
        not_there_at=_at(first, _K.NOT_THERE),
    )


def status_from(visit: Visit, *, before: AppointmentStatus) -> AppointmentStatus:
    """Return the appointment's status after these events; ``before`` is what people had decided."""
    if before in {AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW}:
        came = visit.registered_at or visit.jab_at or visit.at_site_at
        if came is None:
            return before
    if visit.jab_at is not None:
        return AppointmentStatus.DONE
    if visit.no_dose_at is not None:
        return AppointmentStatus.NO_DOSE
    if visit.at_site_at or visit.registered_at or visit.screened_at:
        return AppointmentStatus.ARRIVED
    if before in CAME:
        return AppointmentStatus.CONFIRMED  # the tap was taken back
    return before


def _at(first: Mapping[DayEventKind, Happening], kind: DayEventKind) -> datetime | None:
    return first[kind].at if kind in first else None


def _ready(
    tapped: datetime | None, due: datetime | None, no_dose_at: datetime | None
) -> datetime | None:
    if due is not None:
        # An early tap counts from the end of the observation, never before it.
        return max(tapped, due) if tapped is not None else None
    if no_dose_at is not None:
        return no_dose_at  # no dose means ready now (moment 1d)
    return tapped


def _turned_round(first: Mapping[DayEventKind, Happening]) -> Happening | None:
    """A change of mind aboard is a visit without a dose; at the door there is no visit (moment 5e)."""
    said, fetched = first.get(_K.NOT_TODAY), first.get(_K.PICKED_UP)
    return said if said is not None and fetched is not None and fetched.at <= said.at else None


def _result(jab_at: datetime | None, no_dose: Happening | None, adverse: list[Happening]) -> str:
    if jab_at is not None:
        if not adverse:
            return "V01"
        return "V08" if str(adverse[-1].facts.get("code")) == "A5" else "V07"
    if no_dose is None:
        return ""
    by_own_word = "V04" if no_dose.kind is _K.NOT_TODAY else "V02"
    return str(no_dose.facts.get("result", by_own_word))
