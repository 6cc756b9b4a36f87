"""PURE: why a step of a cadence cannot be saved: the hour, the order of channels, what the route carries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import time, timedelta

from outreach.contact.cadence import Anchor, StepRule
from outreach.contact.codes import Channel, Purpose, Step
from outreach.contact.wording import Problem
from outreach.kernel.place import Hours
from outreach.ports.messages import Capabilities

# What a cadence may time, and what each step hangs on; rides are told by the run itself.
ANCHORS: dict[Step, Anchor] = {
    Step.BOOKED: Anchor.BOOKED,
    Step.T_MINUS_3: Anchor.SLOT_DAY,
    Step.T_MINUS_1: Anchor.SLOT_DAY,
    Step.MORNING: Anchor.SLOT_DAY,
    Step.T_PLUS_1: Anchor.DOSE_DAY,
    Step.NEXT_DOSE_DUE: Anchor.DUE_DAY,
}
DAYS: dict[Anchor, tuple[int, int]] = {
    Anchor.BOOKED: (0, 0),
    Anchor.SLOT_DAY: (-14, 0),
    Anchor.DOSE_DAY: (1, 14),
    Anchor.DUE_DAY: (-14, 30),
}
CHANNELS = (Channel.SMS, Channel.VOICE, Channel.CALL)
LEAST_MINUTES, MOST_MINUTES = 15, 7 * 1440
_AS_IF = time(12)  # where no local time is set, the moment of booking counts


def problems_of_step(
    rule: StepRule,
    *,
    others: Iterable[StepRule],
    routes: Sequence[Capabilities],
    hours: Hours,
    worded: Collection[tuple[Step, Channel]],
) -> list[Problem]:
    """Return everything that keeps a step from being saved; ``others`` are the other steps in force."""
    found = [*_timing(rule, hours), *_route(rule, routes), *_ladder(rule, others)]
    if rule.channel is not Channel.CALL and (rule.step, rule.channel) not in worded:
        found.append(Problem("cadence_unworded"))
    return found


def _timing(rule: StepRule, hours: Hours) -> list[Problem]:
    found = []
    least, most = DAYS.get(rule.anchor, (0, 0))
    if not least <= rule.offset_days <= most:
        found.append(Problem("cadence_days", f"{least} … {most}"))
    if not LEAST_MINUTES <= rule.expires_after_minutes <= MOST_MINUTES:
        found.append(Problem("cadence_lasts"))
    if rule.anchor is Anchor.BOOKED:
        return found
    if rule.at_local is None:
        return [*found, Problem("cadence_hour_missing")]
    if not any(opens <= rule.at_local < closes for opens, closes in hours):
        spans = ", ".join(f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in hours)
        found.append(Problem("cadence_hour_indecent", spans))
    return found


def _route(rule: StepRule, routes: Sequence[Capabilities]) -> list[Problem]:
    if rule.channel is Channel.SMS and not any(route.texts for route in routes):
        return [Problem("route_has_no_texts")]
    if rule.channel is not Channel.VOICE:
        return []
    if rule.purpose is Purpose.NUDGE:
        return [Problem("no_robot_for_nudges")]
    able = [route for route in routes if route.voice]
    if not able:
        return [Problem("route_has_no_voice")]
    # A call that asks for a key is of no use where the key does not come back.
    return [] if any(route.keypress for route in able) else [Problem("route_has_no_keypress")]


def _ladder(rule: StepRule, others: Iterable[StepRule]) -> list[Problem]:
    """Text, then an automatic call, then a person: each later than the one before it."""
    order = {channel: place for place, channel in enumerate(CHANNELS)}
    mine = _at(rule)
    for other in others:
        if other.step is not rule.step or other.channel is rule.channel:
            continue
        is_later = order[other.channel] > order[rule.channel]
        if (is_later and _at(other) <= mine) or (not is_later and _at(other) >= mine):
            return [Problem("cadence_ladder")]
    return []


def _at(rule: StepRule) -> timedelta:
    at = rule.at_local or _AS_IF
    return timedelta(days=rule.offset_days, hours=at.hour, minutes=at.minute + rule.offset_minutes)
