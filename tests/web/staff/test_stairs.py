"""The stairwell page: what a phone takes along, what it sends, and what it must not hold (3c)."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.contact.models import ContactAttempt
from outreach.db import Database
from outreach.ledger.entry_models import Evidence
from outreach.services import Services
from tests.builders.town import NOW, Town, entry_of
from tests.web.staff.conftest import SignIn, Viewed

UUID = "7d9c8f0a-0b51-4c44-9d64-0a6f5c1f2a11"
JPEG = b"\xff\xd8\xff\xe0" + b"a certificate" * 20


def _entry(database: Database, town: Town, name: str = "zhao") -> int:
    with database.read() as session:
        return entry_of(session, town.resident(name)).id


def test_moment_3c_the_page_that_a_phone_keeps_names_nobody(sign_in: SignIn, town: Town) -> None:
    page = sign_in("worker").get("/today/stairs").get_data(as_text=True)
    for secret in ("赵桂英", "孙网格", "csrf"):
        assert secret not in page
    script = sign_in("worker").get("/today/stairs/worker.js")
    assert script.headers["Service-Worker-Allowed"] == "/today"
    assert "/static/js/stairs/page.js" in script.get_data(as_text=True)


def test_moment_3c_the_list_goes_along_without_numbers_or_who_lives_alone(
    sign_in: SignIn, town: Town, viewed: Viewed
) -> None:
    answer = sign_in("worker").get("/today/stairs/list")
    text = json.dumps(answer.get_json(), ensure_ascii=False)
    assert "赵桂英" in text
    for secret in ("138", "0371", "0001", "4101", "alone", "赵敏"):
        assert secret not in text
    assert viewed(town.resident("zhao")) == ["stairs.take"]
    foreign = json.dumps(sign_in("other_worker").get("/today/stairs/list").get_json())
    assert str(town.resident("zhao")) not in foreign or "赵桂英" not in foreign


def test_moment_3c_a_note_sent_twice_counts_once_and_at_its_own_time(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    worker, entry_id = sign_in("worker"), _entry(town_database, town)
    note = {"uuid": UUID, "entry_id": entry_id, "channel": "visit", "outcome": "C18"}
    first = worker.post("/today/stairs/log", data={**note, "ago_s": "7200"})
    again = worker.post("/today/stairs/log", data={**note, "ago_s": "7260"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert (first.get_json()["is_new"], again.get_json()["is_new"]) == (True, False)
    with town_database.read() as session:
        row = session.scalars(select(ContactAttempt)).one()
        session.expunge_all()
    assert abs(row.at - (NOW - timedelta(hours=2))) < timedelta(minutes=1)


def test_moment_3c_one_note_serves_a_couple_on_an_earlier_day(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    li, wang = (_entry(town_database, town, name) for name in ("li", "wang"))
    note = {"uuid": UUID, "entry_id": wang, "channel": "visit", "outcome": "C18", "also": li}
    answer = sign_in("worker").post(
        "/today/stairs/log", data={**note, "at": "2022-12-13T16:30", "ago_s": "5"}
    )
    assert answer.status_code == 200
    with town_database.read() as session:
        rows = session.scalars(select(ContactAttempt)).all()
        session.expunge_all()
    assert {row.entry_id for row in rows} <= {li, wang}
    assert wang in {row.entry_id for row in rows}
    assert {row.at.date().isoformat() for row in rows} == {"2022-12-13"}


def test_moment_3c_what_is_missing_comes_back_by_field_and_nothing_is_kept(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    entry_id = _entry(town_database, town)
    note = {"uuid": UUID, "entry_id": entry_id, "channel": "visit", "outcome": "C04"}
    answer = sign_in("worker").post("/today/stairs/log", data=note)
    assert answer.status_code == 422
    assert "reasons" in answer.get_json()["faults"]
    with town_database.read() as session:
        assert session.scalars(select(ContactAttempt)).all() == []
    foreign = sign_in("other_worker").post(
        "/today/stairs/log", data=note, headers={"Accept": "application/json"}
    )
    assert foreign.status_code == 404


def test_moment_3c_the_photo_of_a_certificate_is_kept_sealed_and_shown_within_the_area(
    sign_in: SignIn, town: Town, town_database: Database, town_services: Services, viewed: Viewed
) -> None:
    note = {
        "uuid": UUID,
        "entry_id": _entry(town_database, town),
        "channel": "visit",
        "outcome": "C07",
        "dose_on": "2022-12-01",
        "photo": (io.BytesIO(JPEG), "c.jpg"),
    }
    worker = sign_in("worker")
    assert worker.post("/today/stairs/log", data=note).status_code == 200
    with town_database.read() as session:
        row = session.scalars(select(Evidence)).one()
        session.expunge_all()
    kept = (town_services.settings.instance / "evidence" / row.uuid).read_bytes()
    assert b"certificate" not in kept
    shown = worker.get(f"/evidence/{row.id}")
    assert (shown.data, shown.mimetype) == (JPEG, "image/jpeg")
    assert "stairs.evidence" in viewed(town.resident("zhao"))
    assert f"/evidence/{row.id}" in worker.get(f"/residents/{town.resident('zhao')}").get_data(
        as_text=True
    )
    assert sign_in("other_worker").get(f"/evidence/{row.id}").status_code == 404


@pytest.mark.parametrize("content", [b"<script>alert(1)</script>", b"%PDF-1.7"])
def test_only_pictures_are_taken(
    sign_in: SignIn, town: Town, town_database: Database, content: bytes
) -> None:
    note = {
        "uuid": UUID,
        "entry_id": _entry(town_database, town),
        "channel": "visit",
        "outcome": "C07",
        "dose_on": "2022-12-01",
        "photo": (io.BytesIO(content), "c.jpg"),
    }
    answer = sign_in("worker").post("/today/stairs/log", data=note)
    assert answer.status_code == 422
    with town_database.read() as session:
        assert session.scalars(select(ContactAttempt)).all() == []
