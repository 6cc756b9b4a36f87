"""What every answer carries and what no request gets past: headers, cookies, CSRF, sizes, errors."""

from __future__ import annotations

import re

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from outreach.accounts.codes import Role
from outreach.app import create_app
from outreach.config import Settings
from outreach.services import Services, build_services
from outreach.vault import new_vault, save_vault
from outreach.web.access import allowed, open_to_all
from tests.builders.office import Office
from tests.web.conftest import HTMX, Join, Post, csrf_token, text_of

ADMIN_PAGES = [
    "/account",
    "/admin/attention",
    "/admin/users",
    "/admin/users/new",
    "/admin/users/1",
    "/admin/areas/1",
    "/admin/place",
    "/admin/audit",
]


@pytest.fixture
def office_app(office_services: Services, office: Office) -> Flask:
    """An application of the test's own, since routes are added to it."""
    app = create_app(office_services)
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
    return app


@pytest.fixture
def boss(join: Join, office: Office) -> FlaskClient:
    return join("boss", (Role.ADMINISTRATOR, office.district), (Role.AUDITOR, office.district))


def test_every_answer_carries_the_security_headers(browser: FlaskClient) -> None:
    for address in ("/login", "/nope", "/admin/users"):
        headers = browser.get(address).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "object-src 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "Strict-Transport-Security" not in headers  # plain http on this machine


@pytest.mark.parametrize("address", ["/login", *ADMIN_PAGES])
def test_pages_are_valid_and_hold_no_inline_script_style_or_handler(
    boss: FlaskClient, browser: FlaskClient, address: str
) -> None:
    client = browser if address == "/login" else boss
    answer = client.get(address)
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    html5lib.HTMLParser(strict=True).parse(page)
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", page)
    for attributes in re.findall(r"<script([^>]*)>", page):
        assert "src=" in attributes or "application/json" in attributes
    assert "http://" not in re.sub(r'xmlns="[^"]+"', "", page)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: FlaskClient) -> None:
    cookie = browser.get("/login").headers["Set-Cookie"]
    assert cookie.startswith("outreach=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_behind_a_trusted_https_proxy_cookies_are_host_bound_and_secure(
    sqlite_url: str, office: Office, office_services: Services
) -> None:
    settings = Settings(
        instance=office_services.settings.instance, database_url=sqlite_url, trusted_proxies=1
    )
    app = create_app(build_services(settings))
    client = app.test_client()
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
    answer = client.get("/login", headers=headers)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-outreach=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_a_claim_of_https_without_a_trusted_proxy_is_not_believed(browser: FlaskClient) -> None:
    cookie = browser.get("/login", headers={"X-Forwarded-Proto": "https"}).headers["Set-Cookie"]
    assert "Secure" not in cookie


class TestOtherSites:
    """Fault 61: nothing changes in a visitor's name from elsewhere, nor by merely opening an address."""

    def test_fault_61_a_post_without_the_token_is_refused(
        self, boss: FlaskClient, office: Office
    ) -> None:
        answer = boss.post(f"/admin/areas/{office.community}/close")
        assert answer.status_code == 400
        assert "Nothing was saved" in text_of(answer)
        assert "closed" not in text_of(boss.get(f"/admin/areas/{office.street}"))

    def test_fault_61_a_token_of_another_session_is_refused(
        self, boss: FlaskClient, browser: FlaskClient, office: Office
    ) -> None:
        foreign = csrf_token(browser)
        answer = boss.post(f"/admin/areas/{office.community}/close", data={"csrf_token": foreign})
        assert answer.status_code == 400

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ],
    )
    def test_fault_61_a_post_from_another_origin_is_refused_even_with_the_token(
        self, boss: FlaskClient, office: Office, post: Post, headers: dict[str, str]
    ) -> None:
        answer = post(boss, f"/admin/areas/{office.community}/close", headers=headers)
        assert answer.status_code == 403

    def test_fault_61_opening_an_address_that_acts_changes_nothing(
        self, boss: FlaskClient, office: Office
    ) -> None:
        answer = boss.get(f"/admin/areas/{office.community}/close")
        assert answer.status_code == 405
        assert answer.headers["Allow"]
        assert "closed" not in text_of(boss.get(f"/admin/areas/{office.street}"))


class TestUploads:
    @pytest.fixture
    def app_with_upload(self, office_app: Flask) -> Flask:
        @office_app.post("/upload")
        @open_to_all("a test")
        def upload() -> str:
            return "taken"

        return office_app

    def test_a_file_of_30_megabytes_is_refused_with_a_clear_answer(
        self, app_with_upload: Flask, browser: FlaskClient
    ) -> None:
        answer = upload(browser, size=30_000_000)
        assert answer.status_code == 413
        assert "The file is larger than 25 MB" in text_of(answer)

    def test_a_file_of_20_megabytes_passes(
        self, app_with_upload: Flask, browser: FlaskClient
    ) -> None:
        assert upload(browser, size=20_000_000).status_code == 200


def upload(client: FlaskClient, *, size: int) -> TestResponse:
    """Send a file of this size as a browser's form does."""
    fields = [
        b'--edge\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n',
        csrf_token(client).encode(),
        b'\r\n--edge\r\nContent-Disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n',
        b"x" * size,
        b"\r\n--edge--\r\n",
    ]
    kind = "multipart/form-data; boundary=edge"
    return client.post("/upload", data=b"".join(fields), content_type=kind)


class TestErrors:
    @pytest.fixture
    def app_that_breaks(self, office_app: Flask) -> Flask:
        @office_app.get("/breaks")
        @allowed(Role.ADMINISTRATOR)
        def breaks() -> str:
            raise RuntimeError("赵桂英 13812345678")

        @office_app.get("/busy")
        @open_to_all("a test")
        def busy() -> str:
            raise OperationalError("select 1", {}, Exception("database is locked"))

        @office_app.get("/forgotten")
        def forgotten() -> str:
            return "secret"

        return office_app

    def test_an_unforeseen_error_says_nothing_of_its_cause_but_a_number_to_quote(
        self, app_that_breaks: Flask, boss: FlaskClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        answer = boss.get("/breaks")
        assert answer.status_code == 500
        page = text_of(answer)
        assert re.search(r"Error number: [0-9a-f]{8}", page)
        assert "赵桂英" not in page
        assert "RuntimeError" not in page
        logged = " ".join(str(vars(record)) for record in caplog.records)
        assert "RuntimeError" in logged
        assert "breaks" in logged
        assert "赵桂英" not in logged

    def test_fault_11_a_locked_database_asks_to_try_again(
        self, app_that_breaks: Flask, browser: FlaskClient
    ) -> None:
        answer = browser.get("/busy")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "Nothing was saved" in text_of(answer)

    def test_a_route_without_a_right_answers_nobody(
        self, app_that_breaks: Flask, boss: FlaskClient
    ) -> None:
        answer = boss.get("/forgotten")
        assert answer.status_code == 403
        assert "secret" not in text_of(answer)

    def test_htmx_gets_a_notice_that_leaves_the_page_as_it_was(
        self, boss: FlaskClient, post: Post
    ) -> None:
        answer = post(boss, "/admin/users/999/close", headers=HTMX)
        assert answer.status_code == 404
        assert answer.headers["HX-Retarget"] == "#notices"
        page = answer.get_data(as_text=True)
        assert "<html" not in page
        assert "does not exist" in page

    def test_programs_get_json(self, boss: FlaskClient) -> None:
        answer = boss.get("/admin/users/999", headers={"Accept": "application/json"})
        assert answer.status_code == 404
        assert answer.get_json()["error"]["code"] == "user"

    def test_errors_speak_the_visitors_language(self, boss: FlaskClient, post: Post) -> None:
        post(boss, "/language", language="zh")
        assert "页面不存在" in text_of(boss.get("/nope"))


def test_an_installation_without_a_place_says_what_to_run(
    sqlite_url: str, tmp_path: object
) -> None:
    settings = Settings(instance=tmp_path, database_url=sqlite_url)
    save_vault(new_vault(), settings.keys_file)
    answer = create_app(settings).test_client().get("/login")
    assert answer.status_code == 404
    assert "python -m outreach init" in text_of(answer)


def test_static_files_are_packed_and_kept_by_version(browser: FlaskClient) -> None:
    page = browser.get("/login").get_data(as_text=True)
    address = re.search(r'href="(/static/css/base.css\?v=\w+)"', page)
    assert address is not None
    answer = browser.get(address[1], headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    plain = browser.get(address[1], headers={"Accept-Encoding": "identity"}, buffered=True)
    assert "Content-Encoding" not in plain.headers
    assert browser.get("/static/../app.py").status_code == 404
