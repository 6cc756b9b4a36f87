"""Home rounds: bed-bound people are visited: a clinician's yes, a time to stay, a named observer (5l)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.audit.trail import record
from outreach.clinics.codes import STANDING, Mode, SessionKind
from outreach.clinics.models import Appointment, SiteSession
from outreach.clinics.operations import Booking
from outreach.clinics.queries import SlotOffer, available_slots, get_site_session
from outreach.clinics.rules import Ways
from outreach.clinics.screening import Measured, decide_pre_screen, record_pre_screen
from outreach.kernel.errors import InvalidInput
from outreach.ledger.codes import DUE, EntryStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.heads import PersonHead, person_heads
from outreach.ledger.models import Resident
from outreach.ledger.visibility import may_see
from outreach.places.queries import local_day
from outreach.transport.rules import BED_BOUND
from outreach.workflows.book import book
from outreach.workflows.home_visit_yes import LEAST_STAY, LONGEST_STAY, ClinicianYes, yeses_of

LOOK_AHEAD_DAYS = 21
MOST = 300
WE_COME = Ways(Mode.OTHER, Mode.OTHER)


@dataclass(frozen=True, slots=True)
class HomeVisit:
    """One bed-bound person who is due: visited when, with whose yes."""

    head: PersonHead
    campaign_ids: tuple[int, ...]
    appointment_id: int | None
    site_session_id: int | None
    slot_at: datetime | None
    yes: ClinicianYes | None


def home_visits(session: Session, *, scope: Scope, now: datetime) -> list[HomeVisit]:
    """Return the bed-bound people of an area who are due or booked: booked ones by time, the rest by name."""
    day = local_day(session, now)
    rows = session.execute(
        select(LedgerEntry.resident_id, LedgerEntry.campaign_id)
        .join(Resident, Resident.id == LedgerEntry.resident_id)
        .where(
            Resident.mobility == BED_BOUND,
            LedgerEntry.is_counted,
            LedgerEntry.status.in_([*DUE, EntryStatus.BOOKED]),
            may_see(scope, day),
        )
        .order_by(LedgerEntry.resident_id, LedgerEntry.campaign_id)
        .limit(MOST)
    )
    wanted: dict[int, list[int]] = {}
    for resident_id, campaign_id in rows:
        wanted.setdefault(resident_id, []).append(campaign_id)
    heads = person_heads(session, resident_ids=list(wanted), scope=scope, now=now)
    booked = _booked(session, list(heads))
    yeses = yeses_of(session, [row.id for row in booked.values()])
    found = [
        HomeVisit(
            head=head,
            campaign_ids=tuple(wanted[resident_id]),
            appointment_id=booked[resident_id].id if resident_id in booked else None,
            site_session_id=booked[resident_id].site_session_id if resident_id in booked else None,
            slot_at=booked[resident_id].slot_at if resident_id in booked else None,
            yes=yeses.get(booked[resident_id].id) if resident_id in booked else None,
        )
        for resident_id, head in heads.items()
    ]
    return sorted(found, key=lambda v: (v.slot_at is None, v.slot_at or now, v.head.name))


def home_slots(session: Session, *, from_on: date, now: datetime) -> list[SlotOffer]:
    """Return the free times of the coming home rounds."""
    offers = available_slots(
        session, from_on=from_on, until_on=from_on + timedelta(days=LOOK_AHEAD_DAYS), now=now
    )
    rounds = [offer for offer in offers if offer.kind is SessionKind.HOME_ROUND]
    return sorted(rounds, key=lambda o: (o.slot_at, o.site_session_id))


def say_yes(
    session: Session,
    *,
    resident_id: int,
    slot: tuple[int, datetime],
    yes: ClinicianYes,
    by: int,
    now: datetime,
) -> int:
    """Put a bed-bound person onto a home round with a clinician's yes; return the appointment.

    Nobody is driven: the team comes. Saying yes again changes stay and observer.
    """
    observer = yes.observer.strip()
    if not observer:
        raise InvalidInput("observer_missing", field="observer")
    if not LEAST_STAY <= yes.stay_minutes <= LONGEST_STAY:
        raise InvalidInput("stay_minutes", field="stay_minutes", least=LEAST_STAY)
    resident = session.get_one(Resident, resident_id)
    if resident.mobility != BED_BOUND:
        raise InvalidInput("not_bed_bound", field="resident_id")
    appointment_id = _appointment(session, resident_id, slot, by=by, now=now)
    screen = record_pre_screen(
        session,
        appointment_id=appointment_id,
        at_place="home",
        measured=Measured(answers={"stay_minutes": yes.stay_minutes, "observer": observer}),
        by=by,
        now=now,
    )
    decide_pre_screen(session, pre_screen_id=screen.id, decision="go", by=by)
    record(
        session,
        act="home_visit_agreed",
        subject=("appointment", appointment_id),
        by=by,
        now=now,
        facts={"stay_minutes": yes.stay_minutes},
    )
    return appointment_id


def _appointment(
    session: Session, resident_id: int, slot: tuple[int, datetime], *, by: int, now: datetime
) -> int:
    booked = _booked(session, [resident_id]).get(resident_id)
    if booked is not None:
        return booked.id
    site_session_id, slot_at = slot
    if get_site_session(session, site_session_id).kind is not SessionKind.HOME_ROUND:
        raise InvalidInput("not_a_home_round", field="slot")
    due = session.scalars(
        select(LedgerEntry.campaign_id)
        .where(
            LedgerEntry.resident_id == resident_id,
            LedgerEntry.is_counted,
            LedgerEntry.status.in_(list(DUE)),
        )
        .order_by(LedgerEntry.campaign_id)
    ).all()
    if not due:
        raise InvalidInput("nothing_due", field="resident_id")
    booking = Booking(
        resident_id=resident_id,
        site_session_id=site_session_id,
        slot_at=slot_at,
        ways=WE_COME,
        campaign_ids=tuple(due),
    )
    return book(session, booking=booking, trip=None, by=by, now=now).appointment_id


def _booked(session: Session, resident_ids: Sequence[int]) -> dict[int, Appointment]:
    rows = session.scalars(
        select(Appointment)
        .join(SiteSession, SiteSession.id == Appointment.site_session_id)
        .where(
            Appointment.resident_id.in_(list(resident_ids)),
            Appointment.status.in_(STANDING),
            SiteSession.kind == SessionKind.HOME_ROUND,
        )
        .order_by(Appointment.slot_at, Appointment.id)
    )
    return {row.resident_id: row for row in rows}
