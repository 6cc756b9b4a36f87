"""The page of what it would take: the measured need, the dials that the engine answers, whom to serve next."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from outreach.oversight.codes import Figure
from outreach.oversight.people import Cell, Person
from outreach.oversight.viewing import view_of
from outreach.oversight.what_if import next_people
from outreach.web.access import allowed, may_open
from outreach.web.acting import Acting, reading
from outreach.web.forms import Form
from outreach.web.leaders.estimates import estimate_of, kept_of, need_rows
from outreach.web.leaders.spans import Seen, seen_of
from outreach.web.leaders.standing import PERSON_PAGE, READERS, asked_of, note_list
from outreach.web.leaders.weeks import REASONS, dial_rows, week_of
from outreach.web.visit import visit


@allowed(*READERS)
def show() -> ResponseReturnValue:
    """Show what reaching a share by a day would take, and whom to serve next."""
    form = Form(request.args)
    with reading() as act:
        seen = seen_of(act, form)
        view = view_of(act.session, asked_of(act, form, seen.area_id), scope=act.scope, now=act.now)
        estimate = estimate_of(act, form, seen, view.coverage)
        best = _next(act, seen)
        week = week_of(act, form.whole("week"), estimate)
    if best:
        note_list(
            Cell(seen.span.campaign_id, Figure.DUE, area_id=seen.area_id),
            [person.resident_id for person in best],
        )
    return render_template(
        "leader/oversight/what_if.html",
        form=form,
        seen=seen,
        estimate=estimate if view.mask.shows("coverage") else None,
        best=best,
        rows=need_rows(estimate.need),
        week=week,
        dials=dial_rows(week),
        kept=kept_of(form),
        reasons=REASONS,
        person_page=PERSON_PAGE if may_open(PERSON_PAGE, visit().actor) else "",
    )


def _next(act: Acting, seen: Seen) -> list[Person]:
    if not seen.sees_names:
        return []
    return next_people(act.session, seen.span, scope=act.scope, now=act.now)
