"""Doors of families: what they open, and all that they must not (moments 1e, 5m; fault rows 60, 61)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.accounts.models import FamilyLink
from outreach.clinics.codes import AppointmentStatus, DayEventKind, EventSource
from outreach.clinics.events import Author
from outreach.clinics.models import Appointment
from outreach.contact.codes import InboundState, Meaning, OptOutScope, QuestionState
from outreach.contact.message_models import InboundMessage
from outreach.contact.models import Question
from outreach.contact.opt_outs import opt_out
from outreach.db import Database
from outreach.kernel.errors import (
    InvalidInput,
    MoveNotAllowed,
    NotFound,
    TooManyTries,
)
from outreach.kernel.geo import Point
from outreach.ledger.codes import ContactRole, LifeStatus, PhoneKind, Relation
from outreach.ledger.models import ContactPerson, Household, Resident
from outreach.ledger.new_residents import NewContact, NewPhone
from outreach.transport.codes import RunStatus
from outreach.transport.positions import note_position
from outreach.transport.run_models import RideLeg, Run
from outreach.workflows.answer_question import answer_question
from outreach.workflows.book import book_trip
from outreach.workflows.cancel_appointment import cancel_appointment
from outreach.workflows.family_acts import (
    FromPage,
    Wish,
    ask_on_page,
    cancel_on_page,
    confirm_on_page,
    wish_on_page,
    word_on_page,
)
from outreach.workflows.family_links import (
    CODE_BY_ADDRESS,
    FamilyDoor,
    FamilyLinkOver,
    HandedLink,
    call_back_family_link,
    enter_by_family_code,
    family_door,
    family_link_for,
    look_at_family_link,
)
from outreach.workflows.family_page import Phase, family_visits
from outreach.workflows.note_event import note_event
from outreach.workflows.own_leg import OwnCar, own_cars
from outreach.workflows.publish_runs import publish_runs
from tests.builders.clinics import at, booking
from tests.builders.ledger import NOW, add_elders, elder
from tests.builders.transport import Day, assign, book_car, build_day, tap, version_of

K = DayEventKind
DAUGHTER = NewContact(
    Relation.DAUGHTER, "女儿", phones=(NewPhone("+8613900000002", PhoneKind.MOBILE),)
)


class Family:
    """Two elders booked by car; the first one's daughter holds a door."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.day: Day = build_day(database, elders=2)
        with database.write() as session:
            for resident_id in self.day.residents:
                session.add(ContactPerson(resident_id=resident_id, relation=Relation.SELF))
            daughter = ContactPerson(
                resident_id=self.day.residents[0], relation=Relation.DAUGHTER, name="女儿"
            )
            session.add(daughter)
            session.flush()
            self.daughter = daughter.id
        self.visit, self.out, self.back = book_car(database, self.day, 0, at(9, 30))
        self.other_visit, *_legs = book_car(database, self.day, 1, at(9, 50))

    def hand(self, contact: int | None = None) -> HandedLink:
        with self.database.write() as session:
            return family_link_for(
                session,
                appointment_id=self.visit,
                contact_person_id=contact,
                by=self.day.by,
                now=NOW,
            )

    def door(self, contact: int | None = None) -> FamilyDoor:
        handed = self.hand(contact)
        with self.database.read() as session:
            return look_at_family_link(session, token=handed.token, now=NOW)

    def is_shut(self, handed: HandedLink) -> bool:
        """Whether link, code and an entered browser all show nothing."""
        shut = 0
        with self.database.read() as session:
            for look in (
                lambda: look_at_family_link(session, token=handed.token, now=NOW),
                lambda: family_door(session, link_id=handed.link_id, now=NOW),
            ):
                try:
                    look()
                except FamilyLinkOver:
                    shut += 1
        try:
            self.type_in(handed.code)
        except InvalidInput:
            shut += 1
        assert shut in {0, 3}
        return shut == 3

    def type_in(self, code: str, address: str = "203.0.113.9") -> FamilyDoor:
        return enter_by_family_code(
            self.database, code=code, address=address, now=NOW, real_now=NOW
        )

    def sent(self, words: str = "", uuid: str = "form-0000-0000-0001") -> FromPage:
        return FromPage(uuid=uuid, appointment_id=self.visit, words=words)

    def expire(self, handed: HandedLink) -> None:
        """Let the visit lie days back."""
        self.change(FamilyLink, handed.link_id, expires_at=NOW)
        self.change(Appointment, self.visit, slot_at=NOW - timedelta(days=5))

    def change(self, kind: type[Any], key: int, **values: object) -> None:
        with self.database.write() as session:
            row = session.get_one(kind, key)
            for name, value in values.items():
                setattr(row, name, value)


@pytest.fixture
def family(database: Database) -> Family:
    """The two elders and the daughter."""
    return Family(database)


def test_moment_1e_link_and_code_open_the_same_visit_and_the_slip_prints_again(
    family: Family,
) -> None:
    first, again = family.hand(), family.hand()
    assert (first.token, first.code) == (again.token, again.code)
    by_link = family.door()
    by_code = family.type_in(f" {first.code[:3]} {first.code[3:6]}-{first.code[6:]} ")
    assert by_link == by_code
    assert [v.appointment_id for v in by_link.visits] == [family.visit]
    assert family.type_in(first.code.translate(str.maketrans("0123456789", "０１２３４５６７８９")))
    with family.database.read() as session:
        row = session.scalars(select(FamilyLink)).one()
        kept = (row.token_hash, row.code_hash)
    assert first.token.encode() not in kept[0]
    assert first.code.encode() not in (kept[1] or b"")
    name = "赵一兰"
    assert not set(name) & set(first.token + first.code)


def test_fault_60_a_door_shows_no_other_persons_visit(family: Family) -> None:
    door = family.door()
    with pytest.raises(NotFound):
        door.visit(family.other_visit)
    strange = FromPage(uuid="form-0000-0000-0009", appointment_id=family.other_visit)
    for act in (confirm_on_page, cancel_on_page, ask_on_page, word_on_page):
        with pytest.raises(NotFound), family.database.write() as session:
            act(session, door=door, sent=strange, now=NOW)
    with family.database.read() as session:
        seen = family_visits(session, door=door, language="zh", now=NOW)
        other = session.get_one(Appointment, family.other_visit)
        assert other.status is AppointmentStatus.BOOKED
    assert [v.appointment_id for v in seen] == [family.visit]


def test_moment_1e_guessed_codes_are_throttled_and_learn_nothing(family: Family) -> None:
    handed = family.hand()
    wrong = f"{(int(handed.code) + 1) % 10**10:010d}"
    errors = set()
    for _try in range(CODE_BY_ADDRESS.free):
        with pytest.raises(InvalidInput) as refused:
            family.type_in(wrong)
        errors.add((refused.value.code, tuple(refused.value.facts.items())))
    assert len(errors) == 1
    with pytest.raises(TooManyTries):
        family.type_in(handed.code)  # even the right one has to wait now
    assert family.type_in(handed.code, address="203.0.113.10")  # elsewhere nobody is shut out


SHUT: dict[str, Callable[[Family, HandedLink], None]] = {
    "called back": lambda f, h: f.change(FamilyLink, h.link_id, revoked_at=NOW),
    "expired": lambda f, h: f.expire(h),
    "died": lambda f, h: f.change(Resident, f.day.residents[0], life_status=LifeStatus.DECEASED),
    "a word of death": lambda f, h: f.change(Resident, f.day.residents[0], held_all=True),
    "erased": lambda f, h: f.change(Resident, f.day.residents[0], erased_at=NOW),
    "no longer a contact": lambda f, h: f.change(ContactPerson, f.daughter, ended_at=NOW),
    "emergency only": lambda f, h: f.change(ContactPerson, f.daughter, role=ContactRole.EMERGENCY),
}


@pytest.mark.parametrize("why", SHUT)
def test_fault_60_nothing_is_shown_of_whom_nothing_may_be_said(family: Family, why: str) -> None:
    handed = family.hand(family.daughter)
    assert not family.is_shut(handed)
    SHUT[why](family, handed)
    assert family.is_shut(handed)


def test_whoever_opted_out_of_everything_sees_nothing(family: Family) -> None:
    handed = family.hand(family.daughter)
    with family.database.write() as session:
        opt_out(
            session,
            number_index=None,
            resident_id=family.day.residents[0],
            scope=OptOutScope.EVERYTHING,
            source="reply",
            now=NOW,
        )
    assert family.is_shut(handed)


def test_a_called_back_slip_is_dead_and_the_next_one_differs(family: Family) -> None:
    old = family.hand()
    with family.database.write() as session:
        call_back_family_link(
            session, link_id=old.link_id, appointment_id=family.visit, by=family.day.by, now=NOW
        )
    assert family.is_shut(old)
    with family.database.write() as session:
        new = family_link_for(
            session,
            appointment_id=family.visit,
            contact_person_id=None,
            by=family.day.by,
            now=NOW + timedelta(minutes=1),
        )
    assert new.code != old.code
    assert new.token != old.token


def test_moment_5m_one_page_for_both_parents_of_one_child(database: Database) -> None:
    day = build_day(database, elders=0)
    with database.write() as session:
        house = Household(area_id=day.village.community_id)
        session.add(house)
        session.flush()
        pair = add_elders(
            session,
            day.village,
            elder(day.village, "赵大", contacts=(DAUGHTER,)),
            elder(day.village, "钱二", contacts=(DAUGHTER,)),
            elder(day.village, "孙三", contacts=()),
        )
        for resident_id in pair:
            session.get_one(Resident, resident_id).household_id = house.id
    ids = []
    for n, resident_id in enumerate(pair):
        asked = booking(day.village, resident_id, day.session_id, at(9, 30 + 20 * (n % 2)))
        ids.append(
            book_trip(database, day.travel, booking=asked, by=day.by, now=NOW).appointment_id
        )
    with database.write() as session:
        daughter = session.scalars(
            select(ContactPerson).where(
                ContactPerson.resident_id == pair[0], ContactPerson.relation == Relation.DAUGHTER
            )
        ).one()
        handed = family_link_for(
            session, appointment_id=ids[0], contact_person_id=daughter.id, by=day.by, now=NOW
        )
        door = look_at_family_link(session, token=handed.token, now=NOW)
        assert [v.appointment_id for v in door.visits] == ids[:2]  # never the lodger's
        cancel_appointment(session, appointment_id=ids[1], by=day.by, now=NOW)
        door = look_at_family_link(session, token=handed.token, now=NOW)
    assert [v.appointment_id for v in door.visits] == ids[:1]


def test_yes_on_the_page_confirms_like_a_reply_and_twice_is_once(family: Family) -> None:
    door = family.door(family.daughter)
    for _press in range(2):
        with family.database.write() as session:
            confirm_on_page(session, door=door, sent=family.sent(), now=NOW)
    with family.database.read() as session:
        row = session.get_one(Appointment, family.visit)
        assert (row.status, row.confirmed_by) == (AppointmentStatus.CONFIRMED, "page")
        kept = session.scalars(select(InboundMessage)).one()
        assert (kept.meaning, kept.state) == (Meaning.CONFIRM, InboundState.ACTED_UPON)


@pytest.mark.parametrize(
    ("wish", "meaning"),
    [
        (Wish.ANOTHER_TIME, Meaning.RESCHEDULE),
        (Wish.WHEELCHAIR, Meaning.UNCLEAR),
        (Wish.ALREADY_VACCINATED, Meaning.ALREADY_VACCINATED),
    ],
)
def test_a_wish_waits_for_a_person_and_changes_nothing_by_itself(
    family: Family, wish: Wish, meaning: Meaning
) -> None:
    door = family.door(family.daughter)
    with family.database.write() as session:
        wish_on_page(session, door=door, sent=family.sent("下周三上午"), wish=wish, now=NOW)
    with family.database.read() as session:
        kept = session.scalars(select(InboundMessage)).one()
        row = session.get_one(Appointment, family.visit)
        assert (kept.meaning, kept.state) == (meaning, InboundState.WAITING)
        assert (kept.appointment_id, kept.resident_id) == (family.visit, family.day.residents[0])
        assert kept.body == "下周三上午"
        assert row.status is AppointmentStatus.BOOKED


def test_cancelling_frees_the_slot_and_the_cars_but_never_strands_anyone(family: Family) -> None:
    door = family.door()
    with family.database.write() as session:
        cancel_on_page(session, door=door, sent=family.sent(), now=NOW)
    with family.database.read() as session:
        assert session.get_one(Appointment, family.visit).status is AppointmentStatus.CANCELLED
        assert session.get_one(RideLeg, family.back).status == "cancelled"


def test_n2_nobody_is_cancelled_from_the_page_once_fetched(family: Family) -> None:
    assign(family.database, family.day, family.out)
    assign(family.database, family.day, family.back)
    door = family.door()
    with family.database.write() as session:
        note_event(
            session,
            tap=tap(K.PICKED_UP, at(9, 10), leg=family.out),
            author=Author(EventSource.DISPATCH, user_id=family.day.by),
            now=at(9, 10),
        )
    with pytest.raises(MoveNotAllowed), family.database.write() as session:
        cancel_on_page(session, door=door, sent=family.sent(), now=at(9, 11))
    with family.database.read() as session:
        assert session.get_one(RideLeg, family.back).status == "assigned"
        seen = family_visits(session, door=door, language="zh", now=at(9, 11))[0]
    assert seen.phase is Phase.ON_THE_WAY
    assert not seen.can_change


def test_a_question_goes_to_the_clinicians_and_the_answer_comes_back_here(family: Family) -> None:
    door = family.door()
    for _press in range(2):
        with family.database.write() as session:
            ask_on_page(session, door=door, sent=family.sent("吃降压药能打吗？"), now=NOW)
    with family.database.write() as session:
        question = session.scalars(select(Question)).one()
        assert question.state is QuestionState.OPEN
        assert question.appointment_id == family.visit
        answer_question(
            session, question_id=question.id, answer="平稳可以打。", by=family.day.by, now=NOW
        )
        seen = family_visits(session, door=door, language="zh", now=NOW)[0]
    assert seen.questions[0].answer == "平稳可以打。"


def test_an_answer_is_not_shown_to_whom_no_health_may_be_told(family: Family) -> None:
    door = family.door(family.daughter)
    with family.database.write() as session:
        ask_on_page(session, door=door, sent=family.sent("能打吗？"), now=NOW)
        question = session.scalars(select(Question)).one()
        answer_question(
            session, question_id=question.id, answer="可以。", by=family.day.by, now=NOW
        )
        seen = family_visits(session, door=door, language="zh", now=NOW)[0]
    assert seen.questions[0].answer == ""
    assert seen.questions[0].is_answered
    assert seen.what == ()


def test_moment_2f_a_word_of_death_on_the_page_stops_everything(family: Family) -> None:
    handed = family.hand(family.daughter)
    with family.database.write() as session:
        door = look_at_family_link(session, token=handed.token, now=NOW)
        wish_on_page(
            session, door=door, sent=family.sent("老人昨天去世了"), wish=Wish.ANOTHER_TIME, now=NOW
        )
    with family.database.read() as session:
        assert session.get_one(Resident, family.day.residents[0]).held_all
    assert family.is_shut(handed)


def test_moment_5m_a_family_word_is_what_the_driver_says(family: Family) -> None:
    door = family.door()
    assign(family.database, family.day, family.out)
    assign(family.database, family.day, family.back)
    with family.database.write() as session:
        word_on_page(session, door=door, sent=family.sent("桂花糕"), now=NOW)
    publish_runs(
        family.database,
        family.day.travel,
        versions={family.day.runs[0]: version_of(family.database, family.day.runs[0])},
        by=family.day.by,
        now=NOW,
    )
    with family.database.read() as session:
        seen = family_visits(session, door=door, language="zh", now=NOW)[0]
    assert (seen.there.proof, seen.there.is_own_word) == ("桂花糕", True)
    assert seen.there.driver == "司"
    with family.database.write() as session:
        word_on_page(session, door=door, sent=family.sent(""), now=NOW)
        seen = family_visits(session, door=door, language="zh", now=NOW)[0]
    assert seen.there.proof.isdecimal()
    assert len(seen.there.proof) == 4
    with pytest.raises(InvalidInput), family.database.write() as session:
        word_on_page(session, door=door, sent=family.sent("1234"), now=NOW)


def test_moment_5m_minutes_and_distance_of_the_own_leg_alone(family: Family) -> None:
    for leg in (family.out, family.back):
        assign(family.database, family.day, leg)
    run = family.day.runs[0]
    before = at(9, 0)

    def cars() -> OwnCar | None:
        return own_cars(
            family.database, family.day.travel, appointment_ids=[family.visit], now=before
        ).get(family.visit)

    assert cars() is None  # nothing is known while the run has not begun
    family.change(Run, run, status=RunStatus.UNDER_WAY)
    assert cars() is None  # and nothing without a word of the car (moment 5g)
    with family.database.write() as session:
        note_position(
            session,
            run_id=run,
            driver_id=family.day.drivers[0],
            point=Point(34.7700, 113.6200),
            at=before - timedelta(minutes=1),
        )
    car = cars()
    assert car is not None
    assert car.minutes >= 1
    assert car.kilometres is not None
    assert 0 < car.kilometres < 10
    assert not car.is_estimate
    assert set(OwnCar.__dataclass_fields__) == {
        "appointment_id",
        "direction",
        "is_aboard",
        "minutes",
        "kilometres",
        "as_of",
        "is_estimate",
    }  # no point, no trail, no other stop ever leaves this reading
