"""A booking text that nobody answers leads to a voice call, to the worker's list, to a visit, to a yes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.conftest import Installation, Visitor

pytestmark = pytest.mark.longer

ZONE = ZoneInfo("Asia/Shanghai")
FIRST_DAY = datetime(2026, 12, 5, tzinfo=ZONE)  # so that three days before still lie ahead
ASKED, CALLED = "请问还方便来吗", "确认请按1"
OWED, GO_THERE, CONFIRMED = "须打电话告知", "电话未通：请上门", "已确认"


class Unanswered:
    """One worker, one person who does not answer, and a clock that moves on."""

    def __init__(self, staff: Visitor) -> None:
        self.staff = staff
        self.person = ""
        self.slot_at = FIRST_DAY

    def book(self) -> None:
        """A yes on the telephone and an appointment some days ahead; nobody answers its text."""
        staff, page = self.staff, self.staff.page
        staff.step_into("grid_worker")
        staff.go("/today")
        name = page.locator("main a.work-item__name", has_text="赵").first
        self.person = str(name.get_attribute("href"))
        self.log("C01")
        staff.go(f"{self.person}/book")
        values = page.eval_on_selector_all("[name=slot]", "all => all.map(one => one.value)")
        chosen = next(v for v in values if int(v.partition("@")[2]) >= FIRST_DAY.timestamp())
        self.slot_at = datetime.fromtimestamp(int(chosen.partition("@")[2]), tz=ZONE)
        page.locator(f"label[for='slot-{chosen.replace('@', '-')}']").click()
        page.locator("label[for='outbound_mode-walks']").click()
        page.locator("label[for='return_mode-walks']").click()
        page.locator("main form button.btn-primary").last.click()
        page.wait_for_url("**/bookings/*")

    def log(self, outcome: str, *, channel: str = "call") -> None:
        """Log a contact on its form; what had to be said with it is chosen there already."""
        staff, page = self.staff, self.staff.page
        staff.go(self.person)
        staff.go(str(page.locator("main a[href$='/contact']").first.get_attribute("href")))
        page.locator(f"label[for='c-{channel}']").click()
        page.locator(f"label[for='o-{outcome}']").click()
        page.locator("main form.contact button.btn-primary").click()
        page.wait_for_url(lambda url: "/contact" not in url)

    def clock_to(self, days_before: int, hour: int, minute: int) -> None:
        """Move the demo clock to a local time some days before the appointment."""
        day = self.slot_at - timedelta(days=days_before)
        at = day.replace(hour=hour, minute=minute)
        self.staff.send("/demo/clock", to=at.strftime("%Y-%m-%dT%H:%M"))

    def line(self) -> str:
        """Return this person's card on the list of the day, or nothing."""
        self.staff.go("/today?order=weight")
        link = f"a.work-item__name[href='{self.person}']"
        cards = self.staff.page.locator(f"article.work-item:has({link})")
        return cards.first.inner_text() if cards.count() else ""


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_unanswered_text_leads_to_a_call_to_the_list_to_a_visit_and_to_a_yes(
    installation: Callable[[str, str], Installation],
    visitor: Callable[..., Visitor],
    kind: str,
) -> None:
    running = installation(kind, "zh")
    story = Unanswered(visitor(running.address))
    staff = story.staff
    story.book()
    story.clock_to(3, 10, 5)
    staff.until("/phones", ASKED)
    assert OWED not in story.line()
    story.clock_to(2, 10, 5)
    staff.until("/phones", CALLED)
    assert OWED not in story.line()
    story.clock_to(1, 11, 5)
    staff.until("/today?order=weight", OWED)
    assert OWED in story.line()
    story.log("C09")
    vain = story.line()
    assert OWED in vain, "a call in vain leaves it owed"
    assert GO_THERE in vain
    story.log("C01", channel="visit")
    assert OWED not in story.line()
    staff.go(story.person)
    text = staff.page.inner_text("main")
    assert CONFIRMED in text
    assert "入户走访: 接通-同意接种" in text
