"""Noting what happened: a tap by driver, escort, desk or dispatcher, and everything that follows from it.

An event is kept once and never refused for coming late, twice or out of order; what it means is
computed from the whole set. Picked up → at site → registered → screened → jabbed → observing → ready
→ left the site → handed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.campaigns.models import Campaign
from outreach.clinics.codes import AppointmentStatus, DayEventKind, EventSource
from outreach.clinics.events import Author, Tap, append_event, settle_visit
from outreach.clinics.models import Appointment, DayEvent, PlannedDose, SiteSession
from outreach.clinics.operations import lock_appointment
from outreach.clinics.rules import ObservationRunning
from outreach.clinics.visit import Visit, VisitStage
from outreach.contact.codes import Step
from outreach.kernel.errors import InvalidInput, NotAllowed, NotFound, OutreachError
from outreach.ledger.codes import Cause, EvidenceGrade
from outreach.ledger.doses import DoseDraft
from outreach.ledger.entry_models import Dose
from outreach.places.queries import local_day
from outreach.transport.codes import Direction, HandoverKind, LegStatus
from outreach.transport.handovers import Received, check_received, hand_over, take_back
from outreach.transport.legs import find_leg, legs_of, lock_run
from outreach.transport.progress import Progress, set_off, settle_legs
from outreach.transport.publish import acknowledge_run
from outreach.transport.run_models import RideLeg, Run, RunStop
from outreach.workflows.correct_dose import correct_dose
from outreach.workflows.event_alarms import follow_event, raise_emergency
from outreach.workflows.learn_loading import learn_loading
from outreach.workflows.not_today import take_not_today
from outreach.workflows.record_dose import record_dose
from outreach.workflows.restate import restate
from outreach.workflows.schedule_messages import queue_for_leg
from outreach.workflows.way_home import watch_way_home

_K = DayEventKind
OF_A_LEG = frozenset(
    {
        _K.ARRIVED_AT_DOOR,
        _K.CALLED,
        _K.KNOCKED,
        _K.PICKED_UP,
        _K.NOT_THERE,
        _K.NOT_TODAY,
        _K.AT_SITE,
    }
)
OF_THE_WAY_HOME = frozenset({_K.LEFT_SITE, _K.HANDED_OVER})
OF_A_RUN = frozenset({_K.DEPARTED, _K.RETURNED, _K.ACKNOWLEDGED, _K.EMERGENCY})
CLINICAL = frozenset(
    {_K.SCREENED, _K.JABBED, _K.OBSERVATION_EXTENDED, _K.ADVERSE_EVENT, _K.NO_DOSE}
)
HANDOVER_OF = {
    _K.LEFT_WITH_FAMILY: HandoverKind.FAMILY_AT_SITE,
    _K.TO_HOSPITAL: HandoverKind.HOSPITAL,
}


@dataclass(frozen=True, slots=True)
class Noted:
    """What noting an event left behind."""

    uuid: str
    is_new: bool
    event_id: int | None = None
    appointment_status: AppointmentStatus | None = None
    stage: VisitStage | None = None
    ready_at: datetime | None = None
    error: str = ""


def note_events(
    session: Session, *, taps: Sequence[Tap], author: Author, now: datetime
) -> list[Noted]:
    """Take in what a device saved up while offline: each by itself, so that one bad tap loses no other."""
    noted = []
    for tap in sorted(taps, key=lambda t: (t.happened_at, t.uuid)):
        try:
            with session.begin_nested():
                noted.append(note_event(session, tap=tap, author=author, now=now))
        except OutreachError as error:
            noted.append(Noted(uuid=tap.uuid, is_new=False, error=error.code))
    return noted


def note_event(session: Session, *, tap: Tap, author: Author, now: datetime) -> Noted:
    """Keep one event and settle appointment, observation, legs, run, handover, alarms and messages."""
    tap = _complete(session, tap)
    _check_reach(session, tap, author)
    if tap.appointment_id is None:
        return _note_of_run(session, tap=tap, author=author, now=now)
    locked = lock_appointment(session, tap.appointment_id)
    before = locked.status
    _check_sense(session, tap, author, now=now)
    event, is_new = append_event(session, tap=tap, author=author, now=now)
    if is_new and tap.kind is _K.NOT_TODAY:
        take_not_today(session, appointment=locked, now=now)
    if is_new and tap.kind is _K.JABBED:
        _record_doses(session, event=event, author=author, now=now)
    appointment, visit = settle_visit(session, appointment_id=tap.appointment_id)
    if is_new:
        _settle_handover(session, event=event, now=now)
        _take_back_doses(session, event=event, author=author, now=now)
    progress = settle_legs(session, appointment=appointment, visit=visit, now=now)
    if is_new:
        learn_loading(session, event=event)
        follow_event(session, event=event, appointment=appointment, now=now)
        _tell_family(session, event=event, visit=visit, progress=progress, now=now)
        watch_way_home(session, appointment=appointment, now=now)
    if appointment.status is not before:
        restate(
            session,
            resident_id=appointment.resident_id,
            by=author.user_id,
            cause=Cause.VISIT,
            now=now,
        )
    session.flush()
    return Noted(
        uuid=tap.uuid,
        is_new=is_new,
        event_id=event.id,
        appointment_status=appointment.status,
        stage=visit.stage,
        ready_at=visit.home_ready_at,
    )


def _complete(session: Session, tap: Tap) -> Tap:
    """Find the leg, appointment and run that a tap leaves out; call a pickup at the site by its name."""
    leg: RideLeg | None = None
    if tap.leg_id is not None:
        leg = session.get(RideLeg, tap.leg_id)
        if leg is None or tap.appointment_id not in {None, leg.appointment_id}:
            raise NotFound("ride_leg", leg_id=tap.leg_id)
    elif tap.appointment_id is not None and tap.kind in OF_A_LEG | OF_THE_WAY_HOME:
        direction = Direction.RETURN if tap.kind in OF_THE_WAY_HOME else Direction.OUTBOUND
        leg = find_leg(session, appointment_id=tap.appointment_id, direction=direction)
    if leg is None:
        return tap
    kind = tap.kind
    if leg.direction is Direction.RETURN and kind is _K.PICKED_UP:
        kind = _K.LEFT_SITE
    run_id = tap.run_id or session.scalar(
        select(RunStop.run_id).where(RunStop.leg_id == leg.id).limit(1)
    )
    return replace(tap, kind=kind, leg_id=leg.id, appointment_id=leg.appointment_id, run_id=run_id)


def _check_reach(session: Session, tap: Tap, author: Author) -> None:
    """A driver or escort speaks of their own runs alone; anything else looks as if it were not there."""
    if author.driver_id is None and author.escort_id is None:
        return
    if author.driver_id is not None and tap.kind in CLINICAL:
        raise NotFound("day_event")
    question = select(Run.id).where(
        Run.driver_id == author.driver_id
        if author.driver_id is not None
        else Run.escort_id == author.escort_id
    )
    if tap.appointment_id is not None:
        question = (
            question.join(RunStop, RunStop.run_id == Run.id)
            .join(RideLeg, RideLeg.id == RunStop.leg_id)
            .where(RideLeg.appointment_id == tap.appointment_id)
        )
    else:
        question = question.where(Run.id == tap.run_id)
    if session.scalar(question.limit(1)) is None:
        raise NotFound("run", run_id=tap.run_id)


def _check_sense(session: Session, tap: Tap, author: Author, *, now: datetime) -> None:
    """Refuse what nobody may say, at desks that see the answer; a phone's late word is taken in."""
    facts = tap.facts
    if tap.kind in HANDOVER_OF or tap.kind is _K.HANDED_OVER:
        check_received(
            _handover_kind(tap.kind, facts.get("kind")),
            received_by=str(facts.get("received_by", "")),
            witness=str(facts.get("witness", "")),
        )
    if tap.kind is _K.OBSERVATION_EXTENDED:
        minutes = facts.get("minutes")
        if not isinstance(minutes, int) or not 1 <= minutes <= 240:
            raise InvalidInput("minutes", field="minutes")
        if not str(facts.get("reason", "")).strip():
            raise InvalidInput("reason_missing", field="reason")
    if tap.kind is _K.READY and author.source is EventSource.DESK:
        assert tap.appointment_id is not None  # noqa: S101 - the caller looked
        _appointment, visit = settle_visit(session, appointment_id=tap.appointment_id)
        due = visit.ready_due_at
        if due is not None and now < due:
            left = -(-int((due - now).total_seconds()) // 60)
            raise ObservationRunning(minutes_left=left)


def _note_of_run(session: Session, *, tap: Tap, author: Author, now: datetime) -> Noted:
    if tap.run_id is None or tap.kind not in OF_A_RUN | {_K.VOIDED}:
        raise InvalidInput("event_of_nothing", field="appointment_id")
    run = lock_run(session, tap.run_id)
    event, is_new = append_event(session, tap=tap, author=author, now=now)
    if is_new and tap.kind is _K.DEPARTED:
        set_off(session, run_id=run.id)
    elif is_new and tap.kind is _K.ACKNOWLEDGED and _means_this(run, tap, author):
        acknowledge_run(session, run=run, now=now)
    elif is_new and tap.kind is _K.EMERGENCY:
        raise_emergency(session, event=event, on=run.on, now=now)
    return Noted(uuid=tap.uuid, is_new=is_new, event_id=event.id)


def _means_this(run: Run, tap: Tap, author: Author) -> bool:
    """An OK given offline to an older state is no OK to what changed since; an escort's is none (5d)."""
    seen = tap.facts.get("seen")
    changed = run.changed_at.isoformat() if run.changed_at is not None else ""
    return author.escort_id is None and seen in {None, changed}


def _record_doses(session: Session, *, event: DayEvent, author: Author, now: datetime) -> None:
    """Write the injection itself: by the desk with product and batch, by an escort as witnessed."""
    assert event.appointment_id is not None  # noqa: S101 - the caller looked
    planned = session.execute(
        select(PlannedDose, Campaign.vaccine_id, Appointment.resident_id, SiteSession.site_id)
        .join(Campaign, Campaign.id == PlannedDose.campaign_id)
        .join(Appointment, Appointment.id == PlannedDose.appointment_id)
        .join(SiteSession, SiteSession.id == Appointment.site_session_id)
        .where(PlannedDose.appointment_id == event.appointment_id)
        .order_by(PlannedDose.id)
    ).all()
    stated = {int(d["campaign_id"]): d for d in event.facts.get("doses", [])}
    is_desk = author.source in {EventSource.DESK, EventSource.PAPER}
    for row, vaccine_id, resident_id, site_id in planned:
        if row.dose_id is not None or (stated and row.campaign_id not in stated):
            continue
        said = stated.get(row.campaign_id, {})
        record_dose(
            session,
            draft=DoseDraft(
                resident_id=resident_id,
                vaccine_id=vaccine_id,
                given_on=local_day(session, event.happened_at),
                given_at=event.happened_at,
                grade=_grade(is_desk=is_desk, has_batch=bool(said.get("batch_id"))),
                reference=f"event-{event.uuid}-{row.campaign_id}",
                product_id=said.get("product_id"),
                batch_id=said.get("batch_id"),
                site_id=site_id,
                appointment_id=event.appointment_id,
                confirmed=frozenset(said.get("confirmed", [])),
            ),
            by=author.user_id,
            now=now,
            actor="user" if author.user_id is not None else "field_link",
        )


def _grade(*, is_desk: bool, has_batch: bool) -> EvidenceGrade:
    if not is_desk:
        return EvidenceGrade.ESCORT_WITNESSED
    return EvidenceGrade.BATCH_RECORDED if has_batch else EvidenceGrade.CERTIFICATE_SEEN


def _settle_handover(session: Session, *, event: DayEvent, now: datetime) -> None:
    assert event.appointment_id is not None  # noqa: S101 - the caller looked
    kind = DayEventKind(event.kind)
    if kind is _K.VOIDED and event.voids_id is not None:
        _reopen(session, event=event, now=now)
        return
    if kind not in HANDOVER_OF and kind is not _K.HANDED_OVER:
        return
    facts = event.facts
    hand_over(
        session,
        appointment_id=event.appointment_id,
        received=Received(
            kind=_handover_kind(kind, facts.get("kind")),
            received_by=str(facts.get("received_by", "")),
            at=event.happened_at,
            contact_person_id=facts.get("contact_person_id"),
            witness=str(facts.get("witness", "")),
            leg_id=event.leg_id,
            event_id=event.id,
            by_user_id=event.by_user_id,
            by_driver_id=event.by_driver_id,
            by_escort_id=event.by_escort_id,
        ),
    )


def _handover_kind(kind: DayEventKind, said: object) -> HandoverKind:
    if kind in HANDOVER_OF:
        return HANDOVER_OF[kind]
    try:
        return HandoverKind(str(said or HandoverKind.NAMED_PERSON))
    except ValueError as error:
        raise InvalidInput("handover_kind", field="kind") from error


def _reopen(session: Session, *, event: DayEvent, now: datetime) -> None:
    """A handover taken back opens the debt again, and the way home that it had ended."""
    assert event.voids_id is not None  # noqa: S101 - the caller looked
    if not take_back(session, event_id=event.voids_id, now=now):
        return
    for leg in legs_of(session, appointment_id=event.appointment_id or 0):
        if leg.direction is Direction.RETURN and leg.status is LegStatus.CANCELLED:
            leg.status, leg.result_code = LegStatus.WAITING, ""
    session.flush()


def _take_back_doses(session: Session, *, event: DayEvent, author: Author, now: datetime) -> None:
    """A jab taken back takes its doses back: only staff may, with a reason (N8)."""
    if event.voids_id is None:
        return
    target = session.get_one(DayEvent, event.voids_id)
    if DayEventKind(target.kind) is not _K.JABBED:
        return
    if author.user_id is None:
        raise NotAllowed("ask_the_desk")
    doses = session.scalars(
        select(Dose).where(
            Dose.appointment_id == event.appointment_id,
            Dose.voided_at.is_(None),
            Dose.given_on == local_day(session, target.happened_at),
        )
    ).all()
    for dose in doses:
        correct_dose(
            session,
            dose_id=dose.id,
            by=author.user_id,
            reason=str(event.facts.get("reason", "")),
            now=now,
        )


def _tell_family(
    session: Session, *, event: DayEvent, visit: Visit, progress: Progress, now: datetime
) -> None:
    """Observation done and on the way home are one message (moment 3d); no dose is said so (1d)."""
    if DayEventKind(event.kind) is not _K.LEFT_SITE or progress.return_leg_id is None:
        return
    step = Step.NO_DOSE_HOME if visit.no_dose_at is not None else Step.ON_THE_WAY_HOME
    queue_for_leg(session, leg_id=progress.return_leg_id, step=step, now=now)
