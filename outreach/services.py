"""The services a running process works with, built once from the settings."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.config import Settings
from outreach.db import Database, make_engine
from outreach.vault import load_vault


@dataclass(frozen=True, slots=True)
class Services:
    """What web and worker share: settings, the database with its vault, and doors to outside."""

    settings: Settings
    database: Database


def build_services(settings: Settings) -> Services:
    """Open the database with its keys; raise KeysMissing when ``init`` was never run here."""
    vault = load_vault(settings.keys_file)
    database = Database(make_engine(settings.database), vault)
    return Services(settings=settings, database=database)
