"""The frame and the administrator's pages in a real browser: axe, phone width, keyboard, the page policy."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from outreach.accounts.codes import Role
from outreach.audit.chain import seal_pending
from outreach.db import Database
from outreach.places.queries import get_place
from tests.builders.office import PASSWORD, Office, add_member
from tests.fixtures.looks import grave_faults, overflow

pytestmark = pytest.mark.browser

PAGES = [
    "/account",
    "/admin/attention",
    "/admin/users",
    "/admin/users/new",
    "/admin/users/2",
    "/admin/areas/1",
    "/admin/place",
    "/admin/audit",
    "/nope",
]


@pytest.fixture
def address(office_app: Flask, office: Office, office_database: Database) -> Iterator[str]:
    """The application behind a real port, with an administrator and a worker."""
    with office_database.write() as session:
        get_place(session).is_demo = True
        grants = (Role.ADMINISTRATOR, office.district), (Role.AUDITOR, office.district)
        add_member(session, "wang", *grants, password=PASSWORD, language="")
        add_member(session, "li", (Role.GRID_WORKER, office.community))
        seal_pending(session)
    server = make_server("127.0.0.1", 0, office_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["zh-CN", "en-GB"])
def context(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    """A browser profile in each language."""
    opened = chromium.new_context(locale=request.param, viewport={"width": 1280, "height": 800})
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    """A page that fails the test on any script error, blocked style or script, or request elsewhere."""
    opened = context.new_page()
    troubles: list[str] = []
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on(
        "console",
        lambda said: troubles.append(said.text) if "Content Security Policy" in said.text else None,
    )
    opened.on(
        "request",
        lambda sent: (
            troubles.append(sent.url) if not sent.url.startswith((address, "data:")) else None
        ),
    )
    yield opened
    assert not troubles


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/login")
    page.locator("[name=username]").fill("wang")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button.btn-primary").click()
    page.wait_for_url(f"{address}/admin/**")


def small_targets(page: Page) -> list[str]:
    """Return buttons and links that act like buttons lower than 24 px (WCAG 2.2 AA 2.5.8)."""
    names: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("button, .btn, summary, input:not([type=hidden]), select")]
        .filter((e) => e.offsetParent && e.getBoundingClientRect().height < 24 && e.type !== "checkbox")
        .map((e) => e.outerHTML.slice(0, 80))"""
    )
    return names


def test_the_pages_pass_axe_and_fit_a_phone(page: Page, address: str) -> None:
    faults = []
    page.goto(f"{address}/login")
    faults += [f"/login {fault}" for fault in grave_faults(page)]
    page.locator("main button.btn-primary").evaluate("(button) => button.form.noValidate = true")
    page.locator("main button.btn-primary").click()
    faults += [f"/login with faults {fault}" for fault in grave_faults(page)]
    sign_in(page, address)
    for path in PAGES:
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(address + path)
        faults += [f"{path} {fault}" for fault in grave_faults(page)]
        page.set_viewport_size({"width": 360, "height": 740})
        faults += [f"{path} at 360 px {fault}" for fault in grave_faults(page)]
        if overflow(page):
            faults.append(f"{path} is {overflow(page)} px too wide for a phone")
        faults += [f"{path} too small: {target}" for target in small_targets(page)]
    assert not faults, "\n".join(faults)


def test_the_palette_opens_a_page_by_keyboard_alone(page: Page, address: str) -> None:
    sign_in(page, address)
    page.keyboard.press("Control+k")
    options = page.locator("[role=option]")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert grave_faults(page) == []
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    target = options.nth(1).get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}{target}")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.locator("[data-palette]")).not_to_be_visible()


def test_filters_change_the_rows_and_the_address_without_a_reload(page: Page, address: str) -> None:
    sign_in(page, address)
    page.goto(f"{address}/admin/users")
    page.locator("main [name=text]").press_sequentially("li")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    page.wait_for_url("**/admin/users?text=li")
    page.reload()
    expect(page.locator("#rows tbody tr")).to_have_count(1)


def test_an_undo_takes_a_right_back_into_force(page: Page, address: str) -> None:
    sign_in(page, address)
    page.goto(f"{address}/admin/users/2")
    page.locator("form[action$='/revoke'] button").click()
    undo = page.locator("form[action$='/restore'] button")
    expect(page.locator("form[action$='/revoke']")).to_have_count(0)
    undo.click()
    expect(page.locator("form[action$='/revoke']")).to_have_count(1)


def test_what_refreshes_by_itself_waits_until_the_mouse_is_up(page: Page, address: str) -> None:
    sign_in(page, address)
    page.clock.install()
    page.goto(f"{address}/admin/messages")
    page.evaluate("document.querySelector('#health').firstElementChild.id = 'under-the-mouse'")
    shown = page.locator("#under-the-mouse")
    shown.hover()
    page.mouse.down()
    with page.expect_response("**/admin/messages"):
        page.clock.fast_forward(16_000)
    page.evaluate("new Promise(requestAnimationFrame)")
    expect(shown).to_be_attached()
    # A busy page may hear of the mouse later than it was lifted; the clock moves on once it has heard.
    page.evaluate(
        "addEventListener('pointerup', () => document.body.classList.add('mouse-is-up'), {once: true})"
    )
    page.mouse.up()
    expect(page.locator("body.mouse-is-up")).to_be_attached()
    page.clock.fast_forward(16_000)
    expect(shown).not_to_be_attached()


def test_a_newcomer_steps_into_a_role_and_moves_the_clock(page: Page, address: str) -> None:
    page.goto(f"{address}/login")
    page.locator(".demo-bar summary").first.click()
    page.locator("form[action='/demo/role/administrator'] button").click()
    page.wait_for_url(f"{address}/admin/attention")
    before = page.locator(".demo-bar__clock time").get_attribute("datetime")
    page.locator(".demo-bar__clock summary").click()
    page.locator("button[value=day]").click()
    expect(page.locator(".notice--info")).to_be_visible()
    after = page.locator(".demo-bar__clock time").get_attribute("datetime")
    assert before is not None
    assert after is not None
    assert before < after


def test_the_pages_work_without_javascript(chromium: Browser, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    sign_in(page, address)
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.locator("#sidebar-menu")).to_be_visible()
    page.goto(f"{address}/admin/users/2")
    page.locator("details.confirm summary").click()
    page.locator("form[action$='/close'] button.btn-danger").click()
    expect(page.locator("form[action$='/reopen'] button").first).to_be_visible()
    context.close()
