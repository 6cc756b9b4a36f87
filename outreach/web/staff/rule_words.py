"""The dose rules in words: why a dose counts or not, and which rule made a date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from outreach.campaigns.dose_facts import (
    DateCode,
    DatedRule,
    DoseEvaluation,
    ForecastStatus,
    Outcome,
    Reason,
    ReasonCode,
)
from outreach.web.filters import day_with_year
from outreach.web.i18n import _, _l, language

_PART = re.compile(r"(\d+) (year|month|week|day)s?")
_ZH_UNITS = {"year": "年", "month": "个月", "week": "周", "day": "天"}

DATES = {
    DateCode.MINIMUM_AGE: _l("from the age of %(age)s"),
    DateCode.RECOMMENDED_AGE: _l("recommended from the age of %(age)s"),
    DateCode.LATEST_AGE: _l("at the latest at the age of %(age)s"),
    DateCode.MINIMUM_INTERVAL: _l("at least %(period)s after the dose of %(since)s"),
    DateCode.RECOMMENDED_INTERVAL: _l("recommended %(period)s after the dose of %(since)s"),
    DateCode.LATEST_INTERVAL: _l("at the latest %(period)s after the dose of %(since)s"),
    DateCode.SEASON: _l("when this season's vaccine comes"),
    DateCode.LATEST_IN_SEASON: _l("before this season ends"),
    DateCode.INFECTION: _l("at least %(period)s after the infection of %(since)s"),
    DateCode.OTHER_VACCINE: _l("%(period)s after another vaccine given on %(since)s"),
    DateCode.CONFLICT: _l("%(period)s after the other vaccine of %(since)s"),
    DateCode.CLINICIAN: _l("a clinician's decision"),
    DateCode.ANY_TIME: _l("nothing stands against it: at any time"),
}
REASONS = {
    ReasonCode.AGE_TOO_YOUNG: _l("given too young"),
    ReasonCode.AGE_TOO_OLD: _l("given past the age limit"),
    ReasonCode.INTERVAL_TOO_SHORT: _l(
        "%(days)s days after the dose of %(since)s; the rule asks for %(minimum)s"
    ),
    ReasonCode.CONFLICT: _l("too soon after another vaccine"),
    ReasonCode.PRODUCT_UNKNOWN: _l("the product is not known to the rules"),
    ReasonCode.PRODUCT_NOT_RECORDED: _l("the product was not written down"),
    ReasonCode.PRODUCT_MAY_NOT_FOLLOW: _l("this product may not follow the one before"),
    ReasonCode.PRODUCT_NOT_FOR_AGE: _l("this product is not for this age"),
    ReasonCode.INADVERTENT: _l("given by mistake"),
    ReasonCode.AFTER_EXPIRY: _l("given after the batch had expired"),
    ReasonCode.DUPLICATE_SAME_DAY: _l("a second record of the same day"),
    ReasonCode.BEFORE_BIRTH: _l("dated before the birth"),
    ReasonCode.IN_FUTURE: _l("dated in the future"),
    ReasonCode.SERIES_COMPLETE: _l("the series was complete already"),
    ReasonCode.ALREADY_THIS_SEASON: _l("this season's dose was there already"),
    ReasonCode.SHORTER_THAN_USUAL: _l(
        "%(days)s days after the dose of %(since)s, shorter than the usual %(minimum)s"
    ),
    ReasonCode.SOON_AFTER_INFECTION: _l("soon after the infection of %(since)s"),
    ReasonCode.AGE_UNSURE: _l("the age on that day is not sure"),
    ReasonCode.BIRTH_UNKNOWN: _l("the birth date is not known"),
}
FORECASTS = {
    ForecastStatus.NOT_COMPLETE: _l("A dose is due"),
    ForecastStatus.NOT_DUE: _l("Nothing is due yet"),
    ForecastStatus.COMPLETE: _l("Complete"),
    ForecastStatus.DEFERRED: _l("Waits on a clinician's word"),
    ForecastStatus.CONTRAINDICATED: _l("Must not be given"),
    ForecastStatus.AGED_OUT: _l("No longer offered at this age"),
    ForecastStatus.NOT_ELIGIBLE: _l("Not offered yet"),
}


def word_date(dated: DatedRule) -> str:
    """Return which rule made a date, in a sentence."""
    return str(DATES[dated.code]) % _gaps(dated.facts)


def word_evaluation(found: DoseEvaluation) -> str:
    """Return what a dose counts for, in words."""
    if found.outcome is Outcome.VALID:
        return str(_("counts as dose %(number)s", number=found.number or ""))
    if found.outcome is Outcome.EXTRANEOUS:
        return str(_("counts for nothing more"))
    return str(_("does not count"))


def word_reasons(found: DoseEvaluation) -> list[str]:
    """Return why a dose does not count, or what to know of one that does."""
    return [_word_reason(reason) for reason in (*found.reasons, *found.cautions)]


def word_forecast(status: ForecastStatus) -> str:
    """Return where someone stands with one vaccine."""
    return str(FORECASTS[status])


def period_in_words(period: str) -> str:
    """Return ``3 months`` as the reader says it."""
    if language() != "zh":
        return period
    return _PART.sub(lambda m: f"{m[1]}{_ZH_UNITS[m[2]]}", period).replace(" + ", "")


def age_in_words(age: str) -> str:
    """Return ``80 years`` as an age is said: 80岁 in Chinese."""
    return period_in_words(age).replace("年", "岁", 1)


def _word_reason(reason: Reason) -> str:
    return str(REASONS[reason.code]) % _gaps(reason.facts)


def _gaps(facts: Mapping[str, object]) -> dict[str, str]:
    gaps = dict.fromkeys(("age", "period", "since", "days", "minimum"), "…")
    for name, value in facts.items():
        if isinstance(value, date):
            gaps[name] = day_with_year(value)
        elif name == "age":
            gaps[name] = age_in_words(str(value))
        elif name in {"period", "minimum"}:
            gaps[name] = period_in_words(str(value))
        else:
            gaps[name] = str(value)
    return gaps
