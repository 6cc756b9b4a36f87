"""The frozen values of which a resident's page is made; no question can start while it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from outreach.campaigns.dose_facts import Assessment, DatedRule, DoseEvaluation, Forecast
from outreach.contact.call_first import CallFirst
from outreach.contact.codes import OptOutScope
from outreach.ledger.codes import EntryStatus, StrikeOffKind
from outreach.workflows.person_timeline import Moment


@dataclass(frozen=True, slots=True)
class PhoneLine:
    """A number, masked; a tap opens it and leaves a trace."""

    phone_id: int
    masked: str
    kind: str
    is_invalid: bool
    invalid_reason: str
    opted_out: OptOutScope | None = None


@dataclass(frozen=True, slots=True)
class ContactLine:
    """Someone to speak with, what they may do and when they like to be rung."""

    contact_person_id: int
    name: str
    relation: str
    role: str
    language: str
    preferred_channel: str
    preferred_from: time | None
    preferred_until: time | None
    told_purposes: tuple[str, ...]
    knows_health: bool
    only_if_changed: bool
    cannot_read: bool
    is_ended: bool
    phones: tuple[PhoneLine, ...]


@dataclass(frozen=True, slots=True)
class DoseLine:
    """A dose with what it counts for; ``evaluation`` is None for one that was taken back."""

    dose_id: int
    vaccine_code: str
    vaccine_zh: str
    vaccine_en: str
    product_zh: str
    product_en: str
    batch: str
    given_on: date
    given_at: datetime | None
    site: str
    grade: str
    recorded_by: str
    recorded_at: datetime
    is_voided: bool
    void_reason: str
    evaluation: DoseEvaluation | None


@dataclass(frozen=True, slots=True)
class Closure:
    """The strike-off that closes a line now."""

    kind: StrikeOffKind
    grade: str
    by_name: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LineCard:
    """One line of the person: status, what comes next, and the rule behind every date."""

    entry_id: int
    campaign_id: int
    campaign_zh: str
    campaign_en: str
    status: EntryStatus
    status_since: datetime
    next_action: str
    next_contact_on: date | None
    next_channel: str
    promised_call_at: datetime | None
    last_contact_at: datetime | None
    refusals: int
    declined_until: date | None
    do_not_ask: bool
    assigned_to: int | None
    assigned_name: str
    is_to_verify: bool
    doses_counted: int
    assessment: Assessment
    closure: Closure | None
    version: int

    @property
    def forecast(self) -> Forecast:
        """Return the next dose: number, dates and products."""
        return self.assessment.forecast

    @property
    def due(self) -> DatedRule | None:
        """Return the due date with the rule that made it."""
        return self.assessment.forecast.earliest


@dataclass(frozen=True, slots=True)
class DeferralLine:
    """A deferral with its end or review and its owner."""

    deferral_id: int
    code: str
    campaign_id: int | None
    is_permanent: bool
    is_seconded: bool
    until_on: date | None
    review_on: date | None
    note: str
    set_by: str
    set_by_id: int | None
    set_at: datetime
    lifted_at: datetime | None
    lift_reason: str


@dataclass(frozen=True, slots=True)
class StayLine:
    """A temporary address."""

    stay_id: int
    address_id: int
    address: str
    community: str
    with_name: str
    with_relation: str
    from_on: date
    until_on: date | None
    is_now: bool
    has_point: bool


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """A yes or a no."""

    consent_id: int
    campaign_id: int
    is_yes: bool
    by_name: str
    by_relation: str
    form: str
    given_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class HouseholdMember:
    """Somebody else behind the same door, with the status of their first line."""

    resident_id: int
    name: str
    age: int | None
    status: EntryStatus | None


@dataclass(frozen=True, slots=True)
class LifeReportLine:
    """A word about the life that somebody must decide on."""

    report_id: int
    kind: str
    state: str
    source: str
    words: str
    reported_by: int | None
    reported_at: datetime
    seconded_by: int | None


@dataclass(frozen=True, slots=True)
class AppointmentLine:
    """An appointment, past or coming."""

    appointment_id: int
    slot_at: datetime
    site: str
    status: str
    outbound_mode: str
    return_mode: str
    visit_result: str


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """A question and, where there is one, its answer."""

    question_id: int
    topic: str
    text: str
    state: str
    is_urgent: bool
    asked_at: datetime
    due_at: datetime
    answer: str


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """A document that was seen."""

    evidence_id: int
    kind: str
    content_type: str
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class PersonCard:
    """Everything the page of a resident shows. Numbers are masked; clinical notes are for clinicians."""

    resident_id: int
    version: int
    name: str
    sex: str
    born_on: date | None
    birth_certainty: str
    age: int | None
    id_masked: str
    community_id: int
    community: str
    grid_id: int | None
    grid: str
    address_id: int | None
    address: str
    has_point: bool
    point_confidence: str
    is_registered_elsewhere: bool
    household_id: int | None
    household_snoozed_until: date | None
    mourning_until: date | None
    mobility: str
    mobility_flags: tuple[str, ...]
    lives_alone: bool | None
    language: str
    dialect: str
    life_status: str
    life_status_on: date | None
    life_review_on: date | None
    held_all: bool
    held_nudges: bool
    snoozed_until: date | None
    note: str
    clinical_note: str
    access_note: str
    missing: tuple[str, ...]
    merged_into_id: int | None
    call_first: CallFirst | None
    contacts: tuple[ContactLine, ...]
    lines: tuple[LineCard, ...]
    doses: tuple[DoseLine, ...]
    infections: tuple[tuple[str, date], ...]
    deferrals: tuple[DeferralLine, ...]
    stays: tuple[StayLine, ...]
    consents: tuple[ConsentLine, ...]
    household: tuple[HouseholdMember, ...]
    reports: tuple[LifeReportLine, ...]
    appointments: tuple[AppointmentLine, ...]
    questions: tuple[QuestionLine, ...]
    evidence: tuple[EvidenceLine, ...]
    possible_twins: tuple[int, ...]
    timeline: tuple[Moment, ...]
