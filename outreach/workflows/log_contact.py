"""Logging a contact: the attempt, and what its outcome brings about, in one act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.campaigns.queries import get_campaign
from outreach.clinics.codes import AppointmentStatus
from outreach.clinics.models import Appointment
from outreach.contact.attempts import (
    AttemptDraft,
    PartsMissing,
    add_attempt,
    get_entry,
    void_attempt,
)
from outreach.contact.codes import REACHED, Channel, MessageState, Purpose
from outreach.contact.follow_up import AGREES
from outreach.contact.inbound import ring_back_done
from outreach.contact.models import ContactAttempt
from outreach.contact.outbox import get_message, told_by_person
from outreach.contact.questions import QuestionDraft, add_question
from outreach.ledger.codes import Cause, EvidenceGrade, LifeReportKind, Relation
from outreach.ledger.deferrals import DeferralDraft, add_deferral
from outreach.ledger.doses import DoseDraft
from outreach.ledger.entries import Stored
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.life import Heard, report_life
from outreach.ledger.models import ContactPerson
from outreach.ledger.residents import mark_phone_invalid
from outreach.places.queries import local_day
from outreach.workflows.change_appointment import confirm_appointment
from outreach.workflows.message_facts import APPOINTMENT
from outreach.workflows.record_dose import record_dose
from outreach.workflows.restate import restate, restate_many
from outreach.workflows.silence import silence

WRONG_NUMBER = "C11"
_SILENCES = {"C04": "declined", "C07": "claims_vaccinated", "C15": "asked_not_to"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactNote:
    """One contact with what the outcome wants besides: the doctor's question, the dead number."""

    attempt: AttemptDraft
    question: str = ""
    phone_id: int | None = None


@dataclass(frozen=True, slots=True)
class ContactLogged:
    """What was noted. The ids name what the outcomes brought about."""

    attempt_ids: tuple[int, ...]
    is_new: bool
    stored: Stored
    question_ids: tuple[int, ...] = ()
    deferral_ids: tuple[int, ...] = ()
    report_ids: tuple[int, ...] = ()
    dose_ids: tuple[int, ...] = ()


@dataclass(slots=True)
class _Brought:
    """What outcomes brought about so far."""

    questions: list[int]
    deferrals: list[int]
    reports: list[int]
    doses: list[int]


def log_contact(
    session: Session,
    *,
    notes: Sequence[ContactNote],
    by: int | None,
    is_clinician: bool,
    now: datetime,
) -> ContactLogged:
    """Note one contact, or one for each of a couple (moment 3c), and do what the outcome asks for.

    A form sent twice changes nothing the second time.
    """
    day = local_day(session, now)
    brought = _Brought([], [], [], [])
    attempts: list[ContactAttempt] = []
    is_any_new = False
    for note in notes:
        _check_question(note)
        attempt, is_new = add_attempt(
            session, draft=note.attempt, by=by, is_clinician=is_clinician, day=day, now=now
        )
        attempts.append(attempt)
        if is_new:
            is_any_new = True
            _follow(session, note, attempt, brought, by=by, is_clinician=is_clinician, now=now)
    residents = {attempt.resident_id for attempt in attempts}
    stored = restate_many(
        session, resident_ids=residents, by=by, cause=Cause.CONTACT_LOGGED, now=now
    )
    return ContactLogged(
        attempt_ids=tuple(attempt.id for attempt in attempts),
        is_new=is_any_new,
        stored=stored,
        question_ids=tuple(brought.questions),
        deferral_ids=tuple(brought.deferrals),
        report_ids=tuple(brought.reports),
        dose_ids=tuple(brought.doses),
    )


def take_contact_back(
    session: Session, *, attempt_id: int, by: int, reason: str, now: datetime
) -> Stored:
    """Take back a contact that was noted by mistake; a question or report it raised is closed by hand."""
    attempt = void_attempt(session, attempt_id=attempt_id, by=by, reason=reason, now=now)
    record(
        session,
        act="contact_voided",
        subject=("resident", attempt.resident_id),
        by=by,
        now=now,
        facts={"attempt_id": attempt.id},
    )
    return restate(
        session,
        resident_id=attempt.resident_id,
        by=by,
        cause=Cause.CONTACT_CORRECTED,
        now=now,
        reason=reason,
    )


def _check_question(note: ContactNote) -> None:
    if note.attempt.outcome == "C05" and not (note.question or note.attempt.note).strip():
        raise PartsMissing(fields=["question"], field="question")


def _follow(
    session: Session,
    note: ContactNote,
    attempt: ContactAttempt,
    brought: _Brought,
    *,
    by: int | None,
    is_clinician: bool,
    now: datetime,
) -> None:
    draft = note.attempt
    if draft.outcome in _SILENCES:
        entry = get_entry(session, attempt.entry_id)
        silence(
            session,
            resident_id=attempt.resident_id,
            purposes=[Purpose.NUDGE],
            reason=_SILENCES[draft.outcome],
            now=now,
            campaign_id=entry.campaign_id,
        )
    if draft.outcome in REACHED:
        ring_back_done(session, resident_id=attempt.resident_id, by=by, now=now)
    if draft.message_id is not None:
        _say_message(session, draft, message_id=draft.message_id, by=by, now=now)
    if draft.outcome == WRONG_NUMBER and note.phone_id is not None:
        mark_phone_invalid(session, phone_id=note.phone_id, reason="wrong_number", now=now)
    if note.question.strip() or draft.outcome == "C05":
        brought.questions.append(_ask(session, note, attempt, by=by, now=now))
    if draft.outcome == "C08" and by is not None:
        brought.deferrals.append(
            _put_off(session, draft, attempt, by=by, is_clinician=is_clinician, now=now)
        )
    if draft.outcome in {"C13", "C14"}:
        brought.reports.append(_hear(session, draft, attempt, by=by, now=now))
    if draft.outcome == "C07" and draft.dose_on is not None:
        brought.doses.append(_believe(session, draft, attempt, by=by, now=now))


def _say_message(
    session: Session, draft: AttemptDraft, *, message_id: int, by: int | None, now: datetime
) -> None:
    """Note that a message was said by a person; a yes to a time that was asked about confirms it.

    A call in vain leaves it owed: whoever must know stays on the list until somebody has reached them.
    """
    message = get_message(session, message_id)
    is_told = draft.outcome in REACHED
    if not is_told and message.state is MessageState.HELD:
        return
    told_by_person(session, message_id=message_id, is_told=is_told, by=by, now=now)
    if draft.outcome not in AGREES or message.subject_kind != APPOINTMENT:
        return
    appointment = session.get(Appointment, message.subject_id)
    if appointment is not None and appointment.status is AppointmentStatus.BOOKED:
        confirm_appointment(session, appointment_id=appointment.id, how="staff", by=by, now=now)


def _ask(
    session: Session, note: ContactNote, attempt: ContactAttempt, *, by: int | None, now: datetime
) -> int:
    draft = note.attempt
    question = add_question(
        session,
        draft=QuestionDraft(
            resident_id=attempt.resident_id,
            entry_id=attempt.entry_id,
            text=note.question.strip() or draft.note,
            topic=draft.main_reason or "H99",
            asked_by=by,
            asked_by_contact_id=draft.contact_person_id,
            answer_by=Channel.VISIT if draft.channel is Channel.VISIT else Channel.CALL,
        ),
        now=now,
    )
    return question.id


def _put_off(
    session: Session,
    draft: AttemptDraft,
    attempt: ContactAttempt,
    *,
    by: int,
    is_clinician: bool,
    now: datetime,
) -> int:
    """Set what the outcome names; anybody else's word only asks a clinician to look (D22)."""
    row = add_deferral(
        session,
        draft=DeferralDraft(
            resident_id=attempt.resident_id,
            campaign_id=get_entry(session, attempt.entry_id).campaign_id,
            code=draft.deferral_code or "D22",
            until_on=draft.next_contact_on if is_clinician else None,
            note=draft.note,
        ),
        is_clinician=is_clinician,
        day=local_day(session, now),
        by=by,
        now=now,
    )
    return row.id


def _hear(
    session: Session,
    draft: AttemptDraft,
    attempt: ContactAttempt,
    *,
    by: int | None,
    now: datetime,
) -> int:
    kind = LifeReportKind.DECEASED if draft.outcome == "C14" else LifeReportKind(draft.life_kind)
    heard = Heard(attempt.resident_id, kind, source="contact", words=draft.note)
    report = report_life(session, heard=heard, by=by, now=now)
    purposes = list(Purpose) if kind is LifeReportKind.DECEASED else [Purpose.NUDGE]
    silence(
        session,
        resident_id=attempt.resident_id,
        purposes=purposes,
        reason=f"reported_{kind}",
        now=now,
    )
    return report.id


def _believe(
    session: Session,
    draft: AttemptDraft,
    attempt: ContactAttempt,
    *,
    by: int | None,
    now: datetime,
) -> int:
    """Keep a dose that was told, by the weakest grades: it dates the next one and waits for proof."""
    assert draft.dose_on is not None  # noqa: S101 - the caller asked
    entry: LedgerEntry = get_entry(session, attempt.entry_id)
    person = (
        session.get(ContactPerson, draft.contact_person_id) if draft.contact_person_id else None
    )
    is_family = person is not None and person.relation is not Relation.SELF
    done = record_dose(
        session,
        draft=DoseDraft(
            resident_id=attempt.resident_id,
            vaccine_id=get_campaign(session, entry.campaign_id).vaccine_id,
            given_on=draft.dose_on,
            grade=EvidenceGrade.FAMILY if is_family else EvidenceGrade.SELF_REPORT,
            reference=f"told:{attempt.uuid}",
            confirmed=frozenset({"nearby_dose"}),
        ),
        by=by,
        now=now,
    )
    return done.dose_id


def for_household(note: ContactNote, entry_ids: Sequence[int]) -> list[ContactNote]:
    """Return the same contact for several lines of one door, each with an id of its own."""
    own = UUID(note.attempt.uuid)
    return [
        replace(
            note,
            # What had to be said was said to one of them; the others' own messages stay owed.
            attempt=replace(
                note.attempt,
                entry_id=entry_id,
                uuid=uuid5(own, str(entry_id)).hex,
                message_id=None,
            ),
        )
        for entry_id in entry_ids
    ]
