"""Measure the leaders' pages on a city of 250 000 on either database, and hold every sum against a recount.

    .venv/bin/python -m benchmarks.oversight [--people 250000] [--postgres] [--json]

Server times are of the product's own readings (what a page waits for), beside a bare SQL of the same
rollup in the same run and the time of a fixed CPU loop.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from outreach.accounts.rules import EVERYWHERE
from outreach.db import Database, make_engine
from outreach.ledger.codes import EntryStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.oversight.codes import PARTITIONS, Basis, Dimension, Figure
from outreach.oversight.coverage import Asked, choose_campaign, coverage, units_by_id
from outreach.oversight.people import Cell, people_of
from outreach.oversight.reports import ReportKind, Wanted, make, material_for
from outreach.oversight.rollups import prove, rebuild, refresh, touch_residents
from outreach.oversight.rules import sums_hold, total
from outreach.oversight.snapshots import freeze_day
from outreach.schema import metadata
from outreach.vault import new_vault
from tests.builders.city import NOW, TODAY, City, Size, build_city
from tests.fixtures import postgres

ROUNDS = 40
BARE = """
SELECT area.parent_id, ledger_entry.status, count(*) FROM ledger_entry
JOIN area ON area.id = ledger_entry.community_id
JOIN resident ON resident.id = ledger_entry.resident_id
WHERE ledger_entry.campaign_id = :campaign AND ledger_entry.is_counted
 AND area.path LIKE (SELECT path FROM area WHERE id = :area) || '%'
GROUP BY area.parent_id, ledger_entry.status
"""
KEPT = """
SELECT area_id, dimension, value, vaccinated, to_contact, considering, agreed, booked, deferred, exempt,
       declined, unreachable, moved, deceased, not_yet_eligible, unknown, elsewhere
FROM rollup WHERE campaign_id = :campaign AND basis = 'registration'
 AND ((area_id = :area AND dimension IN ('all', 'age'))
   OR (dimension = 'all' AND area_id IN (SELECT id FROM area WHERE parent_id = :area)))
"""


def size_for(people: int) -> Size:
    """Return districts of ~25 000 in communities of ~300, as the field has them."""
    per_district = 10 * 9 * 24 * 12 + 10 * 9 * 2
    return Size(
        districts=max(1, round(people / per_district)),
        streets=10,
        communities=9,
        grids=24,
        people=12,
    )


@contextmanager
def database(*, on_postgres: bool) -> Iterator[Database]:
    """Open a fresh database with every table."""
    with tempfile.TemporaryDirectory() as folder:
        server = postgres.start() if on_postgres else None
        if server is not None:
            server.create("bench")
            url = server.url("bench")
        else:
            url = f"sqlite:///{Path(folder) / 'bench.sqlite'}"
        opened = Database(make_engine(url), new_vault())
        metadata().create_all(opened.engine)
        try:
            yield opened
        finally:
            opened.close()
            if server is not None:
                server.stop()


def timed(do: Callable[[], object], rounds: int = ROUNDS) -> dict[str, float]:
    """Return median and p95 in milliseconds."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        do()
        times.append((time.perf_counter() - started) * 1000)
    times.sort()
    return {
        "median_ms": round(statistics.median(times), 2),
        "p95_ms": round(times[max(0, int(len(times) * 0.95) - 1)], 2),
    }


def once(do: Callable[[], object]) -> float:
    """Return seconds of one run."""
    started = time.perf_counter()
    do()
    return round(time.perf_counter() - started, 2)


def cpu_loop() -> float:
    """Return milliseconds of a fixed loop, by which machines can be compared."""
    started = time.perf_counter()
    value = 0
    for i in range(5_000_000):
        value = (value * 31 + i) % 1_000_003
    return round((time.perf_counter() - started) * 1000, 1)


def measure(opened: Database, people: int) -> dict[str, Any]:
    """Build the city and return every figure."""
    found: dict[str, Any] = {"database": opened.engine.dialect.name, "cpu_loop_ms": cpu_loop()}
    with opened.write() as session:
        started = time.perf_counter()
        city = build_city(session, size=size_for(people))
        found["generated_s"] = round(time.perf_counter() - started, 1)
    analyze(opened)
    found["people"] = len(city.residents)
    with opened.write() as session:
        found["rebuild_s"] = once(lambda: rebuild(session, day=TODAY, now=NOW))
    analyze(opened)
    with opened.write() as session:
        found["freeze_first_s"] = once(
            lambda: freeze_day(session, day=TODAY - timedelta(days=1), now=NOW)
        )
    found |= pages(opened, city)
    found |= touched(opened, city)
    found |= nightly(opened, city)
    found["sums_checked"] = sums(opened, city)
    return found


def analyze(opened: Database) -> None:
    """Let the planner know the tables, as both databases do by themselves in the long run."""
    with opened.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def pages(opened: Database, city: City) -> dict[str, Any]:
    """Time dashboards and drill-downs."""
    found: dict[str, Any] = {}
    units = {"city": None, "district": city.districts[0], "street": city.streets[0]}
    units |= {"community": city.communities[0], "grid": city.grids[0]}
    with opened.read() as session:
        campaign = choose_campaign(session, None)
        for name, area in units.items():
            asked = Asked(campaign, Basis.REGISTRATION, area, (Dimension.AGE,))
            found[f"dashboard_{name}"] = timed(
                partial(coverage, session, asked, scope=EVERYWHERE, now=NOW)
            )
        area = city.districts[0]
        found["kept_rows_district"] = timed(
            lambda: session.execute(text(KEPT), {"campaign": city.campaign_id, "area": area}).all()
        )
        found["bare_sql_district"] = timed(
            lambda: session.execute(text(BARE), {"campaign": city.campaign_id, "area": area}).all()
        )
        for name, cell in {
            "district_due": Cell(city.campaign_id, Figure.DUE, area_id=area),
            "city_vaccinated": Cell(city.campaign_id, Figure.VACCINATED),
            "city_declined_95": Cell(
                city.campaign_id, Figure.DECLINED, dimension=Dimension.AGE, value="95_on"
            ),
            "community_due_by_residence": Cell(
                city.campaign_id, Figure.DUE, Basis.RESIDENCE, city.communities[0]
            ),
            "city_declined_by_reason": Cell(
                city.campaign_id, Figure.DECLINED, dimension=Dimension.REASON, value="H02"
            ),
        }.items():
            found[f"drill_down_{name}"] = timed(
                partial(people_of, session, cell, scope=EVERYWHERE, now=NOW), rounds=20
            )
    dashboard, bare = found["dashboard_district"]["p95_ms"], found["bare_sql_district"]["p95_ms"]
    found["dashboard_to_bare_sql"] = round(dashboard / bare, 2)
    return found


def touched(opened: Database, city: City) -> dict[str, Any]:
    """Time a dashboard while twenty communities wait to be counted, and counting them."""
    with opened.write() as session:
        for community in city.communities[:20]:
            entry = session.scalars(
                select(LedgerEntry)
                .where(
                    LedgerEntry.community_id == community,
                    LedgerEntry.status == EntryStatus.TO_CONTACT,
                )
                .limit(1)
            ).one()
            entry.status = EntryStatus.VACCINATED
            touch_residents(session, [entry.resident_id])
    found: dict[str, Any] = {}
    with opened.read() as session:
        campaign = choose_campaign(session, None)
        asked = Asked(campaign, Basis.REGISTRATION, city.districts[0], (Dimension.AGE,))
        found["dashboard_district_20_touched"] = timed(
            lambda: coverage(session, asked, scope=EVERYWHERE, now=NOW), rounds=20
        )
    with opened.write() as session:
        found["refresh_20_communities_s"] = once(lambda: refresh(session, now=NOW))
    return found


def nightly(opened: Database, city: City) -> dict[str, Any]:
    """Time the night's work and the daily reports of every community."""
    found: dict[str, Any] = {}
    with opened.write() as session:
        found["prove_s"] = once(lambda: found.update(differences=len(prove(session, now=NOW))))
    with opened.write() as session:
        found["freeze_next_s"] = once(lambda: freeze_day(session, day=TODAY, now=NOW))
    with opened.write() as session:
        campaign = choose_campaign(session, None)

        def all_reports() -> None:
            wanted = [
                Wanted(ReportKind.DAILY, community, campaign, TODAY, "zh")
                for community in city.communities
            ]
            units = list(units_by_id(session, city.communities).values())
            material = material_for(session, wanted[0], units)
            for one in wanted:
                make(session, one, now=NOW, material=material)

        found["reports_communities"] = len(city.communities)
        found["reports_all_communities_s"] = once(all_reports)
    return found


def sums(opened: Database, city: City) -> int:
    """Check every table of every unit; return how many rows were seen."""
    seen = 0
    with opened.read() as session:
        seen += _walk(session, None)
    return seen


def _walk(session: Session, area_id: int | None) -> int:
    campaign = choose_campaign(session, None)
    finer = () if area_id is None else PARTITIONS
    page = coverage(
        session,
        Asked(campaign, Basis.REGISTRATION, area_id, finer),
        scope=EVERYWHERE,
        now=NOW,
    )
    assert sums_hold(page.whole)
    seen = 1
    if page.children:
        assert total(c.counts for c in page.children) + page.without_grid == page.whole
    for values in page.by_value.values():
        assert total(v.counts for v in values) == page.whole
        seen += len(values)
    for child in page.children:
        if child.unit.level != "grid":
            seen += _walk(session, child.unit.id)
    return seen


def main() -> None:
    """Run on SQLite, or with --postgres on PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=250_000)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with database(on_postgres=options.postgres) as opened:
        found = measure(opened, options.people)
    if options.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
        return
    for name, value in found.items():
        sys.stdout.write(f"{name:36} {value}\n")


if __name__ == "__main__":
    main()
