"""While somebody is on the phone: the slots of a day with the cars that have room, their cost and times."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.ledger.heads import person_head
from outreach.web.access import allowed
from outreach.web.acting import reading
from outreach.web.forms import Form
from outreach.web.htmx import page_or_fragment
from outreach.web.visit import services
from outreach.workflows.recommend_place import recommend_places

bp = Blueprint("places", __name__)

DAY = timedelta(days=1)


@bp.get("/residents/<int:resident_id>/places")
@allowed(Role.GRID_WORKER, Role.DISPATCHER)
def show(resident_id: int) -> ResponseReturnValue:
    """Recommend places of one day: today for whoever feels well today."""
    with reading() as act:
        head = person_head(act.session, resident_id=resident_id, scope=act.scope, now=act.now)
        on = Form(request.args).day("on") or act.today
    shared = services()
    found = recommend_places(
        shared.database,
        shared.travel_times,
        resident_id=resident_id,
        on=on,
        paths=act.scope.paths,
        now=act.now,
    )
    return page_or_fragment(
        "staff/bookings/places.html",
        "staff/bookings/_places.html",
        found=found,
        head=head,
        today=act.today,
        others=[day for day in (on - DAY, on + DAY) if day >= act.today],
    )


def chosen_runs(form: Form) -> tuple[int, ...]:
    """Return the runs (there, home) named with a recommended slot; none for a slot chosen by itself."""
    _slot, _sign, runs = form["slot"].partition("~")
    parts = runs.split("~")
    return tuple(int(p) for p in parts) if all(p.isdecimal() for p in parts) else ()
