"""The desk: identity, screen, consent, stock, two tablets, no dose, the way home, home rounds."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.accounts.rules import EVERYWHERE
from outreach.campaigns.models import Product, ProductBatch
from outreach.clinics.codes import AppointmentStatus, DayEventKind, SessionKind
from outreach.clinics.desk import scanned, stock_of
from outreach.clinics.models import Appointment, DayEvent, SessionStock, SiteSession
from outreach.clinics.operations import check_slot_free, lock_site_session
from outreach.clinics.queries import arrivals
from outreach.clinics.screening import Measured, record_pre_screen
from outreach.db import Database
from outreach.kernel.errors import InvalidInput, NotAllowed, OutreachError
from outreach.ledger.codes import EntryStatus, EvidenceGrade, Relation
from outreach.ledger.consents import ConsentDraft
from outreach.ledger.deferrals import DeferralDraft
from outreach.ledger.doses import BatchExpired, BatchQuarantined, DoseDraft
from outreach.ledger.entry_models import Deferral, Dose
from outreach.ledger.models import ContactPerson, Resident
from outreach.transport.codes import LegStatus
from outreach.transport.rules import NoCarForBedBound
from outreach.transport.run_models import RideLeg
from outreach.workflows.book import book_trip
from outreach.workflows.desk_acts import (
    AtDesk,
    Given,
    JabRecorded,
    NoConsent,
    ScreenWaits,
    StockEmpty,
    check_in,
    end_without_dose,
    give_dose,
)
from outreach.workflows.desk_page import desk_person, goes_same_way, pool_of
from outreach.workflows.edit_person import keep_consent, take_consent_back
from outreach.workflows.home_rounds import home_visits, say_yes
from outreach.workflows.home_visit_yes import ClinicianYes
from outreach.workflows.keep_way_home import Home, give_car_home, keep_way_home
from outreach.workflows.note_event import Noted, note_event
from outreach.workflows.pre_ride import check_before_ride, decide, ride_checks
from outreach.workflows.record_dose import record_dose
from outreach.workflows.walk_in import walk_in
from tests.builders.clinics import BY_CAR, DAY, at, booking
from tests.builders.ledger import NOW, entry_of
from tests.builders.transport import Day, assign, book_car, build_day, leg_of

K = DayEventKind


class Table:
    """A desk with one person brought by car, and one batch on its table."""

    def __init__(self, database: Database, *, doses: int = 5, cars: int = 2) -> None:
        self.database = database
        self.day: Day = build_day(database, elders=3, cars=cars)
        self.visit, self.out, self.back = book_car(database, self.day, 0, at(9, 30))
        with database.write() as session:
            product = session.scalars(
                select(Product).where(Product.vaccine_id == self.day.village.vaccine_id).limit(1)
            ).first()
            if product is None:
                product = Product(
                    code="test",
                    name_zh="灭活疫苗",
                    name_en="Inactivated",
                    vaccine_id=self.day.village.vaccine_id,
                )
                session.add(product)
                session.flush()
            self.product = product.id
            self.batch = self.add_batch(session, "B20261101", doses=doses, preset=True)

    def add_batch(
        self,
        session: Session,
        number: str,
        *,
        doses: int = 5,
        expires_on: date | None = date(2027, 6, 1),
        preset: bool = False,
    ) -> int:
        batch = ProductBatch(product_id=self.product, number=number, expires_on=expires_on)
        session.add(batch)
        session.flush()
        stock = SessionStock(
            site_session_id=self.day.session_id,
            product_id=self.product,
            batch_id=batch.id,
            doses=doses,
            is_preset=preset,
        )
        session.add(stock)
        return batch.id

    def press(self, hour: int, minute: int, visit: int | None = None) -> AtDesk:
        return AtDesk(visit or self.visit, uuid4().hex, self.day.by, at(hour, minute))

    def come(self, visit: int | None = None, *, measured: Measured | None = None) -> None:
        """Check in and screen."""
        key = visit or self.visit
        with self.database.write() as session:
            check_in(session, press=self.press(9, 30, key), checked=["name", "birth_date"])
            record_pre_screen(
                session,
                appointment_id=key,
                at_place="desk",
                measured=measured or Measured(temperature_c=36.5),
                by=self.day.by,
                now=at(9, 32),
            )
            press = self.press(9, 32, key)
            note_event(session, tap=press.tap(K.SCREENED, {}), author=press.author, now=press.now)

    def agree(self, resident: int = 0, *, is_yes: bool = True, minute: int = 33) -> int:
        draft = ConsentDraft(
            resident_id=self.day.residents[resident],
            campaign_id=self.day.village.campaign_id,
            is_yes=is_yes,
        )
        with self.database.write() as session:
            return keep_consent(session, draft=draft, by=self.day.by, now=at(9, minute))

    def given(self, batch: int | None = None) -> list[Given]:
        return [Given(self.day.village.campaign_id, self.product, batch or self.batch)]

    def jab(self, visit: int | None = None, *, minute: int = 35, batch: int | None = None) -> Noted:
        with self.database.write() as session:
            press = self.press(9, minute, visit)
            return give_dose(session, press=press, given=self.given(batch))

    def left(self) -> int:
        with self.database.read() as session:
            table = stock_of(session, site_session_id=self.day.session_id)
            return next(row.left for row in table if row.batch_id == self.batch)

    def status(self) -> AppointmentStatus:
        with self.database.read() as session:
            return session.get_one(Appointment, self.visit).status


@pytest.fixture
def table(database: Database) -> Table:
    """One person, one batch, two cars."""
    return Table(database)


def test_moment_5k_two_things_must_agree_before_anybody_is_checked_in(table: Table) -> None:
    for checked in ([], ["name"], ["name", "name"], ["name", "shoe size"]):
        with pytest.raises(InvalidInput), table.database.write() as session:
            check_in(session, press=table.press(9, 30), checked=checked)
    with table.database.write() as session:
        check_in(session, press=table.press(9, 30), checked=["known", "photo"])
        event = session.scalars(select(DayEvent)).one()
    assert table.status() is AppointmentStatus.ARRIVED
    assert event is not None


def test_moment_5k_one_tap_with_the_preset_batch_records_proof_and_counts_down(
    table: Table,
) -> None:
    table.come()
    table.agree()
    before = table.left()
    table.jab()
    with table.database.read() as session:
        dose = session.scalars(select(Dose)).one()
        assert dose.batch_id == table.batch
        assert dose.grade is EvidenceGrade.BATCH_RECORDED
        assert dose.given_at == at(9, 35)
        person = desk_person(session, appointment_id=table.visit, now=at(9, 36))
    assert table.left() == before - 1
    assert person.arrival.visit.ready_due_at == at(10, 5)  # thirty minutes from the recorded jab


@pytest.mark.parametrize("same_form", [True, False])
def test_two_tablets_cannot_record_the_same_dose(table: Table, *, same_form: bool) -> None:
    table.come()
    table.agree()
    uuids = [uuid4().hex] * 2 if same_form else [uuid4().hex, uuid4().hex]
    gate = threading.Barrier(2, timeout=20)
    outcomes: list[str] = []

    def tablet(uuid: str) -> None:
        press = AtDesk(table.visit, uuid, table.day.by, at(9, 35))
        gate.wait()

        def act(session: Session) -> Noted:
            return give_dose(session, press=press, given=table.given())

        try:
            noted = table.database.act(act)
            outcomes.append("new" if noted.is_new else "known")
        except JabRecorded:
            outcomes.append("refused")

    hands = [threading.Thread(target=tablet, args=(uuid,)) for uuid in uuids]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(timeout=30)
    assert sorted(outcomes) == (["known", "new"] if same_form else ["new", "refused"])
    with table.database.read() as session:
        jabs = select(func.count()).where(DayEvent.kind == K.JABBED)
        assert session.scalar(jabs) == 1
        assert session.scalar(select(func.count()).select_from(Dose)) == 1
    assert table.left() == 4


def test_the_last_dose_of_a_batch_is_given_once(database: Database) -> None:
    table = Table(database, doses=1)
    second, *_legs = book_car(database, table.day, 1, at(9, 30))
    for visit, who in ((table.visit, 0), (second, 1)):
        table.come(visit)
        table.agree(who)
    table.jab()
    with pytest.raises(StockEmpty):
        table.jab(second)
    assert table.left() == 0


def test_quarantined_and_expired_batches_are_refused(table: Table) -> None:
    table.come()
    table.agree()
    with table.database.write() as session:
        old = table.add_batch(session, "OLD", expires_on=date(2026, 11, 1))
        recalled = table.add_batch(session, "RECALL")
        session.get_one(ProductBatch, recalled).quarantined_at = NOW
    with pytest.raises(BatchExpired):
        table.jab(batch=old)
    with pytest.raises(BatchQuarantined):
        table.jab(batch=recalled)
    with pytest.raises(InvalidInput):
        table.jab(batch=987_654)
    with table.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Dose)) == 0
    assert table.status() is AppointmentStatus.ARRIVED


def test_moment_2d_no_jab_without_a_yes_and_a_yes_is_withdrawn_up_to_the_needle(
    table: Table,
) -> None:
    table.come()
    with pytest.raises(NoConsent):
        table.jab()
    consent = table.agree()
    with table.database.write() as session:
        take_consent_back(session, consent_id=consent, by=table.day.by, now=at(9, 34))
    with pytest.raises(NoConsent):
        table.jab()
    table.agree(is_yes=False, minute=35)
    with pytest.raises(NoConsent):
        table.jab(minute=36)
    table.agree(minute=37)
    assert table.jab(minute=38).is_new


def test_moment_2d_a_childs_yes_does_not_outweigh_the_elders_no(table: Table) -> None:
    table.come()
    table.agree(is_yes=False)
    with table.database.write() as session:
        son = ContactPerson(resident_id=table.day.residents[0], relation=Relation.SON, name="儿子")
        session.add(son)
        session.flush()
        draft = ConsentDraft(
            resident_id=table.day.residents[0],
            campaign_id=table.day.village.campaign_id,
            is_yes=True,
            by_contact_id=son.id,
            guardian_basis="监护证明",
        )
        keep_consent(session, draft=draft, by=table.day.by, now=at(9, 34))
    with pytest.raises(NoConsent):
        table.jab()


def test_moment_5c_a_doubt_waits_for_a_clinician_and_nobody_is_jabbed_meanwhile(
    table: Table,
) -> None:
    table.come(measured=Measured(temperature_c=38.1))
    table.agree()
    with pytest.raises(ScreenWaits):
        table.jab()
    with table.database.write() as session:
        screen = desk_person(session, appointment_id=table.visit, now=at(9, 34)).screen
        assert screen is not None
        assert screen.waits
        decide(
            session,
            pre_screen_id=screen.pre_screen_id,
            may_go=True,
            deferral=None,
            uuid=uuid4().hex,
            by=table.day.village.doctor,
            now=at(9, 34),
        )
    assert table.jab().is_new


def test_moment_1d_a_clinicians_not_today_readies_the_way_home_at_once(table: Table) -> None:
    for leg in (table.out, table.back):
        assign(table.database, table.day, leg)
    table.come(measured=Measured(systolic=190))
    with table.database.write() as session:
        screen = desk_person(session, appointment_id=table.visit, now=at(9, 34)).screen
        assert screen is not None
        draft = DeferralDraft(resident_id=table.day.residents[0], code="D13")
        decide(
            session,
            pre_screen_id=screen.pre_screen_id,
            may_go=False,
            deferral=draft,
            uuid=uuid4().hex,
            by=table.day.village.doctor,
            now=at(9, 36),
        )
        entry = entry_of(session, table.day.residents[0])
        assert entry.status is EntryStatus.DEFERRED
    home = leg_of(table.database, table.back)
    assert home.ready_at == at(9, 36)
    assert home.status is LegStatus.ASSIGNED
    assert table.status() is AppointmentStatus.NO_DOSE
    with pytest.raises(OutreachError):
        table.jab(minute=37)


@pytest.mark.parametrize(
    ("result", "code", "expected"),
    [
        ("V02", "D11", EntryStatus.DEFERRED),
        ("V04", "", None),
        ("V05", "", None),
        ("V06", "", None),
    ],
)
def test_every_outcome_frees_the_slot_and_starts_its_follow_up(
    table: Table, result: str, code: str, expected: EntryStatus | None
) -> None:
    """V02 waits for its date; V04 rests for a week (5e); V05 and V06 stand on the list at once."""
    table.come()
    draft = DeferralDraft(resident_id=table.day.residents[0], code=code) if code else None
    with table.database.write() as session:
        end_without_dose(
            session,
            press=table.press(9, 10),
            result=result,
            deferral=draft,
            is_clinician=True,
        )
        row = lock_site_session(session, table.day.session_id)
        row.capacity_per_slot = 1
        check_slot_free(session, row=row, slot_at=at(9, 30), now=at(9, 15))  # free for somebody
        entry = entry_of(session, table.day.residents[0])
    assert table.status() is AppointmentStatus.NO_DOSE
    assert leg_of(table.database, table.back).ready_at == at(9, 10)
    if expected is not None:
        assert entry.status is expected
    elif result == "V04":
        assert entry.next_contact_on == DAY + timedelta(days=7)
    else:
        assert entry.next_contact_on is not None
        assert entry.next_contact_on <= DAY + timedelta(days=1)


def test_only_a_clinician_defers_and_kinds_are_not_mixed_up(table: Table) -> None:
    table.come()
    who = table.day.residents[0]
    cases = [
        ("V02", "D11", False, NotAllowed),
        ("V02", "D01", True, InvalidInput),
        ("V03", "D11", True, InvalidInput),
        ("V02", "", True, InvalidInput),
        ("V01", "", True, InvalidInput),
    ]
    for result, code, is_clinician, error in cases:
        draft = DeferralDraft(resident_id=who, code=code) if code else None
        with pytest.raises(error), table.database.write() as session:
            end_without_dose(
                session,
                press=table.press(9, 40),
                result=result,
                deferral=draft,
                is_clinician=is_clinician,
            )
    with table.database.write() as session:
        asked = DeferralDraft(resident_id=who, code="D22")
        end_without_dose(
            session, press=table.press(9, 40), result="V02", deferral=asked, is_clinician=False
        )
        assert session.scalars(select(Deferral)).one().code == "D22"


def test_fault_56_an_observation_extended_keeps_or_changes_the_car_and_never_loses_it(
    table: Table,
) -> None:
    for leg in (table.out, table.back):
        assign(table.database, table.day, leg)
    table.come()
    table.agree()
    table.jab()
    first = keep_way_home(
        table.database, table.day.travel, appointment_id=table.visit, by=table.day.by, now=at(9, 36)
    )
    assert first.what in {Home.KEPT, Home.MOVED}
    with table.database.write() as session:
        press = table.press(10, 0)
        facts: dict[str, object] = {"minutes": 40, "reason": "头晕"}
        note_event(
            session,
            tap=press.tap(K.OBSERVATION_EXTENDED, facts),
            author=press.author,
            now=press.now,
        )
    way = keep_way_home(
        table.database, table.day.travel, appointment_id=table.visit, by=table.day.by, now=at(10, 0)
    )
    assert way.what in {Home.KEPT, Home.MOVED}
    assert way.pickup_at is not None
    assert way.pickup_at >= at(10, 45)  # 9:35 + 30 + 40
    home = leg_of(table.database, table.back)
    assert home.status is LegStatus.ASSIGNED
    assert home.ready_at == at(10, 45)


def test_ready_without_a_car_is_offered_the_nearest_one_and_pooled(table: Table) -> None:
    second, _out, second_back = book_car(table.database, table.day, 1, at(9, 30))
    for visit, who in ((table.visit, 0), (second, 1)):
        table.come(visit)
        table.agree(who)
        table.jab(visit)
        with table.database.write() as session:
            press = table.press(10, 6, visit)
            note_event(session, tap=press.tap(K.READY, {}), author=press.author, now=press.now)
    with table.database.read() as session:
        people = arrivals(session, site_session_id=table.day.session_id)
        pool = pool_of(session, people=people, site_id=table.day.site_id, on=DAY, now=at(10, 7))
    assert {one.appointment_id for one in pool} == {table.visit, second}
    assert all(not one.plate for one in pool)
    ways = [
        give_car_home(
            table.database, table.day.travel, appointment_id=visit, by=table.day.by, now=at(10, 7)
        )
        for visit in (table.visit, second)
    ]
    assert [way.what for way in ways] == [Home.GIVEN, Home.GIVEN]
    assert len({way.plate for way in ways}) == 1  # both in one car
    assert leg_of(table.database, second_back).status is LegStatus.ASSIGNED


def test_bearings_meet_across_north() -> None:
    assert goes_same_way(350, 20)
    assert not goes_same_way(10, 190)


def test_moment_5k_the_next_dose_is_offered_before_leaving(table: Table) -> None:
    with table.database.write() as session:
        later = SiteSession(
            site_id=table.day.site_id,
            on=DAY + timedelta(days=25),
            opens=session.get_one(SiteSession, table.day.session_id).opens,
            closes=session.get_one(SiteSession, table.day.session_id).closes,
        )
        session.add(later)
    table.come()
    table.agree()
    table.jab()
    with table.database.read() as session:
        person = desk_person(session, appointment_id=table.visit, now=at(9, 40))
    assert person.next_doses
    offered = person.next_doses[0]
    assert offered.earliest_on > DAY
    assert offered.slots
    assert all(slot.on >= offered.earliest_on for slot in offered.slots)


def test_moment_5k_the_evenings_official_export_raises_the_grade_of_the_same_dose(
    table: Table,
) -> None:
    table.come()
    table.agree()
    with table.database.write() as session:
        press = table.press(9, 35)
        note_event(session, tap=press.tap(K.JABBED, {}), author=press.author, now=press.now)
        dose = session.scalars(select(Dose)).one()
        assert dose.grade is EvidenceGrade.CERTIFICATE_SEEN
        official = DoseDraft(
            resident_id=table.day.residents[0],
            vaccine_id=table.day.village.vaccine_id,
            given_on=DAY,
            grade=EvidenceGrade.OFFICIAL_REGISTER,
            reference="official-1",
            product_id=table.product,
            batch_id=table.batch,
        )
        done = record_dose(session, draft=official, by=table.day.by, now=at(19, 0))
        assert not done.is_new
        assert done.is_better_proven
        assert dose.batch_id == table.batch
        assert session.scalar(select(func.count()).select_from(Dose)) == 1


def test_moment_5k_a_walk_in_is_booked_into_a_free_place_and_registered(table: Table) -> None:
    who = table.day.residents[2]
    for _press in range(2):
        with table.database.write() as session:
            visit = walk_in(
                session,
                resident_id=who,
                site_session_id=table.day.session_id,
                checked=["name", "known"],
                uuid="walk-in-form-0001",
                by=table.day.by,
                now=at(9, 41),
            )
    with table.database.read() as session:
        row = session.get_one(Appointment, visit)
        assert row.status is AppointmentStatus.ARRIVED
        assert row.slot_at == at(9, 50)
        count = select(func.count()).where(Appointment.resident_id == who)
        assert session.scalar(count) == 1


def test_moment_5c_a_check_before_the_ride_stops_the_car_when_a_clinician_says_so(
    table: Table,
) -> None:
    assign(table.database, table.day, table.out)
    assign(table.database, table.day, table.back)
    with table.database.write() as session:
        doubts = check_before_ride(
            session,
            appointment_id=table.visit,
            measured=Measured(temperature_c=38.4, answers={"new_medicine": True}),
            by=table.day.by,
            now=at(7, 30),
        )
        assert set(doubts) == {"temperature", "new_medicine"}
        checks = ride_checks(session, from_on=DAY, until_on=DAY, scope=EVERYWHERE, now=at(7, 30))
        assert checks[0].appointment_id == table.visit
        assert checks[0].state == "waits"
        screen = checks[0].screen
        assert screen is not None
        decide(
            session,
            pre_screen_id=screen.pre_screen_id,
            may_go=False,
            deferral=DeferralDraft(resident_id=table.day.residents[0], code="D11"),
            uuid=uuid4().hex,
            by=table.day.village.doctor,
            now=at(7, 40),
        )
        row = session.get_one(Appointment, table.visit)
        assert (row.status, row.cancel_code) == (AppointmentStatus.CANCELLED, "R06")
        legs = session.scalars(select(RideLeg).where(RideLeg.appointment_id == table.visit)).all()
        assert {leg.status for leg in legs} == {LegStatus.CANCELLED}


def test_moment_5l_bed_bound_people_get_a_visit_never_a_car(table: Table) -> None:
    who = table.day.residents[1]
    with table.database.write() as session:
        session.get_one(Resident, who).mobility = "M6"
        session.get_one(SiteSession, table.day.session_id).kind = SessionKind.HOME_ROUND
    asked = booking(table.day.village, who, table.day.session_id, at(10, 30), BY_CAR)
    with pytest.raises(NoCarForBedBound):
        book_trip(table.database, table.day.travel, booking=asked, by=table.day.by, now=NOW)
    yes = ClinicianYes(stay_minutes=45, observer="孙护士", decided_by=None)
    doctor = table.day.village.doctor
    with table.database.write() as session:
        waiting = home_visits(session, scope=EVERYWHERE, now=NOW)
        assert [v.head.resident_id for v in waiting] == [who]
        slot = (table.day.session_id, at(10, 30))
        for wrong in (
            ClinicianYes(45, " ", None),
            ClinicianYes(20, "孙护士", None),
        ):
            with pytest.raises(InvalidInput), session.begin_nested():
                say_yes(session, resident_id=who, slot=slot, yes=wrong, by=doctor, now=NOW)
        visit = say_yes(session, resident_id=who, slot=slot, yes=yes, by=doctor, now=NOW)
        listed = home_visits(session, scope=EVERYWHERE, now=NOW)[0]
        assert listed.yes is not None
        assert (listed.yes.observer, listed.yes.decided_by) == ("孙护士", doctor)
        assert session.scalars(select(RideLeg).where(RideLeg.appointment_id == visit)).all() == []
    table.come(visit)
    table.agree(1)
    table.jab(visit)
    with table.database.read() as session:
        person = desk_person(session, appointment_id=visit, now=at(9, 40))
    assert person.arrival.visit.ready_due_at == at(9, 35) + timedelta(minutes=45)


def test_a_home_dose_waits_for_a_clinicians_yes(table: Table) -> None:
    with table.database.write() as session:
        session.get_one(SiteSession, table.day.session_id).kind = SessionKind.HOME_ROUND
    table.come()
    table.agree()
    with pytest.raises(ScreenWaits):
        table.jab()


def test_a_scanned_code_names_its_batch(table: Table) -> None:
    with table.database.write() as session:
        table.add_batch(session, "B2026")
        rows = stock_of(session, site_session_id=table.day.session_id)
    gs1 = "(01)06901234567892(17)270601(10)B20261101"
    found = scanned(rows, gs1)
    assert found is not None
    assert found.batch_number == "B20261101"
    assert scanned(rows, "b2026") is not None
    assert scanned(rows, "nothing") is None
    assert scanned(rows, "") is None
