"""A person's page: whom to call, the rule behind the due date, edits under a version, stays, doses, lives."""

from __future__ import annotations

from sqlalchemy import select

from outreach.audit.models import AuditEntry
from outreach.db import Database
from outreach.ledger.codes import EntryStatus, LifeReportKind, Relation
from outreach.ledger.entry_models import Deferral, Dose
from outreach.ledger.life import Heard
from outreach.ledger.models import Consent, LifeReport, Stay
from outreach.workflows.report_life import report_life
from tests.builders.town import NOW, Town, contacts_of, entry_of, resident_of
from tests.web.conftest import text_of
from tests.web.staff.conftest import HTMX, SignIn, Viewed


def test_the_page_says_whom_to_call_first_and_which_rule_made_the_date(
    sign_in: SignIn, town: Town, viewed: Viewed
) -> None:
    page = text_of(sign_in("worker").get(f"/residents/{town.resident('zhao')}"))
    assert "Who to call, in this order" in page
    assert "at least 3 months after the dose of 8 Jul 2021" in page
    assert "counts as dose 2" in page
    assert "0022" in page
    assert "193103080022" not in page
    assert viewed(town.resident("zhao")) == ["residents.show"]


def test_the_page_speaks_chinese(sign_in: SignIn, town: Town) -> None:
    page = text_of(sign_in("worker", "zh").get(f"/residents/{town.resident('zhao')}"))
    assert "距2021年7月8日那针至少3个月" in page
    assert "算作第2针" in page


def test_another_communitys_person_looks_as_if_nobody_was_there(
    sign_in: SignIn, town: Town, viewed: Viewed
) -> None:
    stranger = sign_in("other_worker")
    for path in ("", "/edit", "/seen", "/book", "/ask"):
        assert stranger.get(f"/residents/{town.resident('zhao')}{path}").status_code == 404
    assert viewed(town.resident("zhao")) == []


def test_a_leader_may_not_open_a_person(sign_in: SignIn, town: Town) -> None:
    assert sign_in("leader").get(f"/residents/{town.resident('zhao')}").status_code == 403


def test_a_clinical_note_is_for_clinicians(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    with town_database.write() as session:
        resident_of(session, town.resident("zhao")).clinical_note = "2019年脑梗"
    path = f"/residents/{town.resident('zhao')}"
    assert "2019年脑梗" not in text_of(sign_in("worker").get(path))
    assert "2019年脑梗" in text_of(sign_in("clinician").get(path))


def test_a_number_is_shown_on_tap_and_the_trail_keeps_that(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    worker = sign_in("worker")
    with town_database.read() as session:
        daughter = contacts_of(session, town.resident("zhao"))[Relation.DAUGHTER].id
    page = worker.get(f"/residents/{town.resident('zhao')}").get_data(as_text=True)
    assert "13800000001" not in page
    phone_id = _phone_of(town_database, daughter)
    shown = worker.post(f"/phones/{phone_id}/number", headers=HTMX).get_data(as_text=True)
    assert 'href="tel:+8613800000001"' in shown
    assert sign_in("other_worker").post(f"/phones/{phone_id}/number").status_code == 404
    with town_database.read() as session:
        acts = session.scalars(select(AuditEntry.act).where(AuditEntry.act == "number_shown"))
        assert len(acts.all()) == 1


def _phone_of(database: Database, contact_id: int) -> int:
    from outreach.ledger.models import Phone

    with database.read() as session:
        return session.scalars(select(Phone.id).where(Phone.contact_person_id == contact_id)).one()


def test_the_second_editor_sees_both_versions_and_overwrites_nothing(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    worker, path = sign_in("worker"), f"/residents/{town.resident('zhao')}/edit"
    with town_database.read() as session:
        version = resident_of(session, town.resident("zhao")).version
    form = {"name": "赵桂英", "sex": "female", "mobility": "M2", "version": version}
    assert worker.post(path, data={**form, "note": "先改的人写的"}).status_code == 303
    late = worker.post(path, data={**form, "note": "后改的人写的"})
    assert late.status_code == 409
    page = text_of(late)
    assert "Two versions" in page
    assert "先改的人写的" in page
    assert "后改的人写的" in page
    with town_database.read() as session:
        assert resident_of(session, town.resident("zhao")).note == "先改的人写的"


def test_an_edit_without_a_name_names_the_field(sign_in: SignIn, town: Town) -> None:
    path = f"/residents/{town.resident('zhao')}/edit"
    answer = sign_in("worker").post(
        path, data={"name": " ", "sex": "female", "mobility": "M2", "version": 1}
    )
    assert answer.status_code == 422
    assert "#f-name" in answer.get_data(as_text=True)


def test_a_stay_is_kept_with_its_pin_and_ends_by_one_tap(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    worker, zhao = sign_in("worker"), town.resident("zhao")
    worker.post(
        f"/residents/{zhao}/stays",
        data={
            "address": "南三环外锦绣小区3号楼2单元501",
            "from_on": "2022-12-10",
            "until_on": "2023-01-31",
            "stay_latitude": "34.698",
            "stay_longitude": "113.671",
        },
    )
    page = worker.get(f"/residents/{zhao}").get_data(as_text=True)
    assert "锦绣小区" in page
    assert "34.698" in page
    with town_database.read() as session:
        stay_id = session.scalars(select(Stay.id)).one()
    assert sign_in("other_worker").post(f"/stays/{stay_id}/end").status_code == 404
    worker.post(f"/stays/{stay_id}/end")
    with town_database.read() as session:
        assert session.scalars(select(Stay.until_on)).one() == NOW.date()


def test_a_contact_is_added_with_a_number_that_can_be_read(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    worker, qian = sign_in("worker"), town.resident("qian")
    form = {"relation": "son", "name": "钱强", "role": "told"}
    worker.post(f"/residents/{qian}/people", data={**form, "number": "12"})
    with town_database.read() as session:
        assert contacts_of(session, qian) == {}
    worker.post(f"/residents/{qian}/people", data={**form, "number": "138 0000 0031"})
    assert "138****0031" in text_of(worker.get(f"/residents/{qian}"))


def test_a_dose_with_proof_strikes_off_and_taking_it_back_reopens(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    worker, zhao = sign_in("worker"), town.resident("zhao")
    path = f"/residents/{zhao}/campaigns/{town.campaign_id}/dose"
    form = {"given_on": "2022-12-14", "grade": "certificate_seen", "reference": "a"}
    assert worker.post(path, data=form).status_code == 303
    with town_database.read() as session:
        assert entry_of(session, zhao).status is EntryStatus.VACCINATED
        dose_id = session.scalars(select(Dose.id).order_by(Dose.id.desc()).limit(1)).one()
    assert worker.post(f"/doses/{dose_id}/take-back", data={}).status_code == 422
    answer = worker.post(f"/doses/{dose_id}/take-back", data={"reason": "看错人了"})
    assert answer.status_code == 303
    with town_database.read() as session:
        assert entry_of(session, zhao).status is EntryStatus.TO_CONTACT
    assert "看错人了" in text_of(worker.get(f"/residents/{zhao}"))


def test_a_dose_a_few_days_from_another_asks_first(sign_in: SignIn, town: Town) -> None:
    worker, zhao = sign_in("worker"), town.resident("zhao")
    path = f"/residents/{zhao}/campaigns/{town.campaign_id}/dose"
    form = {"given_on": "2021-07-10", "grade": "certificate_seen", "reference": "b"}
    doubt = worker.post(path, data=form)
    assert doubt.status_code == 422
    assert "one of the two dates may be a slip" in text_of(doubt)
    assert worker.post(path, data={**form, "confirmed": "nearby_dose"}).status_code == 303


def test_who_reported_a_death_cannot_confirm_it(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    qian = town.resident("qian")
    with town_database.write() as session:
        heard = Heard(qian, LifeReportKind.DECEASED, source="page")
        report_life(session, heard=heard, by=town.users["worker"], now=NOW)
        report_id = session.scalars(select(LifeReport.id)).one()
    worker = sign_in("worker")
    assert worker.post(f"/heard/{report_id}/confirm").status_code == 403
    assert sign_in("other_worker").post(f"/heard/{report_id}/confirm").status_code == 404
    assert worker.post(f"/heard/{report_id}/dismiss").status_code == 303
    with town_database.read() as session:
        assert entry_of(session, qian).status is EntryStatus.TO_CONTACT


def test_a_worker_can_only_ask_a_clinician_to_look(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    wang = town.resident("wang")
    sign_in("worker").post(f"/residents/{wang}/deferrals", data={"code": "D14", "note": "心脏"})
    with town_database.read() as session:
        assert session.scalars(select(Deferral.code)).one() == "D22"
    page = text_of(sign_in("clinician").get("/deferrals"))
    assert "王秀兰" in page


def test_a_second_clinician_confirms_a_contraindication_and_the_line_closes(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    wang = town.resident("wang")
    clinician = sign_in("clinician")
    clinician.post(f"/residents/{wang}/deferrals", data={"code": "D01"})
    with town_database.read() as session:
        deferral_id = session.scalars(select(Deferral.id)).one()
    assert clinician.post(f"/deferrals/{deferral_id}/second").status_code == 403
    assert sign_in("second_clinician").post(f"/deferrals/{deferral_id}/second").status_code == 303
    with town_database.read() as session:
        assert entry_of(session, wang).status is EntryStatus.EXEMPT


def test_moment_2d_a_family_yes_states_its_basis_and_can_be_withdrawn(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    zhao, worker = town.resident("zhao"), sign_in("worker")
    with town_database.read() as session:
        daughter = contacts_of(session, zhao)[Relation.DAUGHTER].id
    form = {"answer": "yes", "campaign_id": town.campaign_id, "by_contact_id": daughter}
    worker.post(f"/residents/{zhao}/consents", data=form)
    with town_database.read() as session:
        assert session.scalars(select(Consent)).all() == []
    worker.post(f"/residents/{zhao}/consents", data={**form, "guardian_basis": "书面委托"})
    with town_database.read() as session:
        consent_id = session.scalars(select(Consent.id)).one()
    worker.post(f"/consents/{consent_id}/withdraw")
    with town_database.read() as session:
        assert session.scalars(select(Consent.withdrawn_at)).one() is not None


def test_a_person_is_left_alone_until_a_day(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    zhao, worker = town.resident("zhao"), sign_in("worker")
    worker.post(f"/residents/{zhao}/rest", data={"until": "2022-12-30", "reason": "探亲"})
    assert "赵桂英" not in text_of(worker.get("/today"))
    assert "Nobody asks until" in text_of(worker.get(f"/residents/{zhao}"))


def test_who_has_seen_a_person_names_the_visitor(sign_in: SignIn, town: Town) -> None:
    zhao = town.resident("zhao")
    sign_in("clinician").get(f"/residents/{zhao}")
    assert "吴医生" in text_of(sign_in("worker").get(f"/residents/{zhao}/seen"))
