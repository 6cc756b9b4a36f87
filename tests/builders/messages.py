"""A booked elder, a scripted gateway and a worker's hands, for tests of the message pipeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.clinics.codes import Mode
from outreach.clinics.models import Appointment
from outreach.clinics.operations import Booking, Hours, add_site, add_site_session
from outreach.clinics.rules import Ways
from outreach.contact.claims import Instants, claim
from outreach.contact.codes import Channel, MessageState, Step
from outreach.contact.message_models import Message
from outreach.contact.wordings import seed_wordings
from outreach.db import Database
from outreach.places.addresses import add_address
from outreach.places.queries import get_place
from outreach.ports.messages import (
    Accepted,
    Capabilities,
    Envelope,
    Finding,
    InboundText,
    NotThere,
    Outcome,
    Sought,
)
from outreach.workflows.book import book
from outreach.workflows.finish import Posted, finish
from outreach.workflows.routes import Routes
from outreach.workflows.send import begin
from outreach.workflows.send_one import post
from tests.builders.ledger import Village

ZONE = ZoneInfo("Asia/Shanghai")
# Monday 23 November 2026, 09:30: within decent hours, three weeks from any holiday.
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=ZONE)
ABLE = Capabilities(voice=True, keypress=True, two_way=True, can_be_asked=True)


@dataclass
class ScriptedGateway:
    """A gateway that answers as it is told and remembers every envelope: the oracle of these tests."""

    name: str = "scripted"
    able: Capabilities = ABLE
    answer: Callable[[Envelope], Outcome] | None = None
    finding: Callable[[Sought], Finding] | None = None
    sent: list[Envelope] = field(default_factory=list)
    asked: list[Sought] = field(default_factory=list)
    inbox: list[InboundText] = field(default_factory=list)
    _ids: count[int] = field(default_factory=lambda: count(1))

    def capabilities(self, to: str) -> Capabilities:
        """Return what this route can carry."""
        return self.able

    def send(self, envelope: Envelope) -> Outcome:
        """Remember an envelope and answer."""
        self.sent.append(envelope)
        if self.answer is not None:
            return self.answer(envelope)
        return Accepted(provider_id=f"P{next(self._ids)}")

    def find(self, sought: Sought) -> Finding:
        """Answer as told."""
        self.asked.append(sought)
        return self.finding(sought) if self.finding is not None else NotThere()

    def pull(self) -> list[InboundText]:
        """Hand out what came in, once."""
        found, self.inbox = self.inbox, []
        return found


@dataclass
class Hand:
    """A worker's hands on one database, at an instant that the test sets."""

    database: Database
    gateways: tuple[ScriptedGateway, ...]
    now: datetime = NOW
    real_now: datetime = NOW
    family_door: str = ""

    @property
    def gateway(self) -> ScriptedGateway:
        """The preferred gateway."""
        return self.gateways[0]

    @property
    def routes(self) -> Routes:
        """The gateways as the worker knows them."""
        return Routes(self.gateways, family_door=self.family_door)

    @property
    def at(self) -> Instants:
        """Business and real time of the next act."""
        return Instants(now=self.now, real_now=self.real_now)

    def go(self, **delta: float) -> None:
        """Let both clocks move on."""
        self.now += timedelta(**delta)
        self.real_now += timedelta(**delta)

    def go_to(self, local: datetime) -> None:
        """Let both clocks move on to a local instant."""
        self.real_now += local - self.now
        self.now = local

    def send_due(self, limit: int = 100) -> list[Envelope]:
        """Claim what is due, check, post, finish; return what left in this turn."""
        before = len(self.all_sent())
        claims = self.database.act(lambda s: claim(s, at=self.at, limit=limit))
        ready = self.database.act(lambda s: begin(s, claims=claims, routes=self.routes, at=self.at))
        posted = [Posted(r.claim, r.gateway.name, post(r)) for r in ready.values()]
        self.database.act(lambda s: finish(s, posted=posted, at=self.at))
        return self.all_sent()[before:]

    def all_sent(self) -> list[Envelope]:
        """Return everything that ever left, by gateway."""
        return [envelope for gateway in self.gateways for envelope in gateway.sent]

    def messages(self, **where: object) -> list[Message]:
        """Return outbox rows whose columns have these values."""
        with self.database.read() as session:
            question = select(Message).filter_by(**where).order_by(Message.due_at, Message.id)
            found = list(session.scalars(question))
            session.expunge_all()
            return found

    def states(self, *steps: Step) -> list[tuple[Step, Channel, MessageState, str]]:
        """Return step, channel, state and reason of every row of these steps."""
        return [
            (m.step, m.channel, m.state, m.reason)
            for m in self.messages()
            if not steps or m.step in steps
        ]


@dataclass(frozen=True)
class Clinic:
    """A site with a session on each of the coming days."""

    site_id: int
    sessions: dict[int, int]


def build_clinic(session: Session, village: Village, *, now: datetime = NOW) -> Clinic:
    """Open a site for the next ten days, 8:30 to 11:30; the shipped wordings are there."""
    seed_wordings(session, now=now)
    get_place(session).duty_phone = "0371-68801234"
    address = add_address(session, text="桐柏路36号", area_id=village.district_id, now=now)
    address.latitude, address.longitude = 34.749, 113.622
    site = add_site(
        session,
        name="棉东卫生中心",
        area_id=village.district_id,
        address_id=address.id,
        phone="0371-68800000",
    )
    hours = Hours(opens=time(8, 30), closes=time(11, 30), slot_minutes=30, capacity_per_slot=5)
    today = now.astimezone(ZONE).date()
    sessions = {
        ahead: add_site_session(
            session, site_id=site.id, on=today + timedelta(days=ahead), hours=hours
        ).id
        for ahead in range(10)
    }
    return Clinic(site.id, sessions)


def book_visit(
    session: Session,
    village: Village,
    clinic: Clinic,
    resident_id: int,
    *,
    ahead: int = 6,
    at: time = time(9, 30),
    now: datetime = NOW,
) -> Appointment:
    """Book someone who walks both ways, so many days ahead."""
    day = now.astimezone(ZONE).date() + timedelta(days=ahead)
    booked = book(
        session,
        booking=Booking(
            resident_id=resident_id,
            site_session_id=clinic.sessions[ahead],
            slot_at=datetime.combine(day, at, ZONE),
            ways=Ways(outbound=Mode.WALKS, homeward=Mode.WALKS),
            campaign_ids=(village.campaign_id,),
        ),
        trip=None,
        by=village.worker,
        now=now,
    )
    return session.get_one(Appointment, booked.appointment_id)


def local(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """Return a local instant of the month of these tests."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)
