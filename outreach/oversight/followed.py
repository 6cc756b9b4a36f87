"""What followed: who came within days of each kind of contact, and what was posted where (宣传).

A contact is not said to be the cause: the table counts who came soon after, by what came before.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from outreach.accounts.rules import Scope
from outreach.clinics.codes import CAME
from outreach.clinics.models import Appointment, PlannedDose
from outreach.contact.codes import Channel, Purpose
from outreach.contact.message_models import Message
from outreach.contact.models import ContactAttempt
from outreach.contact.notices import MEDIA, postings_by_medium
from outreach.db import UtcDateTime
from outreach.kernel.codes import Coded
from outreach.ledger.entry_models import LedgerEntry
from outreach.oversight.blocks import Block, BlockRow, count, part, people
from outreach.oversight.span import Lines, ListOf, Span, how_many

WITHIN_DAYS = 14
KINDS = {
    "text": Coded("text", "动员短信", "Text that invites"),
    Channel.VOICE: Coded("voice", "语音电话", "Automatic call"),
    Channel.CALL: Coded("call", "打电话", "Call"),
    Channel.DOCTOR_CALL: Coded("doctor_call", "医生致电", "Doctor's call"),
    Channel.WECHAT: Coded("wechat", "微信", "WeChat"),
    Channel.VISIT: Coded("visit", "入户走访", "Visit"),
}

Instant = InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]


class some_days_after(GenericFunction):  # type: ignore[type-arg]  # noqa: N801 - an SQL function
    """The instant ``WITHIN_DAYS`` after another one, on either database."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(some_days_after, "sqlite")
def _on_sqlite(element: some_days_after, compiler: SQLCompiler, **kwargs: object) -> str:
    inner = compiler.process(element.clauses, **kwargs)
    return f"datetime({inner}, '+{WITHIN_DAYS} days')"


@compiles(some_days_after, "postgresql")
def _on_postgresql(element: some_days_after, compiler: SQLCompiler, **kwargs: object) -> str:
    inner = compiler.process(element.clauses, **kwargs)
    return f"({inner} + interval '{WITHIN_DAYS} days')"


def _came_after(at: Instant) -> ColumnElement[bool]:
    return (
        select(Appointment.id)
        .join(PlannedDose, PlannedDose.appointment_id == Appointment.id)
        .where(
            Appointment.resident_id == LedgerEntry.resident_id,
            PlannedDose.campaign_id == LedgerEntry.campaign_id,
            Appointment.status.in_(CAME),
            Appointment.slot_at >= at,
            Appointment.slot_at <= some_days_after(at),
        )
        .exists()
    )


def _texted(span: Span, what: str) -> Lines:
    at = Message.accepted_at
    lines = (
        select(LedgerEntry.id)
        .join(
            Message,
            and_(
                Message.resident_id == LedgerEntry.resident_id,
                or_(Message.campaign_id.is_(None), Message.campaign_id == LedgerEntry.campaign_id),
            ),
        )
        .where(
            span.mine(),
            Message.purpose == Purpose.NUDGE,
            Message.channel == Channel.SMS,
            at.is_not(None),
            span.covers(at),
        )
    )
    return lines.where(_came_after(at)) if what == "came" else lines


def _followed(span: Span, code: str) -> Lines:
    kind, _, what = code.partition("-")
    if kind == "text":
        return _texted(span, what)
    at = ContactAttempt.at
    lines = (
        select(LedgerEntry.id)
        .join(ContactAttempt, ContactAttempt.entry_id == LedgerEntry.id)
        .where(
            span.mine(),
            span.covers(at),
            ContactAttempt.channel == Channel(kind),
            ContactAttempt.voided_at.is_(None),
        )
    )
    return lines.where(_came_after(at)) if what == "came" else lines


LISTS: dict[str, ListOf] = {"followed": _followed}


def came_block(session: Session, span: Span, *, language: str) -> Block:
    """Return who came within days of each kind of contact; someone contacted twice counts in both kinds."""
    rows = []
    for kind, label in KINDS.items():
        told = how_many(session, _followed(span, f"{kind}-told"))
        if not told:
            continue
        came = how_many(session, _followed(span, f"{kind}-came"))
        cells = (
            people(told, f"followed:{kind}-told"),
            people(came, f"followed:{kind}-came"),
            part(came, told),
        )
        rows.append(BlockRow(label.label(language), cells))
    return Block(
        "came_after",
        Coded(
            "came_after",
            f"联系后 {WITHIN_DAYS} 天内到场",
            f"Came within {WITHIN_DAYS} days of a contact",
        ),
        Coded(
            "came_after",
            "按联系方式：这些天联系过的人，以及其中联系后到场的人。先后不等于因果；同一人可计入多种方式。",
            "By kind: people contacted in these days, and those who came soon after. What comes first is not "
            "always the cause; somebody may count in several kinds.",
        ),
        (
            Coded("people", "联系人数", "Contacted"),
            Coded("came", "到场", "Came"),
            Coded("share", "占比", "Share"),
        ),
        tuple(rows),
        chart=(0, 1),
    )


def publicity_block(session: Session, span: Span, *, language: str) -> Block:
    """Return how often notices were posted in these days, by medium: what stands before the funnel."""
    posted = postings_by_medium(
        session,
        campaign_id=span.campaign_id,
        scope=Scope(paths=tuple(unit.path for unit in span.units)),
        days=(span.since, span.until),
    )
    return Block(
        "publicity",
        Coded("publicity", "宣传张贴与发布", "Publicity: what was posted"),
        Coded(
            "publicity",
            "这些天登记的公告栏、横幅、微信群和群发短信等次数。",
            "Postings noted in these days: boards, banners, WeChat groups, broadcasts.",
        ),
        (Coded("postings", "次数", "Postings"),),
        tuple(
            BlockRow(MEDIA[medium].label(language), (count(number),))
            for medium, number in posted.items()
        ),
    )
