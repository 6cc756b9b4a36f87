"""Asking a clinician and answering: the answer goes back the way the question came (专业解答)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.contact.codes import Channel, Purpose, QuestionState, Step
from outreach.contact.models import Question
from outreach.contact.outbox import Draft, queue
from outreach.contact.questions import QuestionDraft, add_question, give_answer, lock_question
from outreach.contact.questions import pass_on as note_passed_on
from outreach.contact.recipients import Recipient, recipients_of
from outreach.ledger.entry_models import LedgerEntry

ANSWER_EXPIRES_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Answered:
    """Where the answer goes: as a message, or to the worker who is to pass it on."""

    question_id: int
    message_ids: tuple[int, ...]
    is_for_worker: bool


def ask_question(session: Session, *, draft: QuestionDraft, now: datetime) -> Question:
    """Put a question into the clinicians' queue; a line that is not named is the person's oldest open one."""
    if draft.entry_id is None:
        entry_id = session.scalars(
            select(LedgerEntry.id)
            .where(LedgerEntry.resident_id == draft.resident_id, LedgerEntry.is_counted)
            .order_by(LedgerEntry.id)
            .limit(1)
        ).first()
        draft = replace(draft, entry_id=entry_id)
    question = add_question(session, draft=draft, now=now)
    record(
        session,
        act="question_asked",
        subject=("resident", draft.resident_id),
        by=draft.asked_by,
        now=now,
        facts={"question_id": question.id, "topic": question.topic},
    )
    return question


def answer_question(
    session: Session,
    *,
    question_id: int,
    answer: str,
    by: int,
    now: datetime,
    card_id: int | None = None,
) -> Answered:
    """Answer a question and send the answer back; who asked by voice or at the door hears it from a worker.

    The worker's list shows the answer from now on. A text goes only to the contact who asked and may
    know of health; for anybody else a person rings.
    """
    question = give_answer(
        session, question_id=question_id, answer=answer, by=by, now=now, card_id=card_id
    )
    message_ids: list[int] = []
    recipient = _text_recipient(session, question)
    if recipient is not None:
        message_ids = queue(session, drafts=[_message(question, recipient, now)], now=now)
        note_passed_on(session, question_id=question.id, by=None, now=now)
    record(
        session,
        act="question_answered",
        subject=("resident", question.resident_id),
        by=by,
        now=now,
        facts={"question_id": question.id, "card_id": card_id},
    )
    return Answered(question.id, tuple(message_ids), is_for_worker=recipient is None)


def pass_on_answer(session: Session, *, question_id: int, by: int, now: datetime) -> Question:
    """Note that a worker told the answer."""
    question = lock_question(session, question_id)
    if question.state is QuestionState.ANSWERED:
        note_passed_on(session, question_id=question_id, by=by, now=now)
    return question


def _text_recipient(session: Session, question: Question) -> Recipient | None:
    if question.answer_by is not Channel.SMS:
        return None
    found = recipients_of(
        session, resident_ids=[question.resident_id], purpose=Purpose.APPOINTMENT
    ).get(question.resident_id, [])
    for recipient in found:
        is_asker = (
            recipient.contact_person_id == question.asked_by_contact_id
            if question.asked_by_contact_id is not None
            else recipient.is_self
        )
        if is_asker and recipient.number and not recipient.needs_voice and recipient.knows_health:
            return recipient
    return None


def _message(question: Question, recipient: Recipient, now: datetime) -> Draft:
    return Draft(
        to_whom=f"c{recipient.contact_person_id}",
        step=Step.ANSWER,
        purpose=Purpose.APPOINTMENT,
        channel=Channel.SMS,
        subject_kind="question",
        subject_id=question.id,
        number=recipient.number,
        language=recipient.language,
        body=question.answer,
        due_at=now,
        expires_at=now + ANSWER_EXPIRES_AFTER,
        resident_id=question.resident_id,
        contact_person_id=recipient.contact_person_id,
    )
