"""Every page of a day on the road, full of people: dispatcher, desk, driver, escort and family, each looked at.

With ``--pictures DIR`` what was seen is kept there: desktop and phone, Chinese and English.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize

from tests.fixtures.looks import PHONE, grave_faults, overflow
from tests.journeys.conftest import Installation, Visitor
from tests.journeys.test_dispatch import ZONE, Morning

pytestmark = [pytest.mark.browser, pytest.mark.longer]

PEOPLE = 24
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
WINDOWS: dict[str, ViewportSize] = {"desktop": DESKTOP, "phone": PHONE}  # type: ignore[dict-item]
TALLEST = 1800  # px of a picture; what comes below is more of the same


class Look:
    """Looks at pages at both sizes, keeps the pictures that are wanted, and remembers what is wrong."""

    def __init__(self, language: str, pictures: Path | None) -> None:
        self.language, self.pictures = language, pictures
        self.faults: list[str] = []

    def __call__(self, name: str, someone: Visitor, path: str = "") -> None:
        """Look at a page (the present one without a path)."""
        page = someone.page
        for window, size in WINDOWS.items():
            page.set_viewport_size(size)
            if path:
                someone.go(path)
            page.wait_for_load_state("networkidle")
            where = f"{name} {window} {self.language}"
            self.faults += [f"{where}: {fault}" for fault in grave_faults(page)]
            if overflow(page):
                self.faults.append(f"{where}: {overflow(page)} px too wide")
            if self.pictures is not None:
                height = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
                page.set_viewport_size({"width": size["width"], "height": height})
                page.screenshot(
                    path=self.pictures / f"{name}-{window}-{self.language}.jpg",
                    type="jpeg",
                    quality=60,
                )
        page.set_viewport_size(DESKTOP)


def first_link(someone: Visitor, pattern: str) -> str:
    """Return the first address on the present page that matches."""
    found = re.search(rf'href="({pattern})"', someone.page.content())
    assert found is not None, f"no {pattern} on {someone.page.url}"
    return found[1].replace("&amp;", "&")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_a_full_day_passes_axe_and_fits_desktop_and_phone(
    installation: Callable[[str, str], Installation],
    visitor: Callable[..., Visitor],
    pictures: Path | None,
    language: str,
) -> None:
    home = installation("sqlite", "zh")
    look = Look(language, pictures)
    morning = Morning(home, lambda address: visitor(address, language=language), people=PEOPLE)
    for step in (_planning, _the_day, _the_family, _the_desk, _the_field, _the_evening):
        step(morning, look, visitor)
    assert not look.faults, "\n".join(look.faults)


Open = Callable[..., Visitor]


def _planning(morning: Morning, look: Look, _open: Open) -> None:
    morning.plan("day")
    look("plan", morning.staff)
    morning.accept()
    look("plans", morning.staff, f"/day/plans?on={morning.on}")
    look("publishing", morning.staff, f"/day/publishing?on={morning.on}")
    morning.publish()


def _the_day(morning: Morning, look: Look, _open: Open) -> None:
    staff, on = morning.staff, morning.on
    look("board", staff, f"/day?on={on}")
    look("run-sheet", staff, first_link(staff, r"/day/runs/\d+/sheet[^\"]*"))
    look("repairs", staff, f"/day/repairs?on={on}")
    look("fleet", staff, "/fleet")
    look("car", staff, first_link(staff, r"/fleet/\d+"))
    look("crew", staff, "/crew")
    look("driver", staff, first_link(staff, r"/crew/driver/\d+"))
    staff.go("/crew")
    look("escort", staff, first_link(staff, r"/crew/escort/\d+"))
    look("field-links", staff, f"/field-links?on={on}")
    look("unmet", staff, f"/unmet?from_on={on}&until_on={on}")
    look("sites", staff, "/sites")
    look("bookings", staff, f"/bookings?from={on}&until={on}")
    look("booking", staff, first_link(staff, r"/bookings/\d+"))


def _the_family(morning: Morning, look: Look, open_window: Open) -> None:
    staff = morning.staff
    booking = first_link(staff, r"/bookings/\d+/family")
    look("handing", staff, booking)
    staff.page.locator("main form button").first.click()
    staff.page.wait_for_selector("#family-code")
    look("slip", staff)
    door = re.search(r"/f/l/[\w-]+", staff.page.content())
    assert door is not None
    daughter = open_window(staff.address, language=look.language)
    look("family-door", daughter, "/f")
    look("family-enter", daughter, door[0])
    daughter.page.locator("main form button").first.click()
    daughter.page.wait_for_url("**/f/visit")
    look("family", daughter)


def _at(morning: Morning, hour: int, minute: int) -> datetime:
    return datetime.combine(date.fromisoformat(morning.on), time(hour, minute), tzinfo=ZONE)


def _the_desk(morning: Morning, look: Look, open_window: Open) -> None:
    """One elder from the door to the chair of observation."""
    morning.clock_to(_at(morning, 8, 50))
    desk = open_window(morning.home.address, language=look.language)
    desk.step_into("clinician")
    look("desk", desk, "/desk")
    visit, page = first_link(desk, r"/desk/visit/\d+"), desk.page
    look("desk-identity", desk, visit)
    for box in ("name", "birth_date"):
        page.check(f"[name=identity][value={box}]")
    page.click("form[action$='/here'] button")
    page.wait_for_selector("form[action$='/screen']")
    look("desk-screening", desk)
    page.fill("[name=temperature]", "36.6")
    page.locator("[name=yes]").first.check()
    page.click("form[action$='/screen'] button")
    page.wait_for_selector("form[action$='/jab']")
    look("desk-jab", desk)
    page.click("form[action$='/jab'] button")
    page.wait_for_selector("button[value=ready]", state="attached")
    look("desk-watched", desk)
    look("observations", desk, "/observations")
    look("ride-checks", desk, "/checks")


def _the_field(morning: Morning, look: Look, open_window: Open) -> None:
    for kind in ("driver", "escort"):
        phone = open_window(morning.home.address, language=look.language, width=360)
        phone.go(f"/field/demo/{kind}")
        look(f"{kind}-enter", phone)
        phone.page.locator("main form button").first.click()
        phone.page.wait_for_url("**/field/run")
        look(f"{kind}-run", phone)
        look(f"{kind}-learn", phone, "/field/learn")


def _the_evening(morning: Morning, look: Look, _open: Open) -> None:
    morning.clock_to(_at(morning, 17, 30))
    look("closing", morning.staff, f"/closing?on={morning.on}")
    look("field-work", morning.staff, "/field-work")
    look("paper", morning.staff, "/paper")
    look("pack", morning.staff, f"/paper/pack?on={morning.on}")
