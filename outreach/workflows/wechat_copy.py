"""A message or an answer taken along by hand to somebody's WeChat, noted with what came back (moment 3b)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.contact.addressing import form_of_address
from outreach.contact.attempts import AttemptDraft
from outreach.contact.codes import REACHED, Channel, MessageState, QuestionState, Step
from outreach.contact.message_models import Message
from outreach.contact.models import Question
from outreach.contact.questions import pass_on
from outreach.contact.wordings import phrase
from outreach.kernel.errors import InvalidInput, NotFound
from outreach.ledger.codes import Relation
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.heads import PersonHead, person_head
from outreach.ledger.models import ContactPerson, Resident
from outreach.places.queries import get_place
from outreach.workflows.log_contact import ContactLogged, ContactNote, log_contact

SENT = "C16"  # sent, and no reply yet


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody whose WeChat a worker may have."""

    contact_person_id: int
    name: str
    relation: Relation
    may_know: bool


@dataclass(frozen=True, slots=True)
class WeChatText:
    """The words for one reader. ``is_plain``: health was left out, because this reader may not know."""

    head: PersonHead
    entry_id: int
    reader: Reader
    readers: tuple[Reader, ...]
    text: str
    is_plain: bool
    question_id: int | None = None
    owed_message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What was done with the words: the reply, if there is one, and what it amounts to."""

    uuid: str
    outcome: str
    reply: str = ""


def message_for_wechat(
    session: Session, *, message_id: int, scope: Scope, now: datetime
) -> WeChatText:
    """Return a message's words for the very person it was written for; NotFound outside the scope."""
    row = session.get(Message, message_id)
    # A call's words tell of keys to press: they are no text.
    if row is None or row.resident_id is None or not row.body or row.channel is Channel.VOICE:
        raise NotFound("not_found")
    head = person_head(session, resident_id=row.resident_id, scope=scope, now=now)
    readers = _readers(session, row.resident_id)
    reader = next((r for r in readers if r.contact_person_id == row.contact_person_id), None)
    if reader is None:
        raise NotFound("not_found")
    # Its words were chosen by what this reader may know; an answer is health through and through.
    is_plain = row.step is Step.ANSWER and not reader.may_know
    is_owed = row.channel is Channel.CALL and row.state is MessageState.HELD
    return WeChatText(
        head=head,
        entry_id=_entry_of(session, row.resident_id, row.campaign_id),
        reader=reader,
        readers=(reader,),
        text=_plain_words(session, row.resident_id) if is_plain else row.body,
        is_plain=is_plain,
        owed_message_id=row.id if is_owed else None,
    )


def answer_for_wechat(
    session: Session, *, question_id: int, reader_id: int | None, scope: Scope, now: datetime
) -> WeChatText:
    """Return a doctor's answer for one reader: the words, or, who may not know of health, whom to ring."""
    row = session.get(Question, question_id)
    if row is None or not row.answer:
        raise NotFound("not_found")
    head = person_head(session, resident_id=row.resident_id, scope=scope, now=now)
    readers = _readers(session, row.resident_id)
    wanted = reader_id or row.asked_by_contact_id
    if not readers:
        raise NotFound("not_found")
    reader = next((r for r in readers if r.contact_person_id == wanted), readers[0])
    text = row.answer if reader.may_know else _plain_words(session, row.resident_id)
    return WeChatText(
        head=head,
        entry_id=row.entry_id or _entry_of(session, row.resident_id, None),
        reader=reader,
        readers=readers,
        text=text,
        is_plain=not reader.may_know,
        question_id=row.id,
    )


def note_wechat(
    session: Session, *, words: WeChatText, taken: Taken, by: int, now: datetime
) -> ContactLogged:
    """Note that the words were sent by hand, as one contact, with the reply that came."""
    if taken.outcome != SENT and not taken.reply.strip():
        raise InvalidInput("reply_missing", field="reply")
    draft = AttemptDraft(
        entry_id=words.entry_id,
        channel=Channel.WECHAT,
        outcome=taken.outcome,
        at=now,
        uuid=taken.uuid,
        contact_person_id=words.reader.contact_person_id,
        note=taken.reply.strip(),
        message_id=words.owed_message_id if taken.outcome in REACHED else None,
    )
    done = log_contact(
        session, notes=[ContactNote(attempt=draft)], by=by, is_clinician=False, now=now
    )
    if words.question_id is not None and not words.is_plain:
        question = session.get_one(Question, words.question_id)
        if question.state is QuestionState.ANSWERED:
            pass_on(session, question_id=question.id, by=by, now=now)
    return done


def _readers(session: Session, resident_id: int) -> tuple[Reader, ...]:
    rows = session.scalars(
        select(ContactPerson)
        .where(ContactPerson.resident_id == resident_id, ContactPerson.ended_at.is_(None))
        .order_by(ContactPerson.position, ContactPerson.id)
        .limit(50)
    )
    return tuple(
        Reader(
            contact_person_id=row.id,
            name=row.name,
            relation=row.relation,
            may_know=row.knows_health or row.relation is Relation.SELF,
        )
        for row in rows
    )


def _entry_of(session: Session, resident_id: int, campaign_id: int | None) -> int:
    question = select(LedgerEntry.id).where(
        LedgerEntry.resident_id == resident_id, LedgerEntry.is_counted
    )
    if campaign_id is not None:
        question = question.where(LedgerEntry.campaign_id == campaign_id)
    found = session.scalars(question.order_by(LedgerEntry.id).limit(1)).first()
    if found is None:
        raise NotFound("not_found")
    return found


def _plain_words(session: Session, resident_id: int) -> str:
    resident = session.get_one(Resident, resident_id)
    who = form_of_address(resident.name, sex=resident.sex, language=resident.language)
    place = get_place(session)
    return phrase(resident.language, "answer_plain", who=who, duty_phone=place.duty_phone)
