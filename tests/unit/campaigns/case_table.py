"""Reading the table of hand-worked cases: one row is one person on one day under one rule set."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from outreach.campaigns.dose_facts import (
    Assessment,
    Birth,
    BirthSurety,
    DatedRule,
    Decision,
    DecisionKind,
    DoseGiven,
    Infection,
    Person,
)
from outreach.campaigns.rule_packs import load_packs
from outreach.campaigns.rule_set import RuleSet

T = TypeVar("T")
TABLE = Path(__file__).parents[2] / "data" / "doses" / "cn-cases.csv"


@dataclass(frozen=True)
class HandWorked:
    name: str
    rules: RuleSet
    person: Person
    as_of: date
    expected: dict[str, str]


def sure(value: T | None) -> T:
    """Return what must be there."""
    assert value is not None
    return value


def read_table() -> list[HandWorked]:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return [_read(row) for row in csv.DictReader(lines)]


def rules_named(code: str) -> RuleSet:
    return next(rules for rules in load_packs() if rules.code == code)


def answer(found: Assessment) -> dict[str, str]:
    forecast = found.forecast
    return {
        "evaluations": "|".join(
            ":".join([verdict.outcome, *(reason.code for reason in verdict.reasons[:1])])
            for verdict in found.evaluations
        ),
        "status": forecast.status,
        "label": forecast.label or "",
        "earliest": _iso(forecast.earliest),
        "recommended": _iso(forecast.recommended),
        "past_due": _iso(forecast.past_due),
        "reached": found.reached or "",
        "because": forecast.earliest.code if forecast.earliest else "",
    }


def _iso(dated: DatedRule | None) -> str:
    return dated.on.isoformat() if dated else ""


def _read(row: dict[str, str]) -> HandWorked:
    rules = rules_named(row["rules"])
    person = Person(
        birth=_birth(row["birth"]),
        doses=tuple(
            _dose(text, number, rules)
            for number, text in enumerate(filter(None, row["doses"].split("|")))
        ),
        infections=tuple(
            Infection(rules.vaccine, date.fromisoformat(day))
            for day in filter(None, row["infections"].split(";"))
        ),
        decisions=tuple(_decision(text) for text in filter(None, [row["decisions"]])),
        conditions=frozenset(filter(None, [row["conditions"]])),
    )
    return HandWorked(row["case"], rules, person, date.fromisoformat(row["as_of"]), row)


def _birth(text: str) -> Birth | None:
    if not text:
        return None
    if text.endswith(" year"):
        return Birth(date(int(text[:4]), 1, 1), BirthSurety.YEAR)
    return Birth(date.fromisoformat(text))


def _dose(text: str, number: int, rules: RuleSet) -> DoseGiven:
    product, day, *expiry = text.split()
    vaccine, _, code = product.rpartition(":")
    return DoseGiven(
        vaccine=vaccine or rules.vaccine,
        given_on=date.fromisoformat(day),
        product=None if code == "-" else code,
        expires_on=date.fromisoformat(expiry[1]) if expiry else None,
        reference=str(number),
    )


def _decision(text: str) -> Decision:
    kind, code, decided_on, until, *vaccine = text.split()
    return Decision(
        DecisionKind(kind),
        code,
        date.fromisoformat(decided_on),
        None if until == "-" else date.fromisoformat(until),
        vaccine[0] if vaccine else None,
    )
