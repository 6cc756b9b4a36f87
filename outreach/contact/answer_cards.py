"""Answer cards: reviewed answers to hesitancy, versioned; a clinician may use one and change its words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from outreach.contact.codes import HESITANCY
from outreach.contact.models import AnswerCard
from outreach.kernel.errors import InvalidInput, MoveNotAllowed, NotAllowed, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDraft:
    """The words of a card in both languages; ``topic`` is the hesitancy code it answers."""

    code: str
    topic: str
    title_zh: str
    title_en: str
    body_zh: str
    body_en: str


def write_card(session: Session, *, draft: CardDraft, by: int, now: datetime) -> AnswerCard:
    """Keep new words as the next version of a card; they are used once another clinician reviewed them."""
    if draft.topic not in HESITANCY:
        raise InvalidInput("topic_unknown", field="topic")
    for field_name in ("code", "title_zh", "body_zh"):
        if not getattr(draft, field_name).strip():
            raise InvalidInput("text_missing", field=field_name)
    last = session.scalar(select(func.max(AnswerCard.version)).where(AnswerCard.code == draft.code))
    card = AnswerCard(
        code=draft.code.strip(),
        version=(last or 0) + 1,
        topic=draft.topic,
        title_zh=draft.title_zh.strip(),
        title_en=draft.title_en.strip() or draft.title_zh.strip(),
        body_zh=draft.body_zh.strip(),
        body_en=draft.body_en.strip() or draft.body_zh.strip(),
        author_id=by,
        is_active=False,
        made_at=now,
    )
    session.add(card)
    session.flush()
    return card


def review_card(
    session: Session, *, card_id: int, by: int, review_on: date, day: date
) -> AnswerCard:
    """Put a version into use until its review date; the version before it goes out of use."""
    card = get_card(session, card_id)
    if card.author_id == by:
        raise NotAllowed("second_person_needed", field="card_id")
    if review_on <= day:
        raise InvalidInput("review_in_past", field="review_on")
    if card.reviewed_by is not None:
        raise MoveNotAllowed("card_reviewed", card_id=card_id)
    session.execute(
        update(AnswerCard).where(AnswerCard.code == card.code).values(is_active=False),
        execution_options={"synchronize_session": "fetch"},
    )
    card.reviewed_by, card.review_on, card.is_active = by, review_on, True
    session.flush()
    return card


def retire_card(session: Session, *, card_id: int) -> AnswerCard:
    """Take a card out of use; answers given with it keep it."""
    card = get_card(session, card_id)
    card.is_active = False
    session.flush()
    return card


def get_card(session: Session, card_id: int) -> AnswerCard:
    """Return one version of a card; NotFound when there is none."""
    card = session.get(AnswerCard, card_id)
    if card is None:
        raise NotFound("answer_card", card_id=card_id)
    return card


def cards_in_use(session: Session, *, topic: str | None = None) -> list[AnswerCard]:
    """Return the cards that may be used, those of ``topic`` alone when given."""
    question = select(AnswerCard).where(AnswerCard.is_active)
    if topic is not None:
        question = question.where(AnswerCard.topic == topic)
    return list(session.scalars(question.order_by(AnswerCard.topic, AnswerCard.code).limit(200)))


def cards_due_review(session: Session, *, day: date) -> list[AnswerCard]:
    """Return the cards whose review date has come."""
    return list(
        session.scalars(
            select(AnswerCard)
            .where(AnswerCard.is_active, AnswerCard.review_on <= day)
            .order_by(AnswerCard.review_on, AnswerCard.id)
            .limit(200)
        )
    )
