"""The answer cards as their page lists them: by topic, with author, reviewer and what waits for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.contact.answer_cards import CardDraft, get_card
from outreach.contact.models import AnswerCard, Question
from outreach.workflows.contact_sheet import user_names
from outreach.workflows.question_sheet import CardView, card_view

MOST = 500


@dataclass(frozen=True, slots=True)
class CardLine:
    """The newest version of a card, or the one in use beside a newer one that waits."""

    card: CardView
    code: str
    version: int
    is_active: bool
    is_waiting: bool
    is_mine: bool
    is_due: bool
    author: str
    reviewer: str
    made_at: datetime
    used: int


def card_list(session: Session, *, day: date, user_id: int) -> list[CardLine]:
    """Return the cards in use and the versions that wait for a second clinician, by topic."""
    waiting = AnswerCard.reviewed_by.is_(None)
    rows = session.scalars(
        select(AnswerCard)
        .where(AnswerCard.is_active | waiting)
        .order_by(AnswerCard.topic, AnswerCard.code, AnswerCard.version.desc())
        .limit(MOST)
    ).all()
    names = user_names(session, [r.author_id for r in rows] + [r.reviewed_by for r in rows])
    counted = session.execute(
        select(Question.card_id, func.count())
        .where(Question.card_id.in_([row.id for row in rows]))
        .group_by(Question.card_id)
    )
    used = {card_id: count for card_id, count in counted if card_id is not None}
    return [
        CardLine(
            card=card_view(row),
            code=row.code,
            version=row.version,
            is_active=row.is_active,
            is_waiting=row.reviewed_by is None,
            is_mine=row.author_id == user_id,
            is_due=row.is_active and row.review_on is not None and row.review_on <= day,
            author=names.get(row.author_id or 0, ""),
            reviewer=names.get(row.reviewed_by or 0, ""),
            made_at=row.made_at,
            used=used.get(row.id, 0),
        )
        for row in rows
    ]


def card_text(session: Session, *, card_id: int) -> CardDraft:
    """Return the words of a card, to begin its next version with."""
    row = get_card(session, card_id)
    return CardDraft(
        code=row.code,
        topic=row.topic,
        title_zh=row.title_zh,
        title_en=row.title_en,
        body_zh=row.body_zh,
        body_en=row.body_en,
    )
