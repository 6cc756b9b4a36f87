"""The door to the dose rules: evaluation of what was given and forecast of what is due, in one call."""

from __future__ import annotations

from datetime import date

from outreach.campaigns.dose_evaluation import Track, evaluate
from outreach.campaigns.dose_facts import Assessment, ForecastStatus, Person
from outreach.campaigns.dose_forecast import forecast
from outreach.campaigns.rule_set import RuleSet

PARTIAL = "partial"


def assess(person: Person, rules: RuleSet, *, as_of: date) -> Assessment:
    """Return what counts, what has been reached and what is due on ``as_of`` under ``rules``.

    Doses after ``as_of`` are named and left out, so that any past day can be asked about.
    """
    known = tuple(dose for dose in person.doses if dose.given_on <= as_of)
    evaluations, tracks = evaluate(person, rules, as_of=as_of)
    until_then = Person(
        birth=person.birth,
        sex=person.sex,
        doses=known,
        infections=tuple(i for i in person.infections if i.on <= as_of),
        decisions=tuple(d for d in person.decisions if d.decided_on <= as_of),
        conditions=person.conditions,
    )
    found = forecast(until_then, rules, tracks, as_of=as_of)
    reached = _reached(tracks[0], is_served=found.status is ForecastStatus.COMPLETE)
    return Assessment(rules.code, rules.version, as_of, evaluations, reached, found)


def _reached(track: Track, *, is_served: bool) -> str | None:
    """Return the name of what the doses that count amount to; a past season's dose amounts to nothing."""
    if track.series.doses[-1].repeats and not is_served:
        return None
    done = track.series.doses[: len(track.counted)]
    named = [dose.reaches for dose in done if dose.reaches]
    if named:
        return named[-1]
    return PARTIAL if done else None
