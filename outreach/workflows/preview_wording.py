"""A new wording as real people would get it: their values, their route, no name and no number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.queries import within
from outreach.accounts.rules import Scope
from outreach.clinics.codes import STANDING
from outreach.clinics.models import Appointment, PlannedDose
from outreach.contact.addressing import form_of_address
from outreach.contact.codes import Channel, Purpose, Step
from outreach.contact.recipients import recipients_of
from outreach.contact.wording import preview
from outreach.contact.wording_samples import sample_for
from outreach.contact.wordings import NewWording, hints, purpose_of
from outreach.kernel.phone import mask_phone
from outreach.ledger.codes import EntryStatus, Sex
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Resident
from outreach.ports.messages import Capabilities
from outreach.transport.run_models import RideLeg
from outreach.workflows.message_values import occasion_of, ride_values, visit_values
from outreach.workflows.nudge import Nudge, nudge_values

PEOPLE = 3
LOOKED_AT = 30
HIDDEN = "＊"  # in place of a family name: the preview is of words, not of people


@dataclass(frozen=True, slots=True)
class Preview:
    """One text as it would arrive: for whom (masked), by which route, in how many parts, at what cost."""

    to: str
    route: str
    text: str
    units: int
    segments: int
    is_unicode: bool
    cost_micros: int
    is_sample: bool


@dataclass(frozen=True, slots=True)
class _Reader:
    to: str
    values: Mapping[str, str]
    is_sample: bool = False


def previews(
    session: Session,
    *,
    new: NewWording,
    scope: Scope,
    routes: Sequence[tuple[str, Capabilities]],
    part_price_micros: int,
    now: datetime,
) -> list[Preview]:
    """Return a wording filled for a few people within the scope, by each route that could carry it.

    Where nobody fits yet, and for answers that hang on a reply, long usual values fill the gaps.
    """
    readers = _readers(session, new, scope=scope, now=now)
    signature = readers[0].values.get("signature", "")
    sample = _Reader("", {**sample_for(new.language), "signature": signature}, is_sample=True)
    readers = [reader for reader in readers if reader.to] or [sample]
    carrying = [(n, r) for n, r in routes if (r.voice if _is_call(new) else r.texts)]
    return [
        _preview(new, reader, name, route, part_price_micros)
        for reader in readers[:PEOPLE]
        for name, route in carrying or routes[:1]
    ]


def _preview(
    new: NewWording, reader: _Reader, name: str, route: Capabilities, price: int
) -> Preview:
    worded = hints(step=new.step, language=new.language, values=reader.values, route=route)
    # Values of another language's sample stand in where this step has none of its own.
    values = {**sample_for(new.language), **reader.values, **worded}
    signature = "" if _is_call(new) else str(reader.values.get("signature", ""))
    text, length = preview(new.body, values, signature=signature)
    return Preview(
        to=reader.to,
        route=name,
        text=text,
        units=length.units,
        segments=length.segments,
        is_unicode=length.is_unicode,
        cost_micros=0 if _is_call(new) else length.segments * price,
        is_sample=reader.is_sample,
    )


def _is_call(new: NewWording) -> bool:
    return new.channel is Channel.VOICE


def _readers(session: Session, new: NewWording, *, scope: Scope, now: datetime) -> list[_Reader]:
    """Return people whom this step could reach; the last one only lends its signature."""
    signature = _Reader("", {"signature": sample_for(new.language)["community"]})
    if new.step in {Step.ANSWER, Step.CHOICE, Step.OPT_OUT_CONFIRMED, Step.FEEL_BAD}:
        return [signature]
    if purpose_of(new.step) is Purpose.NUDGE:
        return [*_of_lines(session, new, scope=scope, now=now), signature]
    return [*_of_visits(session, new, scope=scope, now=now), signature]


def _of_lines(session: Session, new: NewWording, *, scope: Scope, now: datetime) -> list[_Reader]:
    question = select(LedgerEntry.id).where(
        LedgerEntry.status == EntryStatus.TO_CONTACT,
        within(scope, LedgerEntry.community_id),
    )
    if new.campaign_id is not None:
        question = question.where(LedgerEntry.campaign_id == new.campaign_id)
    ids = session.scalars(question.order_by(LedgerEntry.id.desc()).limit(LOOKED_AT)).all()
    found = []
    for values in nudge_values(session, nudge=Nudge(Step.INVITE, ids), now=now)[:PEOPLE]:
        hidden = {**values, "who": _hidden(Sex.UNKNOWN, new.language)}
        found.append(_Reader(values["community"], hidden))
    return found


def _of_visits(session: Session, new: NewWording, *, scope: Scope, now: datetime) -> list[_Reader]:
    question = (
        select(Appointment)
        .join(Resident, Resident.id == Appointment.resident_id)
        .where(within(scope, Resident.community_id), Appointment.status.in_(STANDING))
        .order_by(Appointment.slot_at.desc(), Appointment.id)
        .limit(LOOKED_AT)
    )
    if new.campaign_id is not None:
        question = question.join(PlannedDose, PlannedDose.appointment_id == Appointment.id).where(
            PlannedDose.campaign_id == new.campaign_id
        )
    found = []
    for appointment in session.scalars(question).unique():
        reader = _of_visit(session, new, appointment)
        if reader is not None:
            found.append(reader)
        if len(found) == PEOPLE:
            break
    return found


def _of_visit(session: Session, new: NewWording, appointment: Appointment) -> _Reader | None:
    purpose = purpose_of(new.step)
    people = recipients_of(session, resident_ids=[appointment.resident_id], purpose=purpose)
    told = [r for r in people.get(appointment.resident_id, []) if r.number]
    if not told:
        return None
    occasion = occasion_of(session, appointment)
    if purpose is Purpose.RIDE:
        leg = session.scalars(
            select(RideLeg).where(RideLeg.appointment_id == appointment.id).limit(1)
        ).first()
        if leg is None:
            return None
        values = ride_values(session, occasion, leg, told[0], new.step)
    else:
        values = visit_values(occasion, told[0], new.step)
    values["who"] = _hidden(occasion.resident.sex, new.language)
    return _Reader(mask_phone(told[0].number), values)


def _hidden(sex: Sex, language: str) -> str:
    return form_of_address(HIDDEN, sex=sex, language=language)
