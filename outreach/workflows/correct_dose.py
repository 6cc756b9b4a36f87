"""Correcting a dose: taken back with a reason, the line reopens by itself, and those told are told again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.clinics.models import PlannedDose
from outreach.contact.codes import Channel, MessageState, Step
from outreach.contact.message_models import Message
from outreach.contact.outbox import call_instead_of, queue
from outreach.ledger.codes import Cause
from outreach.ledger.doses import DoseDraft, void_dose
from outreach.ledger.entries import Stored
from outreach.ledger.entry_models import Dose
from outreach.workflows.record_dose import DoseRecorded
from outreach.workflows.record_dose import record_dose as record_anew
from outreach.workflows.restate import restate

_TOLD_OF_DOSE = (Step.ON_THE_WAY_HOME, Step.T_PLUS_1)
_REACHED = (MessageState.ACCEPTED, MessageState.DELIVERED)


@dataclass(frozen=True, slots=True)
class DoseCorrected:
    """What a correction did: the restated line, the calls owed to those who were told, the new dose."""

    resident_id: int
    stored: Stored
    calls_owed: int
    recorded: DoseRecorded | None = None


def correct_dose(
    session: Session,
    *,
    dose_id: int,
    by: int,
    reason: str,
    now: datetime,
    instead: DoseDraft | None = None,
) -> DoseCorrected:
    """Take a dose back and, where given, record ``instead`` (another day, product, or the right neighbour).

    The strike-off is reversed by a new row that names reason and person. Reminders go on from now:
    nothing that was silenced is released (fault 35).
    """
    dose = void_dose(session, dose_id=dose_id, by=by, reason=reason, now=now)
    for planned in session.scalars(select(PlannedDose).where(PlannedDose.dose_id == dose.id)):
        planned.dose_id, planned.result = None, ""
    session.flush()
    stored = restate(
        session,
        resident_id=dose.resident_id,
        by=by,
        cause=Cause.DOSE_CORRECTED,
        now=now,
        reason=reason.strip(),
    )
    record(
        session,
        act="dose_voided",
        subject=("resident", dose.resident_id),
        by=by,
        now=now,
        facts={"dose_id": dose.id, "reversed": stored.reversed},
    )
    recorded = record_anew(session, draft=instead, by=by, now=now) if instead else None
    is_same_dose = instead is not None and instead.resident_id == dose.resident_id
    owed = 0 if is_same_dose else _owe_calls(session, dose, now=now)
    return DoseCorrected(dose.resident_id, stored, owed, recorded)


def _owe_calls(session: Session, dose: Dose, *, now: datetime) -> int:
    """Put a call on the list for everyone who was told of the dose that was none."""
    told = session.scalars(
        select(Message)
        .where(
            Message.resident_id == dose.resident_id,
            Message.step.in_(_TOLD_OF_DOSE),
            Message.state.in_(_REACHED),
            Message.created_at >= dose.recorded_at,
            Message.channel != Channel.CALL,
        )
        .order_by(Message.id)
    )
    drafts = [
        replace(
            call_instead_of(session, message, now=now),
            step=Step.CHANGED,
            subject_kind="dose",
            subject_id=dose.id,
            version=1,
            body="",
            values={},
            reason="dose_corrected",
        )
        for message in told
    ]
    return len(queue(session, drafts=drafts, now=now)) if drafts else 0
