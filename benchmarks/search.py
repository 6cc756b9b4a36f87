"""Measure instant search and the ledger's list on a large ledger, against the bare SQL of the same question.

    .venv/bin/python -m benchmarks.search [--people 250000] [--postgres] [--json]

The bars: the search's 95th percentile at most 3 times that of the bare indexed SQL in the same run;
a page of the list under 150 ms at the 95th percentile.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from benchmarks.ledger import GIVEN, SURNAMES, cpu_loop_s
from outreach.accounts.rules import EVERYWHERE
from outreach.db import Database, make_engine
from outreach.kernel.identity import check_digit
from outreach.ledger.codes import BirthCertainty, Cause, PhoneKind, Relation, Sex
from outreach.ledger.ledger_filter import LedgerFilter
from outreach.ledger.new_residents import NewContact, NewPhone, NewResident, add_residents
from outreach.ledger.people_list import list_people
from outreach.ledger.search import search
from outreach.ledger.search_terms import NAME, SOUND
from outreach.schema import metadata
from outreach.vault import new_vault
from outreach.workflows.restate import restate_many
from tests.builders.ledger import NOW, TODAY, Village, build_village
from tests.fixtures import postgres

ROUNDS = 200
PIECE = 4000
TIMES_BAR, LIST_BAR_MS = 3.0, 150.0
BARE_TERM = """
SELECT r.id, r.name, r.born_on, a.name, d.text FROM resident r
JOIN area a ON a.id = r.community_id LEFT JOIN address d ON d.id = r.address_id
WHERE r.id IN (SELECT resident_id FROM search_term WHERE term >= :low AND term < :high)
AND r.merged_into_id IS NULL AND r.erased_at IS NULL ORDER BY r.name_folded, r.id LIMIT 20
"""
BARE_TAIL = """
SELECT r.id, r.name, r.born_on, a.name, d.text FROM resident r
JOIN area a ON a.id = r.community_id LEFT JOIN address d ON d.id = r.address_id
WHERE r.id IN (SELECT c.resident_id FROM phone p JOIN contact_person c ON c.id = p.contact_person_id
               WHERE p.tail_index = :tail
               UNION SELECT id FROM resident WHERE id_tail_index = :id_tail)
AND r.merged_into_id IS NULL AND r.erased_at IS NULL ORDER BY r.name_folded, r.id LIMIT 20
"""


def people(village: Village, count: int) -> Iterator[NewResident]:
    """Yield invented elders with numbers, phones and addresses down to the door."""
    chance = random.Random(1)
    for number in range(count):
        born = date(1925, 1, 1) + timedelta(days=chance.randrange(7300))
        first = f"4101{chance.randrange(1, 90):02d}{born:%Y%m%d}{chance.randrange(1000):03d}"
        phone = NewPhone(f"+86139{number:08d}", PhoneKind.MOBILE)
        yield NewResident(
            name=chance.choice(SURNAMES) + chance.choice(GIVEN) + chance.choice(GIVEN),
            community_id=village.community_id,
            grid_id=village.grid_id,
            sex=Sex.FEMALE,
            born_on=born,
            birth_certainty=BirthCertainty.FROM_ID,
            id_number=first + check_digit(first),
            address=f"棉纺东路{chance.randrange(1, 80)}号院{chance.randrange(1, 25)}号楼"
            f"{chance.randrange(1, 6)}单元{chance.randrange(1, 30)}0{chance.randrange(1, 5)}",
            contacts=(NewContact(Relation.SELF, phones=(phone,)),),
        )


def fill(database: Database, count: int) -> Village:
    """Write the ledger."""
    metadata().create_all(database.engine)
    with database.write() as session:
        village = build_village(session)
    rows = list(people(village, count))
    for start in range(0, count, PIECE):
        with database.write() as session:
            ids = add_residents(session, rows=rows[start : start + PIECE], now=NOW)
            restate_many(session, resident_ids=ids, by=None, cause=Cause.IMPORTED, now=NOW)
    with database.engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    return village


def p95_ms(ask: Callable[[Session, int], Any], session: Session) -> float:
    """Return the 95th percentile of many askings, each a little different."""
    times = []
    for number in range(ROUNDS):
        began = time.perf_counter()
        ask(session, number)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(times, n=20)[-1]


def measure(database: Database, village: Village, count: int) -> dict[str, Any]:
    """Ask the same questions through the product and as bare SQL."""
    vault = database.vault
    names = [SURNAMES[n % len(SURNAMES)] + GIVEN[n % len(GIVEN)] for n in range(ROUNDS)]
    sounds = ["wangx", "lig", "zhangy", "liuj", "chenf", "yangs", "zhaol", "huangz"]
    tails = [f"{n * 37 % count:08d}"[-4:] for n in range(ROUNDS)]

    def ask(words: list[str]) -> Callable[[Session, int], Any]:
        return lambda session, n: search(
            session, text=words[n % len(words)], scope=EVERYWHERE, day=TODAY
        )

    def bare(kind: str, words: list[str]) -> Callable[[Session, int], Any]:
        def run(session: Session, n: int) -> Any:
            low = kind + words[n % len(words)]
            asked = {"low": low, "high": low + "\U0010ffff"}
            return session.execute(text(BARE_TERM), asked).all()

        return run

    def bare_tail(session: Session, n: int) -> Any:
        tail = tails[n]
        asked = {
            "tail": vault.index(tail, purpose="phone_tail"),
            "id_tail": vault.index(tail, purpose="id_tail"),
        }
        return session.execute(text(BARE_TAIL), asked).all()

    def page(session: Session, n: int) -> Any:
        asked = LedgerFilter(campaign_id=village.campaign_id)
        return list_people(session, asked=asked, scope=EVERYWHERE, day=TODAY, page=n % 20 + 1)

    result: dict[str, Any] = {}
    with database.read() as session:
        for name, product, plain in (
            ("name", ask(names), bare(NAME, names)),
            ("pinyin", ask(sounds), bare(SOUND, sounds)),
            ("tail", ask(tails), bare_tail),
        ):
            ours, theirs = p95_ms(product, session), p95_ms(plain, session)
            result[f"{name}_ms"], result[f"{name}_bare_ms"] = round(ours, 2), round(theirs, 2)
            result[f"{name}_times"] = round(ours / theirs, 2)
        result["list_ms"] = round(p95_ms(page, session), 1)
    return result


@contextmanager
def opened(*, on_postgres: bool) -> Iterator[Database]:
    """Open a fresh database."""
    with tempfile.TemporaryDirectory() as folder:
        server = postgres.start() if on_postgres else None
        if server is not None:
            server.create("bench")
        url = server.url("bench") if server else f"sqlite:///{Path(folder) / 'bench.sqlite'}"
        database = Database(make_engine(url), new_vault())
        try:
            yield database
        finally:
            database.close()
            if server is not None:
                server.stop()


def main() -> int:
    """Measure and tell; exit 1 when a bar was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--people", type=int, default=250_000)
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with opened(on_postgres=options.postgres) as database:
        village = fill(database, options.people)
        result = measure(database, village, options.people)
    result |= {"people": options.people, "cpu_loop_s": round(cpu_loop_s(), 2)}
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        sys.stdout.writelines(f"{name:16} {value}\n" for name, value in result.items())
    slow = [k for k, v in result.items() if k.endswith("_times") and v > TIMES_BAR]
    return int(bool(slow) or result["list_ms"] >= LIST_BAR_MS)


if __name__ == "__main__":
    raise SystemExit(main())
