"""The application on a small generated city, and leaders with and without the right to names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.accounts.codes import Role
from outreach.db import Database
from outreach.ledger.codes import EntryStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.oversight.rollups import rebuild, touch_residents
from outreach.oversight.snapshots import freeze_day
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


@pytest.fixture
def frozen(office_database: Database, city: City) -> list[date]:
    """Two frozen days between which ten due people were vaccinated and three died."""
    with office_database.write() as session:
        freeze_day(session, day=TODAY - timedelta(days=2), now=NOW - timedelta(days=2))
        due = session.scalars(
            select(LedgerEntry).where(LedgerEntry.status == EntryStatus.TO_CONTACT).limit(13)
        ).all()
        for number, entry in enumerate(due):
            entry.status = EntryStatus.VACCINATED if number < 10 else EntryStatus.DECEASED
        session.flush()
        touch_residents(session, [entry.resident_id for entry in due])
        freeze_day(session, day=TODAY - timedelta(days=1), now=NOW - timedelta(days=1))
    return [TODAY - timedelta(days=2), TODAY - timedelta(days=1)]
