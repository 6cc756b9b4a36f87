"""A village with a clinic and a worker's hands, on either database."""

from __future__ import annotations

import pytest

from outreach.db import Database
from outreach.schema import metadata
from tests.builders.ledger import Village, build_village
from tests.builders.messages import Clinic, Hand, ScriptedGateway, build_clinic


@pytest.fixture
def village(database: Database) -> Village:
    """The smallest place in which a ledger makes sense."""
    metadata().create_all(database.engine)
    with database.write() as session:
        return build_village(session)


@pytest.fixture
def clinic(database: Database, village: Village) -> Clinic:
    """A site that is open on the coming days."""
    with database.write() as session:
        return build_clinic(session, village)


@pytest.fixture
def hand(database: Database, clinic: Clinic) -> Hand:
    """A worker with one gateway that takes everything."""
    assert clinic
    return Hand(database, (ScriptedGateway(),))
