"""The road with a bad network: twenty minutes without any, events late and doubled, and a door nobody opens."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Request, expect

from tests.journeys.conftest import PROJECT, Installation, Visitor

pytestmark = pytest.mark.longer

KINDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql))


class Road:
    """A run told to everybody, its driver's phone, and the dispatcher at her desk."""

    def __init__(
        self,
        place: Installation,
        visitor: Callable[..., Visitor],
        *,
        language: str,
        pictures: Path | None,
    ) -> None:
        self.place, self.pictures, self.language = place, pictures, language
        self.run: dict[str, Any] = self.ask("make")
        self.staff: Visitor = visitor(place.address, language=language)
        self.staff.step_into("dispatcher")
        self.at = datetime.fromisoformat(self.run["at"])
        self.clock_to(self.at - timedelta(minutes=2))
        self.phone: Visitor = visitor(place.address, language=language, width=360)
        self.page = self.phone.page
        self.page.clock.install()
        self.phone.go("/field/demo/driver")
        self.page.locator("main form button").click()
        self.page.wait_for_url("**/field/run")
        self.page.evaluate("navigator.serviceWorker.ready")
        expect(self.page.locator("#sync")).to_be_visible()

    def ask(self, what: str) -> Any:
        """Run beside the product what a page cannot show in one look."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.journeys.told_run", what],
            env=self.place.environment,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)

    def clock_to(self, at: datetime) -> None:
        """Move the product's clock."""
        self.staff.send("/demo/clock", to=at.strftime("%Y-%m-%dT%H:%M:%S%z"))

    def pass_minutes(self, minutes: int) -> None:
        """Let time go by for the product, then for the phone.

        In this order a phone that looks in between takes no old time over. And a page that is loaded again
        while the network is switched off can still get a request out (seen of Chromium): to a product whose
        clock stood still, the taps of those minutes would lie in the future.
        """
        self.at += timedelta(minutes=minutes)
        self.clock_to(self.at)
        self.page.clock.fast_forward(minutes * 60_000)

    def tap(self, kind: str, *, card: str = "article.stop-card--now") -> None:
        """Tap a button of the stop at hand."""
        self.page.locator(f"{card} button[value={kind}]:visible").first.click()

    def picture(self, name: str) -> None:
        """Save what is on the phone, when pictures are wanted."""
        if self.pictures is not None:
            path = self.pictures / f"{name}-{self.language}.png"
            self.page.screenshot(path=path, full_page=True)


@pytest.fixture(params=KINDS)
def road(
    request: pytest.FixtureRequest,
    installation: Callable[[str, str], Installation],
    visitor: Callable[..., Visitor],
    pictures: Path | None,
) -> Road:
    """The road of today on either database."""
    wanted = pictures if request.param == "sqlite" else None
    return Road(installation(request.param, "zh"), visitor, language="zh", pictures=wanted)


@pytest.mark.browser
def test_fault_58_twenty_minutes_without_a_network_arrive_late_doubled_and_once(road: Road) -> None:
    page, sent = road.page, list[Request]()
    page.on("request", lambda r: sent.append(r) if r.url.endswith("/field/told") else None)
    page.context.set_offline(True)
    road.tap("arrived_at_door")
    road.pass_minutes(6)
    road.tap("picked_up")
    road.pass_minutes(14)
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "2")
    page.reload()  # the phone was put away and taken out again: all is there without a network
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "2")
    road.picture("field-offline")
    road.tap("at_site")
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "3")
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "0", timeout=60_000)
    again = sent[-1]
    answer = page.request.post(again.url, data=again.post_data, headers=again.all_headers())
    assert answer.status == 200
    assert [one["is_new"] for one in answer.json()["taken"]] == [False, False, False]
    happened = road.ask("events")
    assert [one[0] for one in happened] == ["arrived_at_door", "picked_up", "at_site"]
    first, second, third = (datetime.fromisoformat(one[1]) for one in happened)
    assert timedelta(minutes=5) < second - first < timedelta(minutes=8)
    assert timedelta(minutes=13) < third - second < timedelta(minutes=17)
    heard = {datetime.fromisoformat(one[2]) for one in happened}
    assert min(heard) - first > timedelta(minutes=17)
    expect(page.locator("article.stop-card--done")).to_have_count(2)
    road.picture("field-synced")


@pytest.mark.browser
def test_moment_5f_a_no_show_needs_waiting_two_calls_a_knock_and_a_dispatchers_word(
    road: Road,
) -> None:
    page = road.page
    road.tap("arrived_at_door")
    page.locator("article.stop-card--now details.more:visible summary").first.click()
    claim = page.locator("article.stop-card--now button[value=not_there]")
    expect(claim).to_be_disabled()
    for kind in ("called", "called", "knocked"):
        road.tap(kind)
    # Whoever is deaf, blind or confused must be reached by a person: the daughter says she is out.
    page.locator("article.stop-card--now form:has([name=reached][value='1']) button").click()
    expect(claim).to_be_disabled()  # ten minutes are not over
    road.picture("field-nobody-there")
    road.pass_minutes(11)
    expect(claim).to_be_enabled(timeout=15_000)
    claim.click()
    expect(page.locator("article .after-not-there:visible")).to_be_visible()
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "0", timeout=60_000)
    before = page.locator("article[data-leg]").count()
    leg = road.run["leg"]
    day = road.at.date().isoformat()
    road.staff.send(f"/day/legs/{leg}/no-show", on=day, reason="")
    page.clock.fast_forward(31_000)
    expect(page.locator(f"article[data-leg='{leg}']")).to_have_count(0, timeout=30_000)
    assert page.locator("article[data-leg]").count() < before
    assert [one[0] for one in road.ask("events")][:1] == ["arrived_at_door"]
