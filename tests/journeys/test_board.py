"""The board in browsers: two dispatchers on one run, the keyboard alone, dragging, the proof of a day."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from outreach.app import create_app
from outreach.clinics.codes import DayEventKind, EventSource
from outreach.clinics.events import Author
from outreach.config import Settings
from outreach.db import Database
from outreach.services import build_services
from outreach.transport.codes import LegStatus
from outreach.vault import save_vault
from outreach.workflows.note_event import note_event
from tests.builders.clinics import DAY, at
from tests.builders.full_day import add_dispatcher
from tests.builders.transport import Day, assign, book_car, build_day, leg_of, tap

pytestmark = pytest.mark.browser

PASSWORD = "river stones are warm"
ON = DAY.isoformat()
PATIENCE_MS = 20_000


@dataclass(frozen=True, slots=True)
class Room:
    """A dispatch room: the day, its trips (appointment, outbound, home), and a door for dispatchers."""

    day: Day
    trips: tuple[tuple[int, int, int], ...]
    enter: Callable[..., Page]
    database: Database


@pytest.fixture
def room(database: Database, tmp_path: Path, chromium: Browser) -> Iterator[Room]:
    """Three elders, two cars; the pages on a real port; a browser window per dispatcher."""
    settings = Settings(
        instance=tmp_path,
        database_url=database.engine.url.render_as_string(hide_password=False),
    )
    save_vault(database.vault, settings.keys_file)
    day = build_day(database, elders=3, cars=2)
    trips = tuple(book_car(database, day, who, at(9, 10 + 20 * who)) for who in range(3))
    with database.write() as session:
        for name in ("chen", "li"):
            add_dispatcher(session, day.village.district_id, username=name, password=PASSWORD)
    services = build_services(settings)
    server = make_server("127.0.0.1", 0, create_app(services), threaded=True)
    server.daemon_threads = False  # type: ignore[attr-defined]  # closing waits for last answers
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    opened: list[Page] = []
    troubles: list[str] = []

    def enter(name: str, *, locale: str = "en-GB", width: int = 1440) -> Page:
        context = chromium.new_context(locale=locale, viewport={"width": width, "height": 900})
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console",
            lambda said: (
                troubles.append(said.text) if "Content Security Policy" in said.text else None
            ),
        )
        opened.append(page)
        page.goto(f"http://127.0.0.1:{server.server_port}/login")
        page.fill("[name=username]", name)
        page.fill("[name=password]", PASSWORD)
        page.click("main button.btn-primary")
        page.wait_for_url("**/day")
        page.goto(f"http://127.0.0.1:{server.server_port}/day?on={ON}")
        return page

    yield Room(day=day, trips=trips, enter=enter, database=database)
    for page in opened:
        page.context.close()
    server.shutdown()
    thread.join()
    server.server_close()
    services.database.close()
    assert troubles == []


def grip(page: Page, leg_id: int) -> None:
    """Put the focus on a ride's grip."""
    page.locator(f".ride[data-leg='{leg_id}'] [data-grip]").focus()


def says(page: Page, words: str) -> None:
    expect(page.locator("[data-board-says]")).to_contain_text(words, timeout=PATIENCE_MS)


def give_by_keyboard(page: Page, leg_id: int, *, downs: int = 1) -> None:
    """Pick a ride up, choose a run by arrows, and drop it."""
    grip(page, leg_id)
    page.keyboard.press("Enter")
    says(page, "Picked up")
    expect(page.locator("[data-run][data-fits='yes']").first).to_be_visible(timeout=PATIENCE_MS)
    for _step in range(downs):
        page.keyboard.press("ArrowDown")
    says(page, "fits")
    page.keyboard.press("Enter")
    expect(page.locator(f".stop[data-leg='{leg_id}']").first).to_be_visible(timeout=PATIENCE_MS)


def test_fault_57_two_dispatchers_on_one_run_lose_nothing(room: Room) -> None:
    theirs, mine = room.trips[0][1], room.trips[1][1]
    chen, li = room.enter("chen"), room.enter("li")
    li.route("**/day/pulse*", lambda route: route.abort())  # her page has not heard of it yet
    give_by_keyboard(chen, theirs)
    grip(li, mine)
    li.keyboard.press("Enter")
    says(li, "Picked up")
    li.keyboard.press("ArrowDown")
    li.keyboard.press("Enter")
    conflict = li.locator("#conflict")
    expect(conflict).to_contain_text("Chen", timeout=PATIENCE_MS)
    expect(conflict).to_contain_text("put on the run", timeout=PATIENCE_MS)
    assert leg_of(room.database, mine).status is LegStatus.WAITING
    conflict.get_by_role("button", name="Do mine on the new state").click()
    expect(li.locator(f".stop[data-leg='{mine}']").first).to_be_visible(timeout=PATIENCE_MS)
    expect(li.locator(f".stop[data-leg='{theirs}']").first).to_be_visible(timeout=PATIENCE_MS)
    # The first dispatcher's page follows by itself.
    expect(chen.locator(f".stop[data-leg='{mine}']").first).to_be_visible(timeout=PATIENCE_MS)
    for leg_id in (mine, theirs):
        assert leg_of(room.database, leg_id).status is LegStatus.ASSIGNED


def test_the_board_works_by_keyboard_alone_and_axe_finds_nothing(room: Room) -> None:
    out, home = room.trips[0][1:]
    page = room.enter("chen")
    give_by_keyboard(page, out)
    give_by_keyboard(page, home)
    # Another order is tried and said aloud before it is done; what breaks is refused with its reason.
    first = page.locator(".stop [data-grip]").first
    first.focus()
    page.keyboard.press("Enter")
    says(page, "Picked up")
    page.keyboard.press("ArrowDown")
    says(page, "Position 2: ")
    page.keyboard.press("Escape")
    says(page, "Put back")
    # To the other run and back by undo.
    first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-run][data-fits='yes']").first).to_be_visible(timeout=PATIENCE_MS)
    page.keyboard.press("ArrowRight")
    says(page, "豫A0001D: fits")
    page.keyboard.press("Enter")
    expect(page.locator(f"#run-{room.day.runs[1]} .stop[data-leg='{out}']").first).to_be_visible(
        timeout=PATIENCE_MS
    )
    page.locator("h1").click()
    page.keyboard.press("Control+z")
    expect(page.locator(f"#run-{room.day.runs[0]} .stop[data-leg='{out}']").first).to_be_visible(
        timeout=PATIENCE_MS
    )
    found = Axe().run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in {"serious", "critical"}] == []


PICK_UP_AT_ONCE = """leg => {
  const pickUp = () => {
    const grip = document.querySelector(`.ride[data-leg="${leg}"] [data-grip]`);
    grip.focus();
    grip.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  };
  const seen = (event) => {
    if (event.detail.requestConfig.verb !== "post") return;
    document.body.removeEventListener("htmx:afterSwap", seen);
    setTimeout(pickUp);
  };
  document.body.addEventListener("htmx:afterSwap", seen);
}"""


def test_what_is_picked_up_as_soon_as_the_board_is_anew_is_checked_too(room: Room) -> None:
    out, home = room.trips[0][1:]
    page = room.enter("chen")
    page.evaluate(PICK_UP_AT_ONCE, home)
    give_by_keyboard(page, out)
    says(page, "Picked up")
    expect(page.locator("[data-run][data-fits='yes']").first).to_be_visible(timeout=PATIENCE_MS)


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_a_ride_is_dragged_and_one_person_lights_up_in_three_places(
    room: Room, locale: str
) -> None:
    out = room.trips[0][1]
    assign(room.database, room.day, room.trips[1][1])
    page = room.enter("chen", locale=locale)
    pin = page.locator(".leaflet-marker-icon").first
    expect(pin).to_be_visible(timeout=PATIENCE_MS)
    page.locator(f".ride[data-leg='{out}'] .ride__detail").hover()
    expect(page.locator(".leaflet-marker-icon.is-lit")).to_have_count(1, timeout=PATIENCE_MS)
    page.locator(f".stop[data-leg='{room.trips[1][1]}'] .stop__time").first.hover()
    expect(page.locator(f".mark.is-lit[data-leg='{room.trips[1][1]}']")).to_have_count(
        2, timeout=PATIENCE_MS
    )
    start = page.locator(f".ride[data-leg='{out}'] [data-grip]").bounding_box()
    assert start is not None
    page.mouse.move(start["x"] + 20, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(start["x"] + 60, start["y"] + 40, steps=5)
    zone = page.locator(f"#run-{room.day.runs[1]} [data-drop='head']")
    expect(page.locator(f"#run-{room.day.runs[1]}[data-fits='yes']")).to_be_visible(
        timeout=PATIENCE_MS
    )
    end = zone.bounding_box()
    assert end is not None
    page.mouse.move(end["x"] + 60, end["y"] + end["height"] / 2, steps=10)
    # The drag is followed by a timer: a hand is slower than this test, so it looks before letting go.
    held_over = page.locator(f"#run-{room.day.runs[1]}.is-target")
    expect(held_over).to_be_visible(timeout=PATIENCE_MS)
    page.mouse.up()
    expect(page.locator(f"#run-{room.day.runs[1]} .stop[data-leg='{out}']").first).to_be_visible(
        timeout=PATIENCE_MS
    )
    assert leg_of(room.database, out).status is LegStatus.ASSIGNED
    page.set_viewport_size({"width": 360, "height": 780})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_day_is_closed_only_on_a_proof_that_everybody_is_home(room: Room) -> None:
    out, home = room.trips[0][1:]
    for leg_id in (out, home):
        assign(room.database, room.day, leg_id)
    author = Author(EventSource.DISPATCH, user_id=room.day.by)

    def note(what: DayEventKind, hour: int, minute: int, leg_id: int, **facts: Any) -> None:
        when = at(hour, minute)
        with room.database.write() as session:
            event = tap(what, when, leg=leg_id, **facts)
            note_event(session, tap=event, author=author, now=when)

    note(DayEventKind.PICKED_UP, 8, 50, out)
    note(DayEventKind.AT_SITE, 9, 0, out)
    page = room.enter("chen")
    page.locator("a.big-number", has_text="not handed over yet").click()
    page.wait_for_url("**/closing*")
    expect(page.locator("main")).to_contain_text(
        "1 brought = 0 received by a name + 1 not yet", timeout=PATIENCE_MS
    )
    expect(page.get_by_role("button", name="Close the day")).to_have_count(0, timeout=PATIENCE_MS)
    note(DayEventKind.LEFT_SITE, 10, 0, home)
    note(DayEventKind.HANDED_OVER, 10, 20, home, kind="named_person", received_by="女儿赵敏")
    page.reload()
    expect(page.locator("main")).to_contain_text(
        "1 brought = 1 received by a name + 0 not yet", timeout=PATIENCE_MS
    )
    expect(page.locator("main")).to_contain_text("女儿赵敏", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Close the day").first.click()
    expect(page.locator("main")).to_contain_text("by Chen", timeout=PATIENCE_MS)
    found = Axe().run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in {"serious", "critical"}] == []
