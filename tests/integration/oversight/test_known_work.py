"""A day of rides and a week of work and messages that a reader can follow, with figures computed by hand.

Rides of 26 November (homes lie one, two and three kilometres north of the site):

| person | there                                   | home                                     | visit    |
|--------|-----------------------------------------|------------------------------------------|----------|
| A 1 km | told 8:00–8:20, boards 8:10, site 8:50   | told 10:30–10:50, ready 10:30, 10:45–10:55 | dose     |
| B 2 km | told 8:15–8:35, boards 8:40, site 8:52   | ready 10:06, boards 10:46, home 11:40    | dose     |
| C 3 km | boards 9:20, site 9:40                   | asked for a car and got none             | dose     |
| D      | not there, called twice (R02)            | –                                        | –        |
| E      | our driver did not come (R11)            | asked, got none, solved by a neighbour   | –        |
| F 3 km | boards 9:22, site 9:41                   | –                                        | said no (V04) |

The one car drives A → B → site (1 + 2 km), site → C and F (3 km empty), → site (3 km), site → A → B (1 + 1 km).

Contacts and questions from Monday 16 to Friday 20 November:

| person | contacts                                                         | now                        |
|--------|------------------------------------------------------------------|----------------------------|
| A      | Mon 9:00 call, no answer; Tue 9:00 call, agrees                   | vaccinated since Wed 9:00  |
| B      | Mon 10:00 call, no, fears side effects (H02)                      | declined                   |
| C      | Mon 10:00 visit, considers (H01); Wed 10:00 call, agrees          | agreed                     |
| D      | first called the week before; Mon 9:30 call, no answer            | to contact, overdue        |
| E      | Thu 9:00 call taken back as a mistake                             | to contact, nobody's       |
| F      | asked a doctor Mon 8:00, answered 10:00; asked Tue 8:00, waits    | considering                |

When people fell due, and where they stand on Friday 27 November:

| person | fell due                                | after that                      |
|--------|-----------------------------------------|---------------------------------|
| A      | Mon 16                                  | vaccinated Wed 25               |
| B      | Tue 17                                  | declined                        |
| C      | Wed 18 (turned 80)                      | unreachable                     |
| D      | Thu 19                                  | agreed                          |
| E      | Mon 16, vaccinated then; again Tue 24   | to contact (the next dose)      |
| F      | Mon 23                                  | vaccinated Tue 24               |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from outreach.accounts.rules import EVERYWHERE
from outreach.clinics.codes import AppointmentStatus, Mode
from outreach.clinics.models import Appointment
from outreach.contact.codes import Channel, MessageState, Purpose, QuestionState, Step
from outreach.contact.message_models import Message
from outreach.contact.models import AttemptReason, ContactAttempt, Question
from outreach.db import Database
from outreach.kernel.geo import Point
from outreach.ledger.codes import EntryStatus
from outreach.ledger.entry_models import LedgerEntry, StatusTransition
from outreach.ledger.models import Resident
from outreach.ledger.new_residents import add_residents
from outreach.oversight import cohorts, rides, traffic, work
from outreach.oversight.blocks import Block
from outreach.oversight.measures import span_of
from outreach.oversight.span import Span
from outreach.places.addresses import add_address
from outreach.schema import metadata
from outreach.transport.codes import Direction, LegStatus, StopKind
from outreach.transport.fleet import CarDraft, HelperDraft, add_driver, add_vehicle
from outreach.transport.run_models import Promise, RideLeg, Run, RunStop, UnmetNeed
from outreach.transport.runs import CrewOf, open_run
from outreach.transport.shifts import Times
from tests.builders.city import line_row
from tests.builders.clinics import DAY, SITE_POINT, add_clinic, at
from tests.builders.ledger import NOW, Village, build_village, elder
from tests.builders.transport import WHOLE_DAY

ZONE = ZoneInfo("Asia/Shanghai")
KM = 1 / 111.195  # degrees of latitude
OUT, HOME = Direction.OUTBOUND, Direction.RETURN
S = EntryStatus
Told = tuple[tuple[int, int], tuple[int, int]] | None


def value(blocks: Sequence[Block], block: str, row: str, column: int = 0) -> float | None:
    """Return the number of a row of a table."""
    (found,) = [b for b in blocks if b.code == block]
    (line,) = [r for r in found.rows if r.label == row]
    return line.cells[column].value


Figure = tuple[str, str, int, float]  # table, row, column, what a hand computes


def differing(blocks: Sequence[Block], figures: Sequence[Figure]) -> list[tuple[object, ...]]:
    """Return the figures that are not what the hand computed, with what was found."""
    return [
        (*figure, value(blocks, *figure[:3]))
        for figure in figures
        if value(blocks, *figure[:3]) != pytest.approx(figure[3], rel=1e-3)
    ]


@dataclass
class Written:
    """What a history writes, by the names of its people."""

    session: Session
    village: Village
    ids: dict[str, int]

    def line(self, name: str, status: EntryStatus, **more: object) -> None:
        """Put a person's line of the ledger where it stands by now."""
        v = self.village
        row = line_row(self.ids[name], v.campaign_id, v.community_id, v.grid_id, status, **more)
        self.session.execute(insert(LedgerEntry), [row])

    def entry(self, name: str) -> LedgerEntry:
        """Return a person's line."""
        question = select(LedgerEntry).where(LedgerEntry.resident_id == self.ids[name])
        return self.session.scalars(question).one()

    def span(self, since: date, until: date) -> Span:
        """Return days of the whole village."""
        return span_of(
            self.session,
            area_id=self.village.community_id,
            campaign_id=self.village.campaign_id,
            days=(since, until),
            zone=ZONE,
            scope=EVERYWHERE,
        )


def six_people(session: Session) -> Written:
    village = build_village(session)
    ids = add_residents(session, rows=[elder(village, n, contacts=()) for n in "ABCDEF"], now=NOW)
    return Written(session, village, dict(zip("ABCDEF", ids, strict=True)))


class RideDay(Written):
    """The rides of the table above, written as the field and the desk would have."""

    def build(self) -> None:
        """Write everything."""
        for name in "ABCDEF":
            self.line(name, S.BOOKED)
        _site, self.session_id = add_clinic(self.session, self.village, capacity=6)
        depot = add_address(
            self.session, text="车场", area_id=None, now=NOW, pin=Point(34.70, 113.62)
        )
        self.session.flush()
        area = self.village.street_id
        vehicle = add_vehicle(
            self.session, draft=CarDraft("豫A0001D", area, depot.id, 4, 0, 0, False)
        )
        driver = add_driver(self.session, draft=HelperDraft("司机", area))
        times: Times = WHOLE_DAY
        crew = CrewOf(vehicle.id, driver.id)
        self.run: Run = open_run(self.session, on=DAY, crew=crew, times=times, by=None, now=NOW)
        self.homes = {
            n: self._home(n, km) for n, km in zip("ABCDEF", (1, 2, 3, 2, 1, 3), strict=True)
        }
        self.site = add_address(self.session, text="门", area_id=None, now=NOW, pin=SITE_POINT)
        self.session.flush()
        done, no_dose = AppointmentStatus.DONE, AppointmentStatus.NO_DOSE
        visits = dict(zip("ABCDEF", (done, done, done, None, None, no_dose), strict=True))
        self.visits = {name: self._visit(name, status) for name, status in visits.items()}
        self._rides()

    def _home(self, name: str, km: int) -> int:
        pin = Point(SITE_POINT.latitude + km * KM, SITE_POINT.longitude)
        home = add_address(self.session, text=f"{name}家", area_id=None, now=NOW, pin=pin)
        self.session.flush()
        self.session.execute(
            update(Resident).where(Resident.id == self.ids[name]).values(address_id=home.id)
        )
        return home.id

    def _visit(self, name: str, status: AppointmentStatus | None) -> Appointment:
        visit = Appointment(
            resident_id=self.ids[name],
            site_session_id=self.session_id,
            slot_at=at(9, 0),
            outbound_mode=Mode.OUR_CAR,
            return_mode=Mode.OUR_CAR,
            status=status or AppointmentStatus.NO_SHOW,
            visit_result="V04" if status is AppointmentStatus.NO_DOSE else "",
            booked_at=NOW,
        )
        self.session.add(visit)
        self.session.flush()
        return visit

    def _rides(self) -> None:
        a, b = self._leg("A", OUT), self._leg("B", OUT)
        c, f = self._leg("C", OUT), self._leg("F", OUT)
        a_home, b_home = self._leg("A", HOME, ready=(10, 30)), self._leg("B", HOME, ready=(10, 6))
        stops = [
            (a, StopKind.PICKUP, (8, 10)),
            (b, StopKind.PICKUP, (8, 40)),
            (a, StopKind.DROPOFF, (8, 50)),
            (b, StopKind.DROPOFF, (8, 52)),
            (c, StopKind.PICKUP, (9, 20)),
            (f, StopKind.PICKUP, (9, 22)),
            (c, StopKind.DROPOFF, (9, 40)),
            (f, StopKind.DROPOFF, (9, 41)),
            (a_home, StopKind.PICKUP, (10, 45)),
            (b_home, StopKind.PICKUP, (10, 46)),
            (a_home, StopKind.DROPOFF, (10, 55)),
            (b_home, StopKind.DROPOFF, (11, 40)),
        ]
        for position, (leg, kind, clock) in enumerate(stops):
            self._stop(position, leg, kind, at(*clock))
        self._told(a, (8, 0), (8, 20), kept=True)
        self._told(b, (8, 15), (8, 35), kept=False)
        self._told(a_home, (10, 30), (10, 50), kept=True)
        self._leg("D", OUT, status=LegStatus.NO_SHOW, result="R02")
        self._leg("E", OUT, status=LegStatus.CANCELLED, result="R11")
        self._unmet("C", solved=False)
        self._unmet("E", solved=True)
        self.session.flush()

    def _leg(
        self,
        name: str,
        direction: Direction,
        *,
        status: LegStatus | None = None,
        result: str = "",
        ready: tuple[int, int] | None = None,
    ) -> RideLeg:
        rode = LegStatus.DROPPED_OFF if direction is OUT else LegStatus.HANDED_OVER
        ends = (self.homes[name], self.site.id)
        leg = RideLeg(
            appointment_id=self.visits[name].id,
            direction=direction,
            on=DAY,
            from_address_id=ends[direction is HOME],
            to_address_id=ends[direction is OUT],
            pickup_from_at=at(8),
            pickup_until_at=at(12),
            dropoff_from_at=at(8),
            dropoff_until_at=at(12),
            pickup_service_s=120,
            dropoff_service_s=60,
            max_ride_s=2700,
            status=status or rode,
            result_code=result,
            ready_at=at(*ready) if ready else None,
        )
        self.session.add(leg)
        self.session.flush()
        return leg

    def _stop(self, position: int, leg: RideLeg, kind: StopKind, done_at: datetime) -> None:
        place = leg.from_address_id if kind is StopKind.PICKUP else leg.to_address_id
        stop = RunStop(
            run_id=self.run.id,
            leg_id=leg.id,
            kind=kind,
            position=position,
            address_id=place,
            arrives_at=done_at,
            departs_at=done_at,
            done_at=done_at,
        )
        self.session.add(stop)

    def _told(
        self, leg: RideLeg, since: tuple[int, int], until: tuple[int, int], *, kept: bool
    ) -> None:
        promise = Promise(
            leg_id=leg.id,
            version=1,
            run_id=self.run.id,
            pickup_from_at=at(*since),
            pickup_until_at=at(*until),
            made_at=NOW,
            kept=kept,
        )
        self.session.add(promise)

    def _unmet(self, name: str, *, solved: bool) -> None:
        need = UnmetNeed(
            resident_id=self.ids[name],
            on=DAY,
            reason="no car left",
            noted_at=NOW,
            solved_at=NOW if solved else None,
        )
        self.session.add(need)


@pytest.fixture
def ride_blocks(database: Database) -> tuple[Block, ...]:
    metadata().create_all(database.engine)
    with database.write() as session:
        people = six_people(session)
        day = RideDay(session, people.village, people.ids)
        day.build()
        return rides.blocks(session, day.span(DAY, DAY), language="en")


RIDE_FIGURES: list[Figure] = [
    ("service", "People who rode", 0, 4),  # A B C F
    ("service", "Brought there", 0, 4),
    ("service", "Brought home", 0, 2),  # A B
    # A there and home; B came five minutes late
    ("service", "On time (within the window told)", 0, 2 / 3),
    ("service", "Promises kept", 0, 1),  # A
    ("service", "Promises broken", 0, 1),  # B
    ("service", "Minutes on board (median)", 0, 19.5),  # 10 12 19 20 40 54
    ("service", "Rides over 45 minutes", 0, 1 / 6),  # B home
    ("service", "Minutes waited for the ride home (median)", 0, 27.5),  # 15 and 40
    ("service", "Asked for a car and got none", 0, 2),  # C E
    ("service", "Of these still unsolved", 0, 1),  # C
    ("fleet", "Car-hours", 0, 10.5),  # 7:30 to 18:00
    ("fleet", "People per car-hour", 0, 6 / 10.5),
    ("fleet", "Kilometres (estimated)", 0, 11 * 1.35),
    ("fleet", "Empty kilometres (estimated)", 0, 3 * 1.35),
    ("fleet", "Share driven empty", 0, 3 / 11),
    ("sides", "The rider's side", 0, 1),  # D
    ("sides", "Ours", 0, 1),  # E
    ("sides", "Nobody's", 0, 0),
    ("for_nothing", "All together", 0, 1),  # F
    ("for_nothing", "Share of people brought", 0, 1 / 4),
]


def test_a_known_day_of_rides_gives_the_figures_computed_by_hand(
    ride_blocks: tuple[Block, ...],
) -> None:
    assert differing(ride_blocks, RIDE_FIGURES) == []


MONDAY = date(2026, 11, 16)
FRIDAY = date(2026, 11, 20)


def when(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a local time of the week, 0 = Monday."""
    return datetime(2026, 11, 16 + day, hour, minute, tzinfo=ZONE)


class Week(Written):
    """The contacts and questions of the table above."""

    def build(self) -> None:
        """Write everything."""
        worker = self.village.worker
        self.line("A", S.VACCINATED, status_since=when(2, 9), assigned_to=worker)
        self.line("B", S.DECLINED, assigned_to=worker)
        self.line("C", S.AGREED, assigned_to=worker)
        late = FRIDAY - timedelta(days=2)
        self.line("D", S.TO_CONTACT, assigned_to=worker, next_contact_on=late)
        self.line("E", S.TO_CONTACT)
        self.line("F", S.CONSIDERING, assigned_to=worker)
        self._try("A", when(0, 9), "C09")
        self._try("A", when(1, 9), "C01")
        self._try("B", when(0, 10), "C04", reason="H02")
        self._try("C", when(0, 10), "C03", reason="H01", channel=Channel.VISIT)
        self._try("C", when(2, 10), "C01")
        self._try("D", when(-6, 9), "C09")
        self._try("D", when(0, 9, 30), "C09")
        self._try("E", when(3, 9), "C01", is_void=True)
        self._ask("F", when(0, 8), answered_at=when(0, 10))
        self._ask("F", when(1, 8), answered_at=None)
        self.session.flush()

    def _try(
        self,
        name: str,
        moment: datetime,
        outcome: str,
        *,
        reason: str = "",
        channel: Channel = Channel.CALL,
        is_void: bool = False,
    ) -> None:
        attempt = ContactAttempt(
            uuid=f"{name}{moment:%m%d%H%M}",
            resident_id=self.ids[name],
            entry_id=self.entry(name).id,
            by_user_id=self.village.worker,
            at=moment,
            channel=channel,
            outcome=outcome,
            recorded_at=moment,
            voided_at=moment if is_void else None,
        )
        self.session.add(attempt)
        self.session.flush()
        if reason:
            self.session.add(AttemptReason(attempt_id=attempt.id, code=reason, is_main=True))

    def _ask(self, name: str, moment: datetime, *, answered_at: datetime | None) -> None:
        question = Question(
            resident_id=self.ids[name],
            topic="other",
            text="?",
            state=QuestionState.ANSWERED if answered_at else QuestionState.OPEN,
            asked_at=moment,
            due_at=moment + timedelta(days=1),
            answered_at=answered_at,
        )
        self.session.add(question)


@pytest.fixture
def work_blocks(database: Database) -> tuple[Block, ...]:
    metadata().create_all(database.engine)
    with database.write() as session:
        people = six_people(session)
        week = Week(session, people.village, people.ids)
        week.build()
        return work.blocks(session, week.span(MONDAY, FRIDAY), language="en")


WORK_FIGURES: list[Figure] = [
    ("funnel", "First contact", 0, 3),  # A B C; D was called before, E's call never was
    ("funnel", "Reached", 0, 3),
    ("funnel", "Reached", 2, 0.0),  # A after a day, B and C at once: the middle is at once
    ("funnel", "Agreed", 0, 2),  # A C
    ("funnel", "Agreed", 1, 2 / 3),
    ("funnel", "Agreed", 2, 1.5),  # one day and two days
    ("funnel", "Booked", 0, 0),
    ("funnel", "Vaccinated", 0, 1),  # A
    ("funnel", "Vaccinated", 2, 2.0),  # Monday to Wednesday
    ("contacts", "Call", 0, 5),  # A A B C D
    ("contacts", "Call", 1, 4),  # A B C D
    ("contacts", "Call", 2, 3),  # reached: A B C
    ("contacts", "Call", 3, 2),  # agreed: A C
    ("contacts", "Call", 4, 1),  # vaccinated by now: A
    ("contacts", "Visit", 0, 1),
    ("contacts", "Visit", 3, 0),
    ("reasons", "Fears side effects", 0, 1),
    ("reasons", "Fears side effects", 1, 0),  # B did not change her mind
    ("reasons", "Fears a chronic disease gets worse", 1, 1),  # C did
    ("questions", "–", 0, 1),  # F asked twice, and is one person
    ("questions", "–", 1, 1),
    ("questions", "–", 2, 1),  # and waits for the second answer,
    ("questions", "–", 3, 1),  # which is late
    ("questions", "–", 4, 2.0),  # hours
    ("load", "worker", 0, 3),  # C D F
    ("load", "worker", 1, 1),  # D
    ("load", "Nobody yet", 0, 1),  # E
]


def test_a_known_week_of_work_gives_the_figures_computed_by_hand(
    work_blocks: tuple[Block, ...],
) -> None:
    assert differing(work_blocks, WORK_FIGURES) == []


# person, purpose, state, error, read back, parts, cost in millionths
MESSAGES = [
    ("A", Purpose.NUDGE, MessageState.DELIVERED, "", True, 1, 50_000),
    ("A", Purpose.NUDGE, MessageState.ACCEPTED, "", False, 2, 100_000),
    ("B", Purpose.NUDGE, MessageState.FAILED, "30005", False, 1, None),
    ("B", Purpose.NUDGE, MessageState.FAILED, "30005", False, 1, None),
    ("C", Purpose.NUDGE, MessageState.SUPPRESSED, "", False, 1, None),
    ("C", Purpose.RIDE, MessageState.UNKNOWN, "", False, 1, None),
    ("D", Purpose.RIDE, MessageState.DELIVERED, "", False, 1, 50_000),
]


@pytest.fixture
def message_blocks(database: Database) -> tuple[Block, ...]:
    metadata().create_all(database.engine)
    with database.write() as session:
        people = six_people(session)
        for name in "ABCDEF":
            people.line(name, S.TO_CONTACT)
        for number, (name, purpose, state, error, is_read, parts, cost) in enumerate(MESSAGES):
            moment = when(0, 9) + timedelta(minutes=number)
            message = Message(
                uuid=f"m{number}",
                natural_key=f"m{number}",
                channel=Channel.SMS,
                purpose=purpose,
                step=Step.INVITE if purpose is Purpose.NUDGE else Step.PROMISE,
                state=state,
                resident_id=people.ids[name],
                subject_kind="test",
                subject_id=number,
                created_at=moment,
                due_at=moment,
                segments=parts,
                error_code=error,
                read_back_at=moment if is_read else None,
                cost_micros=cost,
            )
            session.add(message)
        session.flush()
        return traffic.blocks(session, people.span(MONDAY, FRIDAY), language="en")


MESSAGE_FIGURES: list[Figure] = [
    ("purposes", "Nudges", 0, 3),  # people: A B C
    ("purposes", "Nudges", 1, 5),  # messages
    ("purposes", "Nudges", 2, 1 / 2),  # one of the two that the provider took
    ("purposes", "Nudges", 3, 1 / 2),
    ("purposes", "Nudges", 4, 1),  # it failed for B alone,
    ("purposes", "Nudges", 5, 2),  # twice
    ("purposes", "Nudges", 7, 1),  # C was held back by a rule
    ("purposes", "Nudges", 8, 3),  # parts of what was taken: 1 + 2
    ("purposes", "Nudges", 9, 0.15),
    ("purposes", "Rides", 1, 2),
    ("purposes", "Rides", 2, 1.0),
    ("purposes", "Rides", 6, 1),  # nobody knows about C's
    ("purposes", "Rides", 9, 0.05),
    ("errors", "30005", 0, 1),
    ("errors", "30005", 1, 2),
]


def test_known_messages_give_the_figures_computed_by_hand(
    message_blocks: tuple[Block, ...],
) -> None:
    assert differing(message_blocks, MESSAGE_FIGURES) == []


COHORT_FIGURES: list[Figure] = [
    ("cohorts", "Week of 16 Nov", 0, 4),  # A B C D; E fell due anew in the week after
    ("cohorts", "Week of 16 Nov", 1, 1),  # A within fourteen days
    ("cohorts", "Week of 16 Nov", 3, 1),  # A
    ("cohorts", "Week of 16 Nov", 4, 1 / 4),
    ("cohorts", "Week of 16 Nov", 5, 1),  # D
    ("cohorts", "Week of 16 Nov", 6, 1),  # B
    ("cohorts", "Week of 16 Nov", 7, 1),  # C
    ("cohorts", "Week of 23 Nov", 0, 2),  # E F
    ("cohorts", "Week of 23 Nov", 1, 1),  # F; E's dose was before she fell due anew
    ("cohorts", "Week of 23 Nov", 3, 1),
    ("cohorts", "Week of 23 Nov", 5, 1),  # E
]


def test_known_cohorts_give_the_figures_computed_by_hand(database: Database) -> None:
    metadata().create_all(database.engine)
    with database.write() as session:
        people = six_people(session)
        now = zip(
            "ABCDEF",
            (S.VACCINATED, S.DECLINED, S.UNREACHABLE, S.AGREED, S.TO_CONTACT, S.VACCINATED),
            strict=True,
        )
        for name, status in now:
            people.line(name, status)
        moves = [
            ("A", None, S.TO_CONTACT, 0),
            ("B", None, S.TO_CONTACT, 1),
            ("C", S.NOT_YET_ELIGIBLE, S.TO_CONTACT, 2),
            ("D", None, S.TO_CONTACT, 3),
            ("E", None, S.TO_CONTACT, 0),
            ("E", S.TO_CONTACT, S.VACCINATED, 0),
            ("E", S.VACCINATED, S.TO_CONTACT, 8),
            ("F", None, S.TO_CONTACT, 7),
            ("F", S.TO_CONTACT, S.VACCINATED, 8),
            ("A", S.TO_CONTACT, S.VACCINATED, 9),
        ]
        for hour, (name, before, after, day) in enumerate(moves, start=8):
            entry_id = people.entry(name).id
            move = StatusTransition(
                entry_id=entry_id,
                from_status=before,
                to_status=after,
                at=when(day, hour),
                cause="day",
            )
            session.add(move)
        session.flush()
        span = people.span(MONDAY, FRIDAY + timedelta(days=7))
        blocks = cohorts.blocks(session, span, language="en")
    assert differing(blocks, COHORT_FIGURES) == []
    for row in blocks[0].rows:
        values = [cell.value or 0 for cell in row.cells]
        assert values[0] == values[3] + values[5] + values[6] + values[7]
