"""Questions for clinicians: asked with a due time, answered by a person, passed on the way they came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from outreach.accounts.queries import within
from outreach.accounts.rules import Scope
from outreach.contact.codes import HESITANCY, Channel, QuestionState
from outreach.contact.models import AnswerCard, Question
from outreach.kernel.dates import age_on
from outreach.kernel.errors import InvalidInput, MoveNotAllowed, NotFound
from outreach.ledger.models import Resident
from outreach.ledger.residents import lock_resident
from outreach.places.models import Area
from outreach.places.queries import local_day

ANSWER_WITHIN = timedelta(hours=24)
URGENT_WITHIN = timedelta(hours=1)  # "I feel bad" reaches a clinician within the hour (moment 3g)
LONGEST_QUESTION = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionDraft:
    """A question as it came: from a call, a reply or the family page. ``topic`` is a hesitancy code or ''."""

    resident_id: int
    text: str
    topic: str = "H99"
    entry_id: int | None = None
    is_urgent: bool = False
    asked_by: int | None = None
    asked_by_contact_id: int | None = None
    inbound_id: int | None = None
    appointment_id: int | None = None
    answer_by: Channel = Channel.CALL


@dataclass(frozen=True, slots=True)
class WaitingQuestion:
    """One line of the clinicians' queue."""

    question_id: int
    resident_id: int
    name: str
    age: int | None
    community: str
    topic: str
    text: str
    is_urgent: bool
    asked_at: datetime
    due_at: datetime
    is_overdue: bool
    answer_by: Channel
    state: QuestionState


@dataclass(frozen=True, slots=True)
class Unwell:
    """How many people said they feel bad and wait, since when the first one, and until when to ring."""

    people: int
    first_question_id: int
    since: datetime
    due_at: datetime
    is_overdue: bool


def people_unwell(session: Session, *, scope: Scope, now: datetime) -> Unwell | None:
    """Return who waits for a clinician's call within the hour; None when nobody does (moment 3g)."""
    rows = session.execute(
        select(Question.id, Question.asked_at, Question.due_at)
        .join(Resident, Resident.id == Question.resident_id)
        .where(
            Question.state == QuestionState.OPEN,
            Question.is_urgent,
            within(scope, Resident.community_id),
        )
        .order_by(Question.due_at, Question.id)
        .limit(200)
    ).all()
    if not rows:
        return None
    first = rows[0]
    return Unwell(len(rows), first.id, first.asked_at, first.due_at, first.due_at < now)


def add_question(session: Session, *, draft: QuestionDraft, now: datetime) -> Question:
    """Put a question into the queue; an urgent one is due within the hour."""
    if not draft.text.strip():
        raise InvalidInput("question_empty", field="text")
    if len(draft.text) > LONGEST_QUESTION:
        raise InvalidInput("question_too_long", field="text")
    if draft.topic not in HESITANCY:
        raise InvalidInput("topic_unknown", field="topic")
    lock_resident(session, draft.resident_id)
    row = Question(
        resident_id=draft.resident_id,
        entry_id=draft.entry_id,
        topic=draft.topic,
        text=draft.text.strip(),
        is_urgent=draft.is_urgent,
        asked_by=draft.asked_by,
        asked_by_contact_id=draft.asked_by_contact_id,
        inbound_id=draft.inbound_id,
        appointment_id=draft.appointment_id,
        answer_by=draft.answer_by,
        asked_at=now,
        due_at=now + (URGENT_WITHIN if draft.is_urgent else ANSWER_WITHIN),
    )
    session.add(row)
    session.flush()
    return row


def give_answer(
    session: Session,
    *,
    question_id: int,
    answer: str,
    by: int,
    now: datetime,
    card_id: int | None = None,
) -> Question:
    """Answer a question; a card that was used is kept beside the words that were really said."""
    if not answer.strip():
        raise InvalidInput("answer_empty", field="answer")
    if card_id is not None:
        card = session.get(AnswerCard, card_id)
        if card is None or not card.is_active:
            raise InvalidInput("card_not_in_use", field="card_id")
    row = lock_question(session, question_id)
    if row.state is not QuestionState.OPEN:
        raise MoveNotAllowed("question_answered", question_id=question_id)
    row.state = QuestionState.ANSWERED
    row.answer, row.card_id = answer.strip(), card_id
    row.answered_by, row.answered_at = by, now
    session.flush()
    return row


def pass_on(session: Session, *, question_id: int, by: int | None, now: datetime) -> Question:
    """Note that the answer reached whoever asked."""
    row = lock_question(session, question_id)
    if row.state is not QuestionState.ANSWERED:
        raise MoveNotAllowed("question_not_answered", question_id=question_id)
    row.state = QuestionState.CLOSED
    row.passed_on_at, row.passed_on_by = now, by
    session.flush()
    return row


def drop_question(session: Session, *, question_id: int, by: int, now: datetime) -> Question:
    """Close a question that needs no answer any more."""
    row = lock_question(session, question_id)
    if row.state is QuestionState.CLOSED:
        raise MoveNotAllowed("question_closed", question_id=question_id)
    row.state = QuestionState.CLOSED
    row.passed_on_at, row.passed_on_by = now, by
    session.flush()
    return row


def lock_question(session: Session, question_id: int) -> Question:
    """Return a question that nobody else answers meanwhile; NotFound when there is none."""
    row = session.scalars(
        select(Question)
        .where(Question.id == question_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotFound("question", question_id=question_id)
    return row


def waiting_questions(
    session: Session, *, scope: Scope, now: datetime, limit: int = 200
) -> list[WaitingQuestion]:
    """Return the questions that wait for a clinician: urgent ones first, then by when they are due."""
    rows = session.execute(
        select(Question, Resident.name, Resident.born_on, Area.name)
        .join(Resident, Resident.id == Question.resident_id)
        .join(Area, Area.id == Resident.community_id)
        .where(Question.state == QuestionState.OPEN, within(scope, Resident.community_id))
        .order_by(case((Question.is_urgent, 0), else_=1), Question.due_at, Question.id)
        .limit(limit)
    )
    day = local_day(session, now)
    return [
        WaitingQuestion(
            question_id=question.id,
            resident_id=question.resident_id,
            name=name,
            age=age_on(day, born_on=born_on) if born_on else None,
            community=community,
            topic=question.topic,
            text=question.text,
            is_urgent=question.is_urgent,
            asked_at=question.asked_at,
            due_at=question.due_at,
            is_overdue=question.due_at < now,
            answer_by=question.answer_by,
            state=question.state,
        )
        for question, name, born_on, community in rows
    ]
