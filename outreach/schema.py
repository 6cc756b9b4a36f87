"""Every table of the product, imported in one place for migrations and tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, MetaData, inspect

import outreach.accounts.models
import outreach.audit.models
import outreach.campaigns.models
import outreach.clinics.models
import outreach.contact.message_models
import outreach.contact.models
import outreach.ledger.entry_models
import outreach.ledger.import_models
import outreach.ledger.models
import outreach.oversight.models
import outreach.places.models
import outreach.tasks.models
import outreach.transport.crew_note_models
import outreach.transport.models
import outreach.transport.run_models  # noqa: F401 - imported for their tables
from outreach.db import Base

if TYPE_CHECKING:  # slow to import: only migrating needs it, and serving does not migrate
    from alembic.config import Config


def metadata() -> MetaData:
    """Return the metadata that holds every table."""
    return Base.metadata


def migration_config(connection: Connection) -> Config:
    """Return Alembic's configuration for the product's migrations over an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "outreach:migrations")
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> None:
    """Bring the database of ``engine`` to the newest schema, in one transaction."""
    from alembic import command

    with engine.begin() as connection:
        command.upgrade(migration_config(connection), "head")


def is_empty(engine: Engine) -> bool:
    """Whether the database holds none of the product's tables yet."""
    return not inspect(engine).has_table("place")


def is_current(engine: Engine) -> bool:
    """Whether the database's schema is the newest one."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with engine.connect() as connection:
        here = MigrationContext.configure(connection).get_current_heads()
        newest = ScriptDirectory.from_config(migration_config(connection)).get_heads()
        return set(here) == set(newest)
