"""How fast messages leave, beside a bare loop of the same posts, and what staff pages feel meanwhile.

``make bench-messages``: a provider of 150 ms latency in a process of its own; one worker on SQLite, four
on PostgreSQL. The rates come from the provider's log. Figures are of this machine and this run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter

from outreach.accounts.sittings import open_sitting
from outreach.app import create_app
from outreach.config import Settings
from outreach.kernel.clock import real_now
from outreach.services import Services, build_routes, build_travel_times
from tests.chaos.play import Stage, count_up, stage_on
from tests.chaos.provider import SENDER, SID, TOKEN, Provider, own_process
from tests.fixtures import postgres

LATENCY_S = 0.15
PAGES = ("/today", "/ledger", "/admin/messages")  # a worker's day, the list, the health of sending
PAGE_BAR = 1.5


@dataclass(frozen=True)
class Figure:
    """One comparison."""

    database: str
    workers: int
    senders: int
    messages: int
    bare_per_s: float
    worker_per_s: float
    idle_p95_ms: float
    busy_p95_ms: float

    @property
    def ratio(self) -> float:
        """Return the worker's rate as a share of the bare loop's."""
        return self.worker_per_s / self.bare_per_s


def bare_rate(provider: Provider, *, count: int, concurrency: int) -> float:
    """Post the same forms in a loop on so many threads; return posts per second."""
    left = iter(range(count))
    lock = threading.Lock()
    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_maxsize=concurrency))
    url = f"{provider.base}/2010-04-01/Accounts/{SID}/Messages.json"

    def loop() -> None:
        while True:
            with lock:
                number = next(left, None)
            if number is None:
                return
            form = {
                "To": f"+86137{number:08d}",
                "From": SENDER,
                "Body": f"【棉东社区】第{number}位：明天见。",
                "ValidityPeriod": "14400",
            }
            session.post(url, data=form, auth=(SID, TOKEN), timeout=30).raise_for_status()

    threads = [threading.Thread(target=loop) for _ in range(concurrency)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return count / (time.perf_counter() - started)


def worker_rate(stage: Stage, *, workers: int, senders: int, settle_s: float) -> float:
    """Let workers empty the queue; return accepted messages per second between first and last."""
    before = len(stage.provider.accepted())
    # The product's own paces, not a play's: nobody dies here.
    stage.stable(senders=senders, lease_s=120, often_s=5, wait_s=600)
    for _ in range(workers):
        stage.start_worker()
    stage.wait_until_settled(within_s=settle_s)
    at = sorted(line["at"] for line in stage.provider.accepted()[before:])
    # The outer twentieths are start-up and the last threads running dry.
    cut = len(at) // 20
    inner = at[cut : len(at) - cut]
    return float((len(inner) - 1) / (inner[-1] - inner[0]))


def cpu_loop_s() -> float:
    """Return the time of a fixed loop, beside which figures of other machines can be read."""
    started = time.perf_counter()
    total = 0
    for number in range(5_000_000):
        total += number * number % 7
    assert total
    return time.perf_counter() - started


@contextmanager
def staff_page(stage: Stage) -> Iterator[Callable[[float], list[float]]]:
    """Give a function that asks for a staff page for some seconds and returns the times in ms."""
    from outreach.accounts.codes import Role
    from outreach.accounts.models import RoleGrant, User
    from outreach.web.visit import SITTING

    settings = Settings(instance=stage.folder, database_url=stage.url)
    services = Services(
        settings=settings,
        database=stage.database,
        geocoder=None,
        travel_times=build_travel_times(settings),
        routes=build_routes(settings, stage.database),
    )
    app = create_app(services)
    client = app.test_client()
    with stage.database.write() as session:
        user = session.query(User).order_by(User.id).first()
        assert user is not None
        for role in (Role.ADMINISTRATOR, Role.GRID_WORKER):
            session.add(RoleGrant(user_id=user.id, role=role, area_id=1, granted_at=real_now()))
        session.flush()
        token = open_sitting(session, user=user, now=real_now())
    with client.session_transaction() as cookie:
        cookie[SITTING] = token

    def ask(seconds: float) -> list[float]:
        times = []
        ends = time.perf_counter() + seconds
        turn = cycle(PAGES)
        while time.perf_counter() < ends:
            started = time.perf_counter()
            answer = client.get(next(turn))
            times.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200, answer.status_code
            time.sleep(0.05)
        return times

    yield ask


def p95(times: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(times, n=20)[18] if len(times) > 1 else float("nan")


def measure(
    url: str, name: str, *, workers: int, senders: int, count: int, with_pages: bool
) -> Figure:
    """Measure one database: bare loop, then workers, on the same provider."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "accepted.jsonl"
        with own_process(log) as provider, stage_on(url, Path(folder), provider) as stage:
            provider.control(latency_s=LATENCY_S)
            bare = bare_rate(provider, count=count, concurrency=workers * senders)
            log.unlink()
            stage.fill(count)  # before both: a page over a full outbox is the same page
            with staff_page(stage) if with_pages else nullcontext() as ask:
                if ask:
                    ask(
                        2
                    )  # templates compiled, caches filled: the first of each page is no measure
                idle = ask(8) if ask else []
                busy: list[float] = []
                asking = threading.Thread(
                    target=lambda: busy.extend(ask(min(20.0, count / bare)) if ask else [])
                )
                asking.start()
                rate = worker_rate(stage, workers=workers, senders=senders, settle_s=600)
                asking.join()
            told = count_up(stage)
            assert (told.lost, told.sent_twice, told.ride_copies) == (0, 0, 0), told
    return Figure(name, workers, senders, count, bare, rate, p95(idle), p95(busy))


def main() -> None:
    """Measure and print one JSON line per database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--senders", type=int, default=8)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--no-pages", action="store_true")
    options = parser.parse_args()
    tell({"cpu_loop_s": round(cpu_loop_s(), 3)})
    pages = not options.no_pages
    if options.only != "postgresql":
        with tempfile.TemporaryDirectory() as folder:
            tell_figure(
                measure(
                    f"sqlite:///{folder}/bench.sqlite",
                    "sqlite",
                    workers=1,
                    senders=options.senders,
                    count=options.messages,
                    with_pages=pages,
                )
            )
    if options.only != "sqlite":
        server = postgres.start()
        try:
            server.create("bench_messages")
            tell_figure(
                measure(
                    server.url("bench_messages"),
                    "postgresql",
                    workers=4,
                    senders=options.senders,
                    count=options.messages * 3,
                    with_pages=pages,
                )
            )
        finally:
            server.stop()


def tell_figure(figure: Figure) -> None:
    """Print one figure with its bar."""
    bar = 0.7 if figure.database == "sqlite" else 0.8
    tell(
        {
            "database": figure.database,
            "workers": figure.workers,
            "senders_each": figure.senders,
            "messages": figure.messages,
            "bare_per_s": round(figure.bare_per_s, 1),
            "worker_per_s": round(figure.worker_per_s, 1),
            "ratio": round(figure.ratio, 3),
            "bar": bar,
            "staff_page_idle_p95_ms": round(figure.idle_p95_ms, 1),
            "staff_page_busy_p95_ms": round(figure.busy_p95_ms, 1),
            "staff_page_ratio": round(figure.busy_p95_ms / figure.idle_p95_ms, 2),
            "staff_page_bar": PAGE_BAR,
        }
    )


def tell(line: dict[str, object]) -> None:
    """Print one line of JSON."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
