"""The story the product exists for, played in a browser by everybody in it (design §1)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.conftest import Installation, Visitor

LEDGERS = Path(__file__).resolve().parents[1] / "data" / "ledgers"
ZONE = ZoneInfo("Asia/Shanghai")
TOMORROW = datetime(2026, 12, 2, tzinfo=ZONE)
# What the daughter is told, in order: the booking, who comes when, that her mother is on the way home.
TOLD = ("预约已留好", "到楼下接您", "正乘车回家")
HOME_FROM = {
    "zh": "南三环金海大道口1号院9号楼1单元1203",
    "en": "南三环金海大道口1号院9号楼1单元1203",
}


class Story:
    """Zhao's way from a hesitant call to the strike-off, a page at a time."""

    def __init__(
        self,
        installation: Installation,
        visitor: Callable[..., Visitor],
        *,
        language: str,
        pictures: Path | None,
    ) -> None:
        self.address, self.language, self.pictures = installation.address, language, pictures
        self.open = visitor
        self.staff: Visitor = visitor(self.address, language=language)
        self.zhao = ""
        self.slot_at = TOMORROW

    def picture(self, name: str, someone: Visitor | None = None) -> None:
        """Save what is on the screen, when pictures are wanted."""
        if self.pictures is not None:
            page = (someone or self.staff).page
            page.screenshot(path=self.pictures / f"{name}-{self.language}.png", full_page=True)

    def vaccinated(self) -> int:
        """Return how many of Miandong the leader's page counts as vaccinated, and open them."""
        staff = self.staff
        staff.step_into("leader")
        staff.go("/standing")
        for _level in range(2):
            rows = staff.page.locator("main table tbody tr a[href*='/standing/']")
            names = rows.all_inner_texts()
            wanted = "棉东社区" if "棉东社区" in names else "五里堡街道"
            rows.nth(names.index(wanted)).click()
            staff.page.wait_for_load_state()
        figure = staff.page.locator("a.big-number[href*='vaccinated']").first
        count = int(re.sub(r"\D", "", figure.locator(".big-number__value").inner_text()))
        figure.click()
        staff.page.wait_for_load_state()
        return count

    def import_the_ledger(self) -> None:
        """Step 1: the community's spreadsheet, row by row as expected."""
        staff = self.staff
        staff.step_into("grid_worker")
        staff.go("/imports/new")
        page = staff.page
        page.select_option("[name=community_id]", label="棉东社区")
        page.fill("[name=as_of]", "2026-12-01")
        page.set_input_files("[name=file]", LEDGERS / "ledger-miandong.xlsx")
        page.locator("main form[action$='/imports'] button.btn-primary").click()
        page.wait_for_url("**/columns")
        self.picture("01-import-columns")
        page.locator("main form.card button.btn-primary").click()
        page.wait_for_url(re.compile(r"/imports/\d+$"))
        page.wait_for_selector("form[action$='/commit'] button", timeout=120_000)
        self.picture("02-import-review")
        page.click("form[action$='/commit'] button")
        page.wait_for_selector("form[action$='/undo']", state="attached", timeout=120_000)
        expected = json.loads((LEDGERS / "ledger-miandong.expected.json").read_text())
        text = page.inner_text("main")
        assert (
            str(expected["rows_by_outcome"]["error"] + expected["rows_by_outcome"]["duplicate"])
            in text
        )
        self.picture("03-import-done")

    def call_and_ask(self) -> None:
        """Step 2: today's list, the stay, the second call with a question, the answer, the third call."""
        staff, page = self.staff, self.staff.page
        staff.go("/today")
        self.picture("04-today")
        page.locator("main a", has_text="赵桂珍").first.click()
        page.wait_for_load_state()
        self.zhao = page.url.removeprefix(self.address)
        body = page.inner_text("main")
        assert "2021" in body
        self.picture("05-zhao")
        page.locator("#stays summary").last.click()
        page.fill("#stay-address", HOME_FROM[self.language])
        page.fill("[name=stay_latitude]", "34.6912")
        page.fill("[name=stay_longitude]", "113.6389")
        page.locator("#stays form button.btn-primary").click()
        page.wait_for_load_state()
        self.contact("C05", reason="H01", question="高血压吃着药，能不能打？")
        self.answer()
        self.contact("C01")
        staff.go(self.zhao)
        self.picture("06-zhao-agreed")

    def contact(self, outcome: str, *, reason: str = "", question: str = "") -> None:
        """Log a call with its outcome."""
        staff, page = self.staff, self.staff.page
        staff.go(self.zhao)
        page.locator("main a[href*='/contact']").first.click()
        page.wait_for_load_state()
        page.locator(f"label[for='o-{outcome}']").click()
        if reason:
            page.check(f"[name=reasons][value={reason}]")
            page.check(f"[name=main_reason][value={reason}]")
        if question:
            page.fill("[name=question]", question)
        page.locator("main form.contact button.btn-primary").click()
        page.wait_for_url(lambda url: "/contact" not in url)

    def answer(self) -> None:
        """The clinician answers in the queue of questions."""
        staff, page = self.staff, self.staff.page
        staff.step_into("clinician")
        staff.go("/questions")
        self.picture("07-questions")
        page.locator("main a[href*='/questions/']").first.click()
        page.wait_for_load_state()
        page.fill("[name=answer]", "血压平稳、按时服药的可以接种。")
        page.locator("main form[action$='/answer'] button.btn-primary").click()
        page.wait_for_load_state()
        staff.step_into("grid_worker")

    def book(self) -> None:
        """Step 3: no way there without a way home, then both by our car."""
        staff, page = self.staff, self.staff.page
        staff.go(f"{self.zhao}/book")
        values = page.eval_on_selector_all("[name=slot]", "all => all.map(one => one.value)")
        chosen = next(v for v in values if int(v.partition("@")[2]) >= TOMORROW.timestamp())
        self.slot_at = datetime.fromtimestamp(int(chosen.partition("@")[2]), tz=ZONE)
        page.locator(f"label[for='slot-{chosen.replace('@', '-')}']").click()
        page.locator("label[for='outbound_mode-our_car']").click()
        page.locator("label[for='return_mode-walks']").click()
        page.locator("main form button.btn-primary").last.click()
        page.wait_for_load_state()
        assert page.locator(".field__fault, .error-summary").count() > 0
        self.picture("08-no-way-home-refused")
        page.locator("label[for='return_mode-our_car']").click()
        page.locator("main form button.btn-primary").last.click()
        page.wait_for_url("**/bookings/*")
        self.picture("09-booked")

    def confirm_by_text(self) -> None:
        """Step 5: the daughter reads the text on her phone and confirms."""
        staff, page = self.staff, self.staff.page
        text = staff.until("/phones/daughter", "赵")
        assert "拒收请回复" not in text  # she is told of a booking, not nudged
        page.fill("#body", "确认")
        page.locator("form.handset__write button").click()
        page.wait_for_timeout(500)
        self.picture("10-daughters-phone")
        staff.step_into("grid_worker")
        staff.go(self.zhao)
        assert page.locator(
            "main", has_text="已确认" if self.language == "zh" else "Confirmed"
        ).count()

    def assign(self) -> None:
        """Step 4: cars from the shifts, an escort, both ways by hand, then promises."""
        staff, page = self.staff, self.staff.page
        day = self.slot_at.date().isoformat()
        staff.step_into("dispatcher")
        staff.go(f"/day?on={day}")
        page.locator("form[action$='/runs/open'] button").click()
        page.wait_for_load_state()
        run = page.locator("article.run").first
        run.locator("details.run__crew summary").click()
        run.locator("select[name=escort]").select_option(index=1)
        run.locator("details.run__crew button").click()
        page.wait_for_load_state()
        self.picture("11-the-day")
        for _way in range(2):
            ride = page.locator("article.ride", has_text="赵桂珍").first
            ride.locator("a").click()
            page.wait_for_selector("#places")
            self.picture("12-places")
            page.locator("#places form button").first.click()
            page.wait_for_selector("#places", state="detached")
        assert page.locator("article.ride", has_text="赵桂珍").count() == 0
        page.locator("form[action$='/publish'] button").click()
        page.wait_for_url("**/field-links*")
        self.picture("13-field-links")

    def field_link(self, day: str) -> str:
        """Make the escort's one-day link and return its address."""
        page = self.staff.page
        self.staff.go(f"/field-links?on={day}")
        page.locator("form:has(input[name=escort]) button").first.click()
        page.wait_for_load_state()
        self.picture("14-field-link")
        return str(page.input_value("#copy"))

    def ride_and_jab(self) -> None:
        """Step 6: the escort's phone, from the door to the door; the clock is moved on in between."""
        day = self.slot_at.date().isoformat()
        self.staff.step_into("dispatcher")
        link = self.field_link(day)
        self.clock_to(self.slot_at - timedelta(minutes=70))
        phone = self.open(self.address, language=self.language, width=390)
        page = phone.page
        page.goto(link)
        page.locator("main form button").click()
        page.wait_for_url("**/field/run")
        self.picture("15-field-run", phone)
        for kind in ("arrived_at_door", "picked_up", "at_site", "registered", "screened", "jabbed"):
            self.tap(phone, kind)
        self.picture("16-observing", phone)
        self.staff.step_into("dispatcher")
        self.staff.send("/demo/clock", step="quarter")
        self.staff.send("/demo/clock", step="quarter")
        self.staff.send("/demo/clock", step="quarter")
        for kind in ("ready", "left_site"):
            self.tap(phone, kind)
        page.goto(self.address + "/field/run")
        page.locator("[name=received_by]").first.fill("王春梅")
        self.tap(phone, "handed_over", reload=False)
        self.picture("17-home", phone)

    def strike_off(self) -> None:
        """Step 7: the record with its evidence strikes the line off."""
        staff, page = self.staff, self.staff.page
        staff.step_into("clinician")
        staff.go(self.zhao)
        page.locator("main a[href$='/dose']").first.click()
        page.wait_for_load_state()
        page.fill("[name=given_on]", self.slot_at.date().isoformat())
        page.select_option("[name=grade]", "certificate_seen")
        page.locator("main form button.btn-primary").last.click()
        page.wait_for_url(lambda url: not url.endswith("/dose"))
        staff.go(self.zhao)
        self.picture("18-struck-off")
        words = {"zh": "已接种（销号）", "en": "Vaccinated (struck off)"}
        assert words[self.language] in page.inner_text("main")

    def take_back(self) -> None:
        """A correction with its reason opens the line again, and leaves its trace."""
        staff, page = self.staff, self.staff.page
        staff.step_into("clinician")
        staff.go(self.zhao)
        dose = page.locator("details.confirm:has(form[action$='/take-back'])").first
        dose.locator("summary").click()
        dose.locator("[name=reason]").fill("录错了人" if self.language == "zh" else "wrong person")
        dose.locator("form button").first.click()
        page.wait_for_load_state()
        staff.go(self.zhao)
        words = {"zh": "已接种（销号）", "en": "Vaccinated (struck off)"}
        heading = page.locator(".page-heading, main").first.inner_text()
        assert words[self.language] not in heading.split("\n\n")[0]

    def daughters_texts(self) -> list[str]:
        """Return what stands on the daughter's phone, oldest first."""
        self.staff.go("/phones/daughter")
        return self.staff.page.locator(".bubble--in .bubble__words").all_inner_texts()

    def tap(self, phone: Visitor, kind: str, *, reload: bool = True) -> None:
        """Tap one of Zhao's buttons on the phone."""
        if reload:
            phone.go("/field/run")
        button = phone.page.locator(f"article:has-text('赵') button[value={kind}]").first
        button.click()
        phone.page.wait_for_load_state()

    def clock_to(self, at: datetime) -> None:
        """Move the demo clock to a moment."""
        self.staff.send("/demo/clock", to=at.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M"))


@pytest.mark.browser
@pytest.mark.parametrize(("kind", "language"), [("sqlite", "zh")])
def test_story_from_the_spreadsheet_to_the_strike_off(
    installation: Callable[[str, str], Installation],
    visitor: Callable[..., Visitor],
    pictures: Path | None,
    kind: str,
    language: str,
) -> None:
    wanted = pictures if kind == "sqlite" else None
    story = Story(installation(kind, "zh"), visitor, language=language, pictures=wanted)
    story.import_the_ledger()
    story.call_and_ask()
    story.book()
    story.confirm_by_text()
    story.assign()
    before = story.vaccinated()
    story.ride_and_jab()
    story.strike_off()
    assert story.vaccinated() == before + 1
    story.picture("19-standing")
    told = [word for text in story.daughters_texts() for word in TOLD if word in text]
    assert told == list(TOLD)
    story.take_back()
    assert story.vaccinated() == before
