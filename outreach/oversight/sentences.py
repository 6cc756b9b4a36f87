"""PURE: what happened, in three plain sentences to copy into a message (moment 6b)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from outreach.oversight.changes import Step
from outreach.oversight.codes import CHANGE_LABELS
from outreach.oversight.rules import Counts, Pace, share


@dataclass(frozen=True, slots=True)
class Told:
    """What the sentences speak of."""

    unit: str
    since: date
    until: date
    before: Counts
    after: Counts
    steps: Sequence[Step]


def sentences(told: Told, language: str) -> tuple[str, ...]:
    """Return three sentences: where coverage stands and stood, what raised it, what lowered it."""
    is_english = language.startswith("en")
    return (
        _standing(told, is_english),
        _moving(told, is_english, up=True),
        _moving(told, is_english, up=False),
    )


def _standing(told: Told, is_english: bool) -> str:  # noqa: FBT001
    was, now = told.before.coverage, told.after.coverage
    verb = _verb(was, now, is_english)
    if is_english:
        return (
            f"Coverage in {told.unit} {verb} from {_percent(was)} on {told.since:%d %b} to "
            f"{_percent(now)} on {told.until:%d %b} "
            f"({told.after.vaccinated} of {told.after.denominator} people)."
        )
    return (
        f"{told.unit}接种率由{told.since.month}月{told.since.day}日的{_percent(was)}{verb}"
        f"{told.until.month}月{told.until.day}日的{_percent(now)}"
        f"（{told.after.denominator}人中已接种{told.after.vaccinated}人）。"
    )


def _verb(was: float | None, now: float | None, is_english: bool) -> str:  # noqa: FBT001
    if was is None or now is None or round(was, 4) == round(now, 4):
        return "stayed" if is_english else "持平于"
    if now > was:
        return "rose" if is_english else "升至"
    return "fell" if is_english else "降至"


def pull(step: Step, told: Told) -> float:
    """Return by how much a step alone would have moved coverage."""
    before = told.before
    was = share(before.vaccinated, before.denominator) or 0.0
    after = share(before.vaccinated + step.vaccinated, before.denominator + step.denominator)
    return (after if after is not None else 0.0) - was


def _moving(told: Told, is_english: bool, *, up: bool) -> str:  # noqa: FBT001
    found = [s for s in told.steps if (pull(s, told) > 0) is up and abs(pull(s, told)) > 1e-12]
    if not found:
        if is_english:
            return "Nothing raised it." if up else "Nothing lowered it."
        return "没有使其上升的因素。" if up else "没有使其下降的因素。"
    parts = [_part(step, is_english) for step in found]
    if is_english:
        return f"What {'raised' if up else 'lowered'} it: {', '.join(parts)}."
    return f"使其{'上升' if up else '下降'}的是：{'，'.join(parts)}。"


def _part(step: Step, is_english: bool) -> str:  # noqa: FBT001
    label = CHANGE_LABELS[step.kind]
    if is_english:
        noun = "person" if step.people == 1 else "people"
        return f"{label.en.lower()} ({step.people} {noun})"
    return f"{label.zh}{step.people}人"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f}%"


def pace_sentence(pace: Pace, *, goal: float, by: date, language: str) -> str:
    """Return what the target asks for against what is measured, in one sentence."""
    if pace.needed == 0:
        return (
            f"The target of {_percent(goal)} is reached."
            if language.startswith("en")
            else f"{_percent(goal)}的目标已达到。"
        )
    asks = "–" if pace.needed_per_day is None else f"{pace.needed_per_day:.1f}"
    if language.startswith("en"):
        reached = f"on {pace.reached_on:%d %b %Y}" if pace.reached_on else "not at this pace"
        return (
            f"{pace.needed} more people by {by:%d %b %Y}: {asks} a day, against {pace.measured_per_day:.1f} "
            f"a day measured; at that pace it is reached {reached}."
        )
    reached_zh = (
        f"{pace.reached_on.year}年{pace.reached_on.month}月{pace.reached_on.day}日可达到"
        if pace.reached_on
        else "按此速度无法达到"
    )
    return (
        f"到{by.year}年{by.month}月{by.day}日还需接种{pace.needed}人，每天{asks}人；"
        f"目前每天{pace.measured_per_day:.1f}人，{reached_zh}。"
    )
