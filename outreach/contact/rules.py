"""What silences, holds or delays a message: the table of purposes, decent hours, caps and back-off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from outreach.contact.codes import OptOutScope, Purpose, Step
from outreach.kernel.place import Hours
from outreach.ledger.codes import EntryStatus

# An answer to someone who just wrote: it wakes nobody and is owed whatever was opted out of.
ANSWERS = frozenset({Step.OPT_OUT_CONFIRMED, Step.CHOICE, Step.FEEL_BAD})
ANSWER_STAYS_WELCOME = timedelta(minutes=15)
# Steps that speak of something that is over: the rule "no longer stands" is turned round for them.
_SPEAKS_OF_AN_END = frozenset({Step.CANCELLED, Step.RIDE_CANCELLED})
_OF_THE_WAY_HOME = frozenset({Step.ON_THE_WAY_HOME, Step.NO_DOSE_HOME})
# Whom no text reaches is told these by a person; the others repeat what is told anyway.
MUST_BE_TOLD = frozenset(
    {
        Step.T_MINUS_1,
        Step.CHANGED,
        Step.CANCELLED,
        Step.PROMISE,
        Step.PROMISE_MOVED,
        Step.RIDE_CANCELLED,
        Step.ON_THE_WAY_HOME,
        Step.NO_DOSE_HOME,
    }
)
MERGEABLE = frozenset(
    {Step.BOOKED, Step.T_MINUS_3, Step.T_MINUS_1, Step.MORNING, Step.ON_THE_WAY_HOME, Step.T_PLUS_1}
)

PRIORITY: dict[Purpose, int] = {
    Purpose.RIDE: 0,
    Purpose.APPOINTMENT: 3,
    Purpose.AFTERCARE: 5,
    Purpose.NUDGE: 7,
}
RIDE_PRIORITY = 0
_ENTRY_SILENCES = {
    EntryStatus.VACCINATED: "vaccinated",
    EntryStatus.EXEMPT: "exempt",
    EntryStatus.DEFERRED: "deferred",
    EntryStatus.DECLINED: "declined",
    EntryStatus.MOVED: "moved",
    EntryStatus.DECEASED: "deceased",
    EntryStatus.BOOKED: "booked",
    EntryStatus.NOT_YET_ELIGIBLE: "not_yet_eligible",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known, at one instant, of the person, the number and the subject of one message."""

    is_deceased: bool = False
    is_held_all: bool = False
    is_held_nudges: bool = False
    awaits_decision: bool = False
    opted_out: OptOutScope | None = None
    entry_status: EntryStatus | None = None
    do_not_ask: bool = False
    is_mourning: bool = False
    is_snoozed: bool = False
    has_unread_reply: bool = False
    appointment_stands: bool | None = None
    is_confirmed: bool = False
    dose_recorded: bool = False
    deferred_since: bool = False
    leg_is_over: bool | None = None
    asked_no_aftercare: bool = False
    is_no_longer_told: bool = False
    wants_changes_only: bool = False
    is_landline: bool = False
    is_bad_number: bool = False
    campaign_is_cancelled: bool = False
    is_outside_trial: bool = False


def silence(purpose: Purpose, step: Step, channel: str, facts: Facts) -> str | None:
    """Return why this message must never go out, or None (the table of design §5)."""
    if facts.is_deceased:
        return "deceased"
    if facts.is_held_all:
        return "held_all"
    if step not in ANSWERS and facts.opted_out is OptOutScope.EVERYTHING:
        return "opted_out_all"
    return _silence_of_purpose(purpose, step, channel, facts) or _silence_of_number(channel, facts)


def _silence_of_purpose(purpose: Purpose, step: Step, channel: str, facts: Facts) -> str | None:
    if step in ANSWERS or step is Step.TEST:
        return None
    if facts.is_no_longer_told:
        return "no_longer_told"
    if purpose is Purpose.NUDGE:
        return _silence_of_nudge(facts)
    if purpose is Purpose.APPOINTMENT:
        return _silence_of_appointment(step, channel, facts)
    if purpose is Purpose.RIDE:
        return _silence_of_ride(step, facts)
    return _silence_of_aftercare(step, facts)


def _silence_of_nudge(facts: Facts) -> str | None:
    if facts.opted_out is not None:
        return "opted_out"
    if facts.is_held_nudges or facts.awaits_decision:
        return "held_nudges"
    if facts.entry_status is not None and facts.entry_status in _ENTRY_SILENCES:
        return _ENTRY_SILENCES[facts.entry_status]
    if facts.do_not_ask:
        return "do_not_ask"
    if facts.is_mourning:
        return "mourning"
    if facts.is_snoozed:
        return "snoozed"
    if facts.has_unread_reply:
        return "reply_unread"
    if facts.campaign_is_cancelled:
        return "campaign_cancelled"
    return None


def _silence_of_appointment(step: Step, channel: str, facts: Facts) -> str | None:
    if step is Step.CANCELLED:
        return "appointment_stands" if facts.appointment_stands else None
    if facts.appointment_stands is False:
        return "appointment_over"
    if facts.dose_recorded:
        return "dose_recorded"
    if facts.deferred_since:
        return "deferred"
    if facts.wants_changes_only and step is not Step.CHANGED:
        return "wants_changes_only"
    if facts.is_confirmed and (step is Step.MORNING or (step is Step.T_MINUS_3)):
        return "confirmed"
    return None


def _silence_of_ride(step: Step, facts: Facts) -> str | None:
    if facts.leg_is_over and step not in _SPEAKS_OF_AN_END | _OF_THE_WAY_HOME:
        return "leg_over"
    if facts.wants_changes_only and step in {Step.PROMISE, Step.CAR_NEAR}:
        return "wants_changes_only"
    return None


def _silence_of_aftercare(step: Step, facts: Facts) -> str | None:
    if facts.opted_out is not None:
        return "opted_out"
    if facts.asked_no_aftercare:
        return "asked_not_to"
    if step is Step.T_PLUS_1 and not facts.dose_recorded:
        return "no_dose"
    return None


def _silence_of_number(channel: str, facts: Facts) -> str | None:
    if facts.is_bad_number:
        return "bad_number"
    if channel == "sms" and facts.is_landline:
        return "landline"
    return "outside_trial" if facts.is_outside_trial else None


def hold(purpose: Purpose, step: Step, facts: Facts) -> str | None:
    """Return why this message waits for a person, visibly, or None."""
    if step in ANSWERS or step is Step.TEST:
        return None
    if facts.awaits_decision:
        return "awaits_decision"
    # Issue 3: whatever a person has to read stops automatic sending to the number; never a ride's safety.
    if facts.has_unread_reply and purpose is not Purpose.RIDE:
        return "reply_unread"
    return None


def is_owed_a_call(purpose: Purpose, step: Step, reason: str) -> bool:
    """Say whether a person must now be called because no text can tell them."""
    return (
        purpose in {Purpose.APPOINTMENT, Purpose.RIDE}
        and step in MUST_BE_TOLD
        and reason in UNREACHABLE_BY_TEXT
    )


UNREACHABLE_BY_TEXT = frozenset(
    {
        "opted_out_all",
        "bad_number",
        "landline",
        "no_number",
        "failed",
        "expired",
        "unresolved",
        "no_route",
    }
)


@dataclass(frozen=True, slots=True)
class DecentHours:
    """When people may be reached: local spans, holidays on which nudges rest, and the zone."""

    zone: ZoneInfo
    usual: Hours
    ride: Hours
    is_holiday: Callable[[date], bool]

    def spans(self, purpose: Purpose) -> Hours:
        """Return the local spans in which a purpose may arrive."""
        return self.ride if purpose is Purpose.RIDE else self.usual

    def rests_on(self, purpose: Purpose, day: date) -> bool:
        """Say whether a purpose rests for the whole of a day."""
        return purpose in {Purpose.NUDGE, Purpose.AFTERCARE} and self.is_holiday(day)


def next_decent(instant: datetime, *, purpose: Purpose, hours: DecentHours) -> datetime:
    """Return ``instant`` itself when people may be reached then, else the next instant they may (N9)."""
    day = instant.astimezone(hours.zone).date()
    for ahead in range(40):
        on = day + timedelta(days=ahead)
        if hours.rests_on(purpose, on):
            continue
        for opens, closes in hours.spans(purpose):
            opens_at = datetime.combine(on, opens, hours.zone)
            if instant < datetime.combine(on, closes, hours.zone):
                return max(instant, opens_at.astimezone(instant.tzinfo))
    return instant + timedelta(days=40)


def opening_on(day: date, *, purpose: Purpose, hours: DecentHours) -> time:
    """Return the first local time of a day at which a purpose may arrive."""
    return hours.spans(purpose)[0][0]


@dataclass(frozen=True, slots=True)
class Caps:
    """How many messages people bear; texts and calls count together (N9). Rides merge instead."""

    identical_per_number: int = 2
    any_per_number: int = 4
    any_per_household: int = 8
    nudges_per_household: int = 1
    window: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Reached:
    """An earlier message to the same number or household that went out or may have."""

    at: datetime
    purpose: Purpose
    body_hash: bytes
    is_same_number: bool


def room_at(
    earlier: Iterable[Reached], *, purpose: Purpose, body_hash: bytes, caps: Caps, now: datetime
) -> datetime:
    """Return the first instant at which the caps leave room for one more: ``now`` when they do already."""
    recent = sorted(
        (r for r in earlier if now - caps.window < r.at <= now + caps.window), key=lambda r: r.at
    )
    own = [r for r in recent if r.is_same_number]
    limits: list[tuple[Sequence[Reached], int]] = [
        ([r for r in own if r.body_hash == body_hash], caps.identical_per_number),
        (own, caps.any_per_number),
        (recent, caps.any_per_household),
    ]
    if purpose is Purpose.NUDGE:
        nudges = [r for r in recent if r.purpose is Purpose.NUDGE]
        limits.append((nudges, caps.nudges_per_household))
    return max((_freed_at(sent, limit, caps, now) for sent, limit in limits), default=now)


def _freed_at(sent: Sequence[Reached], limit: int, caps: Caps, now: datetime) -> datetime:
    if len(sent) < limit:
        return now
    return max(now, sent[len(sent) - limit].at + caps.window)


MAX_ATTEMPTS = 8
_FIRST_WAIT_S = 30.0
_LONGEST_WAIT_S = 1_800.0


def back_off_s(attempt: int, *, jitter: float, retry_after_s: float | None = None) -> float:
    """Return the seconds to wait after the ``attempt``-th try (from 1); ``jitter`` lies in [0, 1).

    30 s doubled per try up to half an hour, 20 % either way, and never less than the provider asked.
    """
    wait = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** (attempt - 1)) * (0.8 + 0.4 * jitter)
    return float(max(wait, retry_after_s or 0.0))


# A provider took a message and gave it up later: how often and when it is tried again (faults §2).
_AGAIN: dict[str, tuple[timedelta, ...]] = {
    "phone_off": (timedelta(days=1), timedelta(days=1)),
    "unexplained": (timedelta(minutes=30),),
    "overflow": (timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=40)),
    "busy": (timedelta(minutes=10), timedelta(hours=1)),
    "no_answer": (timedelta(hours=2), timedelta(hours=4)),
    "machine": (timedelta(hours=2), timedelta(hours=4)),
}


def try_again_at(trouble: str, *, tries: int, now: datetime) -> datetime | None:
    """Return when a given-up message is tried again after ``tries`` earlier ones, or None: never."""
    waits = _AGAIN.get(trouble, ())
    return now + waits[tries] if tries < len(waits) else None


class Next(StrEnum):
    """What becomes of a due message."""

    SEND = "send"
    SUPPRESS = "suppress"
    HOLD = "hold"
    WAIT = "wait"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on one due message: why, and until when it waits."""

    next: Next
    reason: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One message at the moment at which it is queued or about to be sent."""

    purpose: Purpose
    step: Step
    channel: str
    created_at: datetime
    expires_at: datetime | None
    body_hash: bytes = b""


def decide(
    due: Due,
    facts: Facts,
    *,
    earlier: Iterable[Reached],
    hours: DecentHours,
    caps: Caps,
    now: datetime,
) -> Verdict:
    """Return what becomes of a message that is due ``now``."""
    silenced = silence(due.purpose, due.step, due.channel, facts)
    if silenced:
        return Verdict(Next.SUPPRESS, silenced)
    if due.expires_at is not None and due.expires_at <= now:
        return Verdict(Next.EXPIRE, "expired")
    held = hold(due.purpose, due.step, facts)
    if held:
        return Verdict(Next.HOLD, held)
    until, reason = _earliest(due, earlier=earlier, hours=hours, caps=caps, now=now)
    if until <= now:
        return Verdict(Next.SEND)
    if due.expires_at is not None and due.expires_at <= until:
        return Verdict(Next.EXPIRE, "expired")
    return Verdict(Next.WAIT, reason, until)


def _earliest(
    due: Due, *, earlier: Iterable[Reached], hours: DecentHours, caps: Caps, now: datetime
) -> tuple[datetime, str]:
    if due.step in ANSWERS and now - due.created_at <= ANSWER_STAYS_WELCOME:
        return now, ""
    until, reason = now, ""
    # Caps never drop or delay a ride message (moment 3d): those merge. A test goes to staff.
    if due.purpose is not Purpose.RIDE and due.step not in ANSWERS | {Step.TEST}:
        until = room_at(earlier, purpose=due.purpose, body_hash=due.body_hash, caps=caps, now=now)
        reason = "cap" if until > now else ""
    decent = next_decent(
        until,
        purpose=Purpose.RIDE if due.step in ANSWERS else due.purpose,
        hours=hours,
    )
    return decent, reason or ("quiet_hours" if decent > now else "")
