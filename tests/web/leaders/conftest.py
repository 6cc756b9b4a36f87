"""The application on a small generated city, and leaders with and without the right to names."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from outreach.accounts.codes import Role
from outreach.db import Database
from outreach.oversight.rollups import rebuild
from outreach.places.operations import move_clock
from tests.builders.city import NOW, TODAY, City, Size, build_city

Leader = Callable[..., FlaskClient]


@pytest.fixture
def office(office_database: Database) -> City:
    """The city on which the application stands."""
    with office_database.write() as session:
        city = build_city(session, size=Size(communities=2, grids=3, people=16))
        move_clock(session, to=NOW)
        rebuild(session, day=TODAY, now=NOW)
    return city


@pytest.fixture
def city(office: City) -> City:
    """The city's ids."""
    return office


@pytest.fixture
def leader(join: Callable[..., FlaskClient], city: City) -> Leader:
    """Return the browser of a leader of an area (the first district unless told otherwise)."""
    made = []

    def opened(*, names: bool = True, area: int | None = None, language: str = "en") -> FlaskClient:
        made.append(names)
        place = area if area is not None else city.districts[0]
        name = f"leader{len(made)}"
        client: FlaskClient = join(name, (Role.LEADER, place), sees_names=names, language=language)
        return client

    return opened
