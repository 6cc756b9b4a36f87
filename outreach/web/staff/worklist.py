"""Today: whom to call or visit, why and in what order, door by door; and the sheet for the stairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.contact.priority import Reason, Why
from outreach.contact.worklist import Stairwell, WorkItem, Worklist, worklist
from outreach.web.access import allowed
from outreach.web.acting import Acting, reading
from outreach.web.htmx import page_or_fragment
from outreach.web.i18n import _, _l, _n
from outreach.workflows.question_sheet import answers_to_read

bp = Blueprint("worklist", __name__, url_prefix="/today")

WORKERS = (Role.GRID_WORKER, Role.CALLER)
PLAIN_REASONS = {
    Why.UNWELL: _l("Feels unwell after the dose: a doctor is told"),
    Why.RING_BACK: _l("Asks to be rung back"),
    Why.GO_THERE: _l("Rung in vain: go there"),
    Why.PROMISED_CALL: _l("A call was promised"),
    Why.DECIDE_LIFE: _l("Something was heard: find out what is true"),
    Why.ANSWER_READY: _l("The doctor has answered: pass it on"),
    Why.CLOSE_APPOINTMENT: _l("What came of the appointment?"),
    Why.REVIEW: _l("A hold has to be looked at again"),
    Why.VERIFY_DOSE: _l("A dose was told: see the proof"),
    Why.RESOLVE_CONSENT: _l("Person and family disagree"),
    Why.AGREED: _l("Has agreed: book now"),
    Why.DOSE_DUE: _l("The dose is due"),
    Why.LIVES_ALONE: _l("Lives alone"),
    Why.NEVER_CONTACTED: _l("Never contacted"),
}


@dataclass(frozen=True, slots=True)
class Today:
    """What the page shows: the list by doors or by weight, and whose it is."""

    list: Worklist
    stairwells: tuple[Stairwell, ...]
    items: tuple[WorkItem, ...]
    day: date
    by_weight: bool
    is_late: bool
    is_everybodys: bool
    answers: int


@bp.get("")
@allowed(*WORKERS)
def today() -> ResponseReturnValue:
    """Show the worker's list of the day."""
    with reading() as act:
        found = _today(act)
    return page_or_fragment(
        "staff/worklist/today.html", "staff/worklist/_list.html", today=found, why=word_reason
    )


def _today(act: Acting) -> Today:
    everybody = request.args.get("whose") == "all"
    is_late = request.args.get("only") == "late"
    found = worklist(
        act.session,
        user_id=None if everybody else act.user_id,
        scope=act.scope,
        day=act.today,
        now=act.now,
    )
    return Today(
        list=found,
        stairwells=found.stairwells,
        items=tuple(i for i in found.items if i.is_overdue) if is_late else found.items,
        day=act.today,
        by_weight=is_late or request.args.get("order") == "weight",
        is_late=is_late,
        is_everybodys=everybody,
        answers=answers_to_read(act.session, scope=act.scope, now=act.now),
    )


def word_reason(reason: Reason) -> str:
    """Return a reason in words with its figure."""
    figure = reason.figure or 0
    words: dict[Why, Callable[[], object]] = {
        Why.OWED_CALL: lambda: _n(
            "%(num)d message must be said by voice",
            "%(num)d messages must be said by voice",
            figure,
        ),
        Why.OVERDUE_CONTACT: lambda: _n(
            "Overdue for %(num)d day", "Overdue for %(num)d days", figure
        ),
        Why.PAST_DUE_DOSE: lambda: _n(
            "Dose past due for %(num)d day", "Dose past due for %(num)d days", figure
        ),
        Why.LONG_SILENT: lambda: _n(
            "Last contact %(num)d day ago", "Last contact %(num)d days ago", figure
        ),
        Why.AGE: lambda: _("%(age)s years", age=figure),
        Why.GOOD_HOUR: lambda: _("Well reached at this hour"),
        Why.OTHER_HOUR: lambda: _later(reason),
    }
    return str(words[reason.why]() if reason.why in words else PLAIN_REASONS[reason.why])


def _later(reason: Reason) -> str:
    hours = reason.hours
    if hours is None:
        return ""
    span = f"{hours.begins:%H:%M}–{hours.ends:%H:%M}"
    if hours.is_learned:
        return str(_("Mostly answers %(hours)s", hours=span))
    return str(_("Wishes calls %(hours)s", hours=span))
