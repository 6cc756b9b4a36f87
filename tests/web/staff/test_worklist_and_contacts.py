"""Today's list, logging a contact with what its outcome asks for, and taking it back."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.contact.codes import QuestionState
from outreach.contact.models import ContactAttempt, Question
from outreach.db import Database
from outreach.ledger.codes import EntryStatus
from tests.builders.town import NOW, Town, entry_of
from tests.web.conftest import text_of
from tests.web.staff.conftest import HTMX, SignIn, Viewed


def _entry(database: Database, town: Town, name: str) -> int:
    with database.read() as session:
        return entry_of(session, town.resident(name)).id


def _log(client: FlaskClient, entry_id: int, **fields: object):
    form = {"uuid": "0" * 31 + "1", "channel": "call", **fields}
    return client.post(f"/lines/{entry_id}/contact", data=form)


def test_today_names_whom_to_call_why_and_how(sign_in: SignIn, town: Town) -> None:
    page = text_of(sign_in("worker").get("/today"))
    assert "赵桂英" in page
    assert "Lives alone" in page
    assert "Never contacted" in page
    assert "371****0001" in page
    assert "钱永福" in page
    assert "no number: visit" in page


def test_today_gives_htmx_the_list_alone(sign_in: SignIn, town: Town) -> None:
    answer = sign_in("worker").get("/today?order=weight", headers=HTMX)
    assert "<html" not in answer.get_data(as_text=True)
    assert "赵桂英" in answer.get_data(as_text=True)


def test_the_number_of_overdue_opens_exactly_those_people(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    with town_database.write() as session:
        entry_of(session, town.resident("zhao")).next_contact_on = NOW.date()
    worker = sign_in("worker")
    assert 'href="/today?only=late#rows"' in worker.get("/today").get_data(as_text=True)
    late = text_of(worker.get("/today?only=late", headers=HTMX))
    assert "王秀兰" in late
    assert "赵桂英" not in late


def test_a_worker_of_another_community_sees_none_of_these_people(
    sign_in: SignIn, town: Town
) -> None:
    page = text_of(sign_in("other_worker").get("/today?whose=all"))
    assert "赵桂英" not in page
    assert "何美云" in page


def test_a_leader_has_no_list(sign_in: SignIn) -> None:
    assert sign_in("leader").get("/today").status_code == 403


def test_the_form_of_a_contact_logs_the_view_and_is_closed_to_others(
    sign_in: SignIn, town: Town, town_database: Database, viewed: Viewed
) -> None:
    entry_id = _entry(town_database, town, "zhao")
    assert sign_in("worker").get(f"/lines/{entry_id}/contact").status_code == 200
    assert viewed(town.resident("zhao")) == ["contacts.new"]
    assert sign_in("other_worker").get(f"/lines/{entry_id}/contact").status_code == 404


def test_a_refusal_without_a_reason_is_refused_and_names_the_field(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    entry_id = _entry(town_database, town, "zhao")
    answer = _log(sign_in("worker"), entry_id, outcome="C04")
    assert answer.status_code == 422
    assert "A refusal needs at least one reason" in text_of(answer)
    with town_database.read() as session:
        assert session.scalars(select(ContactAttempt)).all() == []


def test_a_refusal_with_its_reason_closes_the_asking_for_ninety_days(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    entry_id = _entry(town_database, town, "zhao")
    answer = _log(sign_in("worker"), entry_id, outcome="C04", reasons="H03")
    assert answer.status_code == 303
    with town_database.read() as session:
        entry = entry_of(session, town.resident("zhao"))
        assert entry.status is EntryStatus.DECLINED
        assert entry.declined_until is not None


def test_a_question_goes_to_the_clinicians_with_the_contact(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    entry_id = _entry(town_database, town, "zhao")
    _log(
        sign_in("worker"),
        entry_id,
        outcome="C05",
        reasons="H01",
        question="血压一百六能不能打？",
    )
    with town_database.read() as session:
        question = session.scalars(select(Question)).one()
        assert question.text == "血压一百六能不能打？"
        assert question.state is QuestionState.OPEN


def test_a_form_sent_twice_makes_one_contact(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    entry_id = _entry(town_database, town, "zhao")
    worker = sign_in("worker")
    for _ in range(2):
        _log(worker, entry_id, outcome="C09")
    with town_database.read() as session:
        assert len(session.scalars(select(ContactAttempt)).all()) == 1


def test_a_yes_leads_to_the_booking(sign_in: SignIn, town: Town, town_database: Database) -> None:
    entry_id = _entry(town_database, town, "zhao")
    answer = _log(sign_in("worker"), entry_id, outcome="C02")
    assert answer.headers["Location"].endswith(f"/residents/{town.resident('zhao')}/book")


def test_moment_3c_one_log_serves_a_couple(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    wang, qian = (_entry(town_database, town, name) for name in ("wang", "qian"))
    page = sign_in("worker").get(f"/lines/{wang}/contact").get_data(as_text=True)
    assert f'name="also" value="{qian}"' not in page
    _log(sign_in("worker"), wang, outcome="C09", also=str(qian))
    with town_database.read() as session:
        logged = session.scalars(select(ContactAttempt.entry_id)).all()
    assert logged == [wang], "a neighbour's door is not the same door"


def test_taking_a_contact_back_restores_the_line(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    entry_id = _entry(town_database, town, "zhao")
    worker = sign_in("worker")
    _log(worker, entry_id, outcome="C01")
    with town_database.read() as session:
        attempt_id = session.scalars(select(ContactAttempt.id)).one()
    assert sign_in("other_worker").post(f"/contacts/{attempt_id}/take-back").status_code == 404
    assert worker.post(f"/contacts/{attempt_id}/take-back").status_code == 303
    with town_database.read() as session:
        assert entry_of(session, town.resident("zhao")).status is EntryStatus.TO_CONTACT


def test_a_death_word_holds_everything_and_is_seen_on_the_page(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    entry_id = _entry(town_database, town, "qian")
    worker = sign_in("worker")
    _log(worker, entry_id, outcome="C14", note="邻居说的")
    page = text_of(worker.get(f"/residents/{town.resident('qian')}"))
    assert "Heard: Has died" in page
    assert "messages are held until this is decided" in page
