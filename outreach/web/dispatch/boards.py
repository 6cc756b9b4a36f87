"""The day's board as every page of it shows it: values, answers after an act, and a conflict with its diff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from typing import ParamSpec

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.kernel.errors import StaleVersion
from outreach.places.queries import area_ids_within
from outreach.transport.assign import AssignmentRefused
from outreach.transport.board import Board, TryOut, broken
from outreach.transport.positions import last_seen
from outreach.transport.pulse import pulse_of
from outreach.web.acting import Acting, reading
from outreach.web.dispatch.picture import CarSeen, hours_of, map_of, timelines
from outreach.web.dispatch.verdicts import broken_words, verdict
from outreach.web.dispatch.within import check_run
from outreach.web.dispatch.words import (
    ALARM_LABELS,
    BREACH_LABELS,
    DID_LABELS,
    MISSING_LABELS,
    REACH_LABELS,
    UNFIT_LABELS,
)
from outreach.web.forms import Form
from outreach.web.htmx import is_fragment, partial_or_redirect
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.visit import services
from outreach.workflows.day_board import day_board, try_insertions
from outreach.workflows.day_matters import DayMatters, day_matters
from outreach.workflows.kept_day import KeptDays
from outreach.workflows.run_history import Diff, changes_since

P = ParamSpec("P")
KEPT = KeptDays()
OPEN_STOPS_UP_TO = 8
REPEATABLE = {"moves.assign", "moves.release", "moves.move_over"}


def day_asked(act: Acting) -> date:
    """Return the day in the address or the form; today else."""
    return Form(request.values).day("on") or act.today


def board_of(act: Acting, on: date) -> Board:
    """Return a whole day within the visitor's areas."""
    shared = services()
    return day_board(shared.database, shared.travel_times, on=on, now=act.now, scope=act.scope)


def tries_of(act: Acting, leg_id: int) -> tuple[TryOut, ...]:
    """Return what each run would say of a ride, from the kept day."""
    shared = services()
    return try_insertions(
        shared.database,
        shared.travel_times,
        leg_id=leg_id,
        now=act.now,
        scope=act.scope,
        kept=KEPT,
    )


def shown(
    act: Acting, on: date, *, leg_id: int | None = None, diff: Diff | None = None
) -> dict[str, object]:
    """Return everything that the board's templates ask for."""
    board = board_of(act, on)
    legs = {leg.leg_id: leg for leg in board.without_car}
    legs.update({stop.leg.leg_id: stop.leg for run in board.runs for stop in run.stops})
    chosen = legs.get(leg_id) if leg_id is not None else None
    matters, pulse, seen = _around(act, on, [run.run_id for run in board.runs])
    return {
        "board": board,
        "on": on,
        "before": on - timedelta(days=1),
        "after": on + timedelta(days=1),
        "timelines": timelines(board),
        "hours": hours_of(board, zone=act.setting.zone),
        "map": map_of(board, tiles=services().settings.map_tiles, seen=seen),
        "chosen": chosen,
        "tried": tries_of(act, chosen.leg_id) if chosen is not None else (),
        "runs_by_id": {run.run_id: run for run in board.runs},
        "matters": matters,
        "pulse": pulse,
        "diff": diff,
        "repeat": _repeat(diff),
        "is_open": len(board.runs) <= OPEN_STOPS_UP_TO,
        "open_ids": _open_ids(),
        **WORDS,
    }


WORDS: dict[str, object] = {
    "breaches": BREACH_LABELS,
    "unfit": UNFIT_LABELS,
    "alarm_labels": ALARM_LABELS,
    "did_labels": DID_LABELS,
    "missing_labels": MISSING_LABELS,
    "reach_labels": REACH_LABELS,
    "broken_words": broken_words,
    "verdict": verdict,
}


def _open_ids() -> frozenset[int]:
    """Return the runs whose stops the page has open, of a day with too many to open them all."""
    asked = Form(request.values).text("open", longest=2000)
    return frozenset(int(part) for part in asked.split(",") if part.isdigit())


def _around(
    act: Acting, on: date, run_ids: list[int]
) -> tuple[DayMatters, str, dict[int, CarSeen]]:
    with reading() as hands:
        areas = area_ids_within(hands.session, hands.scope.paths)
        matters = day_matters(hands.session, on=on, now=act.now, area_ids=areas)
        pulse = pulse_of(hands.session, on=on)
        places = last_seen(hands.session, run_ids=run_ids)
    seen = {i: CarSeen(p.point, p.at, is_fresh=p.is_fresh(act.now)) for i, p in places.items()}
    return matters, pulse, seen


def again(act: Acting, on: date, *, leg_id: int | None = None) -> ResponseReturnValue:
    """Answer an act: the board as it is now."""
    to = url_for("day.show", on=on.isoformat(), leg=leg_id)
    if not is_fragment():
        return partial_or_redirect("dispatch/day/_board.html", to=to)
    return partial_or_redirect("dispatch/day/_board.html", to=to, **shown(act, on, leg_id=leg_id))


def with_diff(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Answer a stale version with the new state and who changed what: nobody loses anything (fault 57)."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        try:
            return view(*args, **kwargs)
        except StaleVersion as error:
            return _conflict(error)
        except AssignmentRefused as error:
            return _refused(error)

    return guarded


def _refused(error: AssignmentRefused) -> ResponseReturnValue:
    """Say what the change would have broken, for whom and by how much; the board stays as it is."""
    with reading() as act:
        on = day_asked(act)
    shared = services()
    day = KEPT.day(shared.database, shared.travel_times, on=on, now=act.now, scope=act.scope)
    found = [broken(day.sheet, violation, day.labels) for violation in error.violations]
    what = "; ".join(dict.fromkeys(broken_words(one) for one in found))
    notify(_("Not done, it would break: %(what)s", what=what), kind="warning")
    answer = make_response(again(act, on))
    if is_fragment():
        answer.status_code = 422
    return answer


def _conflict(error: StaleVersion) -> ResponseReturnValue:
    run_id = error.facts.get("run_id")
    if not isinstance(run_id, int):
        raise error
    form = Form(request.values)
    with reading() as act:
        check_run(act, run_id)
        version = form.whole("from_version" if form["from_run"] == str(run_id) else "version")
        diff = changes_since(act.session, run_id=run_id, version=version or 0)
        on = day_asked(act)
    template = "dispatch/day/_board.html" if is_fragment() else "dispatch/day/show.html"
    return make_response(render_template(template, **shown(act, on, diff=diff)), 409)


def _repeat(diff: Diff | None) -> dict[str, str] | None:
    """Return the fields of the same act on the new state, where that makes sense."""
    if diff is None or request.endpoint not in REPEATABLE:
        return None
    is_from = request.values.get("from_run") == str(diff.run_id)
    fields = {k: v for k, v in request.values.items() if k not in {"csrf_token", "at", "to"}}
    fields["from_version" if is_from else "version"] = str(diff.version)
    return fields
