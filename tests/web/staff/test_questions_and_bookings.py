"""Questions with their answers, cards under two pairs of eyes, and bookings with a way home."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from outreach.clinics.codes import AppointmentStatus
from outreach.clinics.models import Appointment
from outreach.contact.codes import QuestionState
from outreach.contact.models import AnswerCard, Question
from outreach.db import Database
from outreach.ledger.codes import EntryStatus
from tests.builders.town import ZONE, Town, entry_of
from tests.web.conftest import text_of
from tests.web.staff.conftest import HTMX, SignIn, Viewed

SLOT = datetime(2022, 12, 16, 9, 0, tzinfo=ZONE).astimezone(UTC)
CARD = {
    "code": "chronic",
    "topic": "H01",
    "title_zh": "慢性病",
    "body_zh": "稳定期可以接种。",
    "title_en": "Chronic disease",
    "body_en": "With a stable disease, yes.",
}


def _ask(sign_in: SignIn, town: Town, **fields: object) -> None:
    form = {"text": "支架术后能打吗？", "topic": "H08", "answer_by": "call", **fields}
    answer = sign_in("worker").post(f"/residents/{town.resident('zhao')}/ask", data=form)
    assert answer.status_code == 303


def _question(database: Database) -> Question:
    with database.read() as session:
        row = session.scalars(select(Question)).one()
        session.expunge_all()
    return row


def test_a_question_travels_to_the_clinician_and_back_to_the_worker(
    sign_in: SignIn, town: Town, town_database: Database, viewed: Viewed
) -> None:
    _ask(sign_in, town)
    clinician, question_id = sign_in("clinician"), _question(town_database).id
    assert "支架术后能打吗？" in text_of(clinician.get("/questions"))
    assert "<html" not in clinician.get("/questions", headers=HTMX).get_data(as_text=True)
    assert clinician.get(f"/questions/{question_id}").status_code == 200
    assert "questions.show" in viewed(town.resident("zhao"))
    form = {"answer": "稳定期可以，请带出院小结。"}
    assert clinician.post(f"/questions/{question_id}/answer", data=form).status_code == 303
    worker = sign_in("worker")
    assert "The doctor has answered" in text_of(worker.get("/today"))
    assert "稳定期可以" in text_of(worker.get("/asked"))
    worker.post(f"/asked/{question_id}/passed-on")
    assert _question(town_database).state is QuestionState.CLOSED


def test_an_empty_answer_is_refused_and_a_second_one_too(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    _ask(sign_in, town)
    clinician, path = sign_in("clinician"), f"/questions/{_question(town_database).id}/answer"
    assert clinician.post(path, data={"answer": " "}).status_code == 422
    clinician.post(path, data={"answer": "可以。"})
    again = clinician.post(path, data={"answer": "不可以。"})
    assert again.status_code == 422
    assert _question(town_database).answer == "可以。"


def test_workers_may_not_answer_and_other_communities_not_even_see(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    _ask(sign_in, town)
    question_id = _question(town_database).id
    answer = sign_in("worker").post(f"/questions/{question_id}/answer", data={"answer": "可以"})
    assert answer.status_code == 403
    stranger = sign_in("other_worker")
    assert "支架" not in text_of(stranger.get("/asked?all=1"))
    assert stranger.post(f"/asked/{question_id}/passed-on").status_code == 404


def test_a_card_is_used_only_after_a_second_clinician_has_reviewed_it(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    clinician = sign_in("clinician")
    assert clinician.post("/cards/new", data=CARD).status_code == 303
    with town_database.read() as session:
        card_id = session.scalars(select(AnswerCard.id)).one()
    assert clinician.post(f"/cards/{card_id}/review").status_code == 403
    second = sign_in("second_clinician")
    form = {"review_on": "2023-06-01"}
    assert second.post(f"/cards/{card_id}/review", data=form).status_code == 303
    _ask(sign_in, town, topic="H01")
    page = text_of(clinician.get(f"/questions/{_question(town_database).id}?card_id={card_id}"))
    assert "Begun with the card" in page
    assert "稳定期可以接种。" in page


def _book(sign_in: SignIn, town: Town, name: str, **fields: object):
    form = {
        "slot": f"{town.session_ids[0]}@{int(SLOT.timestamp())}",
        "outbound_mode": "our_car",
        "return_mode": "our_car",
        "companions": "0",
        "campaign": str(town.campaign_id),
        **fields,
    }
    return sign_in("worker").post(f"/residents/{town.resident(name)}/book", data=form)


def _bookings(database: Database) -> list[Appointment]:
    with database.read() as session:
        rows = list(session.scalars(select(Appointment).order_by(Appointment.id)))
        session.expunge_all()
    return rows


def test_the_form_offers_times_and_presets_the_due_dose(
    sign_in: SignIn, town: Town, viewed: Viewed
) -> None:
    page = sign_in("worker").get(f"/residents/{town.resident('zhao')}/book")
    words = text_of(page)
    assert "09:00" in words
    assert "suggested" in words
    assert "dose 3" in words
    assert viewed(town.resident("zhao")) == ["bookings.new"]


def test_moment_1a_our_car_there_without_a_way_home_cannot_be_saved(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    refused = _book(sign_in, town, "zhao", return_mode="family")
    assert refused.status_code == 422
    assert "the way home must be settled now" in text_of(refused)
    assert _bookings(town_database) == []
    named = _book(sign_in, town, "zhao", return_mode="family", return_with="赵敏")
    assert named.status_code == 303
    assert _bookings(town_database)[0].return_with == "赵敏"


def test_booking_makes_the_line_booked_and_shows_everything_about_it(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    assert _book(sign_in, town, "zhao", wants_escort="1").status_code == 303
    with town_database.read() as session:
        assert entry_of(session, town.resident("zhao")).status is EntryStatus.BOOKED
    booking_id = _bookings(town_database)[0].id
    page = text_of(sign_in("worker").get(f"/bookings/{booking_id}"))
    assert "Our car" in page
    assert "with an escort" in page
    assert "to be fetched" in page
    assert "赵桂英" in text_of(sign_in("worker").get("/bookings"))
    assert "09:00" in text_of(sign_in("worker").get(f"/bookings/{booking_id}/slip"))


def test_a_full_slot_says_so_and_books_nobody(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    for name in ("zhao", "wang"):
        assert _book(sign_in, town, name).status_code == 303
    third = _book(sign_in, town, "qian")
    assert third.status_code == 422
    assert "has just been taken" in text_of(third)
    assert len(_bookings(town_database)) == 2


def test_somebody_elses_contact_cannot_be_named_for_the_way_home(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    answer = _book(sign_in, town, "wang", return_mode="family", return_contact="1")
    assert answer.status_code == 422
    assert _bookings(town_database) == []


def test_another_communitys_worker_finds_no_booking(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    _book(sign_in, town, "zhao")
    booking_id = _bookings(town_database)[0].id
    stranger = sign_in("other_worker")
    for path in ("", "/change", "/slip"):
        assert stranger.get(f"/bookings/{booking_id}{path}").status_code == 404
    for path in ("/confirm", "/cancel"):
        assert stranger.post(f"/bookings/{booking_id}{path}").status_code == 404
    assert "赵桂英" not in text_of(stranger.get("/bookings"))
    assert _bookings(town_database)[0].status is AppointmentStatus.BOOKED


def test_a_booking_is_confirmed_changed_and_cancelled_with_a_reason(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    _book(sign_in, town, "zhao")
    booking, worker = _bookings(town_database)[0], sign_in("worker")
    worker.post(f"/bookings/{booking.id}/confirm")
    assert _bookings(town_database)[0].status is AppointmentStatus.CONFIRMED
    form = {
        "version": _bookings(town_database)[0].version,
        "slot": f"{town.session_ids[0]}@{int(SLOT.timestamp()) + 1800}",
        "outbound_mode": "our_car",
        "return_mode": "our_car",
        "companions": "1",
    }
    assert worker.post(f"/bookings/{booking.id}/change", data=form).status_code == 303
    stale = worker.post(f"/bookings/{booking.id}/change", data=form)
    assert stale.status_code == 422
    assert _bookings(town_database)[0].companions == 1
    worker.post(f"/bookings/{booking.id}/cancel", data={"code": "R06"})
    cancelled = _bookings(town_database)[0]
    assert cancelled.status is AppointmentStatus.CANCELLED
    assert cancelled.cancel_code == "R06"
