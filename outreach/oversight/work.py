"""Work: the funnel from first contact to strike-off, contacts and what followed, reasons, load, questions.

Each number of people and the list that it opens are one and the same select (``LISTS``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from outreach.accounts.models import User
from outreach.clinics.codes import CAME
from outreach.clinics.models import Appointment, PlannedDose
from outreach.contact.codes import CONTACT_OUTCOMES, HESITANCY, REACHED, Channel
from outreach.contact.models import AnswerCard, AttemptReason, ContactAttempt, Question
from outreach.kernel.codes import Coded
from outreach.ledger.codes import DUE, EntryStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.oversight import followed
from outreach.oversight.blocks import (
    Block,
    BlockRow,
    Measured,
    Unit,
    count,
    measured,
    median,
    part,
    people,
)
from outreach.oversight.span import Lines, ListOf, Span, how_many

AGREED = ("C01", "C02")
CHANGED = (
    EntryStatus.AGREED,
    EntryStatus.BOOKED,
    EntryStatus.VACCINATED,
)
CHANNELS = {
    Channel.SMS: Coded("sms", "短信", "Text"),
    Channel.VOICE: Coded("voice", "语音", "Voice"),
    Channel.CALL: Coded("call", "电话", "Call"),
    Channel.VISIT: Coded("visit", "入户", "Visit"),
    Channel.DOCTOR_CALL: Coded("doctor_call", "医生致电", "Doctor's call"),
    Channel.WECHAT: Coded("wechat", "微信", "WeChat"),
    Channel.LETTER: Coded("letter", "信函", "Letter"),
}
STAGES = (
    Coded("first", "首次联系", "First contact"),
    Coded("reached", "联系上", "Reached"),
    Coded("agreed", "同意", "Agreed"),
    Coded("booked", "预约", "Booked"),
    Coded("came", "到场", "Came"),
    Coded("struck", "接种销号", "Vaccinated"),
)


def _tries(span: Span, *conditions: ColumnElement[bool]) -> Lines:
    return (
        select(LedgerEntry.id)
        .join(ContactAttempt, ContactAttempt.entry_id == LedgerEntry.id)
        .where(
            span.mine(),
            span.covers(ContactAttempt.at),
            ContactAttempt.voided_at.is_(None),
            *conditions,
        )
    )


def _first_contacted(span: Span, _: str) -> Lines:
    earlier = aliased(ContactAttempt)
    before = exists().where(
        earlier.entry_id == LedgerEntry.id,
        earlier.voided_at.is_(None),
        earlier.at < span.from_at,
    )
    return _tries(span, ~before)


def _later(span: Span, condition: ColumnElement[bool]) -> Lines:
    return _first_contacted(span, "").where(condition)


def _stage(span: Span, code: str) -> Lines:
    """Return the people of one stage: those first contacted in these days who came as far by now."""
    if code == "first":
        return _first_contacted(span, "")
    if code in {"reached", "agreed"}:
        tried = aliased(ContactAttempt)
        wanted = AGREED if code == "agreed" else tuple(sorted(REACHED))
        return _later(
            span,
            exists().where(
                tried.entry_id == LedgerEntry.id,
                tried.voided_at.is_(None),
                tried.outcome.in_(wanted),
            ),
        )
    if code == "struck":
        return _later(span, LedgerEntry.status == EntryStatus.VACCINATED)
    return _later(span, _has_appointment(came=code == "came"))


def _has_appointment(*, came: bool) -> ColumnElement[bool]:
    question = (
        exists()
        .where(Appointment.resident_id == LedgerEntry.resident_id)
        .where(PlannedDose.appointment_id == Appointment.id)
        .where(PlannedDose.campaign_id == LedgerEntry.campaign_id)
    )
    if came:
        question = question.where(Appointment.status.in_(CAME))
    return question


def _by_channel(span: Span, code: str) -> Lines:
    channel, _, what = code.partition("-")
    conditions: list[ColumnElement[bool]] = [ContactAttempt.channel == Channel(channel)]
    if what == "reached":
        conditions.append(ContactAttempt.outcome.in_(sorted(REACHED)))
    elif what == "agreed":
        conditions.append(ContactAttempt.outcome.in_(AGREED))
    elif what == "vaccinated":
        conditions.append(LedgerEntry.status == EntryStatus.VACCINATED)
    return _tries(span, *conditions)


def _by_outcome(span: Span, code: str) -> Lines:
    return _tries(span, ContactAttempt.outcome == code)


def _by_reason(span: Span, code: str) -> Lines:
    reason, _, what = code.partition("-")
    lines = _tries(span).join(AttemptReason, AttemptReason.attempt_id == ContactAttempt.id)
    lines = lines.where(AttemptReason.code == reason)
    return lines.where(LedgerEntry.status.in_(CHANGED)) if what == "changed" else lines


def _by_card(span: Span, code: str) -> Lines:
    card, _, what = code.partition("-")
    lines = _asked(span).where(Question.card_id == int(card))
    return lines.where(LedgerEntry.status.in_(CHANGED)) if what == "changed" else lines


def _asked(span: Span) -> Lines:
    return (
        select(LedgerEntry.id)
        .join(Question, Question.resident_id == LedgerEntry.resident_id)
        .where(span.mine(), span.covers(Question.asked_at))
    )


def _questions(span: Span, code: str) -> Lines:
    if code == "answered":
        return _asked(span).where(Question.answered_at.is_not(None))
    if code == "waiting":
        return _asked(span).where(Question.answered_at.is_(None))
    if code == "late":
        late = (Question.answered_at > Question.due_at) | (
            Question.answered_at.is_(None) & (Question.due_at < span.before_at)
        )
        return _asked(span).where(late)
    return _asked(span)


def _of_worker(span: Span, code: str) -> Lines:
    worker, _, what = code.partition("-")
    lines = select(LedgerEntry.id).where(span.mine(), LedgerEntry.status.in_(sorted(DUE)))
    who = LedgerEntry.assigned_to
    lines = lines.where(who == int(worker) if worker != "0" else who.is_(None))
    if what == "overdue":
        lines = lines.where(LedgerEntry.next_contact_on < span.until)
    return lines


LISTS: dict[str, ListOf] = {
    "stage": _stage,
    "channel": _by_channel,
    "outcome": _by_outcome,
    "reason": _by_reason,
    "card": _by_card,
    "question": _questions,
    "worker": _of_worker,
    **followed.LISTS,
}


def blocks(session: Session, span: Span, *, language: str) -> tuple[Block, ...]:
    """Return the tables of work of these units and days."""
    return (
        followed.publicity_block(session, span, language=language),
        _funnel(session, span, language),
        _contacts(session, span, language),
        followed.came_block(session, span, language=language),
        _outcomes(session, span, language),
        _reasons(session, span, language),
        _cards(session, span, language),
        _question_speed(session, span),
        _load(session, span, language),
    )


def _opened(session: Session, span: Span, kind: str, code: str) -> Measured:
    return people(how_many(session, LISTS[kind](span, code)), f"{kind}:{code}")


def _funnel(session: Session, span: Span, language: str) -> Block:
    found = [_opened(session, span, "stage", stage.code) for stage in STAGES]
    days = _days_between(session, span)
    first = found[0].value or 0
    rows = tuple(
        BlockRow(
            stage.label(language),
            (cell, part(cell.value or 0, first), measured(days.get(stage.code), Unit.DAYS)),
        )
        for stage, cell in zip(STAGES, found, strict=True)
    )
    return Block(
        "funnel",
        Coded("funnel", "从首次联系到销号", "From first contact to strike-off"),
        Coded(
            "funnel",
            "这些天首次联系的人，至今走到了哪一步；天数为从首次联系起的中位数。",
            "People first contacted in these days and how far they have come by now; days are the median "
            "since the first contact.",
        ),
        (
            Coded("people", "人数", "People"),
            Coded("share", "占首次联系", "Of first contacts"),
            Coded("days", "中位天数", "Median days"),
        ),
        rows,
        chart=(0,),
    )


def _days_between(session: Session, span: Span) -> dict[str, float | None]:
    entries = _first_contacted(span, "").distinct().subquery()

    def earliest(condition: ColumnElement[bool]) -> Any:  # noqa: ANN401 - an aggregate column
        return func.min(case((condition, ContactAttempt.at)))

    rows = session.execute(
        select(
            func.min(ContactAttempt.at),
            earliest(ContactAttempt.outcome.in_(sorted(REACHED))),
            earliest(ContactAttempt.outcome.in_(AGREED)),
            LedgerEntry.status,
            LedgerEntry.status_since,
        )
        .join(entries, entries.c.id == ContactAttempt.entry_id)
        .join(LedgerEntry, LedgerEntry.id == ContactAttempt.entry_id)
        .where(ContactAttempt.voided_at.is_(None))
        .group_by(ContactAttempt.entry_id, LedgerEntry.status, LedgerEntry.status_since)
    ).all()
    waits: dict[str, list[float]] = {"reached": [], "agreed": [], "struck": []}
    for first, reached, agreed, status, since in rows:
        struck = since if status is EntryStatus.VACCINATED else None
        for stage, at in (("reached", reached), ("agreed", agreed), ("struck", struck)):
            if at is not None:
                waits[stage].append(max(0.0, _days(first, at)))
    return {stage: median(values) for stage, values in waits.items()}


def _days(first: datetime, later: datetime) -> float:
    return (later - first).total_seconds() / 86400


def _contacts(session: Session, span: Span, language: str) -> Block:
    counted = session.execute(
        select(ContactAttempt.channel, func.count())
        .join(LedgerEntry, LedgerEntry.id == ContactAttempt.entry_id)
        .where(span.mine(), span.covers(ContactAttempt.at), ContactAttempt.voided_at.is_(None))
        .group_by(ContactAttempt.channel)
    )
    tries = {row[0]: row[1] for row in counted}
    rows = []
    for channel, label in CHANNELS.items():
        if not tries.get(channel):
            continue
        cells = [
            _opened(session, span, "channel", f"{channel}-{what}")
            for what in ("tried", "reached", "agreed", "vaccinated")
        ]
        rows.append(BlockRow(label.label(language), (count(tries[channel]), *cells)))
    return Block(
        "contacts",
        Coded("contacts", "联系方式及效果", "Contacts by kind, and what followed"),
        Coded(
            "contacts",
            "每种方式联系了多少次、多少人，其中联系上、同意和至今已接种的人数。",
            "Tries and people by channel; of these, people reached, agreed, and vaccinated by now.",
        ),
        (
            Coded("tries", "次数", "Tries"),
            Coded("people", "人数", "People"),
            Coded("reached", "联系上", "Reached"),
            Coded("agreed", "同意", "Agreed"),
            Coded("vaccinated", "至今已接种", "Vaccinated by now"),
        ),
        tuple(rows),
        chart=(1, 2, 3, 4),
    )


def _outcomes(session: Session, span: Span, language: str) -> Block:
    found = session.scalars(
        select(ContactAttempt.outcome)
        .join(LedgerEntry, LedgerEntry.id == ContactAttempt.entry_id)
        .where(span.mine(), span.covers(ContactAttempt.at), ContactAttempt.voided_at.is_(None))
        .distinct()
    )
    present = set(found)
    rows = tuple(
        BlockRow(entry.label(language), (_opened(session, span, "outcome", code),))
        for code, entry in CONTACT_OUTCOMES.items()
        if code in present
    )
    return Block(
        "outcomes",
        Coded("outcomes", "联系结果", "Outcomes of contacts"),
        Coded("outcomes", "有过该结果的人数。", "People with at least one contact that ended so."),
        (Coded("people", "人数", "People"),),
        rows,
        chart=(0,),
    )


def _reasons(session: Session, span: Span, language: str) -> Block:
    present = set(
        session.scalars(
            select(AttemptReason.code)
            .join(ContactAttempt, ContactAttempt.id == AttemptReason.attempt_id)
            .join(LedgerEntry, LedgerEntry.id == ContactAttempt.entry_id)
            .where(span.mine(), span.covers(ContactAttempt.at), ContactAttempt.voided_at.is_(None))
            .distinct()
        )
    )
    rows = []
    for code, entry in HESITANCY.items():
        if code in present:
            told = _opened(session, span, "reason", f"{code}-told")
            changed = _opened(session, span, "reason", f"{code}-changed")
            share = part(changed.value or 0, told.value or 0)
            rows.append(BlockRow(entry.label(language), (told, changed, share)))
    return Block(
        "reasons",
        Coded("reasons", "顾虑及其变化", "Reasons, and minds that changed"),
        Coded(
            "reasons",
            "说出该顾虑的人数，以及其中至今已同意、预约或接种的人数。",
            "People who gave the reason, and those of them who by now agreed, booked or were vaccinated.",
        ),
        (
            Coded("told", "说出顾虑", "Gave it"),
            Coded("changed", "后来愿意", "Changed since"),
            Coded("share", "占比", "Share"),
        ),
        tuple(rows),
        chart=(0, 1),
    )


def _cards(session: Session, span: Span, language: str) -> Block:
    used = session.execute(
        select(AnswerCard.id, AnswerCard.title_zh, AnswerCard.title_en)
        .where(AnswerCard.id.in_(_asked(span).with_only_columns(Question.card_id)))
        .order_by(AnswerCard.code, AnswerCard.version)
    )
    rows = []
    for card_id, zh, en in used:
        told = _opened(session, span, "card", f"{card_id}-told")
        changed = _opened(session, span, "card", f"{card_id}-changed")
        label = en if language == "en" else zh
        share = part(changed.value or 0, told.value or 0)
        rows.append(BlockRow(label, (told, changed, share)))
    return Block(
        "cards",
        Coded("cards", "哪些解答改变了想法", "Answers that changed minds"),
        Coded(
            "cards",
            "用该解答卡答复过的人数，以及其中至今已同意、预约或接种的人数。",
            "People answered with the card, and those of them who by now agreed, booked or were vaccinated.",
        ),
        (
            Coded("told", "答复人数", "Answered"),
            Coded("changed", "后来愿意", "Changed since"),
            Coded("share", "占比", "Share"),
        ),
        tuple(rows),
    )


def _question_speed(session: Session, span: Span) -> Block:
    answered = session.execute(
        select(Question.asked_at, Question.answered_at)
        .join(LedgerEntry, LedgerEntry.resident_id == Question.resident_id)
        .where(span.mine(), span.covers(Question.asked_at), Question.answered_at.is_not(None))
    )
    hours = [(row[1] - row[0]).total_seconds() / 3600 for row in answered if row[1] is not None]
    cells = [
        _opened(session, span, "question", c) for c in ("asked", "answered", "waiting", "late")
    ]
    return Block(
        "questions",
        Coded("questions", "专业解答", "Questions to clinicians"),
        Coded(
            "questions",
            "提问的人数、已答复和等待的人数、超过时限的人数，以及答复的中位小时数。",
            "People who asked, were answered, wait, or waited too long; median hours to the answer.",
        ),
        (
            Coded("asked", "提问", "Asked"),
            Coded("answered", "已答复", "Answered"),
            Coded("waiting", "等待", "Waiting"),
            Coded("late", "超时", "Late"),
            Coded("hours", "中位小时", "Median hours"),
        ),
        (BlockRow("–", (*cells, measured(median(hours), Unit.HOURS))),),
    )


def _load(session: Session, span: Span, language: str) -> Block:
    rows = session.execute(
        select(LedgerEntry.assigned_to, User.display_name)
        .outerjoin(User, User.id == LedgerEntry.assigned_to)
        .where(span.mine(), LedgerEntry.status.in_(sorted(DUE)))
        .distinct()
        .order_by(User.display_name, LedgerEntry.assigned_to)
    ).all()
    nobody = "Nobody yet" if language == "en" else "尚未指定"
    return Block(
        "load",
        Coded("load", "各人手上的工作", "Work in hand"),
        Coded(
            "load",
            "用来看谁需要帮手，不用来排名；按姓名排列。",
            "To see who needs help, never to rank people; in the order of names.",
        ),
        (Coded("due", "待接种", "Due"), Coded("overdue", "已逾期", "Overdue")),
        tuple(
            BlockRow(
                name or nobody,
                (
                    _opened(session, span, "worker", f"{worker or 0}-due"),
                    _opened(session, span, "worker", f"{worker or 0}-overdue"),
                ),
            )
            for worker, name in rows[:200]
        ),
    )
