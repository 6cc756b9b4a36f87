"""The application on a small town, and browsers of its members of staff."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.accounts.models import User
from outreach.accounts.sittings import open_sitting
from outreach.audit.models import AuditEntry
from outreach.config import Settings
from outreach.db import Database
from outreach.kernel.clock import real_now
from outreach.places.operations import move_clock
from outreach.services import Services, build_services
from outreach.vault import new_vault, save_vault
from outreach.web.visit import SITTING
from tests.builders.pages import app_on
from tests.builders.town import NOW, Town, build_town

HTMX = {"HX-Request": "true"}
SignIn = Callable[..., FlaskClient]
Viewed = Callable[[int], list[str]]


@pytest.fixture(scope="session")
def built_town(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Town]:
    """A folder with the town's database and keys, built once and copied for each test."""
    folder = tmp_path_factory.mktemp("town")
    shutil.copy(sqlite_template, folder / "outreach.sqlite")
    settings = Settings(instance=folder)
    save_vault(new_vault(), settings.keys_file)
    services = build_services(settings)
    with services.database.write() as session:
        built = build_town(session)
    services.database.close()
    return folder, built


@pytest.fixture
def town_services(built_town: tuple[Path, Town], tmp_path: Path) -> Iterator[Services]:
    """Services on a copy of the town; pages are proven on one kind, what they call on both."""
    for file in built_town[0].iterdir():
        shutil.copy(file, tmp_path)
    services = build_services(Settings(instance=tmp_path))
    yield services
    services.database.close()


@pytest.fixture
def town_database(town_services: Services) -> Database:
    """The database under the town's pages."""
    return town_services.database


@pytest.fixture
def town(town_database: Database, built_town: tuple[Path, Town]) -> Town:
    """The town's ids; its clock stands at the same moment in every test."""
    with town_database.write() as session:
        move_clock(session, to=NOW)
    return built_town[1]


@pytest.fixture
def app(town_services: Services, town: Town) -> Flask:
    """The application on the town, CSRF tokens apart."""
    return app_on(town_services, WTF_CSRF_ENABLED=False)


@pytest.fixture
def sign_in(app: Flask, town_database: Database) -> SignIn:
    """Open a browser in which a member of staff is signed in, in English unless told otherwise."""

    def opened(username: str, language: str = "en") -> FlaskClient:
        with town_database.write() as session:
            user = session.scalars(select(User).where(User.username == username)).one()
            user.language = language
            token = open_sitting(session, user=user, now=real_now())
        client = app.test_client()
        with client.session_transaction() as kept:
            kept[SITTING] = token
        return client

    return opened


@pytest.fixture
def viewed(town_database: Database) -> Viewed:
    """Return the pages on which a resident's details were shown, as the trail holds them."""

    def pages(resident_id: int) -> list[str]:
        with town_database.read() as session:
            rows = session.scalars(
                select(AuditEntry.facts).where(
                    AuditEntry.act == "view",
                    AuditEntry.subject_kind == "resident",
                    AuditEntry.subject_id == resident_id,
                )
            ).all()
        return [str(facts["page"]) for facts in rows]

    return pages
