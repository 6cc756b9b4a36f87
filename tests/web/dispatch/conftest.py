"""A dispatcher's day behind the pages: elders, two cars, a signed-in dispatcher and one of another street."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from outreach.db import Database
from outreach.places.operations import add_area
from outreach.services import Services
from outreach.web.visit import SITTING
from tests.builders.clinics import at
from tests.builders.full_day import add_dispatcher
from tests.builders.pages import app_on
from tests.builders.transport import Day, book_car, build_day


@dataclass(frozen=True, slots=True)
class Office:
    """The day, its legs (outbound, home) by elder, and two dispatchers' browsers."""

    day: Day
    trips: tuple[tuple[int, int, int], ...]
    chen: FlaskClient
    li: FlaskClient
    stranger: FlaskClient


@pytest.fixture
def app(office_services: Services) -> Flask:
    """The application as it runs."""
    return app_on(office_services)


@pytest.fixture
def enter(app: Flask, office_database: Database) -> Callable[[str, int], FlaskClient]:
    """Sign a dispatcher of an area in."""

    def entered(username: str, area_id: int) -> FlaskClient:
        with office_database.write() as session:
            _user, token = add_dispatcher(session, area_id, username=username)
        client = app.test_client()
        with client.session_transaction() as kept:
            kept[SITTING] = token
        return client

    return entered


@pytest.fixture
def board(office_database: Database, enter: Callable[[str, int], FlaskClient]) -> Office:
    """Four elders booked there and back, two cars with runs."""
    day = build_day(office_database, elders=4, cars=2)
    trips = tuple(
        book_car(office_database, day, who, at(9, 10 + 20 * (who % 2))) for who in range(4)
    )
    with office_database.write() as session:
        far = add_area(session, name="远处街道", parent_id=day.village.district_id).id
    return Office(
        day=day,
        trips=trips,
        chen=enter("chen", day.village.district_id),
        li=enter("li", day.village.district_id),
        stranger=enter("wu", far),
    )
