"""Hearing a reply: what is surely understood is done at once, whatever is not waits for a person.

Nothing is acted upon by guess (fault rows 30–32): a number that stands for several people is asked whom
it means, a word about a life holds messages until people decide, and free text stops automatic sending
to that number until somebody has read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.clinics.codes import STANDING
from outreach.clinics.models import Appointment
from outreach.contact.codes import (
    Channel,
    InboundState,
    Meaning,
    MessageState,
    OptOutScope,
    Step,
)
from outreach.contact.inbound import (
    Sender,
    answered_message,
    find_inbound,
    keep_inbound,
    senders,
)
from outreach.contact.message_models import InboundMessage, Message
from outreach.contact.opt_outs import opt_out, standing
from outreach.contact.questions import QuestionDraft, add_question
from outreach.contact.replies import chosen, read_key, read_reply
from outreach.contact.simulator import note_answer
from outreach.kernel.errors import OutreachError
from outreach.kernel.phone import parse_phone
from outreach.ledger.codes import LifeReportKind
from outreach.ledger.life import Heard as LifeHeard
from outreach.ledger.remarks import read_remark
from outreach.places.queries import get_place, local_day
from outreach.ports.messages import InboundText
from outreach.workflows.answer_text import Answer, Choice, ask_whom, queue_answer
from outreach.workflows.cancel_appointment import cancel_appointment
from outreach.workflows.change_appointment import confirm_appointment
from outreach.workflows.report_life import report_life
from outreach.workflows.send import settle_queued, silence_now

ASKED_WITHIN = timedelta(hours=24)
AFTERCARE_WITHIN = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Heard:
    """What was made of an inbound message."""

    inbound_id: int
    meaning: Meaning
    state: InboundState
    is_new: bool
    reply_ids: tuple[int, ...] = ()


def hear(session: Session, *, inbound: InboundText, now: datetime) -> Heard:
    """Keep an inbound text, keypress or missed call once, and do what it surely means."""
    known = find_inbound(session, gateway=inbound.gateway, provider_id=inbound.provider_id)
    if known is not None:
        return Heard(known.id, known.meaning, known.state, is_new=False)
    number = _number(session, inbound.number)
    row = keep_inbound(session, text=inbound, number=number, now=now)
    ear = _Ear(session, row, number=number, is_key=_is_key(inbound), now=now)
    replies = ear.listen(inbound.reference)
    session.flush()
    return Heard(row.id, row.meaning, row.state, is_new=True, reply_ids=tuple(replies))


class _Ear:
    """One inbound message with whom it may come from and what it may answer."""

    def __init__(
        self, session: Session, row: InboundMessage, *, number: str, is_key: bool, now: datetime
    ) -> None:
        self._session, self._row, self._now = session, row, now
        self._number, self._is_key = number, is_key
        self._senders = senders(session, number_index=row.number_index)
        self._asked: Message | None = None

    def listen(self, reference: str) -> list[int]:
        """Understand and act; return the ids of queued answers."""
        self._recognise(reference)
        if self._tells_of_a_life():
            return []
        self._row.meaning = self._meaning()
        if self._row.meaning is Meaning.CONFIRM and self._step() is Step.T_PLUS_1:
            self._row.state = InboundState.ACTED_UPON  # "very well, thank you"
            return []
        acts = {
            Meaning.OPT_OUT: self._opt_out,
            Meaning.CHOICE: self._chosen,
            Meaning.FEEL_BAD: self._feels_bad,
            Meaning.CONFIRM: self._about_a_visit,
            Meaning.DECLINE: self._about_a_visit,
            Meaning.RESCHEDULE: self._name_the_visit,
        }
        act = acts.get(self._row.meaning)
        return act() if act is not None else []

    def _recognise(self, reference: str) -> None:
        row = self._row
        self._asked = answered_message(
            self._session, number_index=row.number_index, reference=reference, now=self._now
        )
        if self._asked is not None:
            row.in_reply_to_id = self._asked.id
        if len(self._senders) == 1:
            row.resident_id = self._senders[0].resident_id
        elif self._asked is not None:
            row.resident_id = self._asked.resident_id

    def _step(self) -> Step | None:
        return self._asked.step if self._asked is not None else None

    def _meaning(self) -> Meaning:
        body = self._row.body or ""
        if self._is_key:
            return read_key(body)
        choices = len(self._open_choice()[1]) if self._step() is Step.CHOICE else 0
        return read_reply(body, answers=self._step(), choices=choices)

    def _tells_of_a_life(self) -> bool:
        """Hold what a word about a life must hold; a person reads the rest (moment 2f)."""
        day = local_day(self._session, self._now)
        kinds = read_remark(self._row.body or "", as_of=day).reports
        if not kinds or self._is_key:
            return False
        is_shared = len(self._senders) > 1
        for kind in kinds:
            # Of two people on one phone a death stops messages to both until it is known whose it was.
            if is_shared and kind is not LifeReportKind.DECEASED:
                continue
            for sender in self._senders:
                heard = LifeHeard(
                    sender.resident_id, kind, source="reply", words=self._row.body or ""
                )
                report_life(self._session, heard=heard, by=None, now=self._now)
        silence_now(
            self._session, resident_ids=[s.resident_id for s in self._senders], now=self._now
        )
        return True

    def _opt_out(self) -> list[int]:
        row = self._row
        visits = self._visits()
        before = standing(self._session, number_index=row.number_index)
        scope = OptOutScope.EVERYTHING if before else OptOutScope.NUDGES
        opt_out(
            self._session,
            number_index=row.number_index,
            resident_id=None,
            scope=scope,
            source="keypress" if self._is_key else "reply",
            now=self._now,
        )
        row.state = InboundState.ACTED_UPON
        self._silence_number()
        hint = "rides_go_on" if visits and scope is OptOutScope.NUDGES else ""
        return self._answer(Step.OPT_OUT_CONFIRMED, hint=hint)

    def _silence_number(self) -> None:
        self._session.flush()
        question = select(Message.id).where(
            Message.number_index == self._row.number_index,
            Message.state.in_([MessageState.QUEUED, MessageState.CLAIMED, MessageState.HELD]),
        )
        ids = self._session.scalars(question).all()
        settle_queued(self._session, message_ids=ids, now=self._now)

    def _about_a_visit(self) -> list[int]:
        visits = self._visits()
        if not visits:
            return []  # a yes to nothing that is booked: a person reads it
        if len(visits) > 1:
            return self._ask_whom(visits)
        self._do(self._row.meaning, visits)
        return []

    def _do(self, meaning: Meaning, visits: Sequence[Appointment]) -> None:
        row = self._row
        how = "voice" if self._is_key else row.channel.value
        try:
            with self._session.begin_nested():
                for visit in visits:
                    self._do_one(meaning, visit, how=how)
        except OutreachError:
            # Fetched already, or over: no reply may strand anyone (N2). A person reads it.
            return
        row.state = InboundState.ACTED_UPON
        row.appointment_id = visits[0].id
        row.resident_id = visits[0].resident_id

    def _do_one(self, meaning: Meaning, visit: Appointment, *, how: str) -> None:
        if meaning is Meaning.CONFIRM:
            confirm_appointment(
                self._session, appointment_id=visit.id, how=how, by=None, now=self._now
            )
        else:
            cancel_appointment(
                self._session, appointment_id=visit.id, reason="reply", by=None, now=self._now
            )

    def _ask_whom(self, visits: Sequence[Appointment]) -> list[int]:
        return ask_whom(
            self._session,
            inbound=self._row,
            number=self._number,
            visits=visits,
            meaning=self._row.meaning,
            now=self._now,
        )

    def _open_choice(self) -> tuple[str, list[int]]:
        asked = self._asked
        if asked is None or asked.step is not Step.CHOICE or asked.began_at is None:
            return "", []
        if self._now - asked.began_at > ASKED_WITHIN:
            return "", []
        choice = Choice.read(asked.values)
        return choice.meaning, choice.appointment_ids

    def _chosen(self) -> list[int]:
        meaning, ids = self._open_choice()
        picked = chosen(self._row.body or "", choices=len(ids)) or ()
        visits = [v for v in self._visits() if v.id in {ids[i] for i in picked}]
        if not visits:
            return []
        self._do(Meaning(meaning), visits)
        if self._row.state is InboundState.ACTED_UPON and self._asked is not None:
            first = self._session.get(InboundMessage, self._asked.subject_id)
            if first is not None and first.state is InboundState.WAITING:
                first.state = InboundState.ACTED_UPON
        return []

    def _feels_bad(self) -> list[int]:
        row = self._row
        for sender in self._unwell():
            add_question(
                self._session,
                draft=QuestionDraft(
                    resident_id=sender.resident_id,
                    text=row.body or "",
                    is_urgent=True,
                    asked_by_contact_id=sender.contact_person_id,
                    inbound_id=row.id,
                ),
                now=self._now,
            )
            row.state = InboundState.ACTED_UPON
        return self._answer(Step.FEEL_BAD)

    def _unwell(self) -> list[Sender]:
        """Return for whom the question was asked; on a shared phone everyone who was asked about."""
        question = select(Message.resident_id).where(
            Message.number_index == self._row.number_index,
            Message.step == Step.T_PLUS_1,
            Message.due_at > self._now - AFTERCARE_WITHIN,
            Message.accepted_at.is_not(None),
        )
        asked = set(self._session.scalars(question))
        return [s for s in self._senders if s.resident_id in asked]

    def _name_the_visit(self) -> list[int]:
        visits = self._visits()
        if len(visits) == 1:
            self._row.appointment_id = visits[0].id
            self._row.resident_id = visits[0].resident_id
        return []  # another time is found by a person

    def _visits(self) -> list[Appointment]:
        question = (
            select(Appointment)
            .where(
                Appointment.resident_id.in_([s.resident_id for s in self._senders]),
                Appointment.status.in_(STANDING),
                Appointment.slot_at > self._now - timedelta(hours=12),
            )
            .order_by(Appointment.resident_id, Appointment.id)
        )
        return list(self._session.scalars(question))

    def _answer(self, step: Step, *, hint: str = "") -> list[int]:
        return queue_answer(
            self._session,
            answer=Answer(
                inbound=self._row,
                number=self._number,
                step=step,
                hint=hint,
                asked=self._asked,
            ),
            now=self._now,
        )


def answer_from_phone(
    session: Session, *, number: str, body: str, reference: str, is_key: bool, now: datetime
) -> Heard:
    """Hear what someone typed on a phone of the simulator (an answer, or a key during a call)."""
    channel = Channel.VOICE if is_key else Channel.SMS
    row = note_answer(
        session, number=number, body=body, channel=channel, reference=reference, now=now
    )
    text = InboundText(
        gateway="console",
        provider_id=f"console-{row.uuid}",
        number=number,
        body=body,
        channel=channel.value,
        reference=reference if is_key else "",
    )
    return hear(session, inbound=text, now=now)


def _is_key(inbound: InboundText) -> bool:
    return inbound.channel == Channel.VOICE.value and bool(inbound.reference)


def _number(session: Session, written: str) -> str:
    """Return a number in E.164; gateways at home leave the country out."""
    if written.startswith("+"):
        return written
    place = get_place(session)
    digits = "".join(c for c in written if c.isdigit())
    found = parse_phone(digits, country=place.country, area_code=place.area_code)
    return found.e164 if found is not None else f"+{digits}"
