"""All observation clocks of a day in one view, whatever the site."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from outreach.clinics.queries import observation_clocks, sites
from outreach.places.queries import area_ids_within
from outreach.web.access import allowed
from outreach.web.acting import reading
from outreach.web.desk.desk import STAFF
from outreach.web.htmx import page_or_fragment

bp = Blueprint("observations", __name__, url_prefix="/observations")


@bp.get("")
@allowed(*STAFF)
def index() -> ResponseReturnValue:
    """Show who rests under watch right now, the next to be ready first."""
    with reading() as act:
        areas = area_ids_within(act.session, act.scope.paths)
        names = {s.id: s.name for s in sites(act.session) if areas is None or s.area_id in areas}
        running = observation_clocks(act.session, on=act.today, now=act.now)
        clocks = [clock for clock in running if clock.site_id in names]
        for clock in clocks:
            act.saw("resident", clock.resident_id)
    return page_or_fragment(
        "desk/clocks.html", "desk/_clocks.html", clocks=clocks, site_names=names, now=act.now
    )
