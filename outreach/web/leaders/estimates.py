"""What reaching a share by a day would take, as the address asks: from the rates of the last four weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from outreach.oversight.capacity import Need, Range, needed
from outreach.oversight.coverage import Coverage
from outreach.oversight.rules import needed_for
from outreach.oversight.viewing import view_of
from outreach.oversight.what_if import last_weeks, measured
from outreach.web.acting import Acting
from outreach.web.forms import Form
from outreach.web.i18n import _
from outreach.web.leaders.spans import Seen, seen_of
from outreach.web.leaders.standing import asked_of

DEFAULT_GOAL = 90.0
DEFAULT_DAYS = 30
KEPT = ("area", "campaign", "goal", "by_on")  # what of the address the page's forms carry on


@dataclass(frozen=True, slots=True)
class Estimate:
    """What it would take, as the page shows it."""

    days: int
    need: Need
    rates: tuple[tuple[str, float | None, tuple[float, float], int], ...]
    doses_per_visit: float  # as measured; 1 where nothing was


def estimate_of(act: Acting, form: Form, seen: Seen, found: Coverage) -> Estimate:
    """Return what the goal of the address would take."""
    goal = (form.decimal("goal", least=1, most=100) or DEFAULT_GOAL) / 100
    by = form.day("by_on") or act.today + timedelta(days=DEFAULT_DAYS)
    days = max(1, (by - act.today).days)
    rates = measured(act.session, last_weeks(seen.span, day=act.today))
    named = (
        (_("Contacts that led to a dose"), rates.doses_per_contact),
        (_("Visits that gave a dose"), rates.doses_per_visit),
        (_("Visits by our car"), rates.cars_per_dose),
        (_("Visits with an escort"), rates.escorts_per_dose),
    )
    dosed = rates.doses_per_visit.value
    return Estimate(
        days=days,
        need=needed(needed_for(found.whole, goal), days, rates),
        rates=tuple((label, rate.value, rate.interval, rate.tries) for label, rate in named),
        doses_per_visit=1.0 if dosed is None else dosed,
    )


def estimate_now(act: Acting, form: Form) -> Estimate:
    """Return the estimate for the unit that the address names."""
    seen = seen_of(act, form)
    asked = asked_of(act, form, seen.area_id)
    view = view_of(act.session, asked, scope=act.scope, now=act.now)
    return estimate_of(act, form, seen, view.coverage)


def need_rows(need: Need) -> tuple[tuple[str, Range, int], ...]:
    """Return (label, range, decimals) of everything it would take."""
    return (
        (_("Calls and visits by hand, in all"), need.contacts, 0),
        (_("Hours of calling a day"), need.call_hours_a_day, 1),
        (_("Slots, in all"), need.slots, 0),
        (_("Car trips, there and back"), need.car_trips, 0),
        (_("Cars a day"), need.cars_a_day, 0),
        (_("Escorts a day"), need.escorts_a_day, 0),
    )


def kept_of(form: Form) -> dict[str, str]:
    """Return what of the address the page's forms carry on."""
    return {name: form[name] for name in KEPT if form[name]}
