"""A district's whole day for tests and benches of the board: many people, many runs, some without a car."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from outreach.accounts.codes import Role
from outreach.accounts.models import RoleGrant, User
from outreach.accounts.passwords import hash_password
from outreach.accounts.sittings import open_sitting
from outreach.db import Database
from outreach.kernel.clock import real_now
from outreach.kernel.geo import Point
from outreach.ledger.models import Resident
from outreach.places.addresses import add_address
from outreach.ports.travel import TravelTimes
from outreach.transport.assign import lock_legs, lock_runs, set_leg_statuses, write_order
from outreach.transport.insertion import best_insertion, with_leg
from outreach.transport.run_facts import RunFacts
from outreach.transport.sheets import DaySheet, read_day
from outreach.transport.stop_check import check_run
from outreach.workflows.run_desk import desk_for
from tests.builders.clinics import DAY, SITE_POINT, ZONE, at
from tests.builders.ledger import NOW
from tests.builders.transport import Day, book_car, build_day, car

FIRST_SLOT = (8, 30)
SLOTS = 24
EVEN_OUT_S = 90


def build_full_day(
    database: Database,
    *,
    people: int = 200,
    runs: int = 20,
    share: float = 0.85,
    travel: TravelTimes | None = None,
) -> Day:
    """Build it: people all over a district, all runs filled greedily until a share of the rides has a car."""
    cars = [car(f"豫A{i:04d}D", seats=6, chairs=2, lost=1, ramp=i % 2 == 0) for i in range(runs)]
    day = build_day(database, elders=people, cars=cars, capacity=-(-people // SLOTS))
    chance = random.Random(7)
    with database.write() as session:
        _scatter(session, day.residents, chance)
    driven = day if travel is None else replace(day, travel=travel)  # type: ignore[arg-type]
    for who in range(people):
        slot = at(*FIRST_SLOT) + timedelta(minutes=20 * (who % SLOTS))
        book_car(database, driven, who, slot)
    fill_runs(database, travel or day.travel, share=share)
    return day


def _scatter(session: Session, residents: Sequence[int], chance: random.Random) -> None:
    for i, resident_id in enumerate(residents):
        point = Point(
            SITE_POINT.latitude + chance.uniform(-0.03, 0.03),
            SITE_POINT.longitude + chance.uniform(-0.03, 0.03),
        )
        resident = session.get_one(Resident, resident_id)
        text = f"示范路{i + 1}号院{i % 9 + 1}号楼"
        address = add_address(session, text=text, area_id=resident.community_id, now=NOW, pin=point)
        resident.address_id, resident.household_id = address.id, None
    session.flush()


def fill_runs(database: Database, travel: TravelTimes, *, share: float) -> int:
    """Put rides onto the day's runs, each at the cheapest fitting place; return how many got one."""
    with database.read() as session:
        sheet = read_day(session, on=DAY)
    desk = desk_for(sheet, travel, zone_time=NOW.astimezone(ZONE), now=NOW)
    facts = {run_id: sheet.facts(run_id, now=NOW) for run_id in sheet.runs}
    wanted = sorted(sheet.legs, key=lambda i: (sheet.legs[i].pickup.until_at, i))
    given: list[int] = []
    for leg_id in wanted[: round(len(wanted) * share)]:
        run_id = _cheapest(facts, sheet, leg_id, desk.table.between)
        if run_id is not None:
            given.append(leg_id)
    checks = {run_id: check_run(run, desk.table.between) for run_id, run in facts.items()}

    def write(session: Session) -> None:
        rows = lock_runs(session, {i: run.version for i, run in sheet.runs.items()})
        legs = lock_legs(session, sheet, given)
        for run_id, row in rows.items():
            write_order(session, run=row, sheet=sheet, check=checks[run_id], by=None, now=NOW)
        set_leg_statuses(legs, assigned=given, released=[])

    database.act(write)
    return len(given)


def _cheapest(
    facts: dict[int, RunFacts], sheet: DaySheet, leg_id: int, travel: object
) -> int | None:
    rider = sheet.leg(leg_id).rider(NOW)
    found = []
    for run_id, run in facts.items():
        place = best_insertion(run, rider, travel)  # type: ignore[arg-type]
        if place.fits:
            fair = place.cost_s + EVEN_OUT_S * len(
                run.halts
            )  # every car goes out, as on a real day
            found.append((fair, run_id, place.pickup_position, place.dropoff_position))
    if not found:
        return None
    _fair, run_id, pickup, dropoff = min(found)
    facts[run_id] = with_leg(facts[run_id], rider, pickup, dropoff)
    return run_id


def add_dispatcher(
    session: Session,
    area_id: int,
    *,
    username: str = "chen",
    language: str = "en",
    password: str = "",
) -> tuple[int, str]:
    """Add a dispatcher for an area; return (user, the token of an open sitting)."""
    user = User(
        username=username,
        display_name=username.title(),
        password_hash=hash_password(password) if password else None,
        created_at=NOW,
        language=language,
    )
    session.add(user)
    session.flush()
    session.add(RoleGrant(user_id=user.id, role=Role.DISPATCHER, area_id=area_id, granted_at=NOW))
    session.flush()
    return user.id, open_sitting(session, user=user, now=real_now())
