"""Planning through the product: rows in, engine, check, rows out, on a day of 400 rides.

    python -m benchmarks.planning [PEOPLE] [CARS]

Prints one JSON line: recommending while on the phone (p95), a repair after a breakdown, both with
everything around the engine: reading the day, driving times, the exact check, storing the plan.
"""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from outreach.accounts.rules import EVERYWHERE
from outreach.adapters.straight_line import StraightLine
from outreach.db import Database, make_engine
from outreach.kernel.clock import monotonic_s
from outreach.places.matrix import KeptTables
from outreach.routing.warm import warm
from outreach.transport.plan_result import PlanKind
from outreach.transport.run_models import Run
from outreach.vault import new_vault
from outreach.workflows.accept_plan import accept_plan
from outreach.workflows.book import book_trip
from outreach.workflows.break_down import break_down
from outreach.workflows.make_plan import Order, ask_plan, make_plan, repair_day
from outreach.workflows.recommend_place import recommend_places
from tests.builders.clinics import BY_CAR, DAY, at, booking
from tests.builders.ledger import NOW
from tests.builders.transport import build_day

CALLS = 40


def main(people: int, cars: int) -> None:
    """Build the day, plan it, then time what a dispatcher waits for."""
    warm()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(make_engine(f"sqlite:///{Path(folder) / 'bench.sqlite'}"), new_vault())
        day = build_day(database, elders=people + 1, cars=cars, capacity=12)
        travel = KeptTables(StraightLine())
        for who in range(people):
            slot = at(9, 30) + timedelta(minutes=20 * (who % 20))
            asked = booking(day.village, day.residents[who], day.session_id, slot, BY_CAR)
            book_trip(database, travel, booking=asked, by=day.by, now=NOW)
        with database.write() as session:
            order = Order(DAY, PlanKind.DAY)
            plan = ask_plan(session, order=order, scope=EVERYWHERE, by=day.by, now=NOW)
        made = make_plan(database, travel, plan_id=plan.id, now=NOW, seconds=20.0)
        accept_plan(database, travel, plan_id=plan.id, by=day.by, now=NOW)
        times = sorted(_recommend(database, travel, day.residents[people]) for _ in range(CALLS))
        with database.write() as session:
            run = session.get_one(Run, day.runs[0])
            break_down(
                session, vehicle_id=run.vehicle_id, on=DAY, reason="bench", by=day.by, now=NOW
            )
        began = monotonic_s()
        repair_day(database, travel, on=DAY, cause="car", scope=EVERYWHERE, by=day.by, now=NOW)
        repaired = monotonic_s() - began
        database.close()
    answer = {
        "rides": 2 * people,
        "cars": cars,
        "people_served": made.after.people,
        "recommend_ms_p50": round(1000 * times[CALLS // 2]),
        "recommend_ms_p95": round(1000 * times[int(CALLS * 0.95)]),
        "repair_s": round(repaired, 2),
    }
    sys.stdout.write(json.dumps(answer) + "\n")


def _recommend(database: Database, travel: KeptTables, resident_id: int) -> float:
    began = monotonic_s()
    recommend_places(database, travel, resident_id=resident_id, on=DAY, paths=("/",), now=NOW)
    return monotonic_s() - began


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    main(*(numbers or [200, 24]))
