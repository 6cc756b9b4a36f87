"""PURE: whom to contact first, as points with the reason for each, so that a worker can see why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from outreach.contact.reachability import GoodHours


class Why(StrEnum):
    """Why somebody is on a list, or higher on it; worded elsewhere in zh and en."""

    UNWELL = "unwell"
    RING_BACK = "ring_back"
    GO_THERE = "go_there"
    PROMISED_CALL = "promised_call"
    DECIDE_LIFE = "decide_life"
    OWED_CALL = "owed_call"
    ANSWER_READY = "answer_ready"
    CLOSE_APPOINTMENT = "close_appointment"
    REVIEW = "review"
    VERIFY_DOSE = "verify_dose"
    RESOLVE_CONSENT = "resolve_consent"
    AGREED = "agreed"
    OVERDUE_CONTACT = "overdue_contact"
    PAST_DUE_DOSE = "past_due_dose"
    DOSE_DUE = "dose_due"
    AGE = "age"
    LIVES_ALONE = "lives_alone"
    NEVER_CONTACTED = "never_contacted"
    LONG_SILENT = "long_silent"
    GOOD_HOUR = "good_hour"
    OTHER_HOUR = "other_hour"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason with its points and what stands behind it: a figure (years, days) or hours."""

    why: Why
    points: int
    figure: int | None = None
    hours: GoodHours | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What speaks for contacting somebody today."""

    day: date
    now: datetime
    age: int | None = None
    lives_alone: bool = False
    next_action: str = ""
    next_contact_on: date | None = None
    past_due_on: date | None = None
    earliest_on: date | None = None
    last_contact_on: date | None = None
    promised_call_at: datetime | None = None
    is_promised_today: bool = False
    is_agreed: bool = False
    has_answer: bool = False
    owed_calls: int = 0
    is_booked_while_reported: bool = False
    is_unwell: bool = False
    wants_ring_back: bool = False
    is_rung_in_vain: bool = False
    at: time | None = None
    hours: GoodHours | None = None


_ACTIONS = {
    "decide_life": (Why.DECIDE_LIFE, 40),
    "close_appointment": (Why.CLOSE_APPOINTMENT, 35),
    "resolve_consent": (Why.RESOLVE_CONSENT, 30),
    "verify_dose": (Why.VERIFY_DOSE, 15),
    "review_deferral": (Why.REVIEW, 15),
    "review_life": (Why.REVIEW, 15),
    "second_exemption": (Why.REVIEW, 15),
}


def reasons_for(claim: Claim) -> tuple[Reason, ...]:
    """Return every reason, the weightiest first; the points of a line are their sum."""
    found = [
        *_promises(claim),
        *_errands(claim),
        *_dates(claim),
        *_person(claim),
        *_hour(claim),
    ]
    return tuple(sorted(found, key=lambda reason: -reason.points))


def points_of(reasons: tuple[Reason, ...]) -> int:
    """Return the sum by which a list is ordered."""
    return sum(reason.points for reason in reasons)


def _promises(claim: Claim) -> list[Reason]:
    """What somebody was told would happen comes before everything that merely should."""
    found = []
    if claim.is_unwell:
        found.append(Reason(Why.UNWELL, 300))
    if claim.wants_ring_back:
        found.append(Reason(Why.RING_BACK, 155))
    if claim.is_booked_while_reported:
        found.append(Reason(Why.DECIDE_LIFE, 200))
    if claim.owed_calls:
        found.append(Reason(Why.OWED_CALL, 170, claim.owed_calls))
    if claim.is_rung_in_vain:
        found.append(Reason(Why.GO_THERE, 30))
    if claim.promised_call_at is not None and claim.is_promised_today:
        late = claim.promised_call_at <= claim.now
        found.append(Reason(Why.PROMISED_CALL, 160 if late else 150))
    if claim.has_answer:
        found.append(Reason(Why.ANSWER_READY, 80))
    return found


def _errands(claim: Claim) -> list[Reason]:
    found = []
    if claim.next_action in _ACTIONS and not claim.is_booked_while_reported:
        why, points = _ACTIONS[claim.next_action]
        found.append(Reason(why, points))
    if claim.is_agreed:
        found.append(Reason(Why.AGREED, 30))
    return found


def _dates(claim: Claim) -> list[Reason]:
    found = []
    if claim.next_contact_on is not None and claim.next_contact_on < claim.day:
        days = (claim.day - claim.next_contact_on).days
        found.append(Reason(Why.OVERDUE_CONTACT, min(days, 15), days))
    if claim.past_due_on is not None and claim.past_due_on <= claim.day:
        days = (claim.day - claim.past_due_on).days
        found.append(Reason(Why.PAST_DUE_DOSE, 10 + min(days // 30, 5), days))
    elif claim.earliest_on is not None and claim.earliest_on <= claim.day:
        found.append(Reason(Why.DOSE_DUE, 5, (claim.day - claim.earliest_on).days))
    if claim.last_contact_on is None:
        found.append(Reason(Why.NEVER_CONTACTED, 8))
    else:
        days = (claim.day - claim.last_contact_on).days
        if days >= 14:
            found.append(Reason(Why.LONG_SILENT, min(days // 7, 8), days))
    return found


def _person(claim: Claim) -> list[Reason]:
    found = []
    if claim.age is not None and claim.age >= 80:
        found.append(Reason(Why.AGE, min(claim.age - 80, 20), claim.age))
    if claim.lives_alone:
        found.append(Reason(Why.LIVES_ALONE, 12))
    return found


def _hour(claim: Claim) -> list[Reason]:
    """Let the hour decide between people who are otherwise alike: now, or rather later (moment 3j).

    A promised call keeps its hour; a part of the day that calls have only shown to be bad weighs less
    than one that somebody asked for.
    """
    if claim.hours is None or claim.at is None or claim.is_promised_today:
        return []
    if claim.hours.covers(claim.at):
        return [Reason(Why.GOOD_HOUR, 8, hours=claim.hours)]
    return [Reason(Why.OTHER_HOUR, -4 if claim.hours.is_learned else -8, hours=claim.hours)]
