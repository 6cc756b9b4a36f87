"""The dispatcher on hard mornings: sixty people planned, published, planned again; a car that breaks."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.conftest import PROJECT, Installation, Visitor

ZONE = ZoneInfo("Asia/Shanghai")
KINDS = ("sqlite", pytest.param("postgresql", marks=[pytest.mark.postgresql, pytest.mark.longer]))
PLANNED_WITHIN_MS = 120_000
ABOARD = 3


def script(home: Installation, name: str, *words: str) -> str:
    """Run one of the journeys' own scripts on the running installation."""
    environment = {k: v for k, v in home.environment.items() if k != "OUTREACH_NOW"}
    done = subprocess.run(
        [sys.executable, "-m", f"tests.journeys.{name}", *words],
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip().splitlines()[-1]


class Morning:
    """A dispatcher at the day's pages."""

    def __init__(self, home: Installation, visitor: Callable[..., Visitor], *, people: int) -> None:
        self.home = home
        self.on = script(home, "sixty_people", str(people))
        self.staff = visitor(home.address)
        self.page = self.staff.page
        self.staff.step_into("dispatcher")

    def plan(self, kind: str) -> dict[str, tuple[int, int]]:
        """Ask for a plan, wait for the worker, and return each figure as (now, with the plan)."""
        self.staff.go(f"/day/plans?on={self.on}")
        self.page.check(f"[name=kind][value={kind}]")
        self.page.click("form.plan-ask button")
        self.page.wait_for_selector("#accept", timeout=PLANNED_WITHIN_MS)
        return self.figures()

    def figures(self) -> dict[str, tuple[int, int]]:
        """Return the figures of the plan on the screen by their place in the comparison."""
        names = ("people", "without", "kept", "moved", "broken", "minutes", "runs")
        rows = self.page.locator("section:has(#compare-title) tbody tr")
        found = {}
        for i, name in enumerate(names):
            cells = rows.nth(i).locator("td")
            found[name] = (_number(cells.nth(0).inner_text()), _number(cells.nth(1).inner_text()))
        return found

    def accept(self) -> None:
        """Accept the whole plan and land on the day."""
        self.page.click("#accept button[name=whole]")
        self.page.wait_for_url(re.compile(r"/day(\?|$)"))

    def accept_one_run(self) -> int:
        """Accept the first car of the plan alone and return how many people it brings in."""
        row = self.page.locator("tr:has([name=run])").first
        row.locator("[name=run]").check()
        people = _number(row.locator("td strong").last.inner_text())
        self.page.locator("#accept button:not([name=whole])").click()
        self.page.wait_for_url(re.compile(r"/day(\?|$)"))
        return people

    def take_back(self) -> None:
        """Undo what was just done by the button in its notice."""
        self.page.locator(".notice form button").first.click()
        self.page.wait_for_load_state()

    def riders(self) -> int:
        """Return how many stops the day's page, open now, shows on runs."""
        return self.page.locator("article.run .stop a[data-choose]").count()

    def publish(self) -> tuple[int, int]:
        """Look at what publishing tells, publish, and return (told first, told of another time)."""
        self.staff.go(f"/day/publishing?on={self.on}")
        first, moved = (
            _number(x) for x in self.page.locator(".big-number__value").all_inner_texts()
        )
        self.page.click("form[action$='/day/publish'] button.btn-lg")
        self.page.wait_for_load_state()
        return first, moved

    def clock_to(self, at: datetime) -> None:
        """Move the demo clock."""
        self.staff.send("/demo/clock", to=at.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M"))


def _number(text: str) -> int:
    found = re.search(r"\d+", text.replace(",", ""))
    assert found is not None, text
    return int(found[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_day_of_sixty_people_is_planned_adjusted_published_and_planned_again(
    installation: Callable[[str, str], Installation], visitor: Callable[..., Visitor], kind: str
) -> None:
    morning = Morning(installation(kind, "zh"), visitor, people=60)
    first = morning.plan("day")
    people, left = first["people"][1], first["without"][1]
    assert people + left >= 60
    assert people >= 40
    assert morning.page.locator("section:has(#left-title) li").count() == left
    some = morning.accept_one_run()
    assert 0 < some < people
    assert morning.riders() >= 2 * some  # there and home, and with whom they exchange people
    morning.take_back()
    assert morning.figures()["people"] == (0, people)
    morning.accept()
    assert morning.riders() >= 2 * people

    page, staff = morning.page, morning.staff
    staff.go(f"/day?on={morning.on}")
    chosen = page.locator("article.run .stop a[data-choose]").first.get_attribute("href") or ""
    staff.go(chosen.partition("#")[0])
    page.locator("form[action*='/release'] button").first.click()
    page.wait_for_selector("#board")
    rest = morning.plan("rest")
    assert rest["people"] == (people - 1, people) or rest["people"][1] >= people
    morning.accept()

    told, moved = morning.publish()
    assert told >= people - left
    assert moved == 0
    again = morning.plan("replan")
    assert again["kept"][1] == told
    assert (again["moved"][1], again["broken"][1]) == (0, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_fault_55_a_car_breaks_with_three_aboard(
    installation: Callable[[str, str], Installation], visitor: Callable[..., Visitor], kind: str
) -> None:
    morning = Morning(installation(kind, "zh"), visitor, people=24)
    page, staff = morning.page, morning.staff
    assert morning.plan("day")["people"][1] >= 20
    morning.accept()
    morning.publish()

    staff.go(f"/day?on={morning.on}")
    aboard_at, refused = "", list[str]()
    for run in page.locator("article.run").all():
        try:
            run_id = (run.get_attribute("id") or "").removeprefix("run-")
            aboard_at = script(morning.home, "aboard", run_id, str(ABOARD))
            break
        except AssertionError as why:
            refused.append(str(why)[:200])
    assert aboard_at, refused
    morning.clock_to(datetime.fromisoformat(aboard_at) + timedelta(minutes=1))

    staff.go(f"/day/repairs?on={morning.on}")
    row = page.locator("tr:has(input[name=car])").filter(
        has=page.locator("td.num:nth-child(3)", has_text=re.compile(rf"^{ABOARD}$"))
    )
    row.locator("summary").first.click()
    row.locator("form[action$='/car'] button.btn-danger").click()
    page.wait_for_selector("#accept", timeout=30_000)
    seconds = float(re.search(r"([\d.]+) 秒", page.inner_text("main"))[1])  # type: ignore[index]
    assert seconds < 5.0
    assert page.locator(".plan-aboard").count() == 1
    names = page.locator(".plan-aboard p").inner_text()
    figures = morning.figures()
    assert figures["broken"][1] <= figures["broken"][0]
    morning.accept()
    staff.go(f"/day/repairs?on={morning.on}")
    aboard = [
        _number(x)
        for x in page.locator("tr:has(input[name=car]) td.num:nth-child(3)").all_inner_texts()
    ]
    assert sum(aboard) == names.count("、") + 1 == ABOARD
