"""Forecasts for a file of cases in the CDSi layout, worded as that file words its expectations."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from outreach.campaigns.dose_evaluation import suits_age
from outreach.campaigns.dose_facts import (
    Birth,
    DatedRule,
    DoseEvaluation,
    DoseGiven,
    ForecastStatus,
    Outcome,
    Person,
    ReasonCode,
)
from outreach.campaigns.dose_rules import assess
from outreach.campaigns.rule_packs import pack, rule_set_in_force
from outreach.campaigns.rule_set import RuleSet
from outreach.kernel.errors import InvalidInput

_DOSES = range(1, 8)
_ANSWER = (
    "CDC_Test_ID",
    "series_status",
    "evaluations",
    "evaluation_reasons",
    "forecast_number",
    "earliest",
    "recommended",
    "past_due",
    "problem",
)
_STATUS = {
    ForecastStatus.COMPLETE: "Complete",
    ForecastStatus.CONTRAINDICATED: "Contraindicated",
    ForecastStatus.AGED_OUT: "Aged out",
}
_OUTCOME = {
    Outcome.VALID: "Valid",
    Outcome.NOT_VALID: "Not Valid",
    Outcome.EXTRANEOUS: "Extraneous",
}
_REASON = {
    ReasonCode.INTERVAL_TOO_SHORT: "Interval: too Soon",
    ReasonCode.AGE_TOO_YOUNG: "Age: too Young",
    ReasonCode.AGE_TOO_OLD: "Age: too Old",
    ReasonCode.CONFLICT: "Live Virus Conflict",
    ReasonCode.INADVERTENT: "Inadvertent Administration",
    ReasonCode.PRODUCT_NOT_FOR_AGE: "Vaccine: Wrong Type",
    ReasonCode.PRODUCT_MAY_NOT_FOLLOW: "Vaccine: Wrong Type",
}


@dataclass(frozen=True, slots=True)
class _Case:
    """One row: the doses carry the vaccine under which each is evaluated."""

    name: str
    group: RuleSet
    person: Person
    doses: tuple[DoseGiven, ...]
    as_of: date


def forecast_cases(path: Path, pack_name: str) -> list[dict[str, Any]]:
    """Return status, evaluations and dates for every row; ``Assessment_Date`` is the row's today.

    A row of a vaccine group without rules is answered with nothing but its name, a row that cannot be
    read with its ``problem`` (line, field and what is wrong), and a dose that no rules know has no
    evaluation: none of them is guessed, and none stops the other rows.
    """
    rule_sets = pack(pack_name)
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return [
            _answer_row(row, rule_sets, line=line)
            for line, row in enumerate(csv.DictReader(lines), start=2)
        ]


def _answer_row(
    row: dict[str, str], rule_sets: tuple[RuleSet, ...], *, line: int
) -> dict[str, Any]:
    nothing = dict.fromkeys(_ANSWER) | {"CDC_Test_ID": row.get("CDC_Test_ID") or None}
    try:
        name = _cell(row, "CDC_Test_ID", line)
        wanted = _cell(row, "Vaccine_Group", line)
        group = next((rules for rules in rule_sets if rules.group == wanted), None)
        if group is None:
            return nothing
        return _answer(_read_case(row, name, group, rule_sets, line=line), rule_sets)
    except InvalidInput as error:
        return nothing | {"problem": error.facts}


def _answer(case: _Case, rule_sets: tuple[RuleSet, ...]) -> dict[str, Any]:
    found = assess(case.person, case.group, as_of=case.as_of)
    verdicts = {evaluation.dose: evaluation for evaluation in found.evaluations}
    for vaccine in {dose.vaccine for dose in case.doses} - {case.group.vaccine, ""}:
        beside = rule_set_in_force(rule_sets, vaccine=vaccine, on=case.as_of)
        others = assess(case.person, beside, as_of=case.as_of).evaluations
        verdicts |= {evaluation.dose: evaluation for evaluation in others}
    evaluations = [verdicts.get(dose) for dose in case.doses]
    forecast = found.forecast
    return {
        "CDC_Test_ID": case.name,
        "series_status": _STATUS.get(forecast.status, "Not complete"),
        "evaluations": [_OUTCOME[e.outcome] if e else None for e in evaluations],
        "evaluation_reasons": [_reason(evaluation) for evaluation in evaluations],
        "forecast_number": forecast.number,
        "earliest": _iso(forecast.earliest),
        "recommended": _iso(forecast.recommended),
        "past_due": _iso(forecast.past_due),
        "problem": None,
    }


def _reason(evaluation: DoseEvaluation | None) -> str | None:
    reasons = evaluation.reasons if evaluation else ()
    worded = (_REASON.get(reason.code) for reason in reasons)
    return next((text for text in worded if text), None)


def _iso(dated: DatedRule | None) -> str | None:
    return dated.on.isoformat() if dated else None


def _read_case(
    row: dict[str, str], name: str, group: RuleSet, rule_sets: tuple[RuleSet, ...], *, line: int
) -> _Case:
    birth = Birth(_day(row, "DOB", line))
    doses = tuple(
        _dose(row, number, birth, [group, *rule_sets], line=line)
        for number in _DOSES
        if row.get(f"Date_Administered_{number}")
    )
    return _Case(
        name=name,
        group=group,
        person=Person(birth=birth, sex=row.get("gender", ""), doses=doses),
        doses=doses,
        as_of=_day(row, "Assessment_Date", line),
    )


def _dose(
    row: dict[str, str], number: int, birth: Birth, rule_sets: Iterable[RuleSet], *, line: int
) -> DoseGiven:
    """Return one dose under the first vaccine whose rules know its product at that age."""
    code = _cell(row, f"CVX_{number}", line).zfill(2)
    given_on = _day(row, f"Date_Administered_{number}", line)
    known = [(rules, product) for rules in rule_sets if (product := rules.product(code))]
    fitting = [rules for rules, product in known if suits_age(product, birth, given_on)]
    vaccines = [rules.vaccine for rules in fitting or [rules for rules, _ in known]]
    # The place in the row keeps two like records of one day apart.
    return DoseGiven(vaccines[0] if vaccines else "", given_on, code, reference=str(number))


def _cell(row: dict[str, str], column: str, line: int) -> str:
    text = (row.get(column) or "").strip()
    if not text:
        raise InvalidInput("case_unreadable", field=column, line=line, problem="empty")
    return text


def _day(row: dict[str, str], column: str, line: int) -> date:
    try:
        return date.fromisoformat(_cell(row, column, line))
    except ValueError as error:
        raise InvalidInput("case_unreadable", field=column, line=line, problem="no date") from error
