"""Every component on one page in a real browser, under the page policy, as page builders use them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, render_template_string
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from outreach.app import create_app
from outreach.ledger.codes import EntryStatus
from outreach.services import Services
from outreach.web.access import open_to_all
from outreach.web.forms import Form
from outreach.web.lists import pages
from outreach.web.notices import notify
from outreach.web.visit import visit
from tests.builders.office import Office
from tests.fixtures.looks import GRAVE, overflow

pytestmark = pytest.mark.browser

STAFF = Path(__file__).with_name("components_staff.html").read_text(encoding="utf-8")
SIMPLE = Path(__file__).with_name("components_simple.html").read_text(encoding="utf-8")
CHART = {
    "kind": "stack",
    "unit": "",
    "labels": ["福华街", "建中街"],
    "series": [
        {"name": "已接种", "values": [12, 7], "to": ["/login?a", "/login?b"]},
        {"name": "待联系", "values": [3, 9], "to": ["/login?c", "/login?d"]},
    ],
}
MAP = {
    "points": [
        {
            "at": [34.752, 113.612],
            "label": "绵东社区",
            "kind": "home",
            "mark": "1",
            "to": "/login?pin",
        },
        {"at": [34.722, 113.652], "label": "接种点", "kind": "site", "mark": "+"},
    ],
    "lines": [[[34.752, 113.612], [34.722, 113.652]]],
    "pick": "home",
}


@dataclass(frozen=True)
class Event:
    """A line of the timeline."""

    at: object
    icon: str
    title: str
    detail: str
    by: str


@pytest.fixture
def office_app(office_services: Services, office: Office) -> Flask:
    """An application of the test's own, since routes are added to it."""
    app = create_app(office_services)
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
    return app


@pytest.fixture
def address(office_app: Flask) -> Iterator[str]:
    @office_app.get("/components")
    @open_to_all("a test")
    def components() -> str:
        notify("已保存", undo="/login")
        now = visit().now
        events = [
            Event(now - timedelta(hours=n), "phone", "电话", "无人接听", "李四") for n in range(3)
        ]
        form = Form()
        form.wrong("name", "field_required")
        return render_template_string(
            STAFF,
            form=form,
            chart=CHART,
            map=MAP,
            events=events,
            statuses=list(EntryStatus),
            pages=pages(230, size=50),
        )

    @office_app.get("/layouts/<layout>")
    @open_to_all("a test")
    def layouts(layout: str) -> str:
        return render_template_string(SIMPLE, layout=layout)

    server = make_server("127.0.0.1", 0, office_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    opened = chromium.new_page(locale="zh-CN", viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(15_000)
    troubles: list[str] = []
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    opened.on(
        "request",
        lambda sent: None if sent.url.startswith((address, "data:")) else troubles.append(sent.url),
    )
    yield opened
    opened.close()
    assert not troubles


def grave(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{f['id']}: {f['nodes'][0]['html'][:120]}" for f in found if f["impact"] in GRAVE]


def test_charts_maps_and_the_rest_work_under_the_page_policy(
    page: Page, address: str, pictures: Path | None
) -> None:
    page.goto(f"{address}/components")
    expect(page.locator("[data-chart] svg")).to_be_visible()
    expect(page.locator("[data-map] .leaflet-marker-icon")).to_have_count(2)
    assert grave(page) == []
    if pictures:
        page.screenshot(path=pictures / "components.png", full_page=True)
    page.locator("[data-chart]").hover(position={"x": 200, "y": 150})
    page.locator("[data-map]").click(position={"x": 30, "y": 180})
    expect(page.locator("[name=home_latitude]")).not_to_have_value("")
    expect(page.locator("[data-map] .leaflet-marker-icon")).to_have_count(3)
    page.set_viewport_size({"width": 360, "height": 740})
    assert overflow(page) == 0
    assert grave(page) == []
    page.get_by_title("绵东社区").dispatch_event("click")
    page.wait_for_url("**/login?pin")


@pytest.mark.parametrize(("layout", "target"), [("field", 48), ("family", 60)])
def test_field_and_family_pages_have_large_targets_and_little_on_the_wire(
    page: Page, address: str, layout: str, target: int
) -> None:
    carried: list[int] = []
    page.on(
        "requestfinished",
        lambda sent: carried.append(sent.sizes()["responseBodySize"]),
    )
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{address}/layouts/{layout}", wait_until="networkidle")
    assert overflow(page) == 0
    assert grave(page) == []
    low: list[str] = page.evaluate(
        """(least) => [...document.querySelectorAll("button, .family__call, input:not([type=hidden])")]
        .filter((e) => e.offsetParent && e.getBoundingClientRect().height < least)
        .map((e) => e.outerHTML.slice(0, 80))""",
        target,
    )
    assert not low
    assert 0 < sum(carried) < 150_000
