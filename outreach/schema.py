"""Every table of the product, imported in one place for migrations and tests."""

from __future__ import annotations

from sqlalchemy import MetaData

import outreach.accounts.models
import outreach.audit.models
import outreach.campaigns.models
import outreach.clinics.models
import outreach.contact.message_models
import outreach.contact.models
import outreach.ledger.entry_models
import outreach.ledger.import_models
import outreach.ledger.models
import outreach.places.models
import outreach.tasks.models
import outreach.transport.models
import outreach.transport.run_models  # noqa: F401 - imported for their tables
from outreach.db import Base


def metadata() -> MetaData:
    """Return the metadata that holds every table."""
    return Base.metadata
