"""How coverage changed: trend with later corrections, the bridge between two days; and the big screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.ledger.codes import NEXT_ACTION_LABELS
from outreach.oversight.changes import Step
from outreach.oversight.codes import CHANGE_LABELS, DEFINITIONS, Figure
from outreach.oversight.coverage import Asked, Unit, children_of
from outreach.oversight.history import (
    Bridge,
    Point,
    Sight,
    bridge,
    doses_per_day,
    frozen_days,
    trend,
)
from outreach.oversight.people import PAGE_SIZE, People, check_names, people_of_lines, unit_in_scope
from outreach.oversight.responsibility import TargetLine, targets
from outreach.oversight.rules import Pace, pace
from outreach.oversight.sentences import Told, pace_sentence, sentences
from outreach.oversight.viewing import View, view_of
from outreach.web.access import allowed, may_open
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.i18n import _, _l, language
from outreach.web.leaders.standing import PERSON_PAGE, READERS, asked_of, shares_of
from outreach.web.leaders.tables import CHART_PARTS, Table, unit_table
from outreach.web.lists import page_number, pages
from outreach.web.messages import add_messages
from outreach.web.visit import visit

bp = Blueprint("history", __name__, url_prefix="/standing")
TREND_DAYS = 60
SCREENS = ("numbers", "units", "trend")

add_messages(
    {"day_not_frozen": _l("That day was not frozen, so nothing can be said of it exactly.")}
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page knows of a unit's past."""

    asked: Asked
    units: tuple[Unit, ...]
    points: tuple[Point, ...]
    days: tuple[date, ...]
    bridge: Bridge | None
    target: TargetLine | None
    pace: Pace | None


@bp.get("/history")
@allowed(*READERS)
def show() -> ResponseReturnValue:
    """Show the trend, the target's pace, and why coverage moved between two frozen days."""
    form = Form(request.args)
    with reading() as act:
        view = view_of(
            act.session, asked_of(act, form, form.whole("area")), scope=act.scope, now=act.now
        )
        seen = _seen(act, form, view)
    words = _words(view, seen)
    return render_template(
        "leader/standing/history.html",
        form=form,
        view=view,
        seen=seen,
        words=words,
        trend_chart=_trend_chart(seen, view),
        labels=CHANGE_LABELS,
        day_options=[(day.isoformat(), day.isoformat()) for day in seen.days],
        step_address=lambda step: _step_address(seen, view, step),
    )


def _seen(act: Acting, form: Form, view: View) -> Seen:
    coverage = view.coverage
    units = (coverage.unit,) if coverage.unit else tuple(c.unit for c in coverage.children)
    sight = Sight(coverage.campaign.id, coverage.basis, units)
    days = frozen_days(act.session, limit=TREND_DAYS)
    points = trend(act.session, sight, since=days[-1], until=days[0]) if days else []
    since, until = form.day("since"), form.day("until")
    pair = (since, until) if since and until else (days[1], days[0]) if len(days) > 1 else None
    found = None
    if pair is not None and view.sees_names:
        found = bridge(act.session, sight, since=min(pair), until=max(pair))
    target = course = None
    if coverage.unit is not None:
        target = targets(
            act.session, area_ids=[coverage.unit.id], campaign_id=sight.campaign_id
        ).get(coverage.unit.id)
    if target is not None and view.mask.shows("coverage"):
        speed = doses_per_day(act.session, sight, until=act.today)
        course = pace(
            coverage.whole, goal=target.goal, by=target.by_on, day=act.today, measured_per_day=speed
        )
    asked = Asked(coverage.campaign, coverage.basis, coverage.unit.id if coverage.unit else None)
    return Seen(asked, units, tuple(points), tuple(days), found, target, course)


def _words(view: View, seen: Seen) -> tuple[str, ...]:
    name = view.coverage.unit.name if view.coverage.unit else _("Your units")
    said: tuple[str, ...] = ()
    if seen.bridge is not None:
        found = seen.bridge
        told = Told(name, found.since, found.until, found.before, found.after, found.steps)
        said = sentences(told, language())
    if seen.pace is not None and seen.target is not None:
        line = pace_sentence(
            seen.pace, goal=seen.target.goal, by=seen.target.by_on, language=language()
        )
        said = (*said, line)
    return said


def _trend_chart(seen: Seen, view: View) -> dict[str, Any] | None:
    if not seen.points or not view.mask.shows("coverage"):
        return None
    goal = seen.target.goal * 100 if seen.target else None
    reported = [_percent(p.counts.coverage) for p in seen.points]
    series: list[dict[str, Any]] = [{"name": _("As reported"), "values": reported}]
    if goal is not None:
        series[0]["target"] = goal
    if any(point.is_corrected for point in seen.points):
        known = [_percent(p.known_coverage) for p in seen.points]
        series.append({"name": _("As known now"), "values": known})
    labels = [point.on.isoformat() for point in seen.points]
    return {"kind": "line", "unit": "%", "labels": labels, "series": series}


def _percent(value: float | None) -> float | None:
    return None if value is None else round(value * 100, 2)


def _step_address(seen: Seen, view: View, step: Step) -> str:
    assert seen.bridge is not None  # noqa: S101 - steps come from a bridge
    return url_for(
        ".people",
        area=seen.asked.area_id,
        campaign=seen.asked.campaign.id,
        basis=seen.asked.basis,
        since=seen.bridge.since.isoformat(),
        until=seen.bridge.until.isoformat(),
        kind=step.kind,
    )


@bp.get("/history/people")
@allowed(*READERS)
def people() -> ResponseReturnValue:
    """List exactly the people of one step of the bridge."""
    form = Form(request.args)
    since, until = form.day("since", required=True), form.day("until", required=True)
    with reading() as act:
        unit = unit_in_scope(act.session, form.whole("area"), scope=act.scope)
        check_names(unit.path if unit else None, act.scope)
        asked = asked_of(act, form, form.whole("area"))
        units = (unit,) if unit else tuple(children_of(act.session, None, scope=act.scope))
        sight = Sight(asked.campaign.id, asked.basis, units)
        found = bridge(act.session, sight, since=since or act.today, until=until or act.today)
        ids = [i for step in found.steps if step.kind == form["kind"] for i in step.entry_ids]
        listed = people_of_lines(act.session, ids, unit=unit, day=act.today, page=page_number())
    return _list(listed, form)


def _list(listed: People, form: Form) -> ResponseReturnValue:
    with acting() as act:
        facts: dict[str, Any] = {
            "step": form["kind"],
            "residents": [p.resident_id for p in listed.people],
        }
        act.record("people_listed", ("area", form.whole("area")), facts=facts)
    label = CHANGE_LABELS[form["kind"]].label(language()) if form["kind"] in CHANGE_LABELS else ""
    return render_template(
        "leader/standing/people.html",
        found=listed,
        pages=pages(listed.total, size=PAGE_SIZE),
        definition=(
            label,
            _(
                "Changed coverage between %(since)s and %(until)s",
                since=form["since"],
                until=form["until"],
            ),
        ),
        row_name="",
        back=url_for(".show", area=form.whole("area")),
        actions=NEXT_ACTION_LABELS,
        person_page=PERSON_PAGE if may_open(PERSON_PAGE, visit().actor) else "",
    )


@bp.get("/big")
@allowed(*READERS)
def big() -> ResponseReturnValue:
    """Show figures for a wall: large, no names, one view after the other, fresh every half minute."""
    form = Form(request.args)
    with reading() as act:
        view = view_of(
            act.session, asked_of(act, form, form.whole("area")), scope=act.scope, now=act.now
        )
        seen = _seen(act, form, view)
    units: Table = unit_table(view)
    trend_chart = _trend_chart(seen, view)
    # A wall is never left with an empty view: without a frozen day there is no trend to turn to.
    screens = SCREENS if trend_chart else SCREENS[:-1]
    number = (form.whole("screen", least=0) or 0) % len(screens)
    following = url_for(
        ".big",
        area=form.whole("area"),
        campaign=view.coverage.campaign.id,
        screen=(number + 1) % len(screens),
    )
    return render_template(
        "leader/standing/big.html",
        view=view,
        units=units,
        shares=shares_of(view),
        chart=units.chart(CHART_PARTS, with_links=False),
        trend_chart=trend_chart,
        screen=screens[number],
        following=following,
        numbers=_big_numbers(view),
    )


def _big_numbers(view: View) -> list[tuple[str, int | None]]:
    wanted = (Figure.DENOMINATOR, Figure.VACCINATED, Figure.BOOKED, Figure.DUE)
    whole = view.coverage.whole
    return [
        (
            DEFINITIONS[figure].label.label(language()),
            whole.of(figure) if view.mask.shows(figure) else None,
        )
        for figure in wanted
    ]
