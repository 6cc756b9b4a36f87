"""PURE: what the status of a ledger entry is on a day, what comes next, and what a strike-off needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from outreach.kernel.dates import eligible_on
from outreach.ledger.codes import (
    DUE,
    EntryStatus,
    LifeStatus,
    NextAction,
)
from outreach.ledger.dose_standing import Need
from outreach.ledger.dose_view import DoseFacts, DoseView, view_doses

DESK_REFUSAL_REST_DAYS = 7  # moment 5e: no contact for a week after "not today" at the door


class Stage(StrEnum):
    """How far speaking with a person has come in the present round."""

    NONE = "none"
    CONSIDERING = "considering"
    AGREED = "agreed"


@dataclass(frozen=True, slots=True)
class ContactStanding:
    """What all contacts of a line amount to; ``contact/follow_up.py`` reads it out of the attempts.

    ``declined_until`` is the day on which an explicit no ends; ``do_not_ask`` has no end but the
    person's own word or a clinician's reason.
    """

    stage: Stage = Stage.NONE
    declined_until: date | None = None
    do_not_ask: bool = False
    refusals: int = 0
    is_unreachable: bool = False
    unreached_since: date | None = None
    claims_vaccinated: bool = False
    next_contact_on: date | None = None
    next_channel: str = ""
    promised_call_at: datetime | None = None
    last_contact_at: datetime | None = None
    said_no_at: datetime | None = None


NO_CONTACT = ContactStanding()


@dataclass(frozen=True, slots=True)
class DeferralFact:
    """One deferral or contraindication that nobody has lifted."""

    deferral_id: int
    code: str
    is_permanent: bool
    is_seconded: bool
    until_on: date | None
    review_on: date | None


@dataclass(frozen=True, slots=True)
class BookingFact:
    """One standing appointment at which this campaign's dose is planned."""

    appointment_id: int
    slot_on: date
    booked_at: datetime


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """Every fact that decides about one entry; gathered in bulk by ``workflows/restate.py``."""

    born_on: date | None
    minimum_age: int
    opens_on: date
    doses: DoseFacts
    life: LifeStatus = LifeStatus.PRESENT
    life_review_on: date | None = None
    has_open_report: bool = False
    deferrals: tuple[DeferralFact, ...] = ()
    bookings: tuple[BookingFact, ...] = ()
    refused_at_desk_on: date | None = None
    consent_conflict: bool = False
    contact: ContactStanding = NO_CONTACT
    quiet_until: date | None = None
    has_phone: bool = True

    @property
    def eligible_on(self) -> date | None:
        """Return the day of the birthday that the campaign waits for; None for an unknown birth date.

        Who stands on the ledger without a birth date was put there as someone of that age: the line
        is due, and the missing-data report asks for the date.
        """
        return eligible_on(self.born_on, self.minimum_age) if self.born_on else None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is stored of an entry: status, what comes next and when, and the doses behind both."""

    status: EntryStatus
    next_action: NextAction
    next_contact_on: date | None
    next_channel: str
    view: DoseView
    contact: ContactStanding
    exemption_id: int | None = None

    @property
    def is_to_verify(self) -> bool:
        """Say whether a dose was told that nobody has proven yet."""
        open_line = self.status in DUE or self.status in {
            EntryStatus.BOOKED,
            EntryStatus.UNREACHABLE,
        }
        return open_line and (self.view.is_to_verify or self.contact.claims_vaccinated)


def status_of(facts: EntryFacts, day: date) -> Finding:
    """Return what an entry is on ``day``: the first clause of ``CLAUSES`` that holds decides."""
    seen = _Seen(facts, day, view_doses(facts.doses, day))
    status = next(clause.status for clause in CLAUSES if clause.holds(seen))
    action = _next_action(seen, status)
    return Finding(
        status=status,
        next_action=action,
        next_contact_on=_next_contact_on(seen, status, action),
        next_channel=facts.contact.next_channel if status in _REACHING_OUT else "",
        view=seen.view,
        contact=facts.contact,
        exemption_id=_exemption_id(facts) if status is EntryStatus.EXEMPT else None,
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """The facts of an entry as they look on one day."""

    facts: EntryFacts
    day: date
    view: DoseView

    def is_deceased(self) -> bool:
        return self.facts.life is LifeStatus.DECEASED

    def is_moved(self) -> bool:
        return self.facts.life is LifeStatus.MOVED

    def is_too_young(self) -> bool:
        on = self.facts.eligible_on
        if on is not None and on > self.day:
            return True
        return self.view.told.need in {Need.TOO_YOUNG, Need.OUTSIDE}

    def is_closed(self) -> bool:
        return self.view.proven.need is Need.CLOSED

    def is_exempt(self) -> bool:
        return any(d.is_permanent and d.is_seconded for d in self.facts.deferrals)

    def standing_deferrals(self) -> list[DeferralFact]:
        return [d for d in self.facts.deferrals if d.until_on is None or d.until_on > self.day]

    def is_deferred(self) -> bool:
        return bool(self.standing_deferrals()) or self.view.told.need is Need.WAITING

    def said_no(self) -> bool:
        contact = self.facts.contact
        until = contact.declined_until
        return contact.do_not_ask or (until is not None and until > self.day)

    def is_declined_after_booking(self) -> bool:
        """Return whether the last word is a no; a booking made after it is a yes that came later."""
        if not self.said_no():
            return False
        booked = [b.booked_at for b in self.coming()]
        said = self.facts.contact.said_no_at
        return not booked or (said is not None and said >= max(booked))

    def coming(self) -> list[BookingFact]:
        return [b for b in self.facts.bookings if b.slot_on >= self.day]

    def passed(self) -> list[BookingFact]:
        return [b for b in self.facts.bookings if b.slot_on < self.day]

    def is_booked(self) -> bool:
        return bool(self.coming())

    def is_unreachable(self) -> bool:
        return self.facts.contact.is_unreachable

    def has_agreed(self) -> bool:
        changed_mind = self.facts.refused_at_desk_on is not None
        is_agreed = self.facts.contact.stage is Stage.AGREED and not changed_mind
        return is_agreed or bool(self.passed())

    def is_considering(self) -> bool:
        stage = self.facts.contact.stage
        return stage is Stage.CONSIDERING or self.facts.refused_at_desk_on is not None


@dataclass(frozen=True, slots=True)
class Clause:
    """One line of the table that decides: a status, when it holds, and the same in plain words."""

    status: EntryStatus
    holds: Callable[[_Seen], bool]
    zh: str
    en: str


# Read from the top; the first that holds decides, so every entry has exactly one status (N7).
CLAUSES = (
    Clause(
        EntryStatus.DECEASED, _Seen.is_deceased, "两人核实已故", "A death that two people confirmed"
    ),
    Clause(EntryStatus.MOVED, _Seen.is_moved, "已核实迁出", "A move away that a person confirmed"),
    Clause(
        EntryStatus.NOT_YET_ELIGIBLE,
        _Seen.is_too_young,
        "未到活动年龄,或在疫苗适用年龄之外",
        "Below the campaign's age on the day, or outside the ages of the rules",
    ),
    Clause(
        EntryStatus.VACCINATED,
        _Seen.is_closed,
        "达到目标剂次或目前无应种剂次,且证据达到活动要求的等级",
        "The target is reached or nothing is due now because of a dose, proven by evidence of the"
        " campaign's closing grade or better",
    ),
    Clause(
        EntryStatus.EXEMPT,
        _Seen.is_exempt,
        "临床医生认定不宜接种(D01–D03),并经第二人复核",
        "A permanent contraindication (D01–D03) set by a clinician and seconded by another person",
    ),
    Clause(
        EntryStatus.DEFERRED,
        _Seen.is_deferred,
        "暂缓未到期,或因感染、季节等规则尚不能接种",
        "A deferral that has not ended, or a wait that the rules impose (infection, season, other vaccine)",
    ),
    Clause(
        EntryStatus.DECLINED,
        _Seen.is_declined_after_booking,
        "明确拒绝(90 天)、要求不再联系或第四次拒绝(整个活动),且其后未再预约",
        "An explicit no (90 days), “don't ask again” or a fourth refusal (the campaign), with no"
        " appointment made after it",
    ),
    Clause(
        EntryStatus.BOOKED,
        _Seen.is_booked,
        "有当日或以后的有效预约",
        "A standing appointment today or later",
    ),
    Clause(
        EntryStatus.UNREACHABLE,
        _Seen.is_unreachable,
        "按阶梯多次联系(含入户)均未遇",
        "Tried through the whole ladder, a visit included, and never reached",
    ),
    Clause(
        EntryStatus.AGREED,
        _Seen.has_agreed,
        "最近一次联系同意,尚未预约",
        "Agreed at the last contact, not booked yet (or a past appointment was never closed)",
    ),
    Clause(
        EntryStatus.CONSIDERING,
        _Seen.is_considering,
        "最近一次联系在考虑、待医生解答或现场改变主意",
        "Considering, waiting for a doctor's answer, or changed their mind at the desk",
    ),
    Clause(
        EntryStatus.TO_CONTACT,
        lambda _seen: True,
        "应种且本轮尚未联系上",
        "Due, and nobody has been spoken with in this round",
    ),
)

_REACHING_OUT = DUE | {EntryStatus.UNREACHABLE}
_AWAY = frozenset({LifeStatus.AWAY, LifeStatus.HOSPITAL, LifeStatus.NURSING_HOME})


def _exemption_id(facts: EntryFacts) -> int:
    return min(d.deferral_id for d in facts.deferrals if d.is_permanent and d.is_seconded)


def _next_action(seen: _Seen, status: EntryStatus) -> NextAction:
    facts = seen.facts
    if facts.has_open_report and status is not EntryStatus.DECEASED:
        return NextAction.DECIDE_LIFE
    if status is EntryStatus.DEFERRED:
        if any(d.is_permanent for d in seen.standing_deferrals()):
            return NextAction.SECOND_EXEMPTION
        return NextAction.REVIEW_DEFERRAL if seen.standing_deferrals() else NextAction.WAIT
    if status is EntryStatus.DECLINED and seen.coming():
        return NextAction.CANCEL_APPOINTMENT
    if status not in _REACHING_OUT | {EntryStatus.BOOKED}:
        return NextAction.NOTHING
    return _open_action(seen, status)


def _open_action(seen: _Seen, status: EntryStatus) -> NextAction:
    """Return what an open line needs first: a contradiction before an errand, an errand before a call."""
    facts = seen.facts
    if facts.consent_conflict:
        return NextAction.RESOLVE_CONSENT
    if seen.passed():
        return NextAction.CLOSE_APPOINTMENT
    if seen.view.is_to_verify or facts.contact.claims_vaccinated:
        return NextAction.VERIFY_DOSE
    if status is EntryStatus.BOOKED:
        return NextAction.NOTHING
    if facts.life in _AWAY:
        return NextAction.REVIEW_LIFE
    if status is EntryStatus.AGREED:
        return NextAction.BOOK
    if facts.contact.next_channel == "visit":
        return NextAction.VISIT
    if not facts.has_phone:
        return NextAction.FIND_PHONE
    return (
        NextAction.DOCTOR_CALL if facts.contact.next_channel == "doctor_call" else NextAction.CALL
    )


def _next_contact_on(seen: _Seen, status: EntryStatus, action: NextAction) -> date | None:
    facts = seen.facts
    if status is EntryStatus.DEFERRED:
        return _deferral_ends_on(seen)
    if status is EntryStatus.DECLINED:
        return None if facts.contact.do_not_ask else facts.contact.declined_until
    if status is EntryStatus.BOOKED:
        return None if action is NextAction.NOTHING else _due_on(seen)
    if status not in _REACHING_OUT:
        return None
    if facts.life in _AWAY and facts.life_review_on is not None:
        return facts.life_review_on
    planned = facts.contact.next_contact_on or _due_on(seen)
    if facts.refused_at_desk_on is not None:
        rested = facts.refused_at_desk_on + timedelta(days=DESK_REFUSAL_REST_DAYS)
        planned = max(planned, rested)
    return max(planned, facts.quiet_until) if facts.quiet_until else planned


def _deferral_ends_on(seen: _Seen) -> date | None:
    """Return when the longest wait ends; an open-ended one is looked at on its review day."""
    days = [d.until_on or d.review_on for d in seen.standing_deferrals()]
    known = [day for day in days if day is not None]
    if known:
        return max(known)
    return seen.view.told.earliest_on if seen.view.told.need is Need.WAITING else None


def _due_on(seen: _Seen) -> date:
    """Return the day on which the line fell due, which stays the same however late it is looked at."""
    days = (seen.facts.opens_on, seen.facts.eligible_on, seen.view.told.earliest_on)
    return max(day for day in days if day is not None)
