"""Gathering the facts of many ledger lines at once, in a fixed number of questions to the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from outreach.campaigns.codes import CampaignState
from outreach.campaigns.dose_facts import Birth, DoseGiven, Infection, Person
from outreach.campaigns.models import Product, ProductBatch, Vaccine
from outreach.campaigns.queries import CampaignRules, campaign_rules
from outreach.clinics.codes import STANDING, AppointmentStatus
from outreach.clinics.models import Appointment, PlannedDose
from outreach.contact.codes import Channel
from outreach.contact.follow_up import Tried, read_attempts
from outreach.contact.models import AttemptReason, ContactAttempt
from outreach.ledger.codes import EvidenceGrade, Relation, ReportState
from outreach.ledger.dose_view import DoseFacts, GradedDose, closes
from outreach.ledger.entries import Line, ProvenDose, among
from outreach.ledger.entry_models import Deferral, Dose, LedgerEntry
from outreach.ledger.models import (
    Consent,
    ContactPerson,
    Household,
    LifeReport,
    Phone,
    Resident,
)
from outreach.ledger.models import Infection as InfectionRow
from outreach.ledger.rules import BookingFact, DeferralFact, EntryFacts, status_of
from outreach.places.queries import descendant_ids, local_zone

REFUSED_AT_DESK = "V04"
_JUDGED = frozenset({CampaignState.OPEN, CampaignState.PAUSED, CampaignState.CLOSED})


@dataclass(frozen=True, slots=True)
class Frame:
    """What all lines of one restatement share: campaigns with their rules, areas, the time zone."""

    campaigns: tuple[CampaignRules, ...]
    communities: dict[int, frozenset[int]]
    zone: ZoneInfo

    def covers(self, campaign: CampaignRules, community_id: int) -> bool:
        """Return whether a campaign is for people of this community."""
        if campaign.area_id is None:
            return True
        return community_id in self.communities[campaign.campaign_id]


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One line's facts, and what storing it needs besides."""

    resident_id: int
    campaign: CampaignRules
    community_id: int
    grid_id: int | None
    facts: EntryFacts
    proofs: dict[str, ProvenDose]
    last_dose_on: date | None
    is_known: bool

    def line(self, day: date) -> Line:
        """Return the line as it should be on ``day``."""
        finding = status_of(self.facts, day)
        closing = self.facts.doses.closing_grade
        doses = self.facts.doses.doses
        return Line(
            resident_id=self.resident_id,
            campaign_id=self.campaign.campaign_id,
            community_id=self.community_id,
            grid_id=self.grid_id,
            rule_set_id=self.campaign.rule_set_id,
            finding=finding,
            last_dose_on=self.last_dose_on,
            history_verified=bool(doses) and all(closes(dose.grade, closing) for dose in doses),
            proofs=self.proofs,
            exemptions=frozenset(
                d.deferral_id for d in self.facts.deferrals if d.is_permanent and d.is_seconded
            ),
        )


def frame_of(session: Session, *, campaign_id: int | None = None) -> Frame:
    """Return what is shared by the lines of every campaign that is not a draft or archived."""
    campaigns = tuple(campaign_rules(session, campaign_id=campaign_id, states=_JUDGED))
    return Frame(
        campaigns=campaigns,
        communities={
            c.campaign_id: frozenset(descendant_ids(session, c.area_id))
            for c in campaigns
            if c.area_id is not None
        },
        zone=local_zone(session),
    )


def gather(
    session: Session,
    *,
    resident_ids: Sequence[int],
    known: Iterable[tuple[int, int]],
    frame: Frame,
) -> list[LineFacts]:
    """Return the facts of every line that these residents have or should have.

    A closed campaign keeps the lines it had and gains none. Residents who were merged or erased have
    no line any more. The caller has locked the residents.
    """
    ids = sorted(resident_ids)
    read = _Readings(session, ids, frame)
    had = set(known)
    found = []
    for resident in read.residents:
        for campaign in frame.campaigns:
            is_known = (resident.id, campaign.campaign_id) in had
            takes_new = campaign.state is not CampaignState.CLOSED
            if is_known or (takes_new and frame.covers(campaign, resident.community_id)):
                found.append(read.line_facts(resident, campaign, is_known=is_known))
    return found


class _Readings:
    """All rows about some residents, by resident."""

    def __init__(self, session: Session, ids: Sequence[int], frame: Frame) -> None:
        self._session = session
        self._ids = ids
        self._zone = frame.zone
        self.residents = self._residents()
        self._doses = self._read_doses()
        self._infections = self._read_infections()
        self._deferrals = self._by_resident(self._deferral_rows())
        self._attempts = self._read_attempts()
        self._appointments = self._read_appointments()
        self._consents = self._by_resident(self._consent_rows())
        self._reports = self._having(
            select(LifeReport.resident_id).where(
                among(LifeReport.resident_id, ids),
                LifeReport.state.in_([ReportState.OPEN, ReportState.SECONDED]),
            )
        )
        self._phones = self._having(
            select(ContactPerson.resident_id)
            .join(Phone, Phone.contact_person_id == ContactPerson.id)
            .where(
                among(ContactPerson.resident_id, ids),
                ContactPerson.ended_at.is_(None),
                Phone.invalid_since.is_(None),
            )
            .distinct()
        )

    def line_facts(
        self, resident: Row[Any], campaign: CampaignRules, *, is_known: bool
    ) -> LineFacts:
        """Put the facts of one line together."""
        own, others, proofs = self._split_doses(resident.id, campaign)
        last_dose_on = max((dose.given.given_on for dose in own), default=None)
        attempts = self._attempts.get((resident.id, campaign.campaign_id), [])
        bookings, refused_on = self._visits(resident.id, campaign, attempts, last_dose_on)
        facts = EntryFacts(
            born_on=resident.born_on,
            minimum_age=campaign.minimum_age,
            opens_on=campaign.opens_on,
            doses=DoseFacts(
                person=Person(
                    birth=Birth(resident.born_on) if resident.born_on else None,
                    sex=str(resident.sex),
                    doses=others,
                    infections=self._infections.get(resident.id, ()),
                ),
                doses=own,
                rules=campaign.rules,
                closing_grade=EvidenceGrade(campaign.closing_grade),
                target_dose=campaign.target_dose,
            ),
            life=resident.life_status,
            life_review_on=resident.life_review_on,
            has_open_report=resident.id in self._reports,
            deferrals=self._deferral_facts(resident.id, campaign),
            bookings=bookings,
            refused_at_desk_on=refused_on,
            consent_conflict=self._disagree(resident.id, campaign, last_dose_on),
            contact=read_attempts(attempts, round_from=last_dose_on),
            quiet_until=_latest(
                resident.snoozed_until, resident.household_snooze, resident.mourning_until
            ),
            has_phone=resident.id in self._phones,
        )
        return LineFacts(
            resident_id=resident.id,
            campaign=campaign,
            community_id=resident.community_id,
            grid_id=resident.grid_id,
            facts=facts,
            proofs=proofs,
            last_dose_on=last_dose_on,
            is_known=is_known,
        )

    def _residents(self) -> list[Row[Any]]:
        question = (
            select(
                Resident.id,
                Resident.born_on,
                Resident.sex,
                Resident.community_id,
                Resident.grid_id,
                Resident.life_status,
                Resident.life_review_on,
                Resident.snoozed_until,
                Household.snoozed_until.label("household_snooze"),
                Household.mourning_until,
            )
            .outerjoin(Household, Household.id == Resident.household_id)
            .where(
                among(Resident.id, self._ids),
                Resident.merged_into_id.is_(None),
                Resident.erased_at.is_(None),
            )
            .order_by(Resident.id)
        )
        return list(self._session.execute(question))

    def _read_doses(self) -> dict[int, list[Row[Any]]]:
        question = (
            select(
                Dose.id,
                Dose.resident_id,
                Vaccine.code.label("vaccine"),
                Dose.given_on,
                Product.code.label("product"),
                ProductBatch.expires_on,
                Dose.grade,
                Dose.recorded_by,
            )
            .join(Vaccine, Vaccine.id == Dose.vaccine_id)
            .outerjoin(Product, Product.id == Dose.product_id)
            .outerjoin(ProductBatch, ProductBatch.id == Dose.batch_id)
            .where(among(Dose.resident_id, self._ids), Dose.voided_at.is_(None))
            .order_by(Dose.resident_id, Dose.given_on, Dose.id)
        )
        return self._by_resident(self._session.execute(question))

    def _split_doses(
        self, resident_id: int, campaign: CampaignRules
    ) -> tuple[tuple[GradedDose, ...], tuple[DoseGiven, ...], dict[str, ProvenDose]]:
        own, others, proofs = [], [], {}
        for row in self._doses.get(resident_id, ()):
            reference = str(row.id)
            given = DoseGiven(row.vaccine, row.given_on, row.product, row.expires_on, reference)
            if row.vaccine == campaign.vaccine_code:
                own.append(GradedDose(given, row.grade))
                proofs[reference] = ProvenDose(row.id, row.grade, row.recorded_by)
            else:
                others.append(given)
        return tuple(own), tuple(others), proofs

    def _read_infections(self) -> dict[int, tuple[Infection, ...]]:
        question = (
            select(InfectionRow.resident_id, InfectionRow.vaccine_code, InfectionRow.infected_on)
            .where(among(InfectionRow.resident_id, self._ids))
            .order_by(InfectionRow.id)
        )
        rows = self._by_resident(self._session.execute(question))
        return {
            resident_id: tuple(Infection(row.vaccine_code, row.infected_on) for row in found)
            for resident_id, found in rows.items()
        }

    def _deferral_rows(self) -> Iterable[Row[Any]]:
        return self._session.execute(
            select(
                Deferral.id,
                Deferral.resident_id,
                Deferral.campaign_id,
                Deferral.code,
                Deferral.is_permanent,
                Deferral.seconded_by,
                Deferral.until_on,
                Deferral.review_on,
            )
            .where(among(Deferral.resident_id, self._ids), Deferral.lifted_at.is_(None))
            .order_by(Deferral.id)
        )

    def _deferral_facts(
        self, resident_id: int, campaign: CampaignRules
    ) -> tuple[DeferralFact, ...]:
        return tuple(
            DeferralFact(
                deferral_id=row.id,
                code=row.code,
                is_permanent=row.is_permanent,
                is_seconded=row.seconded_by is not None,
                until_on=row.until_on,
                review_on=row.review_on,
            )
            for row in self._deferrals.get(resident_id, ())
            if row.campaign_id in {None, campaign.campaign_id}
        )

    def _read_attempts(self) -> dict[tuple[int, int], list[Tried]]:
        question = (
            select(
                ContactAttempt.resident_id,
                LedgerEntry.campaign_id,
                ContactAttempt.at,
                ContactAttempt.channel,
                ContactAttempt.outcome,
                AttemptReason.code.label("main_reason"),
                ContactAttempt.next_contact_on,
                ContactAttempt.promised_call_at,
                ContactAttempt.is_inbound,
            )
            .join(LedgerEntry, LedgerEntry.id == ContactAttempt.entry_id)
            .outerjoin(
                AttemptReason,
                (AttemptReason.attempt_id == ContactAttempt.id) & AttemptReason.is_main,
            )
            .where(among(ContactAttempt.resident_id, self._ids), ContactAttempt.voided_at.is_(None))
            .order_by(ContactAttempt.at, ContactAttempt.id)
        )
        found: dict[tuple[int, int], list[Tried]] = defaultdict(list)
        for row in self._session.execute(question):
            found[(row.resident_id, row.campaign_id)].append(
                Tried(
                    at=row.at,
                    on=row.at.astimezone(self._zone).date(),
                    channel=Channel(row.channel),
                    outcome=row.outcome,
                    main_reason=row.main_reason or "",
                    next_contact_on=row.next_contact_on,
                    promised_call_at=row.promised_call_at,
                    is_inbound=row.is_inbound,
                )
            )
        return found

    def _read_appointments(self) -> dict[tuple[int, int], list[Row[Any]]]:
        question = (
            select(
                Appointment.id,
                Appointment.resident_id,
                PlannedDose.campaign_id,
                Appointment.slot_at,
                Appointment.status,
                Appointment.booked_at,
                Appointment.visit_result,
            )
            .join(PlannedDose, PlannedDose.appointment_id == Appointment.id)
            .where(
                among(Appointment.resident_id, self._ids),
                Appointment.status.in_([*STANDING, AppointmentStatus.NO_DOSE]),
                PlannedDose.dose_id.is_(None),
            )
            .order_by(Appointment.slot_at, Appointment.id)
        )
        found: dict[tuple[int, int], list[Row[Any]]] = defaultdict(list)
        rows: Iterable[Row[Any]] = self._session.execute(question)
        for row in rows:
            found[(row.resident_id, row.campaign_id)].append(row)
        return found

    def _visits(
        self,
        resident_id: int,
        campaign: CampaignRules,
        attempts: Sequence[Tried],
        last_dose_on: date | None,
    ) -> tuple[tuple[BookingFact, ...], date | None]:
        """Return the standing bookings, and the day of a "not today" that nothing has followed."""
        rows = self._appointments.get((resident_id, campaign.campaign_id), [])
        bookings = tuple(
            BookingFact(row.id, row.slot_at.astimezone(self._zone).date(), row.booked_at)
            for row in rows
            if row.status in STANDING
        )
        last_word = max((tried.at for tried in attempts), default=None)
        refused = [
            row.slot_at.astimezone(self._zone).date()
            for row in rows
            if row.visit_result == REFUSED_AT_DESK
            and (last_word is None or row.slot_at > last_word)
        ]
        later = [day for day in refused if last_dose_on is None or day > last_dose_on]
        return bookings, max(later, default=None)

    def _consent_rows(self) -> Iterable[Row[Any]]:
        return self._session.execute(
            select(
                Consent.resident_id,
                Consent.campaign_id,
                Consent.is_yes,
                Consent.given_at,
                Consent.by_contact_id,
                ContactPerson.relation,
            )
            .outerjoin(ContactPerson, ContactPerson.id == Consent.by_contact_id)
            .where(among(Consent.resident_id, self._ids), Consent.withdrawn_at.is_(None))
            .order_by(Consent.given_at, Consent.id)
        )

    def _disagree(
        self, resident_id: int, campaign: CampaignRules, last_dose_on: date | None
    ) -> bool:
        """Return whether the last words of the person and of a relative differ (moment 2d)."""
        last_word: dict[int | None, bool] = {}
        for row in self._consents.get(resident_id, ()):
            is_round = (
                last_dose_on is None or row.given_at.astimezone(self._zone).date() > last_dose_on
            )
            if row.campaign_id == campaign.campaign_id and is_round:
                who = None if row.relation in {None, Relation.SELF} else row.by_contact_id
                last_word[who] = row.is_yes
        return len(set(last_word.values())) > 1

    def _having(self, question: Any) -> frozenset[int]:  # noqa: ANN401 - any select of one id column
        return frozenset(self._session.scalars(question))

    @staticmethod
    def _by_resident(rows: Iterable[Row[Any]]) -> dict[int, list[Row[Any]]]:
        found: dict[int, list[Row[Any]]] = defaultdict(list)
        for row in rows:
            found[row.resident_id].append(row)
        return found


def _latest(*days: date | None) -> date | None:
    return max((day for day in days if day is not None), default=None)
