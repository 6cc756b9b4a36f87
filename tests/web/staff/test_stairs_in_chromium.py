"""Between the doors: no server answers, a visit is noted with its photo, and arrives later (3c)."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select
from werkzeug.serving import BaseWSGIServer, make_server

from outreach.accounts.models import User
from outreach.accounts.passwords import hash_password
from outreach.contact.models import ContactAttempt
from outreach.db import Database
from outreach.ledger.entry_models import Evidence
from tests.builders.town import Town

PASSWORD = "stairs-and-doors-7"
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


class Office:
    """The server of the office, which can go away and come back at the same address."""

    def __init__(self, app: Flask) -> None:
        self._app, self._port = app, 0
        self._server: BaseWSGIServer | None = None
        self.open()

    def open(self) -> None:
        """Serve."""
        self._server = make_server("127.0.0.1", self._port, self._app, threaded=True)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Go away: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def address(self) -> str:
        """Where the office is."""
        return f"http://127.0.0.1:{self._port}"


@pytest.fixture
def office(app: Flask, town: Town, town_database: Database) -> Iterator[Office]:
    """An office in which one worker has a password."""
    app.config["WTF_CSRF_ENABLED"] = True
    with town_database.write() as session:
        worker = session.scalars(select(User).where(User.username == "worker")).one()
        worker.password_hash, worker.language = hash_password(PASSWORD), "zh"
    made = Office(app)
    yield made
    made.close()


@pytest.fixture
def phone(chromium: Browser, office: Office) -> Iterator[Page]:
    """A phone on which the worker is signed in and has opened the stairwell page once."""
    context: BrowserContext = chromium.new_context(
        locale="zh-CN", viewport={"width": 360, "height": 740}
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(office.address + "/login")
    page.fill("[name=username]", "worker")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button.btn-primary")
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto(office.address + "/today/stairs")
    page.wait_for_function("navigator.serviceWorker.ready.then((r) => r.active !== null)")
    page.reload()  # now under the worker's eyes, which keeps the page
    page.wait_for_selector("#list .stairs-page__person")
    yield page
    context.close()


def _visit(page: Page, name: str, outcome: str) -> None:
    page.locator(".stairs-page__person", has_text=name).click()
    page.locator(f"label[for='o-{outcome}']").click()


def _rows(database: Database) -> list[ContactAttempt]:
    with database.read() as session:
        rows = list(session.scalars(select(ContactAttempt).order_by(ContactAttempt.id)))
        session.expunge_all()
        return rows


@pytest.mark.browser
def test_moment_3c_a_visit_noted_without_network_arrives_once_with_its_photo(
    phone: Page, office: Office, town: Town, town_database: Database
) -> None:
    office.close()
    phone.goto(office.address + "/today")  # the usual address, the kept page
    phone.wait_for_selector("#list .stairs-page__person")
    assert "赵桂英" in phone.inner_text("#list")
    assert phone.get_attribute("#state", "data-connected") == "no"
    _visit(phone, "赵桂英", "C07")
    phone.fill("[name=dose_on]", "2022-12-01")
    phone.set_input_files(
        "[name=photo]", {"name": "c.png", "mimeType": "image/png", "buffer": PICTURE}
    )
    phone.click("#visit-form button.btn-primary")
    phone.wait_for_selector("#state[data-waiting='1']")
    assert "尚未发送：1" in phone.inner_text("#state")
    phone.reload()
    phone.wait_for_selector("#state[data-waiting='1']")
    assert _rows(town_database) == []
    office.open()
    phone.click("#send")
    phone.wait_for_selector("#state[data-waiting='0'][data-connected='yes']")
    [row] = _rows(town_database)
    assert (row.outcome, row.channel, row.resident_id) == ("C07", "visit", town.resident("zhao"))
    with town_database.read() as session:
        paper = session.scalars(select(Evidence)).one()
        session.expunge_all()
    assert (paper.resident_id, paper.content_type) == (town.resident("zhao"), "image/jpeg")


@pytest.mark.browser
def test_moment_3c_what_an_outcome_needs_is_asked_for_on_the_stairs(
    phone: Page, office: Office, town_database: Database
) -> None:
    office.close()
    _visit(phone, "赵桂英", "C04")
    phone.click("#visit-form button.btn-primary")
    assert phone.is_visible("#missing")
    phone.check("[name=reasons][value=H03]")
    phone.click("#visit-form button.btn-primary")
    phone.wait_for_selector("#state[data-waiting='1']")
    office.open()
    phone.click("#send")
    phone.wait_for_selector("#state[data-waiting='0']")
    assert [row.outcome for row in _rows(town_database)] == ["C04"]


@pytest.mark.browser
def test_moment_3c_the_list_dies_with_the_lock_and_unsent_notes_wait_for_their_writer(
    phone: Page, office: Office, town_database: Database
) -> None:
    office.close()
    _visit(phone, "赵桂英", "C18")
    phone.click("#visit-form button.btn-primary")
    phone.wait_for_selector("#state[data-waiting='1']")
    office.open()
    phone.goto(office.address + "/account")
    phone.locator("details.menu:has(form[action$='/logout']) > summary").click()
    phone.locator("form[action$='/logout'] button").click()
    phone.wait_for_url("**/login")
    phone.wait_for_load_state("networkidle")
    office.close()
    phone.goto(office.address + "/today/stairs")
    phone.wait_for_selector("#list p")
    assert "赵桂英" not in phone.inner_text("main")
    office.open()
    phone.goto(office.address + "/login")
    phone.fill("[name=username]", "worker")
    phone.fill("[name=password]", PASSWORD)
    phone.click("main form button.btn-primary")
    phone.wait_for_url(lambda url: "/login" not in url)
    phone.goto(office.address + "/today/stairs")
    phone.wait_for_selector("#state[data-waiting='0'][data-connected='yes']")
    assert [row.outcome for row in _rows(town_database)] == ["C18"]


@pytest.mark.browser
def test_moment_3c_what_the_office_refuses_stays_with_its_reason_until_mended_or_given_up(
    phone: Page, office: Office, town: Town, town_database: Database
) -> None:
    office.close()
    _visit(phone, "赵桂英", "C03")
    phone.fill("[name=next_contact_on]", "2022-12-01")  # a day that is over
    phone.click("#visit-form button.btn-primary")
    phone.wait_for_selector("#state[data-waiting='1']")
    office.open()
    phone.click("#send")
    phone.wait_for_selector(".stairs-page__note strong")
    assert "请约定下次联系" in phone.inner_text("#queue")
    assert _rows(town_database) == []
    phone.locator(".stairs-page__note button").last.click()
    phone.wait_for_selector("#state[data-waiting='1']")
    phone.locator(".stairs-page__note button").last.click()
    phone.wait_for_selector("#state[data-waiting='0']")
    assert _rows(town_database) == []
