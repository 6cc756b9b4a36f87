"""Readings of questions: what a worker's area has asked, and all a clinician needs to answer one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.contact.answer_cards import cards_in_use
from outreach.contact.codes import Channel, QuestionState
from outreach.contact.models import AnswerCard, Question
from outreach.kernel.errors import NotFound
from outreach.ledger.heads import PersonHead, person_head, person_heads
from outreach.ledger.models import ContactPerson, Resident
from outreach.ledger.visibility import may_see
from outreach.places.queries import local_day
from outreach.workflows.contact_sheet import PastContact, past_contacts, user_names

SHOWN = 200
TOLD_FOR = timedelta(days=3)  # how long a worker is told of an answer that went out by itself


@dataclass(frozen=True, slots=True)
class AskedLine:
    """One question as the worker who asked sees it."""

    question_id: int
    head: PersonHead
    topic: str
    text: str
    state: QuestionState
    is_urgent: bool
    asked_at: datetime
    due_at: datetime
    is_overdue: bool
    asked_by: str
    answer: str
    answered_by: str
    answered_at: datetime | None
    answer_by: Channel
    went_out_by_itself: bool = False


@dataclass(frozen=True, slots=True)
class CardView:
    """One reviewed answer that may be used."""

    card_id: int
    topic: str
    title_zh: str
    title_en: str
    body_zh: str
    body_en: str
    review_on: date | None

    def title(self, language: str) -> str:
        """Return the title in a language."""
        return self.title_zh if language == "zh" else self.title_en

    def body(self, language: str) -> str:
        """Return the words in a language."""
        return self.body_zh if language == "zh" else self.body_en


@dataclass(frozen=True, slots=True)
class QuestionSheet:
    """A question with the person behind it and the cards that may answer it."""

    line: AskedLine
    entry_id: int | None
    asker: str
    asker_relation: str
    person_language: str
    clinical_note: str
    cards: tuple[CardView, ...]
    contacts: tuple[PastContact, ...]


def asked_questions(
    session: Session, *, scope: Scope, now: datetime, only_open: bool = False
) -> list[AskedLine]:
    """Return the questions of an area's people: answers to be passed on first, then the newest."""
    first = case(
        (Question.state == QuestionState.ANSWERED, 0),
        (Question.state == QuestionState.OPEN, 1),
        else_=2,
    )
    question = (
        select(Question)
        .join(Resident, Resident.id == Question.resident_id)
        .where(may_see(scope, local_day(session, now)), Resident.erased_at.is_(None))
        .order_by(first, Question.asked_at.desc(), Question.id.desc())
        .limit(SHOWN)
    )
    if only_open:
        question = question.where(or_(Question.state != QuestionState.CLOSED, _told(now)))
    rows = session.scalars(question).all()
    heads = person_heads(
        session, resident_ids={row.resident_id for row in rows}, scope=scope, now=now
    )
    seen = [row for row in rows if row.resident_id in heads]
    names = user_names(session, [row.asked_by for row in seen] + [row.answered_by for row in seen])
    return [_line(row, heads[row.resident_id], names, now) for row in seen]


def answers_to_read(session: Session, *, scope: Scope, now: datetime) -> int:
    """Return how many answers a worker has to pass on, or should know to have gone out by themselves."""
    question = (
        select(func.count())
        .select_from(Question)
        .join(Resident, Resident.id == Question.resident_id)
        .where(
            may_see(scope, local_day(session, now)),
            Resident.erased_at.is_(None),
            or_(Question.state == QuestionState.ANSWERED, _told(now)),
        )
    )
    return session.scalar(question) or 0


def _told(now: datetime) -> ColumnElement[bool]:
    return and_(
        Question.state == QuestionState.CLOSED,
        Question.answered_at > now - TOLD_FOR,
        Question.passed_on_by.is_(None),
    )


def question_sheet(
    session: Session, *, question_id: int, scope: Scope, now: datetime
) -> QuestionSheet:
    """Return one question with its person; NotFound outside the scope."""
    row = session.get(Question, question_id)
    if row is None:
        raise NotFound("not_found")
    head = person_head(session, resident_id=row.resident_id, scope=scope, now=now)
    names = user_names(session, [row.asked_by, row.answered_by])
    asker = session.get(ContactPerson, row.asked_by_contact_id) if row.asked_by_contact_id else None
    resident = session.get_one(Resident, row.resident_id)
    in_use = cards_in_use(session)
    fitting = [card for card in in_use if card.topic == row.topic]
    others = [card for card in in_use if card.topic != row.topic]
    return QuestionSheet(
        line=_line(row, head, names, now),
        entry_id=row.entry_id,
        asker=asker.name if asker else "",
        asker_relation=str(asker.relation) if asker else "",
        person_language=resident.language,
        clinical_note=resident.clinical_note,
        cards=tuple(card_view(card) for card in [*fitting, *others]),
        contacts=past_contacts(session, resident_id=row.resident_id, limit=8),
    )


def card_view(card: AnswerCard) -> CardView:
    """Return a card as pages show it."""
    return CardView(
        card_id=card.id,
        topic=card.topic,
        title_zh=card.title_zh,
        title_en=card.title_en,
        body_zh=card.body_zh,
        body_en=card.body_en,
        review_on=card.review_on,
    )


def _line(row: Question, head: PersonHead, names: dict[int, str], now: datetime) -> AskedLine:
    return AskedLine(
        question_id=row.id,
        head=head,
        topic=row.topic,
        text=row.text,
        state=row.state,
        is_urgent=row.is_urgent,
        asked_at=row.asked_at,
        due_at=row.due_at,
        is_overdue=row.state is QuestionState.OPEN and row.due_at < now,
        asked_by=names.get(row.asked_by or 0, ""),
        answer=row.answer,
        answered_by=names.get(row.answered_by or 0, ""),
        answered_at=row.answered_at,
        answer_by=row.answer_by,
        went_out_by_itself=row.passed_on_at is not None
        and row.passed_on_by is None
        and row.answered_at is not None,
    )
