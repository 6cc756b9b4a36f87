"""What if: the engine answers the dials on the leader's own people; nobody sees another's answer."""

from __future__ import annotations

import re
import threading

import pytest
from sqlalchemy import select, update

from outreach.clinics.operations import add_site
from outreach.db import Database
from outreach.jobs import week_works as _weeks  # noqa: F401 - registers its work
from outreach.jobs.tasks import TaskLoop
from outreach.kernel.geo import Point
from outreach.ledger.models import Resident
from outreach.places.addresses import add_address
from outreach.services import Services
from outreach.workflows import sample_week
from tests.builders.city import NOW, City
from tests.web.conftest import HTMX, Post, text_of
from tests.web.leaders.conftest import Leader

DIALS = {"cars": "3", "escorts": "4", "slots": "40", "people": "12"}


@pytest.fixture
def homes(office_database: Database, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody has a home, and there is one site."""
    monkeypatch.setattr(sample_week, "SECONDS_A_DAY", 0.1)
    with office_database.write() as session:
        ids = []
        for number in range(12):
            at = Point(34.74 + number / 1000, 113.62 + number % 4 / 500)
            ids.append(add_address(session, text=f"试点{number}号", area_id=None, now=NOW, pin=at))
        session.flush()
        site = ids[0]
        add_site(session, name="示范接种点", area_id=city.districts[0], address_id=site.id)
        for number, resident_id in enumerate(session.scalars(select(Resident.id)).all()):
            home = ids[number % len(ids)].id
            session.execute(
                update(Resident).where(Resident.id == resident_id).values(address_id=home)
            )


def test_the_engine_answers_the_dials(
    leader: Leader, homes: None, post: Post, office_services: Services
) -> None:
    mine = leader()
    waiting = post(mine, "/oversight/what-if/week", headers=HTMX, **DIALS)
    fragment = re.search(r'hx-get="(/oversight/what-if/week/\d+[^"]*)"', waiting.text)
    assert fragment is not None
    assert TaskLoop(office_services, threading.Event()).do_one()
    answer = text_of(mine.get(fragment[1], headers=HTMX))
    told = re.search(r"With 3 cars, 4 escorts and 40 places a day, ([\d.]+) of 12", answer)
    assert told is not None
    assert 0 < float(told[1]) <= 12
    assert "hx-get" not in mine.get(fragment[1], headers=HTMX).text  # nothing left to ask for
    other = leader()
    assert other.get(fragment[1], headers=HTMX).status_code == 404


def test_without_script_the_answer_stands_on_the_page(
    leader: Leader, homes: None, post: Post, office_services: Services
) -> None:
    mine = leader()
    sent = post(mine, "/oversight/what-if/week", goal="80", **DIALS)
    assert sent.status_code == 303
    TaskLoop(office_services, threading.Event()).do_one()
    page = mine.get(sent.headers["Location"])
    assert "With 3 cars" in text_of(page)
    assert 'name="cars" min="0" max="60" value="3"' in page.text


def test_a_dial_beyond_its_end_is_refused_by_name_and_asks_nothing(
    leader: Leader, homes: None, post: Post, office_services: Services
) -> None:
    answer = post(leader(), "/oversight/what-if/week", **{**DIALS, "cars": "999"})
    assert answer.status_code == 422
    assert "At most 60" in text_of(answer) or "Between 0 and 60" in text_of(answer)
    assert not TaskLoop(office_services, threading.Event()).do_one()


def test_where_there_is_no_site_the_page_says_so(
    leader: Leader, city: City, post: Post, office_services: Services
) -> None:
    mine = leader()
    sent = post(mine, "/oversight/what-if/week", **DIALS)
    TaskLoop(office_services, threading.Event()).do_one()
    assert "Nobody is due here with an address" in text_of(mine.get(sent.headers["Location"]))
