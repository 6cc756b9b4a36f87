"""The few texts that answer a reply: opt-out confirmed, whom do you mean, a doctor will call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.clinics.models import Appointment
from outreach.contact.addressing import form_of_address
from outreach.contact.codes import Channel, Meaning, Purpose, Step
from outreach.contact.message_models import InboundMessage, Message
from outreach.contact.outbox import Draft, queue
from outreach.contact.wording import render
from outreach.contact.wordings import WordingBook, phrase
from outreach.kernel.place import emergency_number
from outreach.ledger.models import Resident
from outreach.places.models import Area
from outreach.places.queries import first_language, get_place

_LASTS = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered to which inbound message."""

    inbound: InboundMessage
    number: str
    step: Step
    hint: str = ""
    asked: Message | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The people that were offered, in order, and what is to be done for the one who is named."""

    meaning: str
    appointment_ids: list[int]

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Choice:
        """Read what ``ask_whom`` kept with its message."""
        return cls(str(values.get("meaning", "")), list(values.get("appointments", [])))


def queue_answer(session: Session, *, answer: Answer, now: datetime) -> list[int]:
    """Queue one answer to the number that wrote; return the id of the new row."""
    language = answer.asked.language if answer.asked is not None else first_language(session)
    hint = phrase(language, answer.hint) if answer.hint else ""
    return _queue(session, answer, {"ride_hint": hint}, language=language, now=now)


def ask_whom(
    session: Session,
    *,
    inbound: InboundMessage,
    number: str,
    visits: Sequence[Appointment],
    meaning: Meaning,
    now: datetime,
) -> list[int]:
    """Ask a shared phone which of its people is meant; until then nothing is done (fault 32)."""
    residents = {
        row.id: row
        for row in session.scalars(
            select(Resident).where(Resident.id.in_([v.resident_id for v in visits]))
        )
    }
    language = residents[visits[0].resident_id].language
    forms = [
        form_of_address(
            residents[v.resident_id].name, sex=residents[v.resident_id].sex, language=language
        )
        for v in visits
    ]
    offered = " ".join(f"{place}{form}" for place, form in enumerate(forms, start=1))
    everyone = phrase(language, "both", number=str(len(forms) + 1))
    values = {
        "choices": f"{offered} {everyone}",
        "meaning": meaning.value,
        "appointments": [v.id for v in visits],
    }
    answer = Answer(inbound=inbound, number=number, step=Step.CHOICE)
    return _queue(session, answer, values, language=language, now=now)


def _queue(
    session: Session, answer: Answer, values: dict[str, Any], *, language: str, now: datetime
) -> list[int]:
    inbound = answer.inbound
    resident = session.get(Resident, inbound.resident_id) if inbound.resident_id else None
    place = get_place(session)
    community = session.get_one(Area, resident.community_id).name if resident else place.name
    wording = WordingBook(session).find(
        answer.step, Channel.SMS, language=language, campaign_id=None
    )
    filled = {
        "signature": community,
        "community": community,
        "duty_phone": place.duty_phone,
        "emergency": emergency_number(place.country),
        **values,
    }
    draft = Draft(
        to_whom=f"n{inbound.number_index.hex()}",
        step=answer.step,
        purpose=Purpose.APPOINTMENT,
        channel=Channel.SMS,
        subject_kind="inbound",
        subject_id=inbound.id,
        number=answer.number,
        language=language,
        body=render(wording.body, filled, signature=community) if wording else "",
        values=filled,
        wording_id=wording.id if wording else None,
        due_at=now,
        expires_at=now + _LASTS,
        resident_id=inbound.resident_id,
    )
    return queue(session, drafts=[draft], now=now)
