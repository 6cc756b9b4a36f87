"""Messages: delivered, read back, failed and why, silenced, what they cost; and the harm that pushing does."""

from __future__ import annotations

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from outreach.clinics.models import Appointment
from outreach.contact.codes import MessageState, Purpose
from outreach.contact.message_models import InboundMessage, Message, OptOut
from outreach.contact.models import ContactAttempt
from outreach.kernel.codes import Coded
from outreach.ledger.codes import StrikeOffKind
from outreach.ledger.entry_models import LedgerEntry, StrikeOff
from outreach.ledger.models import ContactPerson, Phone
from outreach.oversight.blocks import Block, BlockRow, Measured, Unit, count, measured, part, people
from outreach.oversight.span import Lines, ListOf, Span, how_many

PURPOSES = {
    Purpose.NUDGE: Coded("nudge", "动员", "Nudges"),
    Purpose.APPOINTMENT: Coded("appointment", "预约提醒", "Appointments"),
    Purpose.RIDE: Coded("ride", "接送", "Rides"),
    Purpose.AFTERCARE: Coded("aftercare", "接种后关怀", "Aftercare"),
}
HANDED_OVER = (MessageState.ACCEPTED, MessageState.DELIVERED)
UNSURE = (MessageState.UNKNOWN, MessageState.UNRESOLVED)
ASKED_TO_STOP = "C15"
REFUSED_AT_DESK = "V04"


def _messages(span: Span, *conditions: ColumnElement[bool]) -> Lines:
    return (
        select(LedgerEntry.id)
        .join(Message, Message.resident_id == LedgerEntry.resident_id)
        .where(span.mine(), span.covers(Message.created_at), *conditions)
    )


def _by_purpose(span: Span, code: str) -> Lines:
    purpose, _, what = code.partition("-")
    states = {
        "failed": Message.state == MessageState.FAILED,
        "delivered": Message.state == MessageState.DELIVERED,
        "read": Message.read_back_at.is_not(None),
    }
    conditions = [Message.purpose == Purpose(purpose)]
    if what in states:
        conditions.append(states[what])
    return _messages(span, *conditions)


def _by_error(span: Span, code: str) -> Lines:
    return _messages(span, Message.state == MessageState.FAILED, Message.error_code == code)


def _harm(span: Span, code: str) -> Lines:
    """Return the people whom pushing may have hurt: what stands beside each target (moment 6e)."""
    lines = select(LedgerEntry.id).where(span.mine())
    if code == "opt_out":
        # Most are known by the number alone: they count for everyone who is written to there.
        by_number = (
            select(ContactPerson.resident_id)
            .join(Phone, Phone.contact_person_id == ContactPerson.id)
            .join(OptOut, OptOut.number_index == Phone.number_index)
            .where(span.covers(OptOut.at))
        )
        by_person = select(OptOut.resident_id).where(span.covers(OptOut.at))
        return lines.where(
            LedgerEntry.resident_id.in_(by_number) | LedgerEntry.resident_id.in_(by_person)
        )
    if code == "complaint":
        return lines.join(ContactAttempt, ContactAttempt.entry_id == LedgerEntry.id).where(
            span.covers(ContactAttempt.at),
            ContactAttempt.outcome == ASKED_TO_STOP,
            ContactAttempt.voided_at.is_(None),
        )
    if code == "refused":
        return lines.join(Appointment, Appointment.resident_id == LedgerEntry.resident_id).where(
            span.covers(Appointment.slot_at), Appointment.visit_result == REFUSED_AT_DESK
        )
    return lines.join(StrikeOff, StrikeOff.entry_id == LedgerEntry.id).where(
        span.covers(StrikeOff.at), StrikeOff.kind == StrikeOffKind.REVERSED
    )


LISTS: dict[str, ListOf] = {"purpose": _by_purpose, "error": _by_error, "harm": _harm}

HARMS = (
    Coded("complaint", "要求不再联系", "Asked not to be contacted"),
    Coded("opt_out", "退订", "Opted out"),
    Coded("refused", "同意后现场拒绝", "Agreed, then refused at the desk"),
    Coded("reversed", "销号后又撤销", "Strike-offs taken back"),
)


def blocks(session: Session, span: Span, *, language: str) -> tuple[Block, ...]:
    """Return the tables of messages of these units and days."""
    return (
        _purposes(session, span, language),
        _errors(session, span),
        _replies(session, span, language),
        harm_block(session, span, language=language),
    )


def _opened(session: Session, span: Span, kind: str, code: str) -> Measured:
    return people(how_many(session, LISTS[kind](span, code)), f"{kind}:{code}")


def _purposes(session: Session, span: Span, language: str) -> Block:
    def having(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    rows = session.execute(
        _messages(span)
        .with_only_columns(
            Message.purpose,
            func.count(),
            having(Message.state.in_(HANDED_OVER)),
            having(Message.state == MessageState.DELIVERED),
            having(Message.read_back_at.is_not(None)),
            having(Message.state == MessageState.FAILED),
            having(Message.state.in_(UNSURE)),
            having(Message.state == MessageState.SUPPRESSED),
            func.sum(case((Message.state.in_(HANDED_OVER), Message.segments), else_=0)),
            func.sum(Message.cost_micros),
        )
        .group_by(Message.purpose)
    ).all()
    found = {row[0]: row[1:] for row in rows}
    lines = []
    for purpose, label in PURPOSES.items():
        if purpose not in found:
            continue
        queued, handed, delivered, read, failed, unsure, silenced, parts, micros = found[purpose]
        cells = (
            _opened(session, span, "purpose", f"{purpose}-all"),
            count(queued),
            part(delivered, handed),
            part(read, handed),
            _opened(session, span, "purpose", f"{purpose}-failed"),
            count(failed),
            count(unsure),
            count(silenced),
            count(parts or 0),
            measured(micros / 1_000_000 if micros is not None else None, Unit.MONEY),
        )
        lines.append(BlockRow(label.label(language), cells))
    return Block(
        "purposes",
        Coded("purposes", "按用途", "By purpose"),
        Coded(
            "purposes",
            "这些天排入的消息。送达率和回执率以已交给运营商的为分母；静默是规则拦下的。",
            "Messages queued in these days. Delivered and read back are shares of what providers took; "
            "silenced ones were held back by a rule.",
        ),
        (
            Coded("people", "人数", "People"),
            Coded("queued", "条数", "Messages"),
            Coded("delivered", "送达率", "Delivered"),
            Coded("read", "回执率", "Read back"),
            Coded("failed_people", "失败人数", "People it failed for"),
            Coded("failed", "失败", "Failed"),
            Coded("unsure", "结果不明", "Unknown"),
            Coded("silenced", "静默", "Silenced"),
            Coded("parts", "计费段", "Parts billed"),
            Coded("cost", "费用", "Cost"),
        ),
        tuple(lines),
        chart=(1, 5, 7),
    )


def _errors(session: Session, span: Span) -> Block:
    found = session.execute(
        _messages(span, Message.state == MessageState.FAILED)
        .with_only_columns(Message.error_code, func.count())
        .group_by(Message.error_code)
        .order_by(func.count().desc(), Message.error_code)
        .limit(20)
    ).all()
    return Block(
        "errors",
        Coded("errors", "失败原因", "Why messages failed"),
        Coded("errors", "运营商给出的代码。", "The codes that providers gave."),
        (Coded("people", "人数", "People"), Coded("messages", "条数", "Messages")),
        tuple(
            BlockRow(code or "–", (_opened(session, span, "error", code), count(many)))
            for code, many in found
        ),
    )


def _replies(session: Session, span: Span, language: str) -> Block:
    rows = session.execute(
        select(InboundMessage.state, func.count())
        .join(LedgerEntry, LedgerEntry.resident_id == InboundMessage.resident_id)
        .where(span.mine(), span.covers(InboundMessage.received_at))
        .group_by(InboundMessage.state)
    )
    words = {
        "acted_upon": ("已自动办理", "Acted upon by itself"),
        "waiting": ("等人阅读", "Waiting to be read"),
        "read": ("已由人阅读", "Read by a person"),
    }
    found = {str(state): many for state, many in rows}
    return Block(
        "replies",
        Coded("replies", "收到的回复", "Replies"),
        Coded("replies", "这些天收到的短信和按键。", "Texts and keypresses that came in."),
        (Coded("messages", "条数", "Messages"),),
        tuple(
            BlockRow(words[state][language == "en"], (count(found[state]),))
            for state in words
            if state in found
        ),
    )


def harm_block(session: Session, span: Span, *, language: str) -> Block:
    """Return what stands beside every target, so that nobody is pushed for a number (moment 6e)."""
    return Block(
        "harm",
        Coded("harm", "有没有催得太紧", "Signs of too much pressure"),
        Coded(
            "harm",
            "与目标并列的四个数；知情拒绝和暂缓都是办结，不算落后。",
            "Four numbers beside every target. An informed no and a deferral are finished work, never a lag.",
        ),
        (Coded("people", "人数", "People"),),
        tuple(
            BlockRow(entry.label(language), (_opened(session, span, "harm", entry.code),))
            for entry in HARMS
        ),
    )
