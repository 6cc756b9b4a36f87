"""One visit with three windows open: the worker's, the daughter's phone, the desk's tablet; a worker runs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from sqlalchemy import select

from outreach.clinics.codes import Mode
from outreach.clinics.models import Appointment
from outreach.clinics.operations import Booking
from outreach.clinics.queries import available_slots
from outreach.clinics.rules import Ways
from outreach.config import Settings
from outreach.contact.codes import InboundState
from outreach.contact.message_models import InboundMessage
from outreach.kernel.clock import real_now
from outreach.kernel.geo import Point
from outreach.ledger.codes import DUE
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Resident
from outreach.places.queries import get_place
from outreach.services import Services, build_services
from outreach.transport.codes import RunStatus
from outreach.transport.models import Driver, Vehicle
from outreach.transport.positions import note_position
from outreach.transport.run_models import RideLeg, Run
from outreach.transport.runs import CrewOf, open_run
from outreach.transport.shifts import Times
from outreach.workflows.assign_leg import assign_leg
from outreach.workflows.book import book_trip
from outreach.workflows.publish_runs import publish_runs
from tests.journeys.conftest import Installation, Visitor

ZONE = ZoneInfo("Asia/Shanghai")
WORDS = re.compile(r"\d{3} \d{3} \d{4}")


class Day:
    """One elder's visit of today, seen by everyone in it."""

    def __init__(self, at: Installation, open_window: Callable[..., Visitor]) -> None:
        self.address = at.address
        self.staff = open_window(at.address)
        self.daughter = open_window(at.address, width=360)
        self.desk = open_window(at.address, width=820)
        self.services = _services(at)
        self.visit = 0
        self.slot_at = datetime.now(ZONE)

    def book(self) -> None:
        """Somebody who is due is booked into a slot of today, there and home by our car."""
        database, now = self.services.database, _demo_now(self.services)
        with database.read() as session:
            entry = session.execute(
                select(LedgerEntry.resident_id, LedgerEntry.campaign_id)
                .join(Resident, Resident.id == LedgerEntry.resident_id)
                .where(
                    LedgerEntry.status.in_(list(DUE)),
                    Resident.mobility.in_(["M0", "M1"]),
                    Resident.address_id.is_not(None),
                )
                .order_by(LedgerEntry.resident_id)
                .limit(1)
            ).one()
            offers = available_slots(
                session, from_on=date(2026, 12, 1), until_on=date(2026, 12, 1), now=now
            )
        slot = min(
            (o for o in offers if o.slot_at >= now + timedelta(minutes=80)),
            key=lambda o: (o.slot_at, o.site_id),
        )
        self.slot_at = slot.slot_at
        asked = Booking(
            resident_id=entry.resident_id,
            site_session_id=slot.site_session_id,
            slot_at=slot.slot_at,
            ways=Ways(Mode.OUR_CAR, Mode.OUR_CAR),
            campaign_ids=(entry.campaign_id,),
        )
        self.visit = book_trip(
            database, self.services.travel_times, booking=asked, by=None, now=now
        ).appointment_id

    def hand_over(self) -> str:
        """The dispatcher prints the slip; the daughter reads its code."""
        page = self.staff.page
        self.staff.step_into("dispatcher")
        self.staff.go(f"/bookings/{self.visit}/family")
        page.locator("main form button").first.click()
        page.wait_for_selector("#family-code")
        found = WORDS.search(page.inner_text("#family-code"))
        assert found is not None
        return found[0]

    def enter(self, code: str) -> None:
        """The daughter types the code."""
        page = self.daughter.page
        self.daughter.go("/f")
        page.fill("#code", code)
        page.click("main form button")
        page.wait_for_url("**/f/visit")

    def press(self, what: str, words: str = "") -> None:
        """Press one of the daughter's buttons."""
        page = self.daughter.page
        form = page.locator(f"form[action$='/{what}']")
        if words:
            page.locator(f"details:has(form[action$='/{what}']) > summary").click()
            form.locator("textarea").fill(words)
        form.locator("button").click()
        page.wait_for_load_state()

    def dispatch(self) -> int:
        """A free car with a driver takes both ways, and families are told."""
        database, now = self.services.database, self.slot_at - timedelta(minutes=75)
        with database.write() as session:
            car = session.scalars(select(Vehicle).order_by(Vehicle.id)).first()
            driver = session.scalars(select(Driver).order_by(Driver.id)).first()
            assert car is not None
            assert driver is not None
            crew = CrewOf(vehicle_id=car.id, driver_id=driver.id)
            hours = Times(time(8), time(18))
            run = open_run(
                session, on=self.slot_at.date(), crew=crew, times=hours, by=None, now=now
            ).id
            legs = session.scalars(
                select(RideLeg.id).where(RideLeg.appointment_id == self.visit).order_by(RideLeg.id)
            ).all()
        for leg in legs:
            assign_leg(
                database,
                self.services.travel_times,
                leg_id=leg,
                run_id=run,
                run_version=self._version(run),
                by=None,
                now=now,
            )
        versions = {run: self._version(run)}
        publish_runs(database, self.services.travel_times, versions=versions, by=None, now=now)
        return run

    def drive(self, run_id: int) -> None:
        """The car is on its way and shares where it is."""
        with self.services.database.write() as session:
            run = session.get_one(Run, run_id)
            run.status = RunStatus.UNDER_WAY
            session.flush()
            assert run.driver_id is not None
            note_position(
                session,
                run_id=run_id,
                driver_id=run.driver_id,
                point=Point(34.7300, 113.6400),
                at=_demo_now(self.services),
            )

    def _version(self, run_id: int) -> int:
        with self.services.database.read() as session:
            return session.get_one(Run, run_id).version


def _services(at: Installation) -> Services:
    settings = Settings(instance=Path(at.environment["OUTREACH_INSTANCE"]))
    if "DATABASE_URL" in at.environment:
        settings = Settings(
            instance=Path(at.environment["OUTREACH_INSTANCE"]),
            database_url=at.environment["DATABASE_URL"],
        )
    return build_services(settings)


def _demo_now(services: Services) -> datetime:
    with services.database.read() as session:
        offset = get_place(session).clock_offset_s
    return real_now() + timedelta(seconds=offset)


def check_page(page: Page, *, least: int, within: str = "main") -> None:
    """Expect an accessible page that never scrolls sideways, with targets for old fingers."""
    found = Axe().run(page)
    assert [v["id"] for v in found.response["violations"]] == [], json.dumps(
        found.response["violations"], ensure_ascii=False
    )[:2000]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.eval_on_selector_all(
        f"{within} button, {within} a.button, {within} summary",
        "(all, least) => all.filter(e => e.offsetParent && e.offsetHeight < least)"
        ".map(e => e.outerHTML)",
        least,
    )
    assert small == [], small


def check_twice_as_large(page: Page) -> None:
    """Expect that type of 200 % neither widens the page nor leaves a word half shown."""
    usual = page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
    page.evaluate("size => { document.documentElement.style.fontSize = `${size}px`; }", usual * 2)
    beyond = page.eval_on_selector_all(
        "body *:not(.skip-link)",
        "all => all.filter(e => e.offsetParent && (e.getBoundingClientRect().right > innerWidth + 1"
        " || (getComputedStyle(e).overflowX === 'hidden' && e.scrollWidth > e.clientWidth + 1)))"
        ".map(e => e.outerHTML.slice(0, 90))",
    )
    assert beyond == [], beyond
    page.evaluate("document.documentElement.style.fontSize = ''")


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.longer)])
def test_moment_5m_the_family_says_yes_follows_the_car_and_the_desk_watches_longer(
    installation: Callable[[str, str], Installation],
    visitor: Callable[..., Visitor],
    pictures: Path | None,
    kind: str,
) -> None:
    day = Day(installation(kind, "zh"), visitor)
    day.book()
    day.enter(day.hand_over())
    phone = day.daughter.page
    check_page(phone, least=60)
    day.press("yes")
    assert "已确认" in phone.inner_text("main")
    day.press("another_time", "周四上午更方便")
    with day.services.database.read() as session:
        waiting = session.scalars(
            select(InboundMessage.body).where(InboundMessage.state == InboundState.WAITING)
        ).all()
    assert "周四上午更方便" in waiting  # among the replies that staff read
    run = day.dispatch()
    day.drive(run)
    day.daughter.go("/f/visit")
    told = phone.inner_text("#now")
    assert "分钟后到" in told
    assert "公里" in told
    phone.set_viewport_size({"width": 320, "height": 700})
    check_page(phone, least=60)
    check_twice_as_large(phone)
    if pictures is not None and kind == "sqlite":
        phone.screenshot(path=pictures / "20-family-page-zh.png", full_page=True)
    watch_longer(day, pictures if kind == "sqlite" else None)
    day.daughter.go("/f/visit")
    assert "留观" in phone.inner_text("#now")
    day.services.database.close()


def watch_longer(day: Day, pictures: Path | None) -> None:
    """The desk checks in, screens, jabs and extends; the way home is planned anew."""
    tablet = day.desk.page
    day.desk.step_into("clinician")
    where = f"/desk/visit/{day.visit}"
    day.desk.go(where)
    for box in ("name", "birth_date"):
        tablet.check(f"[name=identity][value={box}]")
    tablet.click("form[action$='/here'] button")
    tablet.wait_for_selector("form[action$='/screen']")
    tablet.fill("[name=temperature]", "36.6")
    tablet.locator("[name=yes]").first.check()
    tablet.click("form[action$='/screen'] button")
    tablet.wait_for_selector("form[action$='/jab']")
    check_page(tablet, least=44, within=".step")
    tablet.click("form[action$='/jab'] button")
    tablet.wait_for_selector("button[value=ready]", state="attached")
    before = home_at(day)
    tablet.locator("details:has(button[value=observation_extended]) > summary").click()
    tablet.fill("[name=minutes]", "45")
    tablet.locator("form:has(button[value=observation_extended]) [name=reason]").fill("头晕")
    tablet.click("button[value=observation_extended]")
    tablet.wait_for_load_state()
    assert "头晕" in tablet.inner_text("main")
    if pictures is not None:
        tablet.screenshot(path=pictures / "21-desk-visit-zh.png", full_page=True)
    after = home_at(day)
    assert after is not None
    assert before is None or after >= before + timedelta(minutes=30)
    day.desk.go("/observations")
    assert "头晕" in tablet.inner_text("main")


def home_at(day: Day) -> datetime | None:
    """Return from when the way home is planned."""
    with day.services.database.read() as session:
        row = session.scalars(
            select(RideLeg)
            .join(Appointment, Appointment.id == RideLeg.appointment_id)
            .where(Appointment.id == day.visit, RideLeg.direction == "return")
        ).one()
        assert row.status != "cancelled"
        return row.ready_at
