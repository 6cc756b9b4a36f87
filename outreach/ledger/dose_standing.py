"""PURE: one assessment of the dose rules in the few words that a status and a list need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from outreach.campaigns.dose_facts import (
    Assessment,
    DateCode,
    DoseGiven,
    ForecastStatus,
    Outcome,
)


class Need(StrEnum):
    """Where a line stands with its doses: something due, nothing due because of a dose, or a wait."""

    DUE = "due"
    CLOSED = "closed"
    WAITING = "waiting"
    TOO_YOUNG = "too_young"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class DoseStanding:
    """The findings of one assessment; ``closing_reference`` names the dose behind ``CLOSED``."""

    need: Need
    counted: int = 0
    closing_reference: str = ""
    number: int | None = None
    earliest_on: date | None = None
    recommended_on: date | None = None
    past_due_on: date | None = None
    rule_id: str = ""
    counted_references: frozenset[str] = frozenset()


def standing_of(found: Assessment, target_dose: int | None) -> DoseStanding:
    """Put one assessment into the words of the ledger."""
    counted = [e.dose for e in found.evaluations if e.outcome is Outcome.VALID]
    forecast = found.forecast
    need = _need(found, counted, target_dose)
    closing = counted[-1].reference if counted and need is Need.CLOSED else ""
    is_done = need is Need.CLOSED and (
        forecast.status is ForecastStatus.COMPLETE or _reached(counted, target_dose)
    )
    dates = (
        (None, None, None)
        if is_done
        else (forecast.earliest, forecast.recommended, forecast.past_due)
    )
    earliest, recommended, past_due = dates
    if is_done and forecast.reopens is not None and not _reached(counted, target_dose):
        earliest = recommended = forecast.reopens
    return DoseStanding(
        need=need,
        counted=len(counted),
        closing_reference=closing,
        number=None if is_done else forecast.number,
        earliest_on=earliest.on if earliest else None,
        recommended_on=recommended.on if recommended else None,
        past_due_on=past_due.on if past_due else None,
        rule_id=earliest.rule if earliest else "",
        counted_references=frozenset(dose.reference for dose in counted),
    )


def _need(found: Assessment, counted: list[DoseGiven], target_dose: int | None) -> Need:
    status = found.forecast.status
    if status is ForecastStatus.COMPLETE or _reached(counted, target_dose):
        return Need.CLOSED
    if status is ForecastStatus.AGED_OUT:
        return Need.OUTSIDE
    if status is ForecastStatus.NOT_ELIGIBLE:
        return Need.TOO_YOUNG
    if status is ForecastStatus.NOT_DUE:
        return Need.CLOSED if _waits_for_own_dose(found, counted) else Need.WAITING
    # Without decisions among its facts the forecast knows neither deferral nor contraindication.
    return Need.DUE


def _reached(counted: list[DoseGiven], target_dose: int | None) -> bool:
    return target_dose is not None and len(counted) >= target_dose


def _waits_for_own_dose(found: Assessment, counted: list[DoseGiven]) -> bool:
    """Return whether nothing is due because of a dose that counts, not for an infection or a season."""
    earliest = found.forecast.earliest
    if earliest is None or earliest.code is not DateCode.MINIMUM_INTERVAL:
        return False
    return earliest.facts.get("since") in {dose.given_on for dose in counted}
