"""What came of an experiment: households by arm, who came, who was harmed, with intervals."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.campaigns.models import Campaign
from outreach.contact.codes import Channel, MessageState, Step
from outreach.contact.experiment_rules import Interval, Tally, difference, interval, is_harmful
from outreach.contact.experiments import arms_of, get_experiment
from outreach.contact.message_models import Experiment, ExperimentArm, Message, OptOut, Wording
from outreach.contact.models import ContactAttempt
from outreach.ledger.entry_models import Dose

ASKED_TO_STOP = "C15"
_REACHED = (
    MessageState.SENDING,
    MessageState.ACCEPTED,
    MessageState.DELIVERED,
    MessageState.UNKNOWN,
    MessageState.UNRESOLVED,
)


@dataclass(frozen=True, slots=True)
class ArmReport:
    """One arm: its words, its households, its figures."""

    id: int
    label: str
    is_control: bool
    body: str
    shift_days: int
    tally: Tally
    came: Interval | None
    harm: Interval | None
    against_usual: Interval | None
    is_harmful: bool


@dataclass(frozen=True, slots=True)
class ExperimentReport:
    """The whole experiment as a page shows it."""

    id: int
    campaign_id: int
    campaign_zh: str
    campaign_en: str
    name: str
    step: Step
    planned_households: int
    outcome_days: int
    made_by: str
    made_by_id: int | None
    approved_by: str
    approved_at: datetime | None
    stopped_at: datetime | None
    stop_reason: str
    arms: tuple[ArmReport, ...]

    @property
    def state(self) -> str:
        """Return proposed, running or stopped."""
        if self.stopped_at is not None:
            return "stopped"
        return "running" if self.approved_at is not None else "proposed"

    @property
    def households(self) -> int:
        """How many households were drawn so far."""
        return sum(arm.tally.households for arm in self.arms)

    @property
    def is_settled(self) -> bool:
        """Say whether the planned number is reached and everybody had the time to come."""
        matured = sum(arm.tally.matured for arm in self.arms)
        return self.households >= self.planned_households and matured == self.households


@dataclass(slots=True)
class _Household:
    first_at: datetime
    residents: set[int]
    numbers: set[bytes]


def experiment_reports(
    session: Session, *, zone: ZoneInfo, now: datetime
) -> list[ExperimentReport]:
    """Return every experiment with its figures, the newest first."""
    rows = session.scalars(select(Experiment).order_by(Experiment.id.desc()).limit(50)).all()
    return [report_of(session, row.id, zone=zone, now=now) for row in rows]


def report_of(
    session: Session, experiment_id: int, *, zone: ZoneInfo, now: datetime
) -> ExperimentReport:
    """Return one experiment with its figures."""
    row = get_experiment(session, experiment_id)
    campaign = session.get_one(Campaign, row.campaign_id)
    arms = arms_of(session, row.id)
    tallies = [_tally(session, row, arm, campaign.vaccine_id, zone, now) for arm in arms]
    control = next(t for arm, t in zip(arms, tallies, strict=True) if arm.is_control)
    asked = select(User).where(User.id.in_([row.made_by, row.approved_by]))
    names = {user.id: user.display_name for user in session.scalars(asked)}
    return ExperimentReport(
        id=row.id,
        campaign_id=row.campaign_id,
        campaign_zh=campaign.name_zh,
        campaign_en=campaign.name_en,
        name=row.name,
        step=row.step,
        planned_households=row.planned_households,
        outcome_days=row.outcome_days,
        made_by=names.get(row.made_by or 0, ""),
        made_by_id=row.made_by,
        approved_by=names.get(row.approved_by or 0, ""),
        approved_at=row.approved_at,
        stopped_at=row.stopped_at,
        stop_reason=row.stop_reason,
        arms=tuple(
            _arm(session, arm, tally, control) for arm, tally in zip(arms, tallies, strict=True)
        ),
    )


def _arm(session: Session, arm: ExperimentArm, tally: Tally, control: Tally) -> ArmReport:
    came, usual = interval(tally.came, tally.matured), interval(control.came, control.matured)
    wording = session.get(Wording, arm.wording_id) if arm.wording_id else None
    return ArmReport(
        id=arm.id,
        label=arm.label,
        is_control=arm.is_control,
        body=wording.body if wording is not None else "",
        shift_days=arm.shift_days,
        tally=tally,
        came=came,
        harm=interval(tally.harmed, tally.households),
        against_usual=difference(came, usual) if came and usual and not arm.is_control else None,
        is_harmful=not arm.is_control and is_harmful(tally, control),
    )


def _tally(
    session: Session,
    row: Experiment,
    arm: ExperimentArm,
    vaccine_id: int,
    zone: ZoneInfo,
    now: datetime,
) -> Tally:
    households = _households(session, arm.id)
    window = timedelta(days=row.outcome_days)
    doses = _doses(session, households, vaccine_id)
    harms = _harms(session, households)
    matured = came = harmed = 0
    for house in households.values():
        ends_at = house.first_at + window
        told = [harms.get(who, []) for who in house.residents]
        told += [harms.get(number, []) for number in house.numbers]
        harmed += any(house.first_at <= at <= ends_at for when in told for at in when)
        if ends_at > now:
            continue
        matured += 1
        first_on, last_on = (at.astimezone(zone).date() for at in (house.first_at, ends_at))
        came += any(
            first_on <= day <= last_on for who in house.residents for day in doses.get(who, ())
        )
    return Tally(len(households), matured, came, harmed)


def _households(session: Session, arm_id: int) -> dict[str, _Household]:
    question = (
        select(Message.household_id, Message.resident_id, Message.number_index, Message.began_at)
        .where(
            Message.arm_id == arm_id,
            Message.began_at.is_not(None),
            Message.state.in_(_REACHED),
            Message.channel != Channel.CALL,
        )
        .order_by(Message.began_at)
    )
    found: dict[str, _Household] = {}
    for household_id, resident_id, number, began_at in session.execute(question):
        key = household_key(household_id, resident_id)
        if began_at is None:
            continue
        house = found.setdefault(key, _Household(began_at, set(), set()))
        if resident_id is not None:
            house.residents.add(resident_id)
        if number is not None:
            house.numbers.add(number)
    return found


def household_key(household_id: int | None, resident_id: int | None) -> str:
    """Return what an arm is drawn by: the household, or the person where none is known."""
    return f"h{household_id}" if household_id is not None else f"r{resident_id}"


def _doses(
    session: Session, households: dict[str, _Household], vaccine_id: int
) -> dict[int, list[date]]:
    found: dict[int, list[date]] = defaultdict(list)
    ids = sorted({r for house in households.values() for r in house.residents})
    for start in range(0, len(ids), 500):
        question = select(Dose.resident_id, Dose.given_on).where(
            Dose.resident_id.in_(ids[start : start + 500]),
            Dose.vaccine_id == vaccine_id,
            Dose.voided_at.is_(None),
        )
        for resident_id, given_on in session.execute(question):
            found[resident_id].append(given_on)
    return found


def _harms(
    session: Session, households: dict[str, _Household]
) -> dict[int | bytes, list[datetime]]:
    """Return when numbers opted out and people asked to be left alone."""
    found: dict[int | bytes, list[datetime]] = defaultdict(list)
    numbers = sorted({n for house in households.values() for n in house.numbers})
    for start in range(0, len(numbers), 500):
        out = select(OptOut.number_index, OptOut.at).where(
            OptOut.number_index.in_(numbers[start : start + 500])
        )
        for number, at in session.execute(out):
            if number is not None:
                found[number].append(at)
    ids = sorted({r for house in households.values() for r in house.residents})
    for start in range(0, len(ids), 500):
        asked = select(ContactAttempt.resident_id, ContactAttempt.at).where(
            ContactAttempt.resident_id.in_(ids[start : start + 500]),
            ContactAttempt.outcome == ASKED_TO_STOP,
            ContactAttempt.voided_at.is_(None),
        )
        for resident_id, at in session.execute(asked):
            found[resident_id].append(at)
    return found
