"""A village on either database."""

from __future__ import annotations

import pytest

from outreach.db import Database
from outreach.schema import metadata
from tests.builders.ledger import Village, build_village


@pytest.fixture
def village(database: Database) -> Village:
    """The smallest place in which a ledger makes sense."""
    metadata().create_all(database.engine)
    with database.write() as session:
        return build_village(session)
