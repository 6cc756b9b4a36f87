"""A worker process for chaos and benchmarks: the product's own, on a database and a provider of the play."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

from outreach.adapters.twilio_gateway import TwilioAccount, TwilioGateway
from outreach.config import Settings
from outreach.contact.claims import sweep_leases
from outreach.db import Database, make_engine
from outreach.jobs.scheduler import Duty
from outreach.jobs.sender import Tempo
from outreach.jobs.worker import run, step_back
from outreach.kernel.clock import real_now
from outreach.services import Services, build_travel_times
from outreach.vault import load_vault
from outreach.workflows.reconcile_messages import reconcile_messages
from outreach.workflows.routes import Routes
from tests.chaos.provider import SENDER, SID, TOKEN


def duties(often: timedelta, wait: timedelta) -> tuple[Duty, ...]:
    """Return the two duties that bring messages of dead workers on, at the play's pace."""
    return (
        Duty(
            "sweep",
            lambda s: s.database.act(lambda session: sweep_leases(session, real_now=real_now())),
            every=often,
            everywhere=True,
        ),
        Duty(
            "reconcile",
            lambda s: reconcile_messages(s.database, s.routes, real_now=real_now, wait=wait),
            every=often,
            everywhere=True,
        ),
    )


def services_on(database_url: str, folder: Path, base: str) -> Services:
    """Return services whose only route is the play's provider."""
    settings = Settings(instance=folder, database_url=database_url)
    database = Database(make_engine(database_url), load_vault(settings.keys_file))
    gateway = TwilioGateway(TwilioAccount(SID, TOKEN, SENDER, base))
    return Services(
        settings=settings,
        database=database,
        geocoder=None,
        travel_times=build_travel_times(settings),
        routes=Routes((gateway,)),
    )


def work(options: argparse.Namespace) -> None:
    """Work until terminated."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    services = services_on(options.database, options.folder, options.provider)
    step_back(services.database)
    run(
        services,
        stop,
        tempo=Tempo(senders=options.senders, idle_s=0.1, lease=timedelta(seconds=options.lease_s)),
        duties=duties(timedelta(seconds=options.often_s), timedelta(seconds=options.wait_s)),
    )


def main() -> None:
    """Start a worker per line on standard input and print its process id: forked, so that it is quick.

    This process holds no thread, no connection and no lock; each worker makes its own.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--provider", required=True)
    parser.add_argument("--senders", type=int, default=8)
    parser.add_argument("--lease-s", type=float, default=120.0)
    parser.add_argument("--often-s", type=float, default=0.2)
    parser.add_argument("--wait-s", type=float, default=600.0)
    options = parser.parse_args()
    logging.basicConfig(filename=options.folder / "workers.log", level=logging.WARNING)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead leave no zombie behind
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            work(options)
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
