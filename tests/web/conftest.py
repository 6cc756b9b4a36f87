"""The application on a small office, and browsers of its members of staff."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from outreach.accounts.codes import Role
from outreach.accounts.queries import get_user
from outreach.accounts.sittings import open_sitting
from outreach.config import Settings
from outreach.db import Database
from outreach.kernel.clock import real_now
from outreach.services import Services, build_services
from outreach.vault import new_vault, save_vault
from outreach.web.visit import SITTING
from tests.builders.office import Office, add_member, build_office
from tests.builders.pages import app_on

Join = Callable[..., FlaskClient]
Post = Callable[..., TestResponse]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def office_services(sqlite_url: str, tmp_path: Path) -> Iterator[Services]:
    """Services on a fresh SQLite database; pages are proven on one kind, what they call on both."""
    settings = Settings(instance=tmp_path, database_url=sqlite_url)
    save_vault(new_vault(), settings.keys_file)
    services = build_services(settings)
    yield services
    services.database.close()


@pytest.fixture
def office_database(office_services: Services) -> Database:
    """The database under the office's pages."""
    return office_services.database


@pytest.fixture
def office(office_database: Database) -> Office:
    """Ids of the office's areas."""
    with office_database.write() as session:
        return build_office(session)


@pytest.fixture
def office_app(office_services: Services, office: Office) -> Flask:
    """The application as it runs, CSRF tokens and all."""
    return app_on(office_services)


@pytest.fixture
def browser(office_app: Flask) -> FlaskClient:
    """A browser in which nobody is signed in, reading English."""
    client = office_app.test_client()
    client.set_cookie("language", "en")
    return client


@pytest.fixture
def join(office_app: Flask, office_database: Database) -> Join:
    """Add a member of staff with these (role, area) grants and return their signed-in browser."""

    def joined(username: str, *grants: tuple[Role, int], **more: bool | str) -> FlaskClient:
        with office_database.write() as session:
            user_id = add_member(session, username, *grants, **more)  # type: ignore[arg-type]
            user = get_user(session, user_id)
            token = open_sitting(session, user=user, now=real_now())
        client = office_app.test_client()
        with client.session_transaction() as kept:
            kept[SITTING] = token
        return client

    return joined


@pytest.fixture
def post() -> Post:
    """Send a form as a browser does: with the CSRF token of a page it has just read."""

    def sent(client: FlaskClient, address: str, **fields: object) -> TestResponse:
        headers = fields.pop("headers", None)
        token = csrf_token(client)
        return client.post(address, data={"csrf_token": token, **fields}, headers=headers)

    return sent


def csrf_token(client: FlaskClient) -> str:
    """Return the token of the page that says who one is, or of the login page."""
    page = client.get("/login", follow_redirects=True).get_data(as_text=True)
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found is not None
    return found[1]


def text_of(answer: TestResponse) -> str:
    """Return the words of a page without its markup."""
    page = answer.get_data(as_text=True)
    body = re.sub(r"(?s)<(script|style)[^>]*>.*?</\1>", "", page)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()
