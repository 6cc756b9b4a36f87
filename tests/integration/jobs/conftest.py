"""Services on a fresh database with one scripted gateway."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.config import Settings
from outreach.db import Database
from outreach.places.operations import move_clock
from outreach.schema import metadata
from outreach.services import Services, build_travel_times
from outreach.workflows.routes import Routes
from tests.builders.ledger import Village, build_village
from tests.builders.messages import NOW, Clinic, ScriptedGateway, build_clinic


@pytest.fixture
def village(database: Database) -> Village:
    """The smallest place in which a ledger makes sense; business time stands at the tests' Monday."""
    metadata().create_all(database.engine)
    with database.write() as session:
        village = build_village(session)
        move_clock(session, to=NOW)
        return village


@pytest.fixture
def clinic(database: Database, village: Village) -> Clinic:
    """A site that is open on the coming days."""
    with database.write() as session:
        return build_clinic(session, village)


@pytest.fixture
def gateway() -> ScriptedGateway:
    """A gateway that takes everything."""
    return ScriptedGateway()


@pytest.fixture
def services(
    database: Database, clinic: Clinic, gateway: ScriptedGateway, tmp_path: Path
) -> Services:
    """What a worker process works with."""
    assert clinic
    settings = Settings(instance=tmp_path)
    return Services(
        settings=settings,
        database=database,
        geocoder=None,
        travel_times=build_travel_times(settings),
        routes=Routes((gateway,)),
    )
