"""Tables of speaking with people by hand: attempts, reasons, questions, answer cards, notices."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.contact.codes import Channel, QuestionState
from outreach.db import Base


class ContactAttempt(Base):
    """One try by one channel with its outcome (C) and what follows from it.

    ``is_inbound``: the person or the family turned to us, which alone reopens a "don't ask again".
    """

    __tablename__ = "contact_attempt"
    __table_args__ = (
        Index("ix_contact_attempt_resident", "resident_id", "at"),
        Index("ix_contact_attempt_user", "by_user_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(unique=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), index=True)
    contact_person_id: Mapped[int | None] = mapped_column(ForeignKey("contact_person.id"))
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime]
    channel: Mapped[Channel]
    outcome: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    next_contact_on: Mapped[date | None]
    promised_call_at: Mapped[datetime | None]
    is_inbound: Mapped[bool] = mapped_column(default=False)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    recorded_at: Mapped[datetime]
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    void_reason: Mapped[str] = mapped_column(default="")


class AttemptReason(Base):
    """One hesitancy reason (H) given in an attempt; one of them is the main one."""

    __tablename__ = "attempt_reason"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("contact_attempt.id"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    is_main: Mapped[bool] = mapped_column(default=False)


class AnswerCard(Base):
    """A reviewed answer to a hesitancy reason; a new version is a new row."""

    __tablename__ = "answer_card"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    version: Mapped[int]
    topic: Mapped[str]
    title_zh: Mapped[str]
    title_en: Mapped[str]
    body_zh: Mapped[str]
    body_en: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    review_on: Mapped[date | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    made_at: Mapped[datetime]


class Question(Base):
    """A question for a clinician; the answer goes back by the channel it came by."""

    __tablename__ = "question"
    __table_args__ = (Index("ix_question_state", "state", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"), index=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"))
    topic: Mapped[str]
    text: Mapped[str]
    state: Mapped[QuestionState] = mapped_column(default=QuestionState.OPEN)
    is_urgent: Mapped[bool] = mapped_column(default=False)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    asked_by_contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact_person.id"))
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound_message.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    answer_by: Mapped[Channel] = mapped_column(default=Channel.CALL)
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    answered_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(default="")
    card_id: Mapped[int | None] = mapped_column(ForeignKey("answer_card.id"))
    passed_on_at: Mapped[datetime | None]
    passed_on_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class Notice(Base):
    """A campaign's notice, written once for poster, banner, WeChat group and broadcast (宣传)."""

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    title: Mapped[str]
    body: Mapped[str]
    banner: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    made_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class NoticePosting(Base):
    """What was posted where, when and by whom."""

    __tablename__ = "notice_posting"

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), index=True)
    medium: Mapped[str]
    where_posted: Mapped[str] = mapped_column(default="")
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    posted_on: Mapped[date]
    posted_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class VisitSheet(Base):
    """A numbered list on paper (its id is the number), until it is back and entered (moment 3k)."""

    __tablename__ = "visit_sheet"

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(unique=True)
    made_on: Mapped[date]
    made_at: Mapped[datetime]
    made_by: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    returned_at: Mapped[datetime | None]
    returned_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class VisitSheetLine(Base):
    """One line of a sheet, and what was entered of it."""

    __tablename__ = "visit_sheet_line"

    sheet_id: Mapped[int] = mapped_column(ForeignKey("visit_sheet.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), index=True)
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("contact_attempt.id"))
    is_not_visited: Mapped[bool] = mapped_column(default=False)
