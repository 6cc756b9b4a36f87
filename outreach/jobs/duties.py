"""What the ticking worker does, and how often: one line each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from outreach.accounts.sittings import forget_old
from outreach.audit.chain import seal_pending
from outreach.backups import back_up_now
from outreach.contact.claims import any_lapsed, sweep_leases
from outreach.contact.gateway_states import drift_back
from outreach.contact.retention import forget_old_messages
from outreach.jobs.scheduler import Duty
from outreach.kernel.clock import real_now
from outreach.places.queries import business_clock
from outreach.services import Services
from outreach.workflows.car_near import tell_cars_near
from outreach.workflows.nightly_restatement import resident_chunks, restate_night
from outreach.workflows.nudge import remind_due
from outreach.workflows.pull_replies import pull_replies
from outreach.workflows.reconcile_messages import expire_overdue, reconcile_messages
from outreach.workflows.watch_day import watch_day


def _sweep(services: Services) -> None:
    with services.database.read() as session:
        if not any_lapsed(session, real_now=real_now()):
            return
    services.database.act(lambda session: sweep_leases(session, real_now=real_now()))


def _reconcile(services: Services) -> None:
    reconcile_messages(services.database, services.routes, real_now=real_now)


def _expire(services: Services) -> None:
    while services.database.act(
        lambda session: expire_overdue(session, now=business_clock(session).now())
    ):
        pass


def _pull(services: Services) -> None:
    pull_replies(services.database, services.routes)


def _cars(services: Services) -> None:
    services.database.act(
        lambda session: tell_cars_near(session, now=business_clock(session).now())
    )


def _remind(services: Services) -> None:
    remind_due(services.database)


def _drift(services: Services) -> None:
    names = [gateway.name for gateway in services.routes.gateways]
    services.database.act(lambda session: drift_back(session, names=names, real_now=real_now()))


def _forget(services: Services) -> None:
    forget_old_messages(services.database)


def _seal(services: Services) -> None:
    while services.database.act(seal_pending):
        pass


def _back_up(services: Services) -> None:
    folder = services.settings.instance
    back_up_now(
        services.database, folder / "backups", key_file=folder / "backup.key", now=real_now()
    )


def _forget_sittings(services: Services) -> None:
    services.database.act(lambda session: forget_old(session, now=real_now()))


def _watch(services: Services) -> None:
    services.database.act(lambda session: watch_day(session, now=business_clock(session).now()))


def _restate(services: Services) -> None:
    with services.database.read() as session:
        chunks = list(resident_chunks(session))
    for ids in chunks:
        services.database.act(partial(_restate_chunk, ids=ids))


def _restate_chunk(session: Session, *, ids: Sequence[int]) -> None:
    restate_night(session, resident_ids=ids, now=business_clock(session).now())


DUTIES: tuple[Duty, ...] = (
    Duty("sweep_leases", _sweep, every=timedelta(seconds=5), everywhere=True),
    Duty("expire_messages", _expire, every=timedelta(seconds=10)),
    Duty("reconcile_messages", _reconcile, every=timedelta(seconds=15), everywhere=True),
    Duty("pull_replies", _pull, every=timedelta(seconds=20)),
    Duty("cars_near", _cars, every=timedelta(seconds=20)),
    Duty("seal_audit", _seal, every=timedelta(seconds=10)),
    Duty("watch_day", _watch, every=timedelta(seconds=30)),
    Duty("drift_routes", _drift, every=timedelta(minutes=5)),
    Duty("remind_due", _remind, daily_from=time(9)),
    Duty("restate_all", _restate, daily_from=time(0, 10)),
    Duty("forget_messages", _forget, daily_from=time(2, 30)),
    Duty("forget_sittings", _forget_sittings, daily_from=time(2, 40)),
    Duty("back_up", _back_up, daily_from=time(3)),
)
