"""The application with a Twilio account, on either database, and somebody who signs as Twilio does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from outreach.app import create_app
from outreach.config import Settings
from outreach.db import Database
from outreach.places.operations import move_clock
from outreach.schema import metadata
from outreach.services import Services, build_routes, build_travel_times
from tests.builders.ledger import Village, build_village
from tests.builders.messages import NOW, Clinic, Hand, ScriptedGateway, build_clinic

SID, TOKEN, PUBLIC = "AC" + "0" * 32, "auth-token-of-tests", "https://visits.example.cn"
Signed = Callable[..., TestResponse]


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
def hand(database: Database, clinic: Clinic) -> Hand:
    """A worker whose gateway is called twilio."""
    assert clinic
    return Hand(database, (ScriptedGateway(name="twilio"),))


@pytest.fixture
def app(database: Database, clinic: Clinic, tmp_path: Path) -> Flask:
    """The application as it runs behind a proxy that speaks https."""
    assert clinic
    settings = Settings(
        instance=tmp_path,
        public_url=PUBLIC,
        gateway="twilio",
        twilio_account_sid=SID,
        twilio_auth_token=TOKEN,
        twilio_from="+15005550006",
    )
    services = Services(
        settings=settings,
        database=database,
        geocoder=None,
        travel_times=build_travel_times(settings),
        routes=build_routes(settings, database),
    )
    app = create_app(services)
    app.config["TESTING"] = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Somebody without a cookie."""
    return app.test_client()


@pytest.fixture
def signed(client: FlaskClient) -> Signed:
    """Post a form as Twilio does: signed for the public address, with the account in it."""

    def post(
        path: str, form: dict[str, str], *, token: str = TOKEN, base: str = PUBLIC
    ) -> TestResponse:
        told = {"AccountSid": SID, "ApiVersion": "2010-04-01"} | form
        signature = RequestValidator(token).compute_signature(f"{base}{path}", told)
        return client.post(path, data=told, headers={"X-Twilio-Signature": signature})

    return post
