"""The facts that decide about messages, gathered for a whole batch in a fixed number of questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Executable, Row, bindparam, or_, select
from sqlalchemy.orm import Session

from outreach.campaigns.models import Campaign
from outreach.clinics.codes import STANDING, AppointmentStatus
from outreach.clinics.models import Appointment, PlannedDose
from outreach.contact.codes import InboundState, MessageState, OptOutScope, Purpose
from outreach.contact.message_models import InboundMessage, Message, OptOut, TrialNumber
from outreach.contact.opt_outs import widest
from outreach.contact.rules import Caps, Facts, Reached
from outreach.ledger.codes import (
    STRUCK_OFF,
    EntryStatus,
    LifeReportKind,
    LifeStatus,
    PhoneKind,
    ReportState,
)
from outreach.ledger.entry_models import Deferral, LedgerEntry
from outreach.ledger.models import ContactPerson, Household, LifeReport, Phone, Resident
from outreach.transport.codes import OPEN_LEG
from outreach.transport.run_models import RideLeg

APPOINTMENT = "appointment"
LEG = "leg"


def _these(name: str) -> BindParameter[Any]:
    """Return the place for a set of values, filled when a question is asked."""
    return bindparam(name, expanding=True)


# The questions are put together once: a busy sender asks them twenty times a second.
_RESIDENTS = (
    select(
        Resident.id,
        Resident.life_status,
        Resident.held_all,
        Resident.held_nudges,
        Resident.snoozed_until,
        Household.snoozed_until.label("household_snooze"),
        Household.mourning_until,
    )
    .outerjoin(Household, Household.id == Resident.household_id)
    .where(Resident.id.in_(_these("residents")))
)
# A reported death holds everything by itself (held_all); the other words wait for a person.
_REPORTED = select(LifeReport.resident_id).where(
    LifeReport.resident_id.in_(_these("residents")),
    LifeReport.state.in_([ReportState.OPEN, ReportState.SECONDED]),
    LifeReport.kind != LifeReportKind.DECEASED,
)
_ENTRIES = select(
    LedgerEntry.resident_id, LedgerEntry.campaign_id, LedgerEntry.status, LedgerEntry.do_not_ask
).where(LedgerEntry.resident_id.in_(_these("residents")))
_LEGS = select(RideLeg.id, RideLeg.status, RideLeg.appointment_id).where(
    RideLeg.id.in_(_these("legs"))
)
_APPOINTMENTS = select(
    Appointment.id, Appointment.resident_id, Appointment.status, Appointment.slot_at
).where(Appointment.id.in_(_these("appointments")))
_PLANNED = select(PlannedDose.appointment_id, PlannedDose.campaign_id, PlannedDose.dose_id).where(
    PlannedDose.appointment_id.in_(_these("appointments"))
)
_DEFERRALS = select(Deferral.resident_id, Deferral.campaign_id, Deferral.until_on).where(
    Deferral.resident_id.in_(_these("residents")),
    Deferral.lifted_at.is_(None),
    or_(Deferral.until_on.is_(None), Deferral.until_on > bindparam("day")),
)
_OPT_OUTS = select(OptOut.number_index, OptOut.resident_id, OptOut.scope).where(
    OptOut.ended_at.is_(None),
    or_(OptOut.number_index.in_(_these("numbers")), OptOut.resident_id.in_(_these("residents"))),
)
_UNREAD = select(InboundMessage.number_index).where(
    InboundMessage.number_index.in_(_these("numbers")),
    InboundMessage.state == InboundState.WAITING,
)
_PEOPLE = select(
    ContactPerson.id,
    ContactPerson.ended_at,
    ContactPerson.no_aftercare,
    ContactPerson.only_if_changed,
).where(ContactPerson.id.in_(_these("people")))
_PHONES = select(Phone.number_index, Phone.kind, Phone.invalid_since).where(
    Phone.number_index.in_(_these("numbers"))
)
_CANCELLED = select(Campaign.id).where(
    Campaign.id.in_(_these("campaigns")), Campaign.sending_cancelled_at.is_not(None)
)
_EARLIER = select(
    Message.number_index,
    Message.household_id,
    Message.began_at,
    Message.purpose,
    Message.body_hash,
).where(
    Message.began_at > bindparam("since"),
    Message.began_at <= bindparam("until"),
    Message.state != MessageState.FAILED,
    or_(
        Message.number_index.in_(_these("numbers")),
        Message.household_id.in_(_these("households")),
    ),
)


class MessageFacts:
    """All rows that speak for or against some messages, read once."""

    def __init__(
        self,
        session: Session,
        messages: Sequence[Message],
        *,
        now: datetime,
        zone: ZoneInfo,
        is_trial: bool,
    ) -> None:
        self._session = session
        self._zone = zone
        self._day = now.astimezone(self._zone).date()
        self._is_trial = is_trial
        residents = {m.resident_id for m in messages if m.resident_id is not None}
        numbers = {m.number_index for m in messages if m.number_index is not None}
        self._residents = self._read_residents(residents)
        self._reported = self._read_reports(residents)
        self._entries = self._read_entries(residents)
        self._legs = self._read_legs({m.subject_id for m in messages if m.subject_kind == LEG})
        ids = {m.subject_id for m in messages if m.subject_kind == APPOINTMENT}
        ids |= {leg.appointment_id for leg in self._legs.values()}
        self._appointments = self._read_appointments(ids)
        self._planned = self._read_planned(ids)
        self._deferrals = self._read_deferrals(residents) if ids else {}
        self._opt_outs = self._read_opt_outs(numbers, residents)
        self._unread = self._read_unread(numbers)
        self._people = self._read_people({m.contact_person_id for m in messages})
        self._phones = self._read_phones(numbers)
        self._campaigns = self._read_campaigns({m.campaign_id for m in messages})
        self._trial = self._read_trial() if is_trial else frozenset()

    def of(self, message: Message) -> Facts:
        """Put the facts of one message together."""
        resident = self._residents.get(message.resident_id or 0)
        entry = self._entries.get((message.resident_id or 0, message.campaign_id or 0))
        person = self._people.get(message.contact_person_id or 0)
        leg = self._legs.get(message.subject_id) if message.subject_kind == LEG else None
        appointment = self._appointments.get(leg.appointment_id if leg else message.subject_id)
        if message.subject_kind not in {APPOINTMENT, LEG}:
            appointment = None
        phone_kinds, phone_is_bad = self._phone_of(message)
        return Facts(
            is_deceased=resident is not None and resident.life_status is LifeStatus.DECEASED,
            is_held_all=resident is not None and resident.held_all,
            is_held_nudges=resident is not None and resident.held_nudges,
            awaits_decision=message.resident_id in self._reported,
            opted_out=self._opted_out(message),
            entry_status=_nudge_status(resident, entry),
            do_not_ask=entry is not None and entry.do_not_ask,
            is_mourning=resident is not None and _until(resident.mourning_until, self._day),
            is_snoozed=resident is not None
            and (
                _until(resident.snoozed_until, self._day)
                or _until(resident.household_snooze, self._day)
            ),
            has_unread_reply=message.number_index in self._unread,
            appointment_stands=None if appointment is None else appointment.status in STANDING,
            is_confirmed=appointment is not None
            and appointment.status in {AppointmentStatus.CONFIRMED, AppointmentStatus.ARRIVED},
            dose_recorded=appointment is not None
            and self._dose_recorded(appointment, message.purpose),
            deferred_since=appointment is not None and self._is_deferred(appointment),
            leg_is_over=None if leg is None else leg.status not in OPEN_LEG,
            asked_no_aftercare=person is not None and person.no_aftercare,
            is_no_longer_told=person is not None and person.ended_at is not None,
            wants_changes_only=person is not None and person.only_if_changed,
            is_landline=phone_kinds == {PhoneKind.LANDLINE},
            is_bad_number=phone_is_bad,
            campaign_is_cancelled=(message.campaign_id or 0) in self._campaigns,
            is_outside_trial=self._is_trial and message.number_index not in self._trial,
        )

    def _opted_out(self, message: Message) -> OptOutScope | None:
        scopes = {
            row.scope
            for row in self._opt_outs
            if (row.number_index is not None and row.number_index == message.number_index)
            or (row.resident_id is not None and row.resident_id == message.resident_id)
        }
        return widest(scopes)

    def _dose_recorded(self, appointment: Row[Any], purpose: Purpose) -> bool:
        planned = self._planned.get(appointment.id, [])
        if purpose is Purpose.AFTERCARE:
            given = appointment.status is AppointmentStatus.DONE
            return given or any(p.dose_id is not None for p in planned)
        return bool(planned) and all(
            p.dose_id is not None or self._is_struck_off(appointment.resident_id, p.campaign_id)
            for p in planned
        )

    def _is_struck_off(self, resident_id: int, campaign_id: int) -> bool:
        entry = self._entries.get((resident_id, campaign_id))
        return entry is not None and entry.status in STRUCK_OFF

    def _is_deferred(self, appointment: Row[Any]) -> bool:
        campaigns = {p.campaign_id for p in self._planned.get(appointment.id, [])}
        slot_on = appointment.slot_at.astimezone(self._zone).date()
        return any(
            (row.campaign_id is None or row.campaign_id in campaigns)
            and (row.until_on is None or row.until_on > slot_on)
            for row in self._deferrals.get(appointment.resident_id, [])
        )

    def _phone_of(self, message: Message) -> tuple[set[PhoneKind], bool]:
        rows = self._phones.get(message.number_index or b"", [])
        return {row.kind for row in rows}, bool(rows) and all(
            row.invalid_since is not None for row in rows
        )

    def _rows(self, question: Executable, **asked: object) -> list[Row[Any]]:
        return list(self._session.execute(question, asked))

    def _read_residents(self, ids: set[int]) -> dict[int, Row[Any]]:
        return {row.id: row for row in self._rows(_RESIDENTS, residents=ids)} if ids else {}

    def _read_reports(self, ids: set[int]) -> frozenset[int]:
        return frozenset(self._session.scalars(_REPORTED, {"residents": ids}) if ids else ())

    def _read_entries(self, ids: set[int]) -> dict[tuple[int, int], Row[Any]]:
        rows = self._rows(_ENTRIES, residents=ids) if ids else []
        return {(r.resident_id, r.campaign_id): r for r in rows}

    def _read_legs(self, ids: set[int]) -> dict[int, Row[Any]]:
        return {row.id: row for row in self._rows(_LEGS, legs=ids)} if ids else {}

    def _read_appointments(self, ids: set[int]) -> dict[int, Row[Any]]:
        return {row.id: row for row in self._rows(_APPOINTMENTS, appointments=ids)} if ids else {}

    def _read_planned(self, ids: set[int]) -> dict[int, list[Row[Any]]]:
        return _grouped(self._rows(_PLANNED, appointments=ids), "appointment_id") if ids else {}

    def _read_deferrals(self, ids: set[int]) -> dict[int, list[Row[Any]]]:
        return _grouped(self._rows(_DEFERRALS, residents=ids, day=self._day), "resident_id")

    def _read_opt_outs(self, numbers: set[bytes], residents: set[int]) -> Sequence[Row[Any]]:
        return self._rows(_OPT_OUTS, numbers=numbers, residents=residents)

    def _read_unread(self, numbers: set[bytes]) -> frozenset[bytes]:
        return frozenset(self._session.scalars(_UNREAD, {"numbers": numbers}))

    def _read_people(self, ids: set[int | None]) -> dict[int, Row[Any]]:
        known = {i for i in ids if i is not None}
        return {row.id: row for row in self._rows(_PEOPLE, people=known)} if known else {}

    def _read_phones(self, numbers: set[bytes]) -> dict[bytes, list[Row[Any]]]:
        return _grouped(self._rows(_PHONES, numbers=numbers), "number_index")

    def _read_campaigns(self, ids: set[int | None]) -> frozenset[int]:
        known = {i for i in ids if i is not None}
        return frozenset(self._session.scalars(_CANCELLED, {"campaigns": known}) if known else ())

    def _read_trial(self) -> frozenset[bytes]:
        return frozenset(self._session.scalars(select(TrialNumber.number_index)))


class Earlier:
    """What reached the same numbers and households lately, this batch included (N9)."""

    def __init__(
        self, session: Session, messages: Sequence[Message], *, caps: Caps, now: datetime
    ) -> None:
        numbers = {m.number_index for m in messages if m.number_index is not None}
        households = {m.household_id for m in messages if m.household_id is not None}
        asked = {
            "numbers": numbers,
            "households": households,
            "since": now - caps.window,
            "until": now + timedelta(days=1),
        }
        self._rows: list[tuple[bytes | None, int | None, datetime, Purpose, bytes]] = [
            (row.number_index, row.household_id, row.began_at, row.purpose, row.body_hash or b"")
            for row in session.execute(_EARLIER, asked)
        ]

    def to(self, message: Message) -> list[Reached]:
        """Return what reached this message's number or household."""
        return [
            Reached(at, purpose, body_hash, is_same_number=number == message.number_index)
            for number, household, at, purpose, body_hash in self._rows
            if (number is not None and number == message.number_index)
            or (household is not None and household == message.household_id)
        ]

    def add(self, message: Message, now: datetime) -> None:
        """Count a message of this very batch."""
        self._rows.append(
            (
                message.number_index,
                message.household_id,
                now,
                message.purpose,
                message.body_hash or b"",
            )
        )


def _nudge_status(resident: Row[Any] | None, entry: Row[Any] | None) -> EntryStatus | None:
    if entry is not None:
        status = entry.status
        return status if isinstance(status, EntryStatus) else None
    if resident is not None and resident.life_status is LifeStatus.MOVED:
        return EntryStatus.MOVED
    return None


def _until(day: date | None, today: date) -> bool:
    return day is not None and today <= day


def _grouped(rows: Iterable[Row[Any]], key: str) -> dict[Any, list[Row[Any]]]:
    found: dict[Any, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(row)
    return found
