"""Six weeks of a district's work, played day by day through the acts that pages call."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.codes import Role
from outreach.clinics.codes import Mode
from outreach.clinics.models import SiteSession
from outreach.clinics.operations import Booking
from outreach.clinics.queries import hours_of
from outreach.clinics.rules import SlotFull, Ways
from outreach.clinics.slots import slot_starts
from outreach.contact.attempts import AttemptDraft
from outreach.contact.codes import Channel, QuestionState
from outreach.contact.models import Question
from outreach.demo.chronicle import Chronicle
from outreach.demo.ground import Ground
from outreach.demo.past_messages import deliver_past
from outreach.demo.visits import play_visits
from outreach.ledger.codes import DUE, Cause
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Resident
from outreach.oversight.reports import DUE_AT, make_due
from outreach.oversight.snapshots import FREEZE_FROM, freeze_if_due
from outreach.places.queries import local_zone
from outreach.services import Services
from outreach.workflows.answer_question import answer_question
from outreach.workflows.book import book_trip
from outreach.workflows.log_contact import ContactNote, log_contact
from outreach.workflows.restate import restate_many

CONTACTS_A_DAY = 4
SUNDAY = 6
# What becomes of a contact with someone due, in per cent.
OUTCOMES = (
    ("C01", 33),
    ("C03", 19),
    ("C04", 7),
    ("C05", 7),
    ("C06", 6),
    ("C09", 20),
    ("C10", 3),
    ("C19", 2),
    ("C08", 3),
)
REASONS = (
    ("H01", 26),
    ("H02", 22),
    ("H03", 12),
    ("H04", 9),
    ("H06", 8),
    ("H09", 8),
    ("H10", 9),
    ("H11", 4),
    ("H18", 2),
)
QUESTIONS = {
    "zh": ("高血压吃着药，能不能打？", "去年住过院，打了会不会加重？", "打完要不要停降压药？"),
    "en": (
        "I take tablets for my blood pressure: may I have it?",
        "I was in hospital last year: could it make things worse?",
        "Do I stop my tablets after the jab?",
    ),
}
ANSWERS = {
    "zh": "血压平稳、按时服药的可以接种；当天带上常用药，接种前会先量血压。",
    "en": "With steady blood pressure and regular tablets you can. Bring them along; we measure first.",
}
CAR_SHARE = {"M0": 0.12, "M1": 0.5, "M2": 0.75, "M3": 0.9, "M4": 1.0, "M5": 1.0, "M9": 0.2}


def play_history(services: Services, *, ground: Ground, begins: datetime, now: datetime) -> None:
    """Play every day from ``begins`` up to yesterday, and today's contacts so far not at all."""
    with services.database.read() as session:
        zone = local_zone(session)
        language = session.scalars(select(Resident.language).limit(1)).one()
    chronicle = Chronicle(services, ground, zone, language)
    today = now.astimezone(zone).date()
    day = begins.astimezone(zone).date()
    while day < today:
        if day.weekday() != SUNDAY:
            play_visits(chronicle, day)
            _play_contacts(chronicle, day)
        if day + timedelta(days=1) == today:
            _report(services, datetime.combine(day, DUE_AT, tzinfo=zone))
        evening = datetime.combine(day, FREEZE_FROM, tzinfo=zone)
        day += timedelta(days=1)
        midnight = datetime.combine(day, time(0), tzinfo=zone)
        deliver_past(services.database, until=midnight)
        with services.database.write() as session:
            freeze_if_due(session, now=evening)
            _restate_due(session, midnight, day)


def _restate_due(session: Session, now: datetime, day: date) -> None:
    """Restate the people whose next dose falls due on ``day``.

    Nearly all that the nightly job would move; everybody else is restated once, when the demo is made.
    """
    due = session.scalars(select(LedgerEntry.resident_id).where(LedgerEntry.earliest_on == day))
    restate_many(session, resident_ids=due.all(), by=None, cause=Cause.DAY, now=now)


def _report(services: Services, at: datetime) -> None:
    """Make yesterday's reports at their hour, with the messages that had arrived by then."""
    deliver_past(services.database, until=at)
    with services.database.write() as session:
        make_due(session, now=at)


def _play_contacts(chronicle: Chronicle, day: date) -> None:
    """Every worker contacts the people due that day and books those who say yes."""
    for worker in chronicle.ground.workers.values():
        minutes = 9 * 60
        with chronicle.services.database.read() as session:
            people = _people_to_contact(session, worker, day)
        for entry_id, resident_id, mobility in people:
            minutes += chronicle.chance.randint(5, 14)
            at = datetime.combine(day, time(0), tzinfo=chronicle.zone) + timedelta(minutes=minutes)
            outcome = _one_contact(chronicle, entry_id, worker=worker, day=day, at=at)
            if outcome in {"C01", "C02"} and mobility != "M6":
                _book(chronicle, resident_id, mobility, worker=worker, after=day, at=at)
    _answer_questions(chronicle, day)


def _people_to_contact(session: Session, worker: int, day: date) -> list[tuple[int, int, str]]:
    rows = session.execute(
        select(LedgerEntry.id, LedgerEntry.resident_id, Resident.mobility)
        .join(Resident, Resident.id == LedgerEntry.resident_id)
        .where(
            LedgerEntry.assigned_to == worker,
            LedgerEntry.status.in_(DUE),
            LedgerEntry.next_contact_on <= day,
        )
        .order_by(LedgerEntry.next_contact_on.desc(), Resident.born_on, LedgerEntry.id)
        .limit(CONTACTS_A_DAY)
    )
    return [(row.id, row.resident_id, row.mobility) for row in rows]


def _one_contact(
    chronicle: Chronicle, entry_id: int, *, worker: int, day: date, at: datetime
) -> str:
    chance = chronicle.chance
    outcome = chance.choices([c for c, _ in OUTCOMES], [w for _, w in OUTCOMES])[0]
    reasons: tuple[str, ...] = ()
    if outcome in {"C03", "C04", "C05"}:
        reasons = (chance.choices([c for c, _ in REASONS], [w for _, w in REASONS])[0],)
    draft = AttemptDraft(
        entry_id=entry_id,
        channel=_channel(chance, outcome),
        outcome=outcome,
        at=at,
        reasons=reasons,
        main_reason=reasons[0] if reasons else "",
        next_contact_on=day + timedelta(days=7) if outcome == "C03" else None,
        deferral_code="D22" if outcome == "C08" else "",
    )
    question = chance.choice(QUESTIONS[chronicle.language]) if outcome == "C05" else ""
    with chronicle.services.database.write() as session:
        log_contact(
            session,
            notes=[ContactNote(attempt=draft, question=question)],
            by=worker,
            is_clinician=False,
            now=at,
        )
    return outcome


def _channel(chance: Random, outcome: str) -> Channel:
    """Nobody finds a phone switched off at the door."""
    at_the_door = outcome not in {"C09", "C10", "C19", "C06"} and chance.random() < 0.18
    return Channel.VISIT if at_the_door else Channel.CALL


def _book(
    chronicle: Chronicle, resident_id: int, mobility: str, *, worker: int, after: date, at: datetime
) -> None:
    """Book the first slot with room some days on; who cannot be booked is called again by the ledger."""
    wanted = after + timedelta(days=chronicle.chance.randint(2, 7))
    with chronicle.services.database.read() as session:
        days = session.scalars(
            select(SiteSession)
            .where(SiteSession.on >= wanted, SiteSession.on <= wanted + timedelta(days=3))
            .order_by(SiteSession.on, SiteSession.id)
        ).all()
        slots = [(d.id, s) for d in days for s in slot_starts(hours_of(d), zone=chronicle.zone)]
    chronicle.chance.shuffle(slots)
    for site_session_id, slot_at in slots[:3]:
        booking = Booking(
            resident_id=resident_id,
            site_session_id=site_session_id,
            slot_at=slot_at,
            ways=_ways(chronicle, mobility),
            campaign_ids=(chronicle.ground.campaign_id,),
            wants_escort=mobility in {"M2", "M3", "M4"},
        )
        try:
            book_trip(
                chronicle.services.database,
                chronicle.services.travel_times,
                booking=booking,
                by=worker,
                now=at,
            )
        except SlotFull:
            continue
        return


def _ways(chronicle: Chronicle, mobility: str) -> Ways:
    if chronicle.chance.random() < CAR_SHARE.get(mobility, 0.3):
        return Ways(outbound=Mode.OUR_CAR, homeward=Mode.OUR_CAR)
    if mobility in {"M0", "M9"} and chronicle.chance.random() < 0.6:
        return Ways(outbound=Mode.WALKS, homeward=Mode.WALKS)
    return Ways(outbound=Mode.FAMILY, homeward=Mode.FAMILY)


def _answer_questions(chronicle: Chronicle, day: date) -> None:
    at = datetime.combine(day, time(17, 30), tzinfo=chronicle.zone)
    clinician = chronicle.ground.users[Role.CLINICIAN]
    with chronicle.services.database.write() as session:
        waiting = session.scalars(
            select(Question.id)
            .where(
                Question.state == QuestionState.OPEN, Question.asked_at < at - timedelta(hours=6)
            )
            .order_by(Question.id)
        ).all()
        for question_id in waiting:
            answer_question(
                session,
                question_id=question_id,
                answer=ANSWERS[chronicle.language],
                by=clinician,
                now=at,
            )
