"""What can be tapped at a stop next: rules over what has happened, the same for the page and for its script.

A rule names what must have happened (one of several sets) and what bars it. The page is right without
a script; the script applies the very same rules to taps that the server has not heard of yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from outreach.accounts.codes import FieldKind
from outreach.clinics.codes import DayEventKind
from outreach.transport.codes import Direction, StopKind
from outreach.transport.rules import missing_for_no_show
from outreach.workflows.field_manifest import FieldRun, FieldStop

_K = DayEventKind
DUE = "due"  # the observation's clock has run out, though nobody has tapped it yet
GONE_OTHERWISE = "left_with_family to_hospital handed_over"
AWAY = f"left_site {GONE_OTHERWISE}"
DECIDED = f"jabbed no_dose {AWAY}"


@dataclass(frozen=True, slots=True)
class TapRule:
    """One tap. ``needs`` are sets parted by ``|``, one of which must have happened; ``bars`` close it."""

    kind: DayEventKind
    needs: str = ""
    bars: str = ""
    is_main: bool = True

    def is_open(self, happened: frozenset[str]) -> bool:
        """Tell whether it can be tapped now."""
        if happened.intersection(self.bars.split()):
            return False
        return any(set(part.split()) <= happened for part in self.needs.split("|"))


@dataclass(frozen=True, slots=True)
class Tappable:
    """A rule with its answer for one stop as it stands."""

    rule: TapRule
    is_open: bool


@dataclass(frozen=True, slots=True)
class StopCard:
    """A stop with what can be tapped; ``is_now`` is the stop at hand."""

    number: int
    stop: FieldStop
    taps: tuple[Tappable, ...]
    is_now: bool
    is_done: bool
    done_by: str
    happened: str
    has_endings: bool
    missing: tuple[str, ...]

    def tap(self, kind: str) -> Tappable | None:
        """Return the answer for one tap of the panel beside the big buttons."""
        happened = frozenset(self.happened.split())
        rule = BESIDE_THE_BUTTONS.get(kind)
        return Tappable(rule, rule.is_open(happened)) if rule is not None else None


AT_HOME_DOOR = (
    TapRule(_K.ARRIVED_AT_DOOR, bars=f"arrived_at_door picked_up at_site not_today {AWAY}"),
    TapRule(_K.PICKED_UP, bars=f"picked_up at_site not_today {AWAY}"),
)
INTO_SITE = (TapRule(_K.AT_SITE, needs="picked_up", bars=f"at_site {AWAY}"),)
FROM_SITE = (
    TapRule(_K.LEFT_SITE, needs=f"ready|no_dose|{DUE}", bars=AWAY),
    TapRule(_K.LEFT_SITE, needs="at_site", bars=f"ready no_dose {DUE} {AWAY}", is_main=False),
)
HOME = (TapRule(_K.HANDED_OVER, needs="left_site|picked_up not_today", bars=GONE_OTHERWISE),)
BESIDE = (
    TapRule(_K.REGISTERED, needs="at_site", bars=f"registered screened {DECIDED}"),
    TapRule(_K.SCREENED, needs="registered", bars=f"screened {DECIDED}"),
    TapRule(_K.JABBED, needs="screened", bars=DECIDED),
    TapRule(_K.NO_DOSE, needs="registered|screened", bars=DECIDED, is_main=False),
    TapRule(_K.READY, needs="jabbed", bars=f"ready {AWAY}"),
)
NO_ANSWER = (
    TapRule(_K.KNOCKED, needs="arrived_at_door", bars="picked_up at_site not_there"),
    TapRule(_K.CALLED, needs="arrived_at_door", bars="picked_up at_site not_there"),
    TapRule(_K.NOT_THERE, needs="arrived_at_door", bars="picked_up at_site not_there"),
)
NOT_TODAY = TapRule(_K.NOT_TODAY, bars=f"at_site not_today {DECIDED}")
OTHER_END = TapRule(_K.LEFT_WITH_FAMILY, needs="picked_up|at_site", bars=GONE_OTHERWISE)

BESIDE_THE_BUTTONS = {rule.kind.value: rule for rule in (*NO_ANSWER, NOT_TODAY, OTHER_END)}


def cards(run: FieldRun, kind: FieldKind, *, now: datetime) -> list[StopCard]:
    """Return the run's stops as cards, the first one with something to tap being the one at hand."""
    found: list[StopCard] = []
    with_return = {s.appointment_id for s in run.stops if s.direction is Direction.RETURN}
    is_taken = False
    for number, stop in enumerate(run.stops, 1):
        happened = happened_of(stop, now=now)
        rules = _rules(stop, kind, goes_home_by_us=stop.appointment_id in with_return)
        taps = tuple(Tappable(rule, rule.is_open(happened)) for rule in rules)
        done_by = _done_by(stop)
        is_done = bool(happened.intersection(done_by.split()))
        is_open = not is_done and any(tap.is_open and tap.rule.is_main for tap in taps)
        found.append(
            StopCard(
                number=number,
                stop=stop,
                taps=taps,
                is_now=is_open and not is_taken,
                is_done=is_done,
                done_by=done_by,
                happened=" ".join(sorted(happened)),
                has_endings=_has_endings(stop, goes_home_by_us=stop.appointment_id in with_return),
                missing=missing_for_no_show(
                    arrived_at=stop.arrived_at, calls=stop.calls, knocks=stop.knocks, at=now
                ),
            )
        )
        is_taken = is_taken or is_open
    return found


def happened_of(stop: FieldStop, *, now: datetime) -> frozenset[str]:
    """Return all that is known of the person's visit, the observation's clock included."""
    words = set(stop.happened)
    due_at = due_of(stop)
    if due_at is not None and due_at <= now:
        words.add(DUE)
    return frozenset(words)


def due_of(stop: FieldStop) -> datetime | None:
    """Return when the way home may begin by the clock, once that is known."""
    return stop.ready_due_at or stop.ready_at


def _rules(stop: FieldStop, kind: FieldKind, *, goes_home_by_us: bool) -> tuple[TapRule, ...]:
    beside = BESIDE if kind is FieldKind.ESCORT else ()
    if stop.direction is Direction.OUTBOUND:
        if stop.kind is StopKind.PICKUP:
            return AT_HOME_DOOR
        # Whoever goes home otherwise has no later stop of ours: the visit is followed here.
        return INTO_SITE if goes_home_by_us else INTO_SITE + beside
    return beside + FROM_SITE if stop.kind is StopKind.PICKUP else HOME


def _done_by(stop: FieldStop) -> str:
    if stop.direction is Direction.OUTBOUND:
        return "picked_up at_site" if stop.kind is StopKind.PICKUP else "at_site"
    return AWAY if stop.kind is StopKind.PICKUP else GONE_OTHERWISE


def _has_endings(stop: FieldStop, *, goes_home_by_us: bool) -> bool:
    """Where family, hospital and own wish can be written down: once for each person."""
    if stop.direction is Direction.RETURN:
        return stop.kind is StopKind.PICKUP
    return stop.kind is StopKind.DROPOFF and not goes_home_by_us
