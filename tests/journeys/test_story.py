"""The story the product exists for, played in a browser by everybody in it (design §1)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.conftest import Installation, Visitor

LEDGERS = Path(__file__).resolve().parents[1] / "data" / "ledgers"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays the story where: the words that differ between one demo place and the other."""

    place: str  # the language of the demo place
    zone: ZoneInfo
    ledger: str
    to_mend: int  # rows of the ledger that a person has to mend
    street: str
    community: str
    elder: str
    mark: str  # how a driver's phone and a text name her
    daughter: str
    staying_at: tuple[str, str, str]  # address, latitude, longitude
    question: str
    answer: str
    confirms: str
    # What the daughter is told, in order: the booking, who comes when, that her mother is on the way home.
    told: tuple[str, str, str]
    nudging: str  # words of a nudge, which a booking must not carry


def rows_to_mend(name: str) -> int:
    """Return how many rows of a ledger its expected outcomes call wrong."""
    return int(json.loads((LEDGERS / name).read_text())["rows_by_outcome"]["error"])


CHINA = Cast(
    place="zh",
    zone=ZoneInfo("Asia/Shanghai"),
    ledger="ledger-miandong.xlsx",
    to_mend=rows_to_mend("ledger-miandong.expected.json"),
    street="五里堡街道",
    community="棉东社区",
    elder="赵桂珍",
    mark="赵",
    daughter="王春梅",
    staying_at=("南三环金海大道口1号院9号楼1单元1203", "34.6912", "113.6389"),
    question="高血压吃着药，能不能打？",
    answer="血压平稳、按时服药的可以接种。",
    confirms="确认",
    told=("预约已留好", "到楼下接您", "正乘车回家"),
    nudging="拒收请回复",
)


class Story:
    """Zhao's way from a hesitant call to the strike-off, a page at a time."""

    def __init__(
        self,
        installation: Installation,
        visitor: Callable[..., Visitor],
        *,
        cast: Cast,
        language: str,
        pictures: Path | None,
    ) -> None:
        self.address, self.language, self.pictures = installation.address, language, pictures
        self.cast = cast
        self.open = visitor
        self.staff: Visitor = visitor(self.address, language=language)
        self.zhao = ""
        self.tomorrow = datetime(2026, 12, 2, tzinfo=cast.zone)
        self.slot_at = self.tomorrow

    def picture(self, name: str, someone: Visitor | None = None) -> None:
        """Save what is on the screen, when pictures are wanted."""
        if self.pictures is not None:
            page = (someone or self.staff).page
            page.screenshot(path=self.pictures / f"{name}-{self.language}.png", full_page=True)

    def vaccinated(self) -> int:
        """Return how many of the community the leader's page counts as vaccinated, and open them."""
        staff = self.staff
        staff.step_into("leader")
        staff.go("/standing")
        for _level in range(2):
            rows = staff.page.locator("main table tbody tr a[href*='/standing/']")
            names = rows.all_inner_texts()
            wanted = self.cast.community if self.cast.community in names else self.cast.street
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
        page.select_option("[name=community_id]", label=self.cast.community)
        page.fill("[name=as_of]", "2026-12-01")
        page.set_input_files("[name=file]", LEDGERS / self.cast.ledger)
        page.locator("main form[action$='/imports'] button.btn-primary").click()
        page.wait_for_url("**/columns")
        self.picture("01-import-columns")
        page.locator("main form.card button.btn-primary").click()
        page.wait_for_url(re.compile(r"/imports/\d+$"))
        page.wait_for_selector("form[action$='/commit'] button", timeout=120_000)
        self.picture("02-import-review")
        page.click("form[action$='/commit'] button")
        page.wait_for_selector("form[action$='/undo']", state="attached", timeout=120_000)
        assert re.search(rf"(?<!\d){self.cast.to_mend}(?!\d)", page.inner_text("main"))
        self.picture("03-import-done")

    def call_and_ask(self) -> None:
        """Step 2: today's list, the stay, the second call with a question, the answer, the third call."""
        staff, page = self.staff, self.staff.page
        staff.go("/today")
        self.picture("04-today")
        page.locator("main a", has_text=self.cast.elder).first.click()
        page.wait_for_load_state()
        self.zhao = page.url.removeprefix(self.address)
        body = page.inner_text("main")
        assert "2021" in body
        self.picture("05-zhao")
        page.locator("#stays summary").last.click()
        address, latitude, longitude = self.cast.staying_at
        page.fill("#stay-address", address)
        page.fill("[name=stay_latitude]", latitude)
        page.fill("[name=stay_longitude]", longitude)
        page.locator("#stays form button.btn-primary").click()
        page.wait_for_load_state()
        self.contact("C05", reason="H01", question=self.cast.question)
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
        page.wait_for_url(lambda url: "/contact" not in url, wait_until="load")

    def answer(self) -> None:
        """The clinician answers in the queue of questions."""
        staff, page = self.staff, self.staff.page
        staff.step_into("clinician")
        staff.go("/questions")
        self.picture("07-questions")
        page.locator("main a[href*='/questions/']").first.click()
        page.wait_for_load_state()
        page.fill("[name=answer]", self.cast.answer)
        page.locator("main form[action$='/answer'] button.btn-primary").click()
        page.wait_for_load_state()
        staff.step_into("grid_worker")

    def book(self) -> None:
        """Step 3: no way there without a way home, then both by our car."""
        staff, page = self.staff, self.staff.page
        staff.go(f"{self.zhao}/book")
        values = page.eval_on_selector_all("[name=slot]", "all => all.map(one => one.value)")
        chosen = next(v for v in values if int(v.partition("@")[2]) >= self.tomorrow.timestamp())
        self.slot_at = datetime.fromtimestamp(int(chosen.partition("@")[2]), tz=self.cast.zone)
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
        text = staff.until("/phones/daughter", self.cast.mark)
        assert self.cast.nudging not in text  # she is told of a booking, not nudged
        page.fill("#body", self.cast.confirms)
        page.locator("form.handset__write button").click()
        page.locator(".bubble--out", has_text=self.cast.confirms).last.wait_for()
        self.picture("10-daughters-phone")
        staff.step_into("grid_worker")
        staff.go(self.zhao)
        word = "已确认" if self.language == "zh" else "Confirmed"
        assert word in page.inner_text("main")

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
            ride = page.locator("article.ride", has_text=self.cast.elder).first
            ride.locator("a.ride__name").click()
            page.wait_for_selector("#places")
            self.picture("12-places")
            page.locator("#places .places__item form button").first.click()
            page.wait_for_selector("#places", state="detached")
        assert page.locator("article.ride", has_text=self.cast.elder).count() == 0
        staff.go(f"/day/publishing?on={day}")
        page.locator("form[action$='/day/publish'] button.btn-lg").click()
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
        page.locator("[name=received_by]:visible").first.fill(self.cast.daughter)
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
        button = phone.page.locator(
            f"article:has-text('{self.cast.mark}') button[value={kind}]:visible"
        ).first
        button.click()
        phone.page.wait_for_selector("#sync[data-waiting='0']:visible")

    def clock_to(self, at: datetime) -> None:
        """Move the demo clock to a moment."""
        self.staff.send("/demo/clock", to=at.astimezone(self.cast.zone).strftime("%Y-%m-%dT%H:%M"))


def play(story: Story) -> None:
    """Play the whole story; coverage rises by exactly one, and falls again with the correction."""
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
    texts = story.daughters_texts()
    told = [word for text in texts for word in story.cast.told if word in text]
    assert told == list(story.cast.told), texts
    story.take_back()
    assert story.vaccinated() == before


@pytest.mark.browser
@pytest.mark.parametrize(
    ("kind", "cast", "language"),
    [
        ("sqlite", CHINA, "zh"),
    ],
    ids=lambda value: value.place if isinstance(value, Cast) else value,
)
def test_story_from_the_spreadsheet_to_the_strike_off(
    installation: Callable[[str, str], Installation],
    visitor: Callable[..., Visitor],
    pictures: Path | None,
    kind: str,
    cast: Cast,
    language: str,
) -> None:
    wanted = pictures if kind == "sqlite" else None
    play(
        Story(
            installation(kind, cast.place), visitor, cast=cast, language=language, pictures=wanted
        )
    )
