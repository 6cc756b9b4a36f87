"""What the ticking worker does, and how often: one line each."""

from __future__ import annotations

import logging
from datetime import time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from outreach.accounts.sittings import forget_old
from outreach.audit.chain import seal_pending
from outreach.backups import back_up_now
from outreach.clinics.operations import lay_out_days
from outreach.contact.claims import any_lapsed, sweep_leases
from outreach.contact.gateway_states import drift_back
from outreach.contact.retention import forget_old_messages
from outreach.jobs.scheduler import Duty
from outreach.kernel.clock import real_now
from outreach.oversight.reports import make_due
from outreach.oversight.responsibility import climb
from outreach.oversight.rollups import prove, refresh
from outreach.oversight.snapshots import freeze_if_due
from outreach.pictures import forget_files
from outreach.places.addresses import addresses_to_locate
from outreach.places.geocoding import locate_address
from outreach.places.queries import business_clock, local_day
from outreach.services import Services
from outreach.transport.shifts import lay_out_shifts
from outreach.workflows.car_near import tell_cars_near
from outreach.workflows.end_campaign import campaigns_to_forget, forget_some
from outreach.workflows.experiment_arms import watch_experiments
from outreach.workflows.nightly_restatement import restate_everyone
from outreach.workflows.nudge import remind_due
from outreach.workflows.pull_replies import pull_replies
from outreach.workflows.reconcile_messages import expire_overdue, reconcile_messages
from outreach.workflows.watch_day import watch_day

log = logging.getLogger("outreach.duties")


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


def _watch_experiments(services: Services) -> None:
    stopped = services.database.act(
        lambda session: watch_experiments(session, now=business_clock(session).now())
    )
    for experiment_id in stopped:
        log.warning("experiment stopped", extra={"experiment_id": experiment_id})


def _forget(services: Services) -> None:
    forget_old_messages(services.database)


def _forget_campaigns(services: Services) -> None:
    """Forget the people of archived campaigns whose day has come, some at a time."""
    with services.database.read() as session:
        now = business_clock(session).now()
        due = campaigns_to_forget(session, day=local_day(session, now))
    for campaign_id in due:
        last: int | None = 0
        while last is not None:
            done = services.database.act(
                partial(forget_some, campaign_id=campaign_id, after=last, now=now)
            )
            forget_files(services.settings.instance, done.evidence_uuids)
            last = done.last


def _seal(services: Services) -> None:
    while services.database.act(seal_pending):
        pass


def _back_up(services: Services) -> None:
    back_up_now(services.database, services.settings.instance, now=real_now())


def _forget_sittings(services: Services) -> None:
    services.database.act(lambda session: forget_old(session, now=real_now()))


def _lay_out(services: Services) -> None:
    """Keep the coming weeks laid out from weekly hours and usual shifts."""

    def lay(session: Session) -> None:
        today = local_day(session, business_clock(session).now())
        lay_out_days(session, from_on=today, until_on=today + LAID_OUT)
        lay_out_shifts(session, from_on=today, until_on=today + LAID_OUT)

    services.database.act(lay)


def _locate(services: Services) -> None:
    """Ask the geocoder, if there is one, where some unlocated addresses are; it sees the address alone."""
    if services.geocoder is None:
        return
    with services.database.read() as session:
        waiting = addresses_to_locate(session)
        now = business_clock(session).now()
    for address_id in waiting:
        locate_address(services.database, services.geocoder, address_id=address_id, now=now)


def _watch(services: Services) -> None:
    services.database.act(lambda session: watch_day(session, now=business_clock(session).now()))


def _restate(services: Services) -> None:
    with services.database.read() as session:
        now = business_clock(session).now()
    restate_everyone(services.database, now=now)


def _refresh_rollups(services: Services) -> None:
    services.database.act(lambda session: refresh(session, now=business_clock(session).now()))


def _freeze(services: Services) -> None:
    services.database.act(lambda session: freeze_if_due(session, now=business_clock(session).now()))


def _report(services: Services) -> None:
    services.database.act(lambda session: make_due(session, now=business_clock(session).now()))


def _climb(services: Services) -> None:
    services.database.act(lambda session: climb(session, now=business_clock(session).now()))


def _prove(services: Services) -> None:
    services.database.act(lambda session: prove(session, now=business_clock(session).now()))


LAID_OUT = timedelta(days=28)

DUTIES: tuple[Duty, ...] = (
    Duty("sweep_leases", _sweep, every=timedelta(seconds=5), everywhere=True),
    Duty("expire_messages", _expire, every=timedelta(seconds=10)),
    Duty("reconcile_messages", _reconcile, every=timedelta(seconds=15), everywhere=True),
    Duty("pull_replies", _pull, every=timedelta(seconds=20)),
    Duty("cars_near", _cars, every=timedelta(seconds=20)),
    Duty("seal_audit", _seal, every=timedelta(seconds=10)),
    Duty("watch_day", _watch, every=timedelta(seconds=30)),
    Duty("watch_experiments", _watch_experiments, every=timedelta(minutes=5)),
    Duty("drift_routes", _drift, every=timedelta(minutes=5)),
    Duty("refresh_rollups", _refresh_rollups, every=timedelta(seconds=15)),
    Duty("freeze_day", _freeze, every=timedelta(minutes=5)),
    Duty("make_reports", _report, every=timedelta(minutes=5)),
    Duty("climb", _climb, every=timedelta(hours=1)),
    Duty("prove_rollups", _prove, daily_from=time(3, 30)),
    Duty("locate_addresses", _locate, every=timedelta(minutes=1)),
    Duty("lay_out_days", _lay_out, daily_from=time(0, 30)),
    Duty("remind_due", _remind, daily_from=time(9)),
    Duty("restate_all", _restate, daily_from=time(0, 10)),
    Duty("forget_messages", _forget, daily_from=time(2, 30)),
    Duty("forget_campaigns", _forget_campaigns, daily_from=time(2, 50)),
    Duty("forget_sittings", _forget_sittings, daily_from=time(2, 40)),
    Duty("back_up", _back_up, daily_from=time(3)),
)
