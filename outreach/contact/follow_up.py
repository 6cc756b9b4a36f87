"""PURE: what follows from a contact: the next date, the next rung of the ladder, when to stop."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from outreach.contact.codes import (
    ANSWERED_BY_DOCTOR,
    CONTACT_OUTCOMES,
    HESITANCY,
    REACHED,
    Channel,
)
from outreach.ledger.rules import ContactStanding, Stage

NO_LASTS_DAYS = 90
REFUSALS_THAT_STOP = 4
TRIES_BEFORE_UNREACHABLE = 4
UNREACHABLE_RETRY_DAYS = 30
LONGEST_PLAN_DAYS = 180

AGREES = frozenset({"C01", "C02"})
CONSIDERS = frozenset({"C03", "C05"})
# What a person's own word must be to take a "don't ask again" back (moment 3f).
REOPENS = AGREES | CONSIDERS
UNREACHED = frozenset({"C09", "C10", "C11", "C16", "C17", "C18", "C19"})

LIFE_KINDS_OF_C13 = frozenset({"moved", "nursing_home", "hospital", "away"})

# Days until somebody tries again. None: no further contact follows from this outcome alone.
DAYS_TO_NEXT: dict[str, int | None] = {
    "C01": 1,
    "C02": 1,
    "C03": 7,
    "C04": NO_LASTS_DAYS,
    "C05": 2,
    "C06": 2,
    "C07": 3,
    "C08": 7,
    "C09": 1,
    "C10": 2,
    "C11": 1,
    "C12": 3,
    "C13": 1,
    "C14": None,
    "C15": None,
    "C16": 3,
    "C17": 1,
    "C18": 3,
    "C19": 7,
    "C20": 7,
}

# text → call → doctor's call → visit. A rung is tried this often before the next one.
LADDER: tuple[tuple[Channel, int], ...] = (
    (Channel.SMS, 1),
    (Channel.CALL, 2),
    (Channel.DOCTOR_CALL, 1),
    (Channel.VISIT, 2),
)
_RUNG_OF = {
    Channel.SMS: Channel.SMS,
    Channel.WECHAT: Channel.SMS,
    Channel.LETTER: Channel.SMS,
    Channel.VOICE: Channel.CALL,
    Channel.CALL: Channel.CALL,
    Channel.DOCTOR_CALL: Channel.DOCTOR_CALL,
    Channel.VISIT: Channel.VISIT,
}


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt as the rules see it; ``on`` is its local day."""

    at: datetime
    on: date
    channel: Channel
    outcome: str
    main_reason: str = ""
    next_contact_on: date | None = None
    promised_call_at: datetime | None = None
    is_inbound: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What a worker is about to note, before it is checked."""

    channel: Channel
    outcome: str
    reasons: tuple[str, ...] = ()
    main_reason: str = ""
    note: str = ""
    next_contact_on: date | None = None
    deferral_code: str = ""
    life_kind: str = ""
    dose_on: date | None = None


def missing_parts(draft: Draft, *, today: date, is_clinician: bool) -> list[str]:
    """Return the fields that the outcome makes compulsory and the draft lacks or states wrongly."""
    if draft.outcome not in CONTACT_OUTCOMES:
        return ["outcome"]
    code, note = draft.outcome, draft.note.strip()
    planned, dose_on = draft.next_contact_on, draft.dose_on
    wrong = {
        "reasons": (code == "C04" and not draft.reasons)
        or any(reason not in HESITANCY for reason in draft.reasons),
        "main_reason": bool(draft.reasons) and draft.main_reason not in draft.reasons,
        "next_contact_on": (code == "C03" and planned is None)
        or (planned is not None and not _is_plannable(planned, today)),
        "dose_on": (code == "C07" and dose_on is None and not note)
        or (dose_on is not None and dose_on > today),
        "deferral_code": code == "C08"
        and not _may_defer(draft.deferral_code, is_clinician=is_clinician),
        "life_kind": code == "C13" and draft.life_kind not in LIFE_KINDS_OF_C13,
        "note": code == "C20" and not note,
        "channel": _contradicts_channel(draft),
    }
    return [field for field, is_wrong in wrong.items() if is_wrong]


def next_contact(tried: Tried) -> date | None:
    """Return when somebody tries again: the day agreed upon, else what the outcome's row says."""
    if tried.next_contact_on is not None and tried.outcome not in {"C04", "C14", "C15"}:
        return tried.next_contact_on
    days = DAYS_TO_NEXT[tried.outcome]
    return tried.on + timedelta(days=days) if days is not None else None


def read_attempts(attempts: Iterable[Tried], *, round_from: date | None) -> ContactStanding:
    """Return what all attempts of a line amount to.

    ``round_from`` is the day of the last dose: what was agreed or refused up to it belongs to a round
    that is over. "Don't ask again" outlives it, because it holds for the campaign.
    """
    standing = ContactStanding()
    this_round: list[Tried] = []
    for tried in sorted(attempts, key=lambda t: t.at):
        is_new_round = round_from is None or tried.on > round_from
        standing = replace(standing, last_contact_at=tried.at)
        standing = _mind_silence(standing, tried)
        if is_new_round:
            this_round.append(tried)
            standing = _mind_round(standing, tried)
    return _plan(standing, this_round)


def _mind_silence(standing: ContactStanding, tried: Tried) -> ContactStanding:
    if tried.outcome == "C15":
        return replace(standing, do_not_ask=True, stage=Stage.NONE, said_no_at=tried.at)
    own_word = tried.is_inbound or tried.channel is Channel.DOCTOR_CALL
    if standing.do_not_ask and tried.outcome in REOPENS and own_word:
        return replace(standing, do_not_ask=False, refusals=0)
    return standing


def _mind_round(standing: ContactStanding, tried: Tried) -> ContactStanding:
    if tried.outcome == "C04":
        refusals = standing.refusals + 1
        return replace(
            standing,
            stage=Stage.NONE,
            refusals=refusals,
            declined_until=tried.on + timedelta(days=NO_LASTS_DAYS),
            do_not_ask=standing.do_not_ask or refusals >= REFUSALS_THAT_STOP,
            said_no_at=tried.at,
            claims_vaccinated=False,
        )
    if tried.outcome in AGREES and not standing.do_not_ask:
        return replace(standing, stage=Stage.AGREED, declined_until=None, claims_vaccinated=False)
    if tried.outcome in CONSIDERS and not standing.do_not_ask:
        return replace(
            standing, stage=Stage.CONSIDERING, declined_until=None, claims_vaccinated=False
        )
    if tried.outcome in {"C06", "C12"} and standing.stage is Stage.NONE:
        return replace(standing, stage=Stage.CONSIDERING)
    if tried.outcome == "C07":
        return replace(standing, claims_vaccinated=True)
    return standing


def _plan(standing: ContactStanding, attempts: list[Tried]) -> ContactStanding:
    """Add when and how to try again, read off the attempts since somebody was last reached."""
    if not attempts:
        return standing
    last = attempts[-1]
    unreached = _unreached_since_last_word(attempts)
    hand = [t for t in unreached if _RUNG_OF[t.channel] is not Channel.SMS]
    visited = any(t.channel is Channel.VISIT for t in hand)
    is_unreachable = len(hand) >= TRIES_BEFORE_UNREACHABLE and visited
    planned = next_contact(last)
    if is_unreachable and last.next_contact_on is None:
        planned = last.on + timedelta(days=UNREACHABLE_RETRY_DAYS)
    return replace(
        standing,
        is_unreachable=is_unreachable,
        unreached_since=unreached[0].on if unreached else None,
        next_contact_on=planned,
        next_channel="" if standing.do_not_ask else next_rung(attempts, unreached),
        promised_call_at=last.promised_call_at,
    )


def next_rung(attempts: list[Tried], unreached: list[Tried]) -> str:
    """Return by which channel to try next.

    Who was reached and hesitates for a reason that a doctor answers is rung by a doctor; whom nobody
    reaches is tried one rung higher after the tries that a rung allows. A doctor's call comes only
    after somebody was spoken with: a phone that nobody answers answers no doctor either.
    """
    last = attempts[-1]
    if last.outcome == "C11" or (last.outcome == "C12" and last.channel is not Channel.VISIT):
        return Channel.VISIT
    if not unreached:
        if last.outcome in {"C05"} or (
            last.main_reason in ANSWERED_BY_DOCTOR and last.channel is not Channel.DOCTOR_CALL
        ):
            return Channel.DOCTOR_CALL
        return Channel.VISIT if last.channel is Channel.DOCTOR_CALL else Channel.CALL
    was_spoken_with = len(unreached) < len(attempts)
    tries = [_RUNG_OF[t.channel] for t in unreached]
    for rung, allowed in LADDER:
        if rung is Channel.DOCTOR_CALL and not was_spoken_with:
            continue
        is_passed = any(_above(done, rung) for done in tries)
        if not is_passed and tries.count(rung) < allowed:
            return rung
    return Channel.VISIT


def _above(done: Channel, rung: Channel) -> bool:
    order = [step for step, _ in LADDER]
    return order.index(done) > order.index(rung)


def _unreached_since_last_word(attempts: list[Tried]) -> list[Tried]:
    streak: list[Tried] = []
    for tried in reversed(attempts):
        if tried.outcome in UNREACHED:
            streak.append(tried)
        elif tried.outcome in REACHED or tried.is_inbound:
            break
    return streak[::-1]


def _is_plannable(day: date, today: date) -> bool:
    return today < day <= today + timedelta(days=LONGEST_PLAN_DAYS)


def _may_defer(code: str, *, is_clinician: bool) -> bool:
    return bool(code) if is_clinician else code in {"", "D22"}


def _contradicts_channel(draft: Draft) -> bool:
    if draft.outcome == "C18":
        return draft.channel is not Channel.VISIT
    if draft.outcome in {"C16", "C17"}:
        return draft.channel not in {Channel.SMS, Channel.WECHAT}
    if draft.outcome in {"C09", "C10", "C19"}:
        return draft.channel not in {Channel.CALL, Channel.VOICE, Channel.DOCTOR_CALL}
    return False
