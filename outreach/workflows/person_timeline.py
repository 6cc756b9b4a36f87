"""Everything that happened about one person, from every capability, in one order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.campaigns.models import Campaign, Product, Vaccine
from outreach.clinics.models import Appointment, DayEvent, Site, SiteSession
from outreach.contact.codes import Channel
from outreach.contact.message_models import InboundMessage, Message
from outreach.contact.models import AttemptReason, ContactAttempt, Question
from outreach.ledger.entry_models import (
    Deferral,
    Dose,
    LedgerEntry,
    StatusTransition,
    StrikeOff,
)
from outreach.ledger.models import Consent, LifeReport, Stay

MOST = 400
Fact = str | int | bool | date | datetime | None


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened: ``kind`` says which sentence words it, ``facts`` fill the sentence."""

    at: datetime
    kind: str
    by_user_id: int | None = None
    by_name: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    reference: int = 0


def timeline(session: Session, *, resident_id: int, limit: int = MOST) -> tuple[Moment, ...]:
    """Return what happened, newest first; nothing that was taken back is missing."""
    sources = (
        _transitions,
        _closures,
        _attempts,
        _questions,
        _doses,
        _deferrals,
        _consents,
        _life,
        _stays,
        _appointments,
        _day,
        _messages,
        _inbound,
    )
    found = [moment for source in sources for moment in source(session, resident_id)]
    found.sort(key=lambda moment: (moment.at, moment.kind, moment.reference), reverse=True)
    return tuple(_named(session, found[:limit]))


def _named(session: Session, moments: list[Moment]) -> Iterable[Moment]:
    ids = {moment.by_user_id for moment in moments if moment.by_user_id is not None}
    names = dict(session.execute(select(User.id, User.display_name).where(User.id.in_(ids))).all())
    for m in moments:
        name = names.get(m.by_user_id or 0, "")
        yield Moment(m.at, m.kind, m.by_user_id, name, m.facts, m.reference)


def _transitions(session: Session, resident_id: int) -> Iterator[Moment]:
    rows = session.execute(
        select(StatusTransition, Campaign.code)
        .join(LedgerEntry, LedgerEntry.id == StatusTransition.entry_id)
        .join(Campaign, Campaign.id == LedgerEntry.campaign_id)
        .where(LedgerEntry.resident_id == resident_id)
        .order_by(StatusTransition.id.desc())
        .limit(MOST)
    )
    for row, campaign in rows:
        facts: dict[str, Fact] = {
            "was": row.from_status,
            "now": row.to_status,
            "cause": row.cause,
            "campaign": campaign,
            "left": bool(row.facts.get("left")),
        }
        yield Moment(row.at, "status", row.by_user_id, facts=facts, reference=row.id)


def _closures(session: Session, resident_id: int) -> Iterator[Moment]:
    rows = session.execute(
        select(StrikeOff, Campaign.code)
        .join(LedgerEntry, LedgerEntry.id == StrikeOff.entry_id)
        .join(Campaign, Campaign.id == LedgerEntry.campaign_id)
        .where(LedgerEntry.resident_id == resident_id)
        .order_by(StrikeOff.id.desc())
        .limit(MOST)
    )
    for row, campaign in rows:
        facts: dict[str, Fact] = {
            "closure": row.kind,
            "grade": row.grade,
            "reason": row.reason,
            "actor": row.by_actor,
            "campaign": campaign,
        }
        yield Moment(row.at, "strike_off", row.by_user_id, facts=facts, reference=row.id)


def _attempts(session: Session, resident_id: int) -> Iterator[Moment]:
    reasons = dict(
        session.execute(
            select(AttemptReason.attempt_id, AttemptReason.code)
            .join(ContactAttempt, ContactAttempt.id == AttemptReason.attempt_id)
            .where(ContactAttempt.resident_id == resident_id, AttemptReason.is_main)
        ).all()
    )
    rows = session.scalars(
        select(ContactAttempt)
        .where(ContactAttempt.resident_id == resident_id)
        .order_by(ContactAttempt.at.desc())
        .limit(MOST)
    )
    for row in rows:
        facts: dict[str, Fact] = {
            "outcome": row.outcome,
            "channel": row.channel,
            "main_reason": reasons.get(row.id, ""),
            "note": row.note,
            "next_contact_on": row.next_contact_on,
            "promised_call_at": row.promised_call_at,
            "contact_person_id": row.contact_person_id,
            "is_inbound": row.is_inbound,
            "is_voided": row.voided_at is not None,
            "void_reason": row.void_reason,
        }
        yield Moment(row.at, "contact", row.by_user_id, facts=facts, reference=row.id)


def _questions(session: Session, resident_id: int) -> Iterator[Moment]:
    for row in session.scalars(
        select(Question).where(Question.resident_id == resident_id).order_by(Question.id)
    ):
        asked: dict[str, Fact] = {"topic": row.topic, "text": row.text, "urgent": row.is_urgent}
        yield Moment(row.asked_at, "question", row.asked_by, facts=asked, reference=row.id)
        if row.answered_at is not None:
            answer: dict[str, Fact] = {"topic": row.topic, "answer": row.answer}
            yield Moment(row.answered_at, "answer", row.answered_by, facts=answer, reference=row.id)
        if row.passed_on_at is not None:
            yield Moment(row.passed_on_at, "answer_passed_on", row.passed_on_by, reference=row.id)


def _doses(session: Session, resident_id: int) -> Iterator[Moment]:
    rows = session.execute(
        select(Dose, Vaccine.code, Product.name_zh, Product.name_en)
        .join(Vaccine, Vaccine.id == Dose.vaccine_id)
        .outerjoin(Product, Product.id == Dose.product_id)
        .where(Dose.resident_id == resident_id)
        .order_by(Dose.id)
    )
    for row, vaccine, product_zh, product_en in rows:
        facts: dict[str, Fact] = {
            "vaccine": vaccine,
            "given_on": row.given_on,
            "grade": row.grade,
            "product_zh": product_zh or row.product_text,
            "product_en": product_en or row.product_text,
        }
        yield Moment(row.recorded_at, "dose", row.recorded_by, facts=facts, reference=row.id)
        if row.voided_at is not None:
            taken_back = facts | {"reason": row.void_reason}
            yield Moment(
                row.voided_at, "dose_voided", row.voided_by, facts=taken_back, reference=row.id
            )


def _deferrals(session: Session, resident_id: int) -> Iterator[Moment]:
    for row in session.scalars(
        select(Deferral).where(Deferral.resident_id == resident_id).order_by(Deferral.id)
    ):
        facts: dict[str, Fact] = {
            "code": row.code,
            "until_on": row.until_on,
            "review_on": row.review_on,
        }
        yield Moment(row.set_at, "deferral", row.set_by, facts=facts, reference=row.id)
        if row.lifted_at is not None:
            lifted = facts | {"reason": row.lift_reason}
            yield Moment(
                row.lifted_at, "deferral_lifted", row.lifted_by, facts=lifted, reference=row.id
            )


def _consents(session: Session, resident_id: int) -> Iterator[Moment]:
    for row in session.scalars(
        select(Consent).where(Consent.resident_id == resident_id).order_by(Consent.id)
    ):
        facts: dict[str, Fact] = {
            "is_yes": row.is_yes,
            "form": row.form,
            "by_contact_id": row.by_contact_id,
        }
        yield Moment(row.given_at, "consent", row.recorded_by, facts=facts, reference=row.id)
        if row.withdrawn_at is not None:
            yield Moment(
                row.withdrawn_at,
                "consent_withdrawn",
                row.withdrawn_by,
                facts=facts,
                reference=row.id,
            )


def _life(session: Session, resident_id: int) -> Iterator[Moment]:
    for row in session.scalars(
        select(LifeReport).where(LifeReport.resident_id == resident_id).order_by(LifeReport.id)
    ):
        facts: dict[str, Fact] = {"life": row.kind, "words": row.words, "source": row.source}
        yield Moment(row.reported_at, "life_report", row.reported_by, facts=facts, reference=row.id)
        if row.decided_at is not None:
            decided = facts | {"state": row.state}
            yield Moment(
                row.decided_at, "life_decided", row.decided_by, facts=decided, reference=row.id
            )


def _stays(session: Session, resident_id: int) -> Iterator[Moment]:
    for row in session.scalars(
        select(Stay).where(Stay.resident_id == resident_id).order_by(Stay.id)
    ):
        facts: dict[str, Fact] = {
            "from_on": row.from_on,
            "until_on": row.until_on,
            "is_taken_back": row.ended_at is not None,
        }
        yield Moment(row.noted_at, "stay", row.noted_by, facts=facts, reference=row.id)


def _appointments(session: Session, resident_id: int) -> Iterator[Moment]:
    rows = session.execute(
        select(Appointment, Site.name)
        .join(SiteSession, SiteSession.id == Appointment.site_session_id)
        .join(Site, Site.id == SiteSession.site_id)
        .where(Appointment.resident_id == resident_id)
        .order_by(Appointment.id)
    )
    for row, site in rows:
        facts: dict[str, Fact] = {"slot_at": row.slot_at, "site": site, "status": row.status}
        yield Moment(row.booked_at, "booked", row.booked_by, facts=facts, reference=row.id)
        if row.confirmed_at is not None:
            confirmed = facts | {"how": row.confirmed_by}
            yield Moment(row.confirmed_at, "confirmed", facts=confirmed, reference=row.id)
        if row.cancelled_at is not None:
            cancelled = facts | {"code": row.cancel_code}
            yield Moment(
                row.cancelled_at, "cancelled", row.cancelled_by, facts=cancelled, reference=row.id
            )


def _day(session: Session, resident_id: int) -> Iterator[Moment]:
    rows = session.scalars(
        select(DayEvent)
        .join(Appointment, Appointment.id == DayEvent.appointment_id)
        .where(Appointment.resident_id == resident_id)
        .order_by(DayEvent.happened_at.desc())
        .limit(MOST)
    )
    for row in rows:
        facts: dict[str, Fact] = {"event": row.kind, "source": row.source}
        yield Moment(row.happened_at, "day_event", row.by_user_id, facts=facts, reference=row.id)


def _messages(session: Session, resident_id: int) -> Iterator[Moment]:
    rows = session.scalars(
        select(Message)
        .where(Message.resident_id == resident_id)
        .order_by(Message.created_at.desc())
        .limit(MOST)
    )
    for row in rows:
        facts: dict[str, Fact] = {
            "step": row.step,
            "channel": row.channel,
            "purpose": row.purpose,
            "state": row.state,
            "reason": row.reason,
            "contact_person_id": row.contact_person_id,
            "due_at": row.due_at,
            "has_words": bool(row.body)
            and row.contact_person_id is not None
            and row.channel is not Channel.VOICE,
        }
        at = row.accepted_at or row.ended_at or row.created_at
        yield Moment(at, "message", facts=facts, reference=row.id)


def _inbound(session: Session, resident_id: int) -> Iterator[Moment]:
    rows = session.scalars(
        select(InboundMessage)
        .where(InboundMessage.resident_id == resident_id)
        .order_by(InboundMessage.received_at.desc())
        .limit(MOST)
    )
    for row in rows:
        facts: dict[str, Fact] = {
            "body": row.body or "",
            "meaning": row.meaning,
            "state": row.state,
            "channel": row.channel,
        }
        yield Moment(row.received_at, "reply", row.read_by, facts=facts, reference=row.id)
