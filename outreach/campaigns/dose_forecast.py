"""When the next dose is due, and which rule says so; a clinician's decision stands above every rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from outreach.campaigns.dose_evaluation import Track, rule_id, suits_age
from outreach.campaigns.dose_facts import (
    DateCode,
    DatedRule,
    Decision,
    DecisionKind,
    DoseGiven,
    Fact,
    Forecast,
    ForecastStatus,
    Person,
    Reason,
    ReasonCode,
)
from outreach.campaigns.rule_set import DoseRule, IntervalRule, Product, RuleSet

_LAST_DAY = date.max


def forecast(person: Person, rules: RuleSet, tracks: tuple[Track, ...], *, as_of: date) -> Forecast:
    """Return status and dates of the next dose on the series that ``evaluate`` left first."""
    track = tracks[0]
    rule = track.next_dose
    if rule is None:
        return Forecast(ForecastStatus.COMPLETE, track.series.code)
    due = _Due(track, rule, person, rules, as_of)
    if track.served_season(rule, as_of):
        return Forecast(ForecastStatus.COMPLETE, track.series.code, reopens=due.reopens())
    decision = due.decision()
    if decision is not None and decision.kind is DecisionKind.CONTRAINDICATED:
        return Forecast(ForecastStatus.CONTRAINDICATED, track.series.code, decision=decision)
    if decision is not None and decision.until is None:
        return Forecast(ForecastStatus.DEFERRED, track.series.code, decision=decision)
    constraints = tuple(due.constraints())
    earliest = _latest(constraints)
    day = max(earliest.on, as_of)
    if due.is_too_old_on(day):
        return Forecast(ForecastStatus.AGED_OUT, track.series.code)
    products = _products(tracks, person, rules, day)
    return Forecast(
        status=_status(constraints, decision, as_of=as_of),
        series=track.series.code,
        number=len(track.counted) + 1,
        label=rule.label,
        earliest=earliest,
        recommended=_latest((*due.recommendations(), earliest)),
        past_due=due.past_due(earliest.on),
        decision=decision,
        products=tuple(product.code for product in products),
        preferred=tuple(p.code for p in products if {p.code, p.kind}.intersection(rule.prefers)),
        constraints=constraints,
        cautions=tuple(due.cautions()),
    )


def _status(
    constraints: tuple[DatedRule, ...], decision: Decision | None, *, as_of: date
) -> ForecastStatus:
    if decision is not None:
        return ForecastStatus.DEFERRED
    waiting = {constraint.code for constraint in constraints if constraint.on > as_of}
    if DateCode.MINIMUM_AGE in waiting:
        return ForecastStatus.NOT_ELIGIBLE
    return ForecastStatus.NOT_DUE if waiting else ForecastStatus.NOT_COMPLETE


def _latest(rules: tuple[DatedRule, ...]) -> DatedRule:
    """Return the rule that binds; of several on one day the first named."""
    return max(rules, key=lambda rule: rule.on)


def _products(
    tracks: tuple[Track, ...], person: Person, rules: RuleSet, day: date
) -> list[Product]:
    """Return what may be given on ``day``: before any dose, what any series begins with."""
    new = [track for track in tracks if track.series.open_to_new]
    offered = tracks[:1] if tracks[0].counted else new
    next_doses = [track.next_dose for track in offered]
    codes = {code for rule in next_doses if rule for code in rules.accepted_by(rule)}
    return [p for p in rules.products if p.code in codes and suits_age(p, person.birth, day)]


@dataclass(frozen=True, slots=True)
class _Due:
    """The dose to come of one person on one track."""

    track: Track
    rule: DoseRule
    person: Person
    rules: RuleSet
    as_of: date

    def decision(self) -> Decision | None:
        """Return the clinician's decision that binds: a contraindication, else the longest deferral."""
        binding = [d for d in self._decisions() if d.until is None or d.until > self.as_of]
        return max(
            binding,
            key=lambda decision: (
                decision.kind is DecisionKind.CONTRAINDICATED,
                decision.until or _LAST_DAY,
                decision.code,
            ),
            default=None,
        )

    def constraints(self) -> Iterator[DatedRule]:
        """Yield everything before which the dose may not be given."""
        fixed = (
            *self._clinician(),
            *self._ages(),
            *self._intervals(),
            *self._infection(),
            *self._other_vaccines(),
            *self._conflicts(),
            self._any_time(),
        )
        yield from fixed
        if self.rule.season is not None:
            ready = max(self.as_of, *(constraint.on for constraint in fixed))
            first, last = self.rule.season.containing_or_after(ready)
            on = self.rule.season.offered_on(first)
            yield self._dated(on, DateCode.SEASON, "season", self.rule.season.source, ends=last)

    def recommendations(self) -> Iterator[DatedRule]:
        """Yield the days from which the dose is recommended."""
        age = self.rule.age
        if age.recommended is not None and self.person.birth is not None:
            on = age.recommended.after(self.person.birth.latest)
            yield self._dated(
                on, DateCode.RECOMMENDED_AGE, "age", age.source, age=str(age.recommended)
            )
        for interval, since in self._anchored():
            if interval.recommended is not None:
                on = interval.recommended.after(since.given_on)
                yield self._since(
                    on, DateCode.RECOMMENDED_INTERVAL, interval, since, str(interval.recommended)
                )

    def past_due(self, earliest: date) -> DatedRule | None:
        """Return the day from which the dose is late, never before it may be given."""
        late = next(iter(self._late(earliest)), None)
        if late is None or late.on >= earliest:
            return late
        return DatedRule(
            earliest, late.code, late.rule, late.rule_set, late.version, late.source, late.facts
        )

    def reopens(self) -> DatedRule | None:
        """Return when a person served this season is due again; None where a clinician forbids it."""
        if self.rule.season is None or any(d.until is None for d in self._decisions()):
            return None
        _, last = self.rule.season.containing_or_after(self.as_of)
        next_season = _Due(self.track, self.rule, self.person, self.rules, last + timedelta(days=1))
        return _latest(tuple(next_season.constraints()))

    def is_too_old_on(self, day: date) -> bool:
        """Return whether ``day`` lies surely at or past the greatest age."""
        maximum = self.rule.age.maximum
        if maximum is None or self.person.birth is None:
            return False
        return day >= maximum.after(self.person.birth.latest)

    def cautions(self) -> Iterator[Reason]:
        """Yield what to know of the dates."""
        if self.person.birth is None:
            yield Reason(ReasonCode.BIRTH_UNKNOWN)
        elif self.person.birth.earliest != self.person.birth.latest:
            yield Reason(ReasonCode.AGE_UNSURE)

    def _decisions(self) -> list[Decision]:
        return [
            decision
            for decision in self.person.decisions
            if decision.vaccine in {None, self.rules.vaccine} and decision.decided_on <= self.as_of
        ]

    def _clinician(self) -> Iterator[DatedRule]:
        ends = [(d.until, d.code) for d in self._decisions() if d.until is not None]
        for until, code in ends:
            yield self._dated(until, DateCode.CLINICIAN, "clinician", "", reason=code)

    def _ages(self) -> Iterator[DatedRule]:
        age = self.rule.age
        if age.minimum is not None and self.person.birth is not None:
            on = age.minimum.after(self.person.birth.latest)
            yield self._dated(on, DateCode.MINIMUM_AGE, "age", age.source, age=str(age.minimum))

    def _intervals(self) -> Iterator[DatedRule]:
        for interval, since in self._anchored():
            on = interval.minimum.after(since.given_on)
            yield self._since(on, DateCode.MINIMUM_INTERVAL, interval, since, str(interval.minimum))

    def _infection(self) -> Iterator[DatedRule]:
        rule = self.rules.infection
        days = [i.on for i in self.person.infections if i.vaccine == self.rules.vaccine]
        if rule is not None and days:
            on = rule.minimum.after(max(days))
            yield self._dated(
                on,
                DateCode.INFECTION,
                "infection",
                rule.source,
                since=max(days),
                period=str(rule.minimum),
            )

    def _other_vaccines(self) -> Iterator[DatedRule]:
        for rule in self.rules.same_day:
            days = [d.given_on for d in self.person.doses if d.vaccine == rule.vaccine]
            if not rule.allowed and days:
                yield self._dated(
                    max(days) + timedelta(days=rule.days_apart),
                    DateCode.OTHER_VACCINE,
                    f"same-day/{rule.vaccine}",
                    rule.source,
                    since=max(days),
                    vaccine=rule.vaccine,
                    period=f"{rule.days_apart} days",
                )

    def _conflicts(self) -> Iterator[DatedRule]:
        accepted = set(self.rules.accepted_by(self.rule))
        for conflict in self.rules.conflicts:
            days = [d.given_on for d in self.person.doses if d.product in conflict.previous]
            if days and accepted <= set(conflict.products):
                yield self._dated(
                    conflict.minimum.after(max(days)),
                    DateCode.CONFLICT,
                    f"conflict/{conflict.code}",
                    conflict.source,
                    since=max(days),
                    period=str(conflict.minimum),
                )

    def _any_time(self) -> DatedRule:
        on = self.rules.valid_from if self.person.birth is None else self.person.birth.earliest
        return self._dated(on, DateCode.ANY_TIME, "age", self.rule.age.source)

    def _late(self, earliest: date) -> Iterator[DatedRule]:
        """Yield the latest date by age, else by intervals, else by season: the first one rules."""
        age = self.rule.age
        if age.past_due is not None and self.person.birth is not None:
            on = age.past_due.after(self.person.birth.latest)
            yield self._dated(on, DateCode.LATEST_AGE, "age", age.source, age=str(age.past_due))
        late = [
            self._since(
                interval.past_due.after(since.given_on),
                DateCode.LATEST_INTERVAL,
                interval,
                since,
                str(interval.past_due),
            )
            for interval, since in self._anchored()
            if interval.past_due is not None
        ]
        if late:
            yield _latest(tuple(late))
        if self.rule.season is not None:
            first, _ = self.rule.season.containing_or_after(max(earliest, self.as_of))
            on_day = self.rule.season.past_due_on(first)
            if on_day is not None:
                yield self._dated(
                    on_day, DateCode.LATEST_IN_SEASON, "season", self.rule.season.source
                )

    def _anchored(self) -> Iterator[tuple[IntervalRule, DoseGiven]]:
        for interval in self.rule.intervals:
            since = self.track.anchor(interval, self.person, before=_LAST_DAY)
            if since is not None:
                yield interval, since

    def _since(
        self, on: date, code: DateCode, interval: IntervalRule, since: DoseGiven, period: str
    ) -> DatedRule:
        return self._dated(
            on, code, "interval", interval.source, since=since.given_on, period=period
        )

    def _dated(self, on: date, code: DateCode, part: str, source: str, **facts: Fact) -> DatedRule:
        name = rule_id(self.rules, self.track.series, self.rule, part)
        return DatedRule(on, code, name, self.rules.code, self.rules.version, source, facts)
