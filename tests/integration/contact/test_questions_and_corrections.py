"""Answers go back the way the question came; cards are reviewed; whoever was told is told again."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.rules import EVERYWHERE
from outreach.contact.answer_cards import (
    CardDraft,
    cards_due_review,
    cards_in_use,
    review_card,
    write_card,
)
from outreach.contact.codes import Channel, MessageState, Purpose, QuestionState, Step
from outreach.contact.message_models import Message
from outreach.contact.models import Question
from outreach.contact.outbox import Draft, queue
from outreach.contact.questions import QuestionDraft, waiting_questions
from outreach.contact.worklist import worklist
from outreach.db import Database
from outreach.kernel.errors import InvalidInput, MoveNotAllowed, NotAllowed
from outreach.ledger.codes import Relation
from outreach.ledger.models import ContactPerson
from outreach.workflows.answer_question import answer_question, ask_question
from outreach.workflows.correct_dose import correct_dose
from outreach.workflows.log_contact import log_contact
from outreach.workflows.record_dose import record_dose
from tests.builders.contact import note
from tests.builders.ledger import NOW, TODAY, Village, add_elders, dose, elder, entry_of


def _daughter(session: Session, resident_id: int) -> ContactPerson:
    return session.scalars(
        select(ContactPerson).where(
            ContactPerson.resident_id == resident_id,
            ContactPerson.relation == Relation.DAUGHTER,
        )
    ).one()


def _ask(session: Session, resident_id: int, **changes: object) -> Question:
    plain: dict[str, object] = {
        "resident_id": resident_id,
        "text": "吃着降压药能打吗?",
        "topic": "H01",
    }
    return ask_question(session, draft=QuestionDraft(**(plain | changes)), now=NOW)  # type: ignore[arg-type]


def test_a_text_is_answered_by_a_text_to_who_asked_and_may_know(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        daughter = _daughter(session, zhao)
        daughter.knows_health = True
        question = _ask(session, zhao, answer_by=Channel.SMS, asked_by_contact_id=daughter.id)
        done = answer_question(
            session, question_id=question.id, answer="血压平稳可以接种", by=village.doctor, now=NOW
        )
        message = session.get_one(Message, done.message_ids[0])
        assert message.contact_person_id == daughter.id
        assert message.step is Step.ANSWER
        assert message.body == "血压平稳可以接种"
        assert not done.is_for_worker
        assert question.state is QuestionState.CLOSED


def test_a_relative_who_may_not_know_of_health_hears_it_from_a_person(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        daughter = _daughter(session, zhao)
        question = _ask(session, zhao, answer_by=Channel.SMS, asked_by_contact_id=daughter.id)
        done = answer_question(
            session, question_id=question.id, answer="可以", by=village.doctor, now=NOW
        )
        assert done.message_ids == ()
        mine = worklist(session, user_id=None, scope=EVERYWHERE, day=TODAY, now=NOW)
        assert mine.items[0].answer_question_id == question.id


def test_moment_3g_an_urgent_question_is_due_within_the_hour_and_first(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        _ask(session, zhao)
        urgent = _ask(session, zhao, is_urgent=True, text="打完头晕")
        first, second = waiting_questions(session, scope=EVERYWHERE, now=NOW)
        assert first.question_id == urgent.id
        assert first.due_at == NOW + timedelta(hours=1)
        assert second.due_at == NOW + timedelta(hours=24)


def test_a_question_is_answered_once(database: Database, village: Village) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        question = _ask(session, zhao)
        answer_question(session, question_id=question.id, answer="可以", by=village.doctor, now=NOW)
        with pytest.raises(MoveNotAllowed):
            answer_question(
                session,
                question_id=question.id,
                answer="不可以",
                by=village.other_doctor,
                now=NOW,
            )


def test_a_card_is_used_once_another_clinician_reviewed_it(
    database: Database, village: Village
) -> None:
    draft = CardDraft(
        code="hypertension",
        topic="H01",
        title_zh="高血压能打吗",
        title_en="Blood pressure",
        body_zh="血压控制平稳可以接种。",
        body_en="With stable blood pressure you may.",
    )
    with database.write() as session:
        [zhao] = add_elders(session, village)
        card = write_card(session, draft=draft, by=village.doctor, now=NOW)
        question = _ask(session, zhao)
        with pytest.raises(InvalidInput):
            answer_question(
                session,
                question_id=question.id,
                answer="可以",
                by=village.doctor,
                now=NOW,
                card_id=card.id,
            )
        review_on = TODAY + timedelta(days=180)
        with pytest.raises(NotAllowed):
            review_card(session, card_id=card.id, by=village.doctor, review_on=review_on, day=TODAY)
        review_card(
            session, card_id=card.id, by=village.other_doctor, review_on=review_on, day=TODAY
        )
        assert [c.id for c in cards_in_use(session, topic="H01")] == [card.id]
        newer = write_card(session, draft=draft, by=village.doctor, now=NOW)
        assert (newer.version, newer.is_active) == (2, False)
        review_card(
            session, card_id=newer.id, by=village.other_doctor, review_on=review_on, day=TODAY
        )
        assert [c.id for c in cards_in_use(session)] == [newer.id]
        assert [c.id for c in cards_due_review(session, day=review_on)] == [newer.id]


def _texted(session: Session, village: Village, resident_id: int, step: Step) -> Message:
    [message_id] = queue(
        session,
        drafts=[
            Draft(
                to_whom=f"c{uuid4().hex}",
                step=step,
                purpose=Purpose.AFTERCARE,
                channel=Channel.SMS,
                subject_kind="appointment",
                subject_id=1,
                number="+8613900000002",
                body="已接种,正在回家路上",
                due_at=NOW,
                resident_id=resident_id,
                campaign_id=village.campaign_id,
            )
        ],
        now=NOW + timedelta(minutes=1),
    )
    message = session.get_one(Message, message_id)
    message.state = MessageState.DELIVERED
    session.flush()
    return message


def test_whoever_was_told_of_a_dose_that_was_none_is_owed_a_call(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        done = record_dose(session, draft=dose(village, zhao, TODAY), by=village.worker, now=NOW)
        _texted(session, village, zhao, Step.ON_THE_WAY_HOME)
        later = NOW + timedelta(hours=1)
        corrected = correct_dose(
            session, dose_id=done.dose_id, by=village.worker, reason="认错了人", now=later
        )
        assert corrected.calls_owed == 1
        mine = worklist(session, user_id=None, scope=EVERYWHERE, day=TODAY, now=later)
        [call] = mine.items[0].owed_calls
        assert call.reason == "dose_corrected"
        log_contact(
            session,
            notes=[note(entry_of(session, zhao).id, "C01", at=later, message_id=call.message_id)],
            by=village.worker,
            is_clinician=False,
            now=later,
        )
        assert session.get_one(Message, call.message_id).state is MessageState.DELIVERED


def test_a_worker_sees_own_lines_and_those_of_nobody(database: Database, village: Village) -> None:
    with database.write() as session:
        mine, other, nobodys = add_elders(
            session,
            village,
            *[elder(village, name, address=f"{name}路1号") for name in ("甲一", "乙二", "丙三")],
        )
        entry_of(session, mine).assigned_to = village.worker
        entry_of(session, other).assigned_to = village.doctor
        session.flush()
        seen = worklist(session, user_id=village.worker, scope=EVERYWHERE, day=TODAY, now=NOW)
        assert {item.resident_id for item in seen.items} == {mine, nobodys}
        everyone = worklist(session, user_id=None, scope=EVERYWHERE, day=TODAY, now=NOW)
        assert everyone.total == 3
