"""The driver's photo as a proof by choice (5m): kept with their yes, seen by whom they drive, then gone."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from outreach.db import Database
from outreach.services import Services
from outreach.transport.codes import LegStatus
from outreach.transport.portraits import LARGEST_PORTRAIT
from outreach.transport.run_models import RideLeg
from outreach.workflows.family_links import family_link_for
from outreach.workflows.publish_runs import publish_runs
from tests.builders.ledger import NOW
from tests.builders.transport import assign, version_of
from tests.web.conftest import Post, text_of
from tests.web.dispatch.conftest import Office

PHOTO = b"\xff\xd8\xff\xe0" + b"face" * 100


def send(post: Post, client: FlaskClient, driver: int, content: bytes = PHOTO, **form: str) -> int:
    photo = {"photo": (BytesIO(content), "me.jpg")}
    return post(client, f"/crew/driver/{driver}/photo", **photo, **form).status_code


@pytest.fixture
def driven(board: Office, office_database: Database) -> int:
    """The first elder's visit, there and back on the first car's published run."""
    visit, out, back = board.trips[0]
    assign(office_database, board.day, out)
    assign(office_database, board.day, back)
    run = board.day.runs[0]
    publish_runs(
        office_database,
        board.day.travel,
        versions={run: version_of(office_database, run)},
        by=board.day.by,
        now=NOW,
    )
    return visit


def family_of(app: Flask, post: Post, database: Database, board: Office, visit: int) -> FlaskClient:
    with database.write() as session:
        handed = family_link_for(
            session, appointment_id=visit, contact_person_id=None, by=board.day.by, now=NOW
        )
    client = app.test_client()
    assert post(client, f"/f/l/{handed.token}").status_code == 303
    return client


def test_moment_5m_the_family_may_look_at_the_drivers_photo(
    app: Flask, board: Office, post: Post, driven: int, office_database: Database
) -> None:
    driver = board.day.drivers[0]
    family = family_of(app, post, office_database, board, driven)
    address = f"/f/visit/{driven}/driver/outbound"
    assert address not in family.get("/f/visit").get_data(as_text=True)
    assert family.get(address).status_code == 404  # no photo is known

    assert send(post, board.chen, driver, agreed="1") == 303
    assert address in family.get("/f/visit").get_data(as_text=True)
    seen = family.get(address)
    assert (seen.mimetype, seen.data) == ("image/jpeg", PHOTO)
    assert family.get(f"/f/visit/{driven}/driver/return").data == PHOTO
    assert "no-store" in seen.headers["Cache-Control"]
    # Another family's visit shows nothing of it, nor does a browser without a door.
    other = family_of(app, post, office_database, board, board.trips[1][0])
    assert other.get(address).status_code == 404
    assert app.test_client().get(address).status_code == 403

    with office_database.write() as session:
        session.get_one(RideLeg, board.trips[0][1]).status = LegStatus.HANDED_OVER
    assert family.get(address).status_code == 404  # that ride is over
    assert family.get(f"/f/visit/{driven}/driver/return").data == PHOTO


def test_a_drivers_photo_needs_their_yes_and_is_small_and_a_photo(
    board: Office, post: Post
) -> None:
    driver = board.day.drivers[0]
    assert send(post, board.chen, driver) == 422
    assert send(post, board.chen, driver, b"GIF89a", agreed="1") == 422
    assert send(post, board.chen, driver, b"", agreed="1") == 422
    assert send(post, board.chen, driver, PHOTO + bytes(LARGEST_PORTRAIT), agreed="1") == 422
    assert send(post, board.stranger, driver, agreed="1") == 404
    assert board.chen.get(f"/crew/driver/{driver}/photo").status_code == 404


def test_a_new_photo_takes_the_old_ones_place_and_a_removed_one_is_gone_from_the_disk(
    board: Office, post: Post, office_services: Services
) -> None:
    driver = board.day.drivers[0]
    folder = office_services.settings.instance / "evidence"
    before = set(folder.glob("*"))
    send(post, board.chen, driver, agreed="1")
    send(post, board.chen, driver, b"\x89PNG\r\n\x1a\n" + PHOTO, agreed="1")
    shown = board.chen.get(f"/crew/driver/{driver}/photo")
    assert shown.mimetype == "image/png"
    assert board.stranger.get(f"/crew/driver/{driver}/photo").status_code == 404
    [sealed] = set(folder.glob("*")) - before
    assert PHOTO not in sealed.read_bytes()
    assert "Remove the photo" in text_of(board.chen.get(f"/crew/driver/{driver}"))
    assert post(board.chen, f"/crew/driver/{driver}/photo", remove="1").status_code == 303
    assert board.chen.get(f"/crew/driver/{driver}/photo").status_code == 404
    assert set(folder.glob("*")) == before
