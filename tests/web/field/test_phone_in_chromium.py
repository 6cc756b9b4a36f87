"""The run's page in a real browser: axe, 320 px, large type, targets, driving, and a link that is over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from werkzeug.serving import make_server

from outreach.clinics.models import DayEvent
from outreach.transport.models import VehiclePosition
from outreach.workflows.field_links import call_back_link
from tests.builders.clinics import at
from tests.web.field.conftest import Street

pytestmark = pytest.mark.browser

GRAVE = {"serious", "critical"}
SMALLEST_TARGET = 48
SMALL = """least => [...document.querySelectorAll("main :is(button, a, summary, input, select), footer a")]
  .filter((e) => e.offsetParent && e.type !== "hidden" && e.getBoundingClientRect().height < least)
  .map((e) => e.outerHTML.slice(0, 90))"""
TOO_WIDE = """() => [...document.querySelectorAll("body *")]
  .filter((e) => e.offsetParent && e.getBoundingClientRect().right > innerWidth + 1)
  .map((e) => e.outerHTML.slice(0, 90))"""
DRIVING = """
  const here = { latitude: 34.75, longitude: 113.61, accuracy: 8 };
  window.drive = (speed) => window.seen?.({ coords: { ...here, speed } });
  navigator.geolocation.watchPosition = (seen) => {
    window.seen = seen;
    document.documentElement.dataset.watched = "yes";
    return 1;
  };
"""

Open = Callable[..., Page]


@pytest.fixture
def open_phone(street: Street, chromium: Browser) -> Iterator[Open]:
    """Open the run on a phone of a width and a language, as a driver or an escort."""
    server = make_server("127.0.0.1", 0, street.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    contexts = []

    def opened(*, width: int, language: str, kind: str = "driver", before: str = "") -> Page:
        locale = "zh-CN" if language == "zh" else "en-GB"
        context = chromium.new_context(viewport={"width": width, "height": 740}, locale=locale)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        if before:
            page.add_init_script(before)
        who = street.day.drivers[0] if kind == "driver" else street.day.escorts[0]
        link = street.link(**{f"{kind}_id": who})
        page.goto(f"http://127.0.0.1:{server.server_port}/field/l/{link.token}")
        page.locator("main form button").click()
        page.wait_for_url("**/field/run")
        expect(page.locator("#sync")).to_be_visible()
        return page

    yield opened
    for context in contexts:
        context.close()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("kind", "language"), [("driver", "zh"), ("escort", "en")])
def test_the_run_passes_axe_at_320_px_with_large_targets_and_type_at_200_percent(
    open_phone: Open, kind: str, language: str
) -> None:
    page = open_phone(width=320, language=language, kind=kind)
    page.locator("button[value=arrived_at_door]:visible").first.click()
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = Axe().run(page).response["violations"]
    assert [fault["id"] for fault in found if fault["impact"] in GRAVE] == []
    assert page.evaluate(SMALL, SMALLEST_TARGET) == []
    for size in ("18px", "36px"):
        page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
        assert page.evaluate(TOO_WIDE) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_moment_5j_nothing_is_tapped_while_the_car_moves_and_help_always_is(
    open_phone: Open, street: Street
) -> None:
    street.clock(to=at(9, 5))
    page = open_phone(width=360, language="zh", before=DRIVING)
    page.locator("button[value=departed]").click()
    expect(page.locator("html[data-watched]")).to_be_attached()
    page.evaluate("window.drive(12)")
    expect(page.locator("#moving")).to_be_visible()
    button = page.locator("article.stop-card--now .taps button:visible").first
    assert button.evaluate("one => one.inert")
    assert not page.locator("a[data-rings]").evaluate("one => one.inert")
    page.evaluate("window.drive(0)")
    expect(page.locator("#moving")).to_be_hidden()
    button.click()
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "0")
    with street.database.read() as session:
        kinds = [e.kind.value for e in session.scalars(select(DayEvent).order_by(DayEvent.id))]
        assert kinds == ["departed", "arrived_at_door"]
        assert len(session.scalars(select(VehiclePosition)).all()) == 1  # at most one in 20 s


def test_moment_5j_ringing_120_tells_the_dispatcher_afterwards(
    open_phone: Open, street: Street
) -> None:
    page = open_phone(width=360, language="en")
    page.evaluate(
        "document.addEventListener('click', (event) => {"
        " if (event.target.closest('a[href^=tel]')) event.preventDefault(); })"
    )
    page.locator("a[data-rings]").click()
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "0")
    with street.database.read() as session:
        event = session.scalars(select(DayEvent)).one()
        assert (event.kind.value, event.run_id) == ("emergency", street.run)


def test_fault_59_a_link_that_is_called_back_leaves_nothing_on_the_phone(
    open_phone: Open, street: Street
) -> None:
    page = open_phone(width=360, language="zh")
    count = """() => new Promise((resolve) => {
      const asked = indexedDB.open("outreach-field", 1);
      asked.onsuccess = () => {
        const all = asked.result.transaction("kept").objectStore("kept").getAll();
        all.onsuccess = () => resolve(JSON.stringify(all.result.map((one) => Object.keys(one))));
      };
    })"""
    page.wait_for_function(f"({count})().then((kept) => kept !== '[]')")
    assert page.evaluate(count) == '[["iv","sealed"]]'  # sealed, never readable
    with street.database.write() as session:
        call_back_link(session, link_id=1, by=street.day.by, now=at(9, 0))
    page.locator("button[value=arrived_at_door]:visible").first.click()
    expect(page.locator("article")).to_have_count(0)
    assert page.evaluate(count) == "[]"
    assert "field_store=" not in page.evaluate("document.cookie")


HELD_LOOKS = """
  const direct = window.fetch.bind(window);
  window.held = [];
  window.fetch = async (address, ...more) => {
    const answer = await direct(address, ...more);
    if (window.isHolding && String(address).endsWith("/field/now")) {
      await new Promise((go) => window.held.push(go));
    }
    return answer;
  };
"""
SETTLE = "() => new Promise((done) => setTimeout(done, 500))"


@pytest.mark.parametrize("taps_before", [0, 1], ids=["one tap", "the second of two"])
def test_a_finger_that_is_down_while_the_page_looks_again_still_taps(
    open_phone: Open, street: Street, taps_before: int
) -> None:
    page = open_phone(width=360, language="zh")
    button = page.locator("article.stop-card--now button[value=arrived_at_door]")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    for _ in range(taps_before):
        page.mouse.click(2, 2)  # its end must not count as the end of the next
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.evaluate(SETTLE)
    with page.expect_response("**/field/now"):
        page.evaluate("window.dispatchEvent(new Event('online'))")
    page.evaluate(SETTLE)
    page.mouse.up()
    expect(button).to_be_hidden()
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "0")
    with street.database.read() as session:
        assert [e.kind.value for e in session.scalars(select(DayEvent))] == ["arrived_at_door"]


@pytest.mark.parametrize("order", [(0,), (1, 0)], ids=["only the older", "the older last"])
def test_an_answer_from_before_the_tap_does_not_take_it_off_the_card(
    open_phone: Open, order: tuple[int, ...]
) -> None:
    page = open_phone(width=360, language="zh", before=HELD_LOOKS)
    page.evaluate("window.isHolding = true; window.dispatchEvent(new Event('online'))")
    page.wait_for_function("() => window.held.length === 1")
    card = page.locator("article.stop-card--now").get_attribute("id")
    button = page.locator(f"#{card} button[value=arrived_at_door]")
    button.click()
    expect(button).to_be_hidden()
    # The tap was heard, and the page asked anew.
    page.wait_for_function("() => window.held.length === 2")
    for number in order:
        page.evaluate("number => window.held[number]()", number)
        page.evaluate(SETTLE)
        expect(button).to_be_hidden()
