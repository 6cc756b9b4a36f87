"""Which of the doses given count, and why the others do not; each dose is judged by what came before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from outreach.campaigns.dose_facts import (
    Birth,
    DoseEvaluation,
    DoseGiven,
    Fact,
    Outcome,
    Person,
    Reason,
    ReasonCode,
)
from outreach.campaigns.rule_set import DoseRule, IntervalRule, Product, RuleSet, Series
from outreach.kernel.dates import Period


@dataclass(frozen=True, slots=True)
class Track:
    """How far someone has come along one series: the doses that count, and the last one at all."""

    series: Series
    counted: tuple[DoseGiven, ...] = ()
    previous: DoseGiven | None = None

    @property
    def next_dose(self) -> DoseRule | None:
        """Return the rule of the dose to come; a series whose last dose repeats never ends."""
        if len(self.counted) < len(self.series.doses):
            return self.series.doses[len(self.counted)]
        last = self.series.doses[-1]
        return last if last.repeats else None

    def served_season(self, rule: DoseRule, day: date) -> bool:
        """Return whether a dose that counts lies in the season of ``day``."""
        if not rule.repeats or rule.season is None:
            return False
        first, last = rule.season.containing_or_after(day)
        return any(first <= dose.given_on <= last for dose in self.counted)

    def anchor(self, interval: IntervalRule, person: Person, *, before: date) -> DoseGiven | None:
        """Return the dose from which ``interval`` counts, or None where it does not apply."""
        if interval.since_dose is not None:
            return self.counted[interval.since_dose - 1]
        if interval.since == "previous":
            return self.previous
        earlier = (
            dose
            for dose in person.doses
            if dose.product in interval.since and dose.given_on < before
        )
        return max(earlier, key=lambda dose: dose.given_on, default=None)


@dataclass(frozen=True, slots=True)
class _Finding:
    """What one dose is worth on one track."""

    track: Track
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    cautions: tuple[Reason, ...] = ()


def rule_id(rules: RuleSet, series: Series, dose: DoseRule, part: str) -> str:
    """Return the name under which a due date or a refusal keeps the rule that made it."""
    return f"{rules.code}/{series.code}/{dose.label}/{part}"


def suits_age(product: Product, birth: Birth | None, day: date) -> bool:
    """Return whether ``product`` may be meant for the person's age; an unknown age excludes nothing."""
    if birth is None:
        return True
    if product.from_age is not None and day < product.from_age.after(birth.earliest):
        return False
    return product.until_age is None or day < product.until_age.after(birth.latest)


def evaluate(
    person: Person, rules: RuleSet, *, as_of: date
) -> tuple[tuple[DoseEvaluation, ...], tuple[Track, ...]]:
    """Judge every recorded dose of the rule set's vaccine, oldest first.

    All series that fit are walked side by side, and each valid dose leaves only those in which it
    is valid. So the verdict on a dose rests on earlier doses alone, and a later one never changes
    it. Also returned: the series still possible, the preferred one first.
    """
    tracks = tuple(Track(series) for series in _open_series(person, rules))
    found: list[DoseEvaluation] = []
    own = sorted((dose for dose in person.doses if dose.vaccine == rules.vaccine), key=_order)
    for day, group in groupby(own, key=lambda dose: dose.given_on):
        doses = list(group)
        impossible = _impossible_day(person, day, as_of=as_of)
        if impossible is not None:
            found += [DoseEvaluation(d, Outcome.NOT_VALID, reasons=(impossible,)) for d in doses]
            continue
        evaluations, tracks = _judge_day(doses, tracks, person, rules)
        found += evaluations
    return tuple(found), tracks


def _open_series(person: Person, rules: RuleSet) -> Iterator[Series]:
    yield from (s for s in rules.series if person.conditions.intersection(s.for_conditions))
    yield from (s for s in rules.series if not s.for_conditions)


def _order(dose: DoseGiven) -> tuple[date, bool, str, str, date]:
    # A record that names its product speaks before one that does not.
    product = dose.product or ""
    return (dose.given_on, not product, product, dose.reference, dose.expires_on or date.max)


def _impossible_day(person: Person, day: date, *, as_of: date) -> Reason | None:
    if day > as_of:
        return Reason(ReasonCode.IN_FUTURE, facts={"given_on": day, "as_of": as_of})
    if person.birth is not None and day < person.birth.earliest:
        return Reason(ReasonCode.BEFORE_BIRTH, facts={"given_on": day})
    return None


def _judge_day(
    doses: list[DoseGiven], tracks: tuple[Track, ...], person: Person, rules: RuleSet
) -> tuple[list[DoseEvaluation], tuple[Track, ...]]:
    """Judge the records of one day: the first that counts, and those behind it as given right after it.

    Two records of a day are mostly one injection written twice, so the same product counts once. Another
    product counts as well where the rules ask for no interval after the first (CDSi: a live and a
    recombinant zoster dose on one day are doses 1 and 2).
    """
    judged = [[_judge_on(track, dose, person, rules) for track in tracks] for dose in doses]
    verdicts = [_best(findings) for findings in judged]
    outcomes = [verdict.outcome for verdict in verdicts]
    chosen = outcomes.index(Outcome.VALID) if Outcome.VALID in outcomes else 0
    tracks = _moved_on(doses[chosen], judged[chosen])
    twice = (Reason(ReasonCode.DUPLICATE_SAME_DAY, facts={"given_on": doses[0].given_on}),)
    evaluations = [DoseEvaluation(d, Outcome.NOT_VALID, reasons=twice) for d in doses[:chosen]]
    evaluations.append(_evaluation(doses[chosen], verdicts[chosen]))
    counted = {doses[chosen].product}
    for dose in doses[chosen + 1 :]:
        findings = [_judge_on(track, dose, person, rules) for track in tracks]
        outcome = _best(findings).outcome
        # A record without a product may be of the injection beside it.
        is_another = dose.product not in counted and None not in {*counted, dose.product}
        if outcome is Outcome.VALID and is_another:
            evaluations.append(_evaluation(dose, _best(findings)))
            tracks = _moved_on(dose, findings)
            counted.add(dose.product)
            continue
        needless = Outcome.EXTRANEOUS if outcome is Outcome.EXTRANEOUS else Outcome.NOT_VALID
        evaluations.append(DoseEvaluation(dose, needless, reasons=twice))
    return evaluations, tracks


def _best(findings: list[_Finding]) -> _Finding:
    """Return the finding to report: a valid one, else from a series that knows the product here."""
    for finding in findings:
        if finding.outcome is Outcome.VALID:
            return finding
    wrong_product = {ReasonCode.PRODUCT_MAY_NOT_FOLLOW, ReasonCode.PRODUCT_NOT_FOR_AGE}
    return next(
        (f for f in findings if not any(reason.code in wrong_product for reason in f.reasons)),
        findings[0],
    )


def _evaluation(dose: DoseGiven, finding: _Finding) -> DoseEvaluation:
    rule = finding.track.next_dose if finding.outcome is Outcome.VALID else None
    return DoseEvaluation(
        dose,
        finding.outcome,
        number=len(finding.track.counted) + 1 if rule else None,
        label=rule.label if rule else None,
        reasons=finding.reasons,
        cautions=finding.cautions,
    )


def _moved_on(dose: DoseGiven, findings: list[_Finding]) -> tuple[Track, ...]:
    valid = [finding.track for finding in findings if finding.outcome is Outcome.VALID]
    if valid:
        return tuple(
            replace(track, counted=(*track.counted, dose), previous=dose) for track in valid
        )
    # A dose that does not count still starts the next interval, but for one given by mistake.
    return tuple(
        finding.track
        if any(reason.code is ReasonCode.INADVERTENT for reason in finding.reasons)
        else replace(finding.track, previous=dose)
        for finding in findings
    )


def _judge_on(track: Track, dose: DoseGiven, person: Person, rules: RuleSet) -> _Finding:
    rule = track.next_dose
    if rule is None:
        return _Finding(track, Outcome.EXTRANEOUS, (Reason(ReasonCode.SERIES_COMPLETE),))
    if track.served_season(rule, dose.given_on):
        name = rule_id(rules, track.series, rule, "season")
        return _Finding(track, Outcome.EXTRANEOUS, (Reason(ReasonCode.ALREADY_THIS_SEASON, name),))
    case = _Case(track, rule, dose, person, rules)
    reasons = (
        *case.expiry(),
        *case.product(),
        *case.age(),
        *case.intervals(),
        *case.conflicts(),
    )
    outcome = Outcome.NOT_VALID if reasons else Outcome.VALID
    return _Finding(track, outcome, reasons, tuple(case.cautions()))


@dataclass(frozen=True, slots=True)
class _Case:
    """One dose against one rule; every method yields the reasons of its kind."""

    track: Track
    rule: DoseRule
    dose: DoseGiven
    person: Person
    rules: RuleSet

    def expiry(self) -> Iterator[Reason]:
        expired = self.dose.expires_on is not None and self.dose.given_on > self.dose.expires_on
        if expired and self.rules.expired_dose == "not_valid":
            yield Reason(ReasonCode.AFTER_EXPIRY, facts={"expires_on": self.dose.expires_on})

    def product(self) -> Iterator[Reason]:
        code = self.dose.product
        if code is None:
            if self.rules.unrecorded_product == "not_valid":
                yield Reason(ReasonCode.PRODUCT_NOT_RECORDED)
            return
        product = self.rules.product(code)
        if product is None:
            yield Reason(ReasonCode.PRODUCT_UNKNOWN, facts={"product": code})
            return
        name = self._name("product")
        if {product.code, product.kind}.intersection(self.rule.inadvertent):
            yield Reason(ReasonCode.INADVERTENT, name, {"product": code})
        elif code not in self.rules.accepted_by(self.rule):
            after = self.track.counted[-1].product if self.track.counted else None
            yield Reason(ReasonCode.PRODUCT_MAY_NOT_FOLLOW, name, {"product": code, "after": after})
        elif not suits_age(product, self.person.birth, self.dose.given_on):
            yield Reason(ReasonCode.PRODUCT_NOT_FOR_AGE, name, {"product": code})

    def age(self) -> Iterator[Reason]:
        counts_from = self._counts_from()
        if self.person.birth is None:
            return
        if counts_from is not None:
            from_day = counts_from.after(self.person.birth.earliest)
            if self.dose.given_on < from_day:
                facts: dict[str, Fact] = {
                    "minimum": str(self.rule.age.minimum or counts_from),
                    "counts_from": from_day,
                }
                yield Reason(ReasonCode.AGE_TOO_YOUNG, self._name("age"), facts)
        if self.rule.age.maximum is not None:
            until = self.rule.age.maximum.after(self.person.birth.latest)
            if self.dose.given_on >= until:
                yield Reason(ReasonCode.AGE_TOO_OLD, self._name("age"), {"until": until})

    def intervals(self) -> Iterator[Reason]:
        for interval, since in self._intervals_that_apply():
            absolute = interval.absolute or interval.minimum.minus_days(self.rules.grace_days)
            counts_from = absolute.after(since.given_on)
            if self.dose.given_on < counts_from:
                yield self._short(ReasonCode.INTERVAL_TOO_SHORT, interval, since, counts_from)

    def conflicts(self) -> Iterator[Reason]:
        for conflict in self.rules.conflicts:
            if self.dose.product not in conflict.products:
                continue
            for other in self.person.doses:
                until = conflict.minimum.after(other.given_on)
                if (
                    other.product in conflict.previous
                    and other.given_on < self.dose.given_on < until
                ):
                    yield Reason(
                        ReasonCode.CONFLICT,
                        f"{self.rules.code}/conflict/{conflict.code}",
                        {
                            "product": other.product,
                            "since": other.given_on,
                            "days": (self.dose.given_on - other.given_on).days,
                            "minimum": str(conflict.minimum),
                            "counts_from": until,
                        },
                    )

    def cautions(self) -> Iterator[Reason]:
        if self.dose.product is None and self.rules.unrecorded_product == "counts":
            yield Reason(ReasonCode.PRODUCT_NOT_RECORDED)
        counts_from = self._counts_from()
        if self.person.birth is None:
            yield Reason(ReasonCode.BIRTH_UNKNOWN)
        elif counts_from is not None:
            surely_from = counts_from.after(self.person.birth.latest)
            if self.dose.given_on < surely_from:
                yield Reason(ReasonCode.AGE_UNSURE, self._name("age"), {"surely_from": surely_from})
        for interval, since in self._intervals_that_apply():
            usual = interval.minimum.after(since.given_on)
            if self.dose.given_on < usual:
                yield self._short(ReasonCode.SHORTER_THAN_USUAL, interval, since, usual)
        yield from self._recent_infection()

    def _recent_infection(self) -> Iterator[Reason]:
        rule = self.rules.infection
        if rule is None:
            return
        for infection in sorted(self.person.infections, key=lambda infection: infection.on):
            if infection.vaccine != self.rules.vaccine:
                continue
            if infection.on <= self.dose.given_on < rule.minimum.after(infection.on):
                yield Reason(
                    ReasonCode.SOON_AFTER_INFECTION,
                    f"{self.rules.code}/infection",
                    {"since": infection.on, "minimum": str(rule.minimum)},
                )

    def _counts_from(self) -> Period | None:
        age = self.rule.age
        if age.absolute is not None or age.minimum is None:
            return age.absolute
        return age.minimum.minus_days(self.rules.grace_days)

    def _intervals_that_apply(self) -> Iterator[tuple[IntervalRule, DoseGiven]]:
        for interval in self.rule.intervals:
            since = self.track.anchor(interval, self.person, before=self.dose.given_on)
            if since is not None:
                yield interval, since

    def _short(
        self, code: ReasonCode, interval: IntervalRule, since: DoseGiven, counts_from: date
    ) -> Reason:
        return Reason(
            code,
            self._name("interval"),
            {
                "since": since.given_on,
                "days": (self.dose.given_on - since.given_on).days,
                "minimum": str(interval.minimum),
                "counts_from": counts_from,
            },
        )

    def _name(self, part: str) -> str:
        return rule_id(self.rules, self.track.series, self.rule, part)
