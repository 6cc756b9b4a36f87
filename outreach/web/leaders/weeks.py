"""What if: a leader turns cars, escorts, slots and people a day, and the engine answers with a sampled week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.kernel.codes import coded_list
from outreach.kernel.errors import NotFound
from outreach.oversight.coverage import choose_campaign
from outreach.oversight.people import unit_in_scope
from outreach.oversight.week_rules import Dials, reached_on
from outreach.tasks.codes import TaskState
from outreach.tasks.operations import ask_task, cancel_task, get_task, unfinished_task
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go, is_fragment
from outreach.web.i18n import _, _l
from outreach.web.leaders.estimates import Estimate, estimate_now, kept_of
from outreach.web.leaders.standing import READERS
from outreach.web.messages import add_messages
from outreach.workflows.sample_week import SAMPLE_WEEK

MOST = {"cars": 60, "escorts": 60, "slots": 600, "people": 400}
USUAL = Dials(cars=4, escorts=4, slots=60, people=40)
# Why people are left in a sampled week, in a leader's words.
REASONS = coded_list(
    [
        ("no_vehicle", "没有车", "No car"),
        ("fits_no_vehicle", "没有合适的车", "No car that fits"),
        ("ride_too_long", "路太远，超过乘车时限", "Too far for the longest ride allowed"),
        ("outside_shifts", "在出车时间之外", "Outside the cars' hours"),
        ("nothing_offered", "没有引导员照看", "No escort on duty"),
        ("resource_full", "接种名额或引导员不够", "Slots or escorts full"),
        ("fleet_busy", "车不够", "Cars busy"),
        ("not_tried", "未来得及计算", "Not tried in time"),
    ]
)

add_messages(
    {
        "week_without_people": _l(
            "Nobody is due here with an address: there is nobody to plan for."
        ),
        "week_without_sites": _l("There is no site yet. Add one under “Sites” first."),
    }
)


@dataclass(frozen=True, slots=True)
class Week:
    """A sampled week as the page shows it: under way, failed, or answered."""

    task_id: int
    dials: Dials
    is_going_on: bool
    progress: float
    error: str
    answer: dict[str, Any] | None
    reached: date | None


def week_of(act: Acting, task_id: int | None, estimate: Estimate) -> Week | None:
    """Return the week that the visitor asked for; somebody else's looks as if it was not there."""
    if task_id is None:
        return None
    task = get_task(act.session, task_id)
    if task.kind != SAMPLE_WEEK or task.asked_by != act.user_id:
        raise NotFound("task", task_id=task_id)
    answer = task.result or None
    doses = float(answer["served_a_day"]) * estimate.doses_per_visit if answer else 0.0
    return Week(
        task_id=task.id,
        dials=Dials(**{name: int(task.arguments[name]) for name in MOST}),
        is_going_on=task.state in {TaskState.WAITING, TaskState.RUNNING},
        progress=task.progress,
        error=task.error if task.state is TaskState.FAILED else "",
        answer=answer,
        reached=reached_on(estimate.need.people, doses, today=act.today),
    )


@allowed(*READERS)
def ask() -> ResponseReturnValue:
    """Ask the engine; an answer still being worked out is dropped, so that the last turn counts."""
    form = Form(request.form)
    dials = {n: form.whole(n, required=True, least=0, most=most) for n, most in MOST.items()}
    with form.catching():
        form.check()
        with acting() as act:
            unit = unit_in_scope(act.session, form.whole("area"), scope=act.scope)
            campaign = choose_campaign(act.session, form.whole("campaign"))
            arguments = {
                **dials,
                "area": unit.id if unit is not None else None,
                "campaign": campaign.id,
                "paths": sorted(act.scope.paths),
                "by": act.user_id,
            }
            task_id = _ask(act, arguments)
        if is_fragment():
            return _fragment(task_id)
        kept: dict[str, Any] = {**kept_of(form), "week": task_id}
        return go(url_for("oversight.what_if", _anchor="week", **kept))
    return render_template("leader/oversight/_week_refused.html", form=form), 422


def _ask(act: Acting, arguments: dict[str, Any]) -> int:
    running = unfinished_task(act.session, kind=SAMPLE_WEEK, by=act.user_id)
    if running is not None:
        cancel_task(act.session, task_id=running.id, now=act.now)
    asked = ask_task(
        act.session, kind=SAMPLE_WEEK, arguments=arguments, by=act.user_id, now=act.now
    )
    return asked.id


@allowed(*READERS)
def show(task_id: int) -> ResponseReturnValue:
    """Show how far the answer is, or the answer."""
    return _fragment(task_id)


def _fragment(task_id: int) -> ResponseReturnValue:
    form = Form(request.values)
    with reading() as act:
        week = week_of(act, task_id, estimate_now(act, form))
    return render_template(
        "leader/oversight/_week.html", week=week, kept=kept_of(form), reasons=REASONS
    )


def dial_rows(week: Week | None) -> list[tuple[str, str, int, int]]:
    """Return (name, label, value, most) of each dial, as they stand."""
    dials = week.dials if week is not None else USUAL
    return [
        ("cars", _("Cars a day"), dials.cars, MOST["cars"]),
        ("escorts", _("Escorts a day"), dials.escorts, MOST["escorts"]),
        ("slots", _("Places in slots a day"), dials.slots, MOST["slots"]),
        ("people", _("People who would come a day"), dials.people, MOST["people"]),
    ]
