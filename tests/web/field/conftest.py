"""The application on a day with one published run, and phones that hold its links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from outreach.accounts.codes import Role
from outreach.accounts.queries import get_user
from outreach.accounts.sittings import open_sitting
from outreach.config import Settings
from outreach.db import Database
from outreach.kernel.clock import real_now
from outreach.places.operations import move_clock
from outreach.places.queries import get_place
from outreach.services import Services, build_services
from outreach.vault import new_vault, save_vault
from outreach.web.visit import SITTING
from outreach.workflows.field_links import MadeLink, make_field_link
from outreach.workflows.publish_runs import publish_runs
from tests.builders.clinics import DAY, at
from tests.builders.ledger import NOW
from tests.builders.office import add_member
from tests.builders.pages import app_on
from tests.builders.transport import Day, assign, book_car, build_day, version_of

MORNING = at(8, 30)


@pytest.fixture
def field_services(sqlite_url: str, tmp_path: Path) -> Iterator[Services]:
    """Services on a fresh SQLite database; what the pages call is proven on both."""
    settings = Settings(instance=tmp_path, database_url=sqlite_url)
    save_vault(new_vault(), settings.keys_file)
    services = build_services(settings)
    yield services
    services.database.close()


@dataclass(frozen=True, slots=True)
class Street:
    """What stands on the tests' day, and the application over it."""

    app: Flask
    database: Database
    day: Day
    appointment: int
    out: int
    back: int
    run: int

    def link(self, **who: int) -> MadeLink:
        """Make the link of a driver or an escort."""
        with self.database.write() as session:
            return make_field_link(session, on=DAY, by=self.day.by, now=NOW, **who)

    def phone(self, made: MadeLink | None = None, language: str = "zh") -> FlaskClient:
        """Return a phone that opened a link (the first driver's unless another is given)."""
        made = made or self.link(driver_id=self.day.drivers[0])
        phone = self.app.test_client()
        phone.set_cookie("language", language)
        phone.post(f"/field/l/{made.token}", data={"csrf_token": token_of(phone)})
        return phone

    def clock(self, to: datetime) -> None:
        """Move the business clock."""
        with self.database.write() as session:
            move_clock(session, to=to)

    def staff(self, role: Role, area_id: int | None = None) -> FlaskClient:
        """Return the browser of a member of staff."""
        area_id = area_id or self.day.village.street_id
        with self.database.write() as session:
            user_id = add_member(session, f"{role.value}{area_id}", (role, area_id), language="zh")
            user = get_user(session, user_id)
            sitting = open_sitting(session, user=user, now=real_now())
        browser = self.app.test_client()
        with browser.session_transaction() as kept:
            kept[SITTING] = sitting
        return browser


def token_of(client: FlaskClient) -> str:
    """Return the CSRF token of a page that everybody may open."""
    page = client.get("/field/shell").get_data(as_text=True)
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found is not None
    return found[1]


def tell(client: FlaskClient, *told: dict[str, object]) -> TestResponse:
    """Send what a phone's queue holds."""
    headers = {"X-CSRFToken": token_of(client), "Accept": "application/json"}
    return client.post("/field/told", json={"told": list(told)}, headers=headers)


@pytest.fixture
def street(field_services: Services) -> Street:
    """One elder on one published run, half past eight in the morning."""
    database = field_services.database
    day = build_day(database, elders=2, cars=2, escort=True)
    appointment, out, back = book_car(database, day, 0, at(9, 30))
    assign(database, day, out)
    assign(database, day, back)
    run = day.runs[0]
    versions = {run: version_of(database, run)}
    publish_runs(database, day.travel, versions=versions, by=day.by, now=NOW)
    with database.write() as session:
        get_place(session).duty_phone = "0371-68800120"
        move_clock(session, to=MORNING)
    return Street(app_on(field_services), database, day, appointment, out, back, run)
