"""Health and figures: red when the database is gone, figures for administrators and this machine alone."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from outreach.accounts.codes import Role
from outreach.db import Database
from tests.builders.office import Office
from tests.web.conftest import Join


def test_health_is_green_while_the_database_answers(browser: FlaskClient) -> None:
    answer = browser.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok", "wrong": []})


def test_health_is_red_and_names_the_database_when_it_does_not(
    browser: FlaskClient, office_database: Database
) -> None:
    with office_database.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE place RENAME TO place_gone")
    answer = browser.get("/healthz")
    assert (answer.status_code, answer.get_json()["wrong"]) == (503, ["database"])


def test_figures_are_for_this_machine_and_for_administrators(
    browser: FlaskClient, join: Join, office: Office
) -> None:
    elsewhere = {"REMOTE_ADDR": "203.0.113.7"}
    figures = browser.get("/metrics").get_data(as_text=True)
    assert 'outreach_request_seconds_count{endpoint="health.metrics"' not in figures
    assert "outreach_request_seconds" in browser.get("/metrics").get_data(as_text=True)
    assert browser.get("/metrics", environ_base=elsewhere).status_code == 404
    clerk = join("clerk", (Role.GRID_WORKER, office.community))
    boss = join("boss", (Role.ADMINISTRATOR, office.district))
    assert clerk.get("/metrics", environ_base=elsewhere).status_code == 404
    assert boss.get("/metrics", environ_base=elsewhere).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via"])
def test_a_proxy_on_this_machine_does_not_open_the_figures_to_the_world(
    browser: FlaskClient, header: str
) -> None:
    assert browser.get("/metrics", headers={header: "203.0.113.7"}).status_code == 404
