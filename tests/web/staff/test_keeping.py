"""What is kept of a person: contacts, papers, clinical notes, infections, twins, and all that is held."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from outreach.clinics.codes import AppointmentStatus, Mode
from outreach.clinics.models import Appointment
from outreach.db import Database
from outreach.ledger.codes import ContactRole, Relation
from outreach.ledger.entry_models import Evidence, LedgerEntry
from outreach.ledger.models import Consent, ContactPerson, DuplicatePair, Infection, Resident
from outreach.services import Services
from tests.builders.town import NOW, Town, contacts_of
from tests.web.conftest import text_of
from tests.web.staff.conftest import SignIn, Viewed

PNG = b"\x89PNG\r\n\x1a\n" + b"invented picture"


def picture(name: str = "paper.png") -> tuple[io.BytesIO, str]:
    return io.BytesIO(PNG), name


def files_of(services: Services) -> list[Path]:
    folder = services.settings.instance / "evidence"
    return sorted(folder.iterdir()) if folder.exists() else []


def test_moment_2g_a_contact_decides_is_told_or_is_for_emergencies_with_hours_and_language(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    worker = sign_in("worker")
    with town_database.read() as session:
        daughter = contacts_of(session, town.resident("zhao"))[Relation.DAUGHTER]
        daughter_id = daughter.id
        page = f"/people/{daughter_id}/edit"
        plain: dict[str, Any] = {
            "version": daughter.version,
            "name": "王芳",
            "relation": "daughter",
            "role": "decides",
            "language": "en",
            "preferred_channel": "call",
            "preferred_from": "18:00",
            "preferred_until": "20:30",
            "told": ["appointment", "ride"],
            "knows_health": "1",
            "is_first": "1",
        }
    assert "What they may do" in text_of(worker.get(page))
    assert worker.post(page, data=plain | {"preferred_until": ""}).status_code == 422
    assert worker.post(page, data=plain | {"preferred_until": "17:00"}).status_code == 422
    assert worker.post(page, data=plain).status_code == 303
    with town_database.read() as session:
        row = session.get_one(ContactPerson, daughter_id)
        assert (row.role, row.language, row.preferred_channel) == (
            ContactRole.DECIDES,
            "en",
            "call",
        )
        assert (row.preferred_from, row.position, row.knows_health) == (time(18), 0, True)
        version = row.version
    shown = text_of(worker.get(f"/residents/{town.resident('zhao')}"))
    assert "best 18:00–20:30" in shown
    stale = worker.post(page, data=plain)
    assert stale.status_code == 422
    assert "Someone else changed this contact" in text_of(stale)
    emergency = plain | {"version": version, "role": "emergency"}
    assert worker.post(page, data=emergency).status_code == 303
    with town_database.read() as session:
        assert session.get_one(ContactPerson, daughter_id).told_purposes == []
    assert sign_in("other_worker").get(page).status_code == 404


def test_moment_2g_a_note_among_clinicians_is_written_and_read_by_clinicians_alone(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    doctor, worker = sign_in("clinician"), sign_in("worker")
    page = f"/residents/{town.resident('zhao')}"
    with town_database.read() as session:
        version = session.get_one(Resident, town.resident("zhao")).version
    note = {"clinical_note": "2019 stroke", "version": version}
    assert worker.post(f"{page}/clinical-note", data=note).status_code == 403
    doctor.post(f"{page}/clinical-note", data=note)
    assert "2019 stroke" in doctor.get(page).get_data(as_text=True)
    assert "2019 stroke" not in worker.get(page).get_data(as_text=True)


def test_moment_2g_a_photo_of_the_person_is_kept_only_with_their_consent(
    sign_in: SignIn, town: Town, town_database: Database, town_services: Services
) -> None:
    worker = sign_in("worker")
    page = f"/residents/{town.resident('zhao')}"
    refused = worker.post(
        f"{page}/papers", data={"kind": "portrait", "photo": picture()}, follow_redirects=True
    )
    assert "needs their consent" in text_of(refused)
    assert files_of(town_services) == []
    worker.post(f"{page}/papers", data={"kind": "portrait", "agreed": "1", "photo": picture()})
    assert 'class="portrait"' in worker.get(page).get_data(as_text=True)
    [sealed] = files_of(town_services)
    assert PNG not in sealed.read_bytes()


def test_a_paper_is_sealed_seen_with_the_right_alone_and_removed_for_good(
    sign_in: SignIn, town: Town, town_database: Database, town_services: Services, viewed: Viewed
) -> None:
    worker = sign_in("worker")
    page = f"/residents/{town.resident('zhao')}"
    worker.post(f"{page}/papers", data={"kind": "certificate", "photo": picture()})
    with town_database.read() as session:
        paper = session.scalars(select(Evidence.id)).one()
    assert worker.get(f"/evidence/{paper}").get_data() == PNG
    assert "stairs.evidence" in viewed(town.resident("zhao"))
    assert sign_in("other_worker").get(f"/evidence/{paper}").status_code == 404
    assert sign_in("leader").get(f"/evidence/{paper}").status_code == 403
    assert sign_in("other_worker").post(f"/papers/{paper}/remove").status_code == 404
    worker.post(f"/papers/{paper}/remove")
    assert files_of(town_services) == []
    assert worker.get(f"/evidence/{paper}").status_code == 404
    wrong = worker.post(
        f"{page}/papers",
        data={"kind": "certificate", "photo": (io.BytesIO(b"<script>"), "a.png")},
        follow_redirects=True,
    )
    assert "JPEG or PNG" in text_of(wrong)


def test_a_dose_from_a_certificate_keeps_its_photo(
    sign_in: SignIn, town: Town, town_database: Database, town_services: Services
) -> None:
    sent = sign_in("worker").post(
        f"/residents/{town.resident('zhao')}/campaigns/{town.campaign_id}/dose",
        data={
            "given_on": "2022-12-14",
            "grade": "certificate_seen",
            "reference": "one",
            "photo": picture(),
        },
    )
    assert sent.status_code == 303
    assert len(files_of(town_services)) == 1


def test_moment_2d_a_signed_paper_is_kept_with_its_consent_and_the_form_prints(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    worker = sign_in("worker")
    zhao = town.resident("zhao")
    blank = text_of(worker.get(f"/residents/{zhao}/campaigns/{town.campaign_id}/consent"))
    assert "Signature of the person" in blank
    form = {"answer": "yes", "campaign_id": town.campaign_id}
    without = worker.post(f"/residents/{zhao}/signed", data=form, follow_redirects=True)
    assert "Please choose a photo" in text_of(without)
    worker.post(f"/residents/{zhao}/signed", data=form | {"photo": picture()})
    with town_database.read() as session:
        consent = session.scalars(select(Consent).where(Consent.resident_id == zhao)).one()
        assert (str(consent.form), consent.is_yes) == ("paper", True)
        assert consent.evidence_id is not None


def test_moment_2d_elder_yes_and_child_no_do_not_book(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    worker = sign_in("worker")
    zhao = town.resident("zhao")
    with town_database.read() as session:
        daughter = contacts_of(session, zhao)[Relation.DAUGHTER].id
    said = f"/residents/{zhao}/consents"
    worker.post(said, data={"campaign_id": town.campaign_id, "answer": "yes"})
    worker.post(
        said, data={"campaign_id": town.campaign_id, "answer": "no", "by_contact_id": daughter}
    )
    page = worker.get(f"/residents/{zhao}/book").get_data(as_text=True)
    slot = re.findall(r'name="slot" [^>]*value="([^"]+)"', page)[0]
    form = {
        "slot": slot,
        "campaign": town.campaign_id,
        "outbound_mode": "walks",
        "return_mode": "walks",
        "outbound": "walks",
        "homeward": "walks",
    }
    refused = worker.post(f"/residents/{zhao}/book", data=form)
    assert refused.status_code == 422
    assert "say different things" in text_of(refused)
    with town_database.read() as session:
        assert session.scalars(select(Appointment.id)).all() == []


def test_an_infection_moves_the_due_date(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    worker = sign_in("worker")
    page = f"/residents/{town.resident('zhao')}"
    early = {"infected_on": "2023-01-01", "campaign_id": town.campaign_id}
    future = worker.post(f"{page}/infections", data=early, follow_redirects=True)
    assert "cannot lie in the future" in text_of(future)
    worker.post(f"{page}/infections", data=early | {"infected_on": "2022-12-01"})
    with town_database.read() as session:
        assert session.scalars(select(Infection.infected_on)).all() == [date(2022, 12, 1)]
    assert "after the infection of 1 Dec 2022" in text_of(worker.get(page))


def test_a_look_for_twins_puts_two_side_by_side(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    worker = sign_in("worker")
    zhao, li = town.resident("zhao"), town.resident("li")
    with town_database.write() as session:
        one, other = session.get_one(Resident, zhao), session.get_one(Resident, li)
        other.name, other.name_folded, other.born_on = one.name, one.name_folded, one.born_on
    shown = text_of(worker.get(f"/residents/{zhao}/twins"))
    assert "Side by side" in shown
    sent = worker.post(f"/residents/{zhao}/twins/{li}")
    assert worker.get(sent.headers["Location"]).status_code == 200
    with town_database.read() as session:
        pair = session.scalars(select(DuplicatePair)).one()
        assert (pair.first_id, pair.second_id) == (min(zhao, li), max(zhao, li))
    stranger = town.resident("he")
    assert worker.post(f"/residents/{zhao}/twins/{stranger}").status_code == 404


def test_everything_held_is_taken_out_with_its_papers_and_noted(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    worker = sign_in("worker")
    page = f"/residents/{town.resident('zhao')}"
    worker.post(f"{page}/papers", data={"kind": "certificate", "photo": picture()})
    assert "Telephone numbers" in text_of(worker.get(f"{page}/held"))
    answer = worker.post(f"{page}/held.zip")
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as archive:
        held = json.loads(archive.read("held.json"))
        papers = [archive.read(n) for n in archive.namelist() if n.startswith("papers/")]
        assert "held.xlsx" in archive.namelist()
    assert papers == [PNG]
    assert held["resident"][0]["name"] == "赵桂英"
    assert held["phone"][0]["number"].startswith("+86")
    assert "export" in text_of(sign_in("administrator").get("/admin/audit?act=export")).lower()
    assert sign_in("other_worker").post(f"{page}/held.zip").status_code == 404
    assert sign_in("caller").get(f"{page}/held").status_code == 403


def test_fault_68_the_page_refuses_while_a_ride_is_live_and_then_erases_everything(
    sign_in: SignIn, town: Town, town_database: Database, town_services: Services
) -> None:
    admin, worker = sign_in("administrator"), sign_in("worker")
    zhao = town.resident("zhao")
    page = f"/residents/{zhao}"
    worker.post(f"{page}/papers", data={"kind": "certificate", "photo": picture()})
    with town_database.write() as session:
        session.add(
            live := Appointment(
                resident_id=zhao,
                site_session_id=town.session_ids[0],
                slot_at=NOW,
                booked_at=NOW,
                outbound_mode=Mode.WALKS,
                return_mode=Mode.WALKS,
            )
        )
        session.flush()
        appointment_id = live.id
    form = {"name": "赵桂英", "reason": "asked for it"}
    assert worker.post(f"{page}/erase", data=form).status_code == 403
    refused = admin.post(f"{page}/erase", data=form)
    assert refused.status_code == 409
    assert "is live" in text_of(refused)
    with town_database.write() as session:
        session.get_one(Appointment, appointment_id).status = AppointmentStatus.CANCELLED
    assert admin.post(f"{page}/erase", data=form | {"name": "赵"}).status_code == 422
    assert admin.post(f"{page}/erase", data=form).status_code == 303
    assert files_of(town_services) == []
    assert worker.get(page).status_code == 404
    with town_database.read() as session:
        assert session.get_one(Resident, zhao).name == ""


@pytest.mark.parametrize("gap", ["phone", "grid", "birth_date"])
def test_what_is_missing_opens_exactly_the_people_it_counts(
    sign_in: SignIn, town: Town, town_database: Database, gap: str
) -> None:
    worker = sign_in("worker")
    with town_database.write() as session:
        li = session.get_one(Resident, town.resident("li"))
        li.born_on, li.grid_id, li.missing = None, None, ["birth_date", "phone", "grid"]
        session.scalars(
            select(LedgerEntry).where(LedgerEntry.resident_id == li.id)
        ).one().grid_id = None
    page = worker.get("/ledger/missing").get_data(as_text=True)
    links = [
        part.split('"')[0].replace("&amp;", "&")
        for part in page.split('href="')[1:]
        if f"missing={gap}" in part.split('"')[0]
    ]
    for link in links:
        count = int(page.split(link.replace("&", "&amp;") + '"')[1].split(">")[1].split("<")[0])
        listed = worker.get(link, headers={"HX-Request": "true"}).get_data(as_text=True)
        assert listed.count('name="entry"') == count
    assert links
