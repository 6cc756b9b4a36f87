"""Words that a worker takes to WeChat by hand: for whom they are, and noted with what came back (3b)."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.rules import EVERYWHERE, Scope
from outreach.contact.codes import Channel, Purpose, QuestionState, Step
from outreach.contact.models import ContactAttempt, Question
from outreach.contact.outbox import Draft, queue
from outreach.contact.questions import QuestionDraft
from outreach.db import Database
from outreach.kernel.errors import InvalidInput, NotFound
from outreach.ledger.codes import EntryStatus, Relation
from outreach.ledger.models import ContactPerson
from outreach.workflows.answer_question import answer_question, ask_question
from outreach.workflows.wechat_copy import (
    Taken,
    answer_for_wechat,
    message_for_wechat,
    note_wechat,
)
from tests.builders.ledger import NOW, Village, add_elders, entry_of

ANSWER = "血压平稳可以接种"


def _daughter(session: Session, resident_id: int) -> ContactPerson:
    return session.scalars(
        select(ContactPerson).where(
            ContactPerson.resident_id == resident_id, ContactPerson.relation == Relation.DAUGHTER
        )
    ).one()


def _answered(session: Session, village: Village, resident_id: int) -> Question:
    daughter = _daughter(session, resident_id)
    draft = QuestionDraft(
        resident_id=resident_id,
        text="能打吗",
        answer_by=Channel.WECHAT,
        asked_by_contact_id=daughter.id,
    )
    question = ask_question(session, draft=draft, now=NOW)
    done = answer_question(
        session, question_id=question.id, answer=ANSWER, by=village.doctor, now=NOW
    )
    assert done.is_for_worker, "WeChat is a person's hand"
    return question


def test_moment_3b_an_answer_shows_health_to_those_who_may_know_alone(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        question = _answered(session, village, zhao)
        plain = answer_for_wechat(
            session, question_id=question.id, reader_id=None, scope=EVERYWHERE, now=NOW
        )
        assert (plain.reader.relation, plain.is_plain) == (Relation.DAUGHTER, True)
        assert "血压" not in plain.text
        _daughter(session, zhao).knows_health = True
        told = answer_for_wechat(
            session, question_id=question.id, reader_id=None, scope=EVERYWHERE, now=NOW
        )
        assert (told.text, told.is_plain) == (ANSWER, False)
        with pytest.raises(NotFound):
            answer_for_wechat(
                session,
                question_id=question.id,
                reader_id=None,
                scope=Scope(paths=("/999/",)),
                now=NOW,
            )


def test_moment_3b_it_is_noted_as_a_contact_with_its_reply_and_the_answer_is_passed_on(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        _daughter(session, zhao).knows_health = True
        question = _answered(session, village, zhao)
        words = answer_for_wechat(
            session, question_id=question.id, reader_id=None, scope=EVERYWHERE, now=NOW
        )
        taken = Taken(uuid4().hex, "C01", "好的，那就打")
        for _ in range(2):
            note_wechat(session, words=words, taken=taken, by=village.worker, now=NOW)
        row = session.scalars(select(ContactAttempt)).one()
        assert (row.channel, row.outcome, row.note) == (Channel.WECHAT, "C01", "好的，那就打")
        assert row.contact_person_id == words.reader.contact_person_id
        assert session.get_one(Question, question.id).state is QuestionState.CLOSED
        assert entry_of(session, zhao).status is EntryStatus.AGREED


def test_moment_3b_a_message_is_copied_for_the_one_it_was_written_for(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        daughter = _daughter(session, zhao)
        [message_id] = queue(
            session,
            drafts=[
                Draft(
                    to_whom=f"c{daughter.id}",
                    step=Step.INVITE,
                    purpose=Purpose.NUDGE,
                    channel=Channel.SMS,
                    subject_kind="entry",
                    subject_id=entry_of(session, zhao).id,
                    number="+8613900000002",
                    body="社区为您留了健康服务名额",
                    due_at=NOW,
                    resident_id=zhao,
                    contact_person_id=daughter.id,
                    campaign_id=village.campaign_id,
                )
            ],
            now=NOW,
        )
        words = message_for_wechat(session, message_id=message_id, scope=EVERYWHERE, now=NOW)
        assert (words.text, words.reader.contact_person_id) == (
            "社区为您留了健康服务名额",
            daughter.id,
        )
        sent = Taken(uuid4().hex, "C16")
        note_wechat(session, words=words, taken=sent, by=village.worker, now=NOW)
        row = session.scalars(select(ContactAttempt)).one()
        assert (row.channel, row.outcome) == (Channel.WECHAT, "C16")
        with pytest.raises(InvalidInput):
            note_wechat(
                session,
                words=words,
                taken=Taken(uuid4().hex, "C01"),
                by=village.worker,
                now=NOW,
            )
