"""The ledger's list, adding a person, notices, replies to be read, and the invented phones."""

from __future__ import annotations

import io
import zipfile

from flask import Flask
from sqlalchemy import select

from outreach.audit.models import AuditEntry
from outreach.contact.codes import InboundState
from outreach.contact.message_models import InboundMessage, SimulatedText
from outreach.db import Database
from outreach.demo.districts import CHINESE
from outreach.ledger.models import Resident
from outreach.places.models import Place
from outreach.ports.messages import Envelope, InboundText
from outreach.services import Services
from outreach.workflows.hear import hear
from tests.builders.town import NOW, Town, entry_of
from tests.web.conftest import text_of
from tests.web.staff.conftest import HTMX, SignIn

DAUGHTER = "+8613800000001"


def test_the_list_opens_each_of_its_figures_into_exactly_those_people(
    sign_in: SignIn, town: Town
) -> None:
    worker = sign_in("worker")
    everyone = text_of(worker.get("/ledger"))
    assert all(name in everyone for name in ("赵桂英", "李国栋", "王秀兰", "钱永福"))
    assert "何美云" not in everyone
    closed = text_of(worker.get("/ledger?status=vaccinated", headers=HTMX))
    assert "李国栋" in closed
    assert "赵桂英" not in closed


def test_search_finds_by_pinyin_initials_phone_tail_and_address(
    sign_in: SignIn, town: Town
) -> None:
    worker = sign_in("worker")
    for text in ("zhaoguiying", "zgy", "赵桂", "0022", "棉纺东路"):
        assert "赵桂英" in text_of(worker.get("/ledger", query_string={"text": text})), text
    assert "赵桂英" not in text_of(worker.get("/ledger?text=lgd"))


def test_the_palette_finds_people_only_within_the_area(sign_in: SignIn, town: Town) -> None:
    found = sign_in("worker").post("/find", data={"text": "赵"}).get_data(as_text=True)
    assert f"/residents/{town.resident('zhao')}" in found
    hidden = sign_in("other_worker").post("/find", data={"text": "赵"}).get_data(as_text=True)
    assert "/residents/" not in hidden


def test_nonsense_in_the_address_asks_nothing(sign_in: SignIn, town: Town) -> None:
    answer = sign_in("worker").get("/ledger?status=nonsense&age_from=-3&mobility=X&page=0")
    assert answer.status_code == 200
    assert "赵桂英" in text_of(answer)


def test_an_area_outside_ones_own_is_not_there(sign_in: SignIn, town: Town) -> None:
    answer = sign_in("worker").get(f"/ledger?area={town.other_community_id}")
    assert answer.status_code == 404


def test_a_view_is_kept_under_a_name_and_forgotten_by_its_owner_alone(
    sign_in: SignIn, town: Town
) -> None:
    worker = sign_in("worker")
    form = {"view_name": "独居", "query": "alone=yes&page=3", "is_shared": "1"}
    worker.post("/ledger/views", data=form)
    page = sign_in("clinician").get("/ledger")
    assert "/ledger?alone=yes" in page.get_data(as_text=True)
    assert sign_in("clinician").post("/ledger/views/1/drop").status_code == 404
    assert worker.post("/ledger/views/1/drop").status_code == 303


def test_lines_are_given_to_colleagues_of_the_area_only(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    worker = sign_in("worker")
    with town_database.read() as session:
        entry_id = entry_of(session, town.resident("zhao")).id
        foreign = entry_of(session, town.resident("he")).id
    form = {"entry": [str(entry_id)], "to": str(town.users["caller"]), "query": ""}
    assert worker.post("/ledger/assign", data=form).status_code == 303
    with town_database.read() as session:
        assert entry_of(session, town.resident("zhao")).assigned_to == town.users["caller"]
    wrong = {"entry": [str(entry_id), str(foreign)], "to": "", "query": ""}
    assert worker.post("/ledger/assign", data=wrong).status_code == 404
    outside = {"entry": [str(entry_id)], "to": str(town.users["other_worker"]), "query": ""}
    assert worker.post("/ledger/assign", data=outside).status_code == 404
    with town_database.read() as session:
        assert entry_of(session, town.resident("zhao")).assigned_to == town.users["caller"]


def test_an_export_is_disarmed_watermarked_and_in_the_trail(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    with town_database.write() as session:
        session.get_one(Resident, town.resident("zhao")).name = "=HYPERLINK(1)"
    worker = sign_in("worker")
    text = worker.post("/ledger/export.csv", data={"query": ""}).get_data(as_text=True)
    assert "'=HYPERLINK(1)" in text
    assert "孙网格" in text
    book = worker.post("/ledger/export.xlsx", data={"query": "status=vaccinated"}).get_data()
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        strings = parts.read("xl/sharedStrings.xml").decode()
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "李国栋" in strings
    assert "<f>" not in sheet
    assert "孙网格" in sheet
    with town_database.read() as session:
        taken = session.scalars(
            select(AuditEntry.subject_id).where(AuditEntry.act == "export")
        ).all()
    assert town.resident("li") in taken


def test_moment_2a_a_person_is_added_by_hand_after_a_look_for_twins(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    worker = sign_in("worker")
    form = {"name": "赵桂英", "area_id": str(town.grid_id), "born_on": "1931-03-08"}
    twin = worker.post("/ledger/new", data=form)
    assert twin.status_code == 409
    assert "Somebody like this is in the ledger already" in text_of(twin)
    looked = {**form, "looked_at": str(town.resident("zhao"))}
    assert worker.post("/ledger/new", data=looked).status_code == 303
    fresh = {"name": "周玉兰", "area_id": str(town.community_id), "own_number": "13800000077"}
    assert worker.post("/ledger/new", data=fresh).status_code == 303
    outside = {"name": "吴老", "area_id": str(town.other_community_id)}
    assert worker.post("/ledger/new", data=outside).status_code == 404
    with town_database.read() as session:
        names = session.scalars(select(Resident.name)).all()
    assert names.count("赵桂英") == 2
    assert "周玉兰" in names
    assert "吴老" not in names


def test_a_notice_becomes_poster_wechat_text_and_a_kept_posting(
    sign_in: SignIn, town: Town
) -> None:
    worker = sign_in("worker")
    form = {
        "area_id": town.community_id,
        "title": "免费接种",
        "body": "周五上午",
        "phone": "0371-1",
    }
    shown = worker.post("/publicity/new", data=form)
    assert shown.status_code == 303
    path = shown.headers["Location"]
    worker.post(f"{path}/postings", data={"medium": "banner", "where": "南门"})
    assert "南门" in text_of(worker.get(path))
    poster = worker.get(f"{path}/poster").get_data(as_text=True)
    assert "<svg" in poster
    assert "0371-1" in poster
    assert sign_in("other_worker").get(path).status_code == 404


def test_a_broadcast_counts_first_and_sends_only_when_confirmed(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    from outreach.contact.message_models import Message
    from outreach.contact.wordings import seed_wordings

    with town_database.write() as session:
        seed_wordings(session, now=NOW)
    worker = sign_in("worker")
    form = {"area_id": town.community_id, "title": "免费接种", "body": "周五上午"}
    path = worker.post("/publicity/new", data=form).headers["Location"]
    wanted = {"text": "周五上午社区有接种专场，专车接送", "statuses": "to_contact"}
    counted = worker.post(f"{path}/broadcast", data=wanted)
    assert "3 lines are chosen" in text_of(counted)
    with town_database.read() as session:
        assert session.scalars(select(Message.id)).all() == []
    assert worker.post(f"{path}/broadcast", data={**wanted, "confirmed": "1"}).status_code == 303
    with town_database.read() as session:
        bodies = session.scalars(select(Message.body)).all()
    assert bodies
    assert all("周五上午社区有接种专场" in (body or "") for body in bodies)


def _came_in(database: Database, number: str, body: str, provider_id: str) -> None:
    with database.write() as session:
        text = InboundText(gateway="console", provider_id=provider_id, number=number, body=body)
        hear(session, inbound=text, now=NOW)


def test_an_unclear_reply_waits_for_the_worker_and_is_read_once(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    _came_in(town_database, DAUGHTER, "谢谢，再想想", "a")
    worker = sign_in("worker")
    page = text_of(worker.get("/replies"))
    assert "谢谢，再想想" in page
    assert "赵桂英" in page
    assert DAUGHTER[3:] not in page
    stranger = sign_in("other_worker")
    assert "再想想" not in text_of(stranger.get("/replies"))
    assert stranger.post("/replies/1/read").status_code == 404
    assert worker.post("/replies/1/read").status_code == 303
    with town_database.read() as session:
        assert session.scalars(select(InboundMessage.state)).one() is InboundState.READ


def test_a_shared_phone_shows_both_people_and_guesses_none(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    _came_in(town_database, "+8613800000002", "哪位？", "b")
    page = text_of(sign_in("worker").get("/replies"))
    assert "李国栋" in page
    assert "王秀兰" in page
    assert "several people" in page


def test_a_strangers_reply_goes_to_the_administrator_without_any_name(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    _came_in(town_database, "+8613911112222", "打错了", "c")
    _came_in(town_database, DAUGHTER, "再想想", "d")
    assert "打错了" not in text_of(sign_in("worker").get("/replies"))
    page = text_of(sign_in("administrator").get("/replies"))
    assert "打错了" in page
    assert "赵桂英" not in page


def _ring(services: Services, to: str, *, channel: str = "sms", reference: str = "r1") -> None:
    envelope = Envelope(reference=reference, channel=channel, to=to, body="【棉东】已约好")
    services.routes.gateways[0].send(envelope)


def _is_the_storys(town: Town, database: Database) -> None:
    with database.write() as session:
        session.get_one(Resident, town.resident("zhao")).name = CHINESE.story.name


def test_the_storys_door_never_opens_the_phone_of_a_namesakes_daughter(
    app: Flask, town_services: Services
) -> None:
    _ring(town_services, DAUGHTER)
    assert "Nothing has come" in text_of(
        app.test_client().get("/phones/daughter", headers=_ENGLISH)
    )


def test_the_daughters_phone_shows_what_came_and_answers_are_heard(
    app: Flask, town: Town, town_services: Services, town_database: Database
) -> None:
    _is_the_storys(town, town_database)
    visitor = app.test_client()
    assert "Nothing has come" in text_of(visitor.get("/phones/daughter", headers=_ENGLISH))
    _ring(town_services, DAUGHTER)
    phone = visitor.get("/phones/daughter").headers["Location"]
    assert "已约好" in text_of(visitor.get(phone))
    answer = visitor.post(f"{phone}/answer", data={"body": "谢谢"}, headers=HTMX)
    assert "谢谢" in answer.get_data(as_text=True)
    assert "<html" not in answer.get_data(as_text=True)
    with town_database.read() as session:
        assert session.scalars(select(InboundMessage.body)).one() == "谢谢"


_ENGLISH = {"Accept-Language": "en"}


def test_a_key_pressed_during_a_call_opts_out(
    app: Flask, town: Town, town_services: Services, town_database: Database
) -> None:
    _is_the_storys(town, town_database)
    visitor = app.test_client()
    _ring(town_services, DAUGHTER, channel="voice", reference="call-1")
    phone = visitor.get("/phones/daughter").headers["Location"]
    visitor.post(f"{phone}/answer", data={"key": "9", "reference": "call-1"})
    with town_database.read() as session:
        pressed = session.scalars(
            select(SimulatedText.body).where(SimulatedText.is_outbound.is_(False))
        ).all()
    assert pressed == ["9"]


def test_invented_phones_are_closed_where_the_place_is_real(
    app: Flask, sign_in: SignIn, town_services: Services, town_database: Database
) -> None:
    _ring(town_services, DAUGHTER)
    with town_database.write() as session:
        session.scalars(select(Place)).one().is_demo = False
    assert app.test_client().get("/phones").status_code == 403
    assert sign_in("worker").get("/phones").status_code == 403
    assert sign_in("administrator").get("/phones").status_code == 200


def test_every_form_opens_in_both_languages(sign_in: SignIn, town: Town) -> None:
    zhao = town.resident("zhao")
    dose = f"/residents/{zhao}/campaigns/{town.campaign_id}/dose"
    pages = {
        "worker": ["/publicity/new", "/ledger/new", f"/residents/{zhao}/edit", dose],
        "clinician": ["/cards", "/cards/new", "/questions", "/deferrals", f"/residents/{zhao}/ask"],
    }
    for username, addresses in pages.items():
        for language in ("zh", "en"):
            browser = sign_in(username, language)
            assert [browser.get(address).status_code for address in addresses] == [200] * len(
                addresses
            )


def test_a_file_of_an_unknown_kind_is_not_there(sign_in: SignIn) -> None:
    assert sign_in("worker").post("/ledger/export.exe", data={"query": ""}).status_code == 404


def test_a_notice_is_changed_under_the_version_that_was_seen(sign_in: SignIn, town: Town) -> None:
    worker = sign_in("worker")
    form = {"area_id": town.community_id, "title": "免费接种", "body": "周五上午"}
    path = worker.post("/publicity/new", data=form).headers["Location"]
    assert worker.get(f"{path}/edit").status_code == 200
    changed = {**form, "body": "周六上午", "version": "1"}
    assert worker.post(f"{path}/edit", data=changed).status_code == 303
    late = worker.post(f"{path}/edit", data={**changed, "body": "周日上午"})
    assert late.status_code == 422
    assert "周六上午" in text_of(worker.get(path))
