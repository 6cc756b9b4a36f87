"""One person as the resident's page shows them: read across capabilities, given as frozen values."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.clinics.models import Appointment, Site, SiteSession
from outreach.contact.call_first import call_first
from outreach.contact.models import Question
from outreach.contact.opt_outs import standing, widest
from outreach.db import vault_of
from outreach.kernel.dates import age_on
from outreach.kernel.identity import mask_id
from outreach.kernel.phone import mask_phone
from outreach.ledger.entry_models import Evidence, LedgerEntry
from outreach.ledger.models import (
    ContactPerson,
    DuplicatePair,
    Household,
    LifeReport,
    Phone,
    Resident,
    Stay,
)
from outreach.ledger.visibility import check_sees
from outreach.places.models import Address, Area
from outreach.places.queries import local_day
from outreach.workflows.person_health import HealthReading
from outreach.workflows.person_timeline import timeline
from outreach.workflows.person_views import (
    AppointmentLine,
    ContactLine,
    EvidenceLine,
    HouseholdMember,
    LifeReportLine,
    PersonCard,
    PhoneLine,
    QuestionLine,
    StayLine,
)


def person_card(
    session: Session,
    *,
    resident_id: int,
    scope: Scope,
    now: datetime,
    is_clinician: bool = False,
) -> PersonCard:
    """Return one person within the scope; NotFound outside it (N6). The caller logs the view."""
    day = local_day(session, now)
    resident = check_sees(session, resident_id=resident_id, scope=scope, day=day)
    read = _Reading(session, resident, day)
    health = HealthReading(session, resident_id=resident.id, day=day)
    address, household = read.address(), read.household()
    return PersonCard(
        resident_id=resident.id,
        version=resident.version,
        name=resident.name,
        sex=str(resident.sex),
        born_on=resident.born_on,
        birth_certainty=str(resident.birth_certainty),
        age=age_on(day, born_on=resident.born_on) if resident.born_on else None,
        id_masked=read.id_masked(),
        community_id=resident.community_id,
        community=read.area_name(resident.community_id),
        grid_id=resident.grid_id,
        grid=read.area_name(resident.grid_id),
        address_id=resident.address_id,
        address=address.text if address else "",
        has_point=address is not None and address.latitude is not None,
        point_confidence=str(address.point_confidence or "") if address else "",
        is_registered_elsewhere=resident.is_registered_elsewhere,
        household_id=resident.household_id,
        household_snoozed_until=household.snoozed_until if household else None,
        mourning_until=household.mourning_until if household else None,
        mobility=resident.mobility,
        mobility_flags=tuple(resident.mobility_flags),
        lives_alone=resident.lives_alone,
        language=resident.language,
        dialect=resident.dialect,
        life_status=str(resident.life_status),
        life_status_on=resident.life_status_on,
        life_review_on=resident.life_review_on,
        held_all=resident.held_all,
        held_nudges=resident.held_nudges,
        snoozed_until=resident.snoozed_until,
        note=resident.note,
        clinical_note=resident.clinical_note if is_clinician else "",
        access_note=resident.access_note,
        missing=tuple(resident.missing),
        merged_into_id=resident.merged_into_id,
        call_first=call_first(session, resident_ids=[resident.id]).get(resident.id),
        contacts=read.contacts(),
        lines=health.lines(),
        doses=health.doses(),
        infections=health.infections(),
        deferrals=health.deferrals(),
        stays=read.stays(),
        consents=health.consents(),
        household=read.members(),
        reports=read.reports(),
        appointments=read.appointments(),
        questions=read.questions(),
        evidence=read.evidence(),
        possible_twins=read.possible_twins(),
        timeline=timeline(session, resident_id=resident.id),
    )


class _Reading:
    """The rows behind one card."""

    def __init__(self, session: Session, resident: Resident, day: date) -> None:
        self._session = session
        self._resident = resident
        self._day = day

    def address(self) -> Address | None:
        """Return the usual address."""
        found = self._resident.address_id
        return self._session.get(Address, found) if found else None

    def household(self) -> Household | None:
        """Return the household."""
        found = self._resident.household_id
        return self._session.get(Household, found) if found else None

    def area_name(self, area_id: int | None) -> str:
        """Return the name of an area, empty for none."""
        area = self._session.get(Area, area_id) if area_id else None
        return area.name if area else ""

    def id_masked(self) -> str:
        """Return the identity number masked, empty where none is known."""
        sealed = self._resident.id_sealed
        if sealed is None:
            return ""
        vault = vault_of(self._session)
        return mask_id(
            vault.open(sealed, table="resident", column="id_sealed", row=self._resident.uuid)
        )

    def contacts(self) -> tuple[ContactLine, ...]:
        """Return the contact persons with their numbers, in their order."""
        people = self._session.scalars(
            select(ContactPerson)
            .where(ContactPerson.resident_id == self._resident.id)
            .order_by(ContactPerson.position, ContactPerson.id)
        ).all()
        phones = self._session.scalars(
            select(Phone)
            .where(Phone.contact_person_id.in_([person.id for person in people]))
            .order_by(Phone.position, Phone.id)
        ).all()
        return tuple(
            ContactLine(
                contact_person_id=p.id,
                name=p.name,
                relation=str(p.relation),
                role=str(p.role),
                language=p.language,
                preferred_channel=p.preferred_channel,
                preferred_from=p.preferred_from,
                preferred_until=p.preferred_until,
                told_purposes=tuple(p.told_purposes),
                knows_health=p.knows_health,
                only_if_changed=p.only_if_changed,
                cannot_read=p.cannot_read,
                is_ended=p.ended_at is not None,
                phones=tuple(self._phone(n) for n in phones if n.contact_person_id == p.id),
            )
            for p in people
        )

    def _phone(self, phone: Phone) -> PhoneLine:
        number = vault_of(self._session).open(
            phone.number_sealed, table="phone", column="number_sealed", row=phone.uuid
        )
        return PhoneLine(
            phone_id=phone.id,
            masked=mask_phone(number),
            kind=str(phone.kind),
            is_invalid=phone.invalid_since is not None,
            invalid_reason=phone.invalid_reason,
            opted_out=widest(
                [row.scope for row in standing(self._session, number_index=phone.number_index)]
            ),
        )

    def stays(self) -> tuple[StayLine, ...]:
        """Return the stays that were not taken back, latest first."""
        rows = self._session.execute(
            select(Stay, Address, Area.name, ContactPerson.name, ContactPerson.relation)
            .join(Address, Address.id == Stay.address_id)
            .outerjoin(Area, Area.id == Stay.community_id)
            .outerjoin(ContactPerson, ContactPerson.id == Stay.with_contact_id)
            .where(Stay.resident_id == self._resident.id, Stay.ended_at.is_(None))
            .order_by(Stay.from_on.desc(), Stay.id.desc())
        )
        return tuple(
            StayLine(
                stay_id=stay.id,
                address_id=address.id,
                address=address.text,
                community=community or "",
                with_name=name or "",
                with_relation=str(relation or ""),
                from_on=stay.from_on,
                until_on=stay.until_on,
                is_now=stay.from_on <= self._day
                and (stay.until_on is None or stay.until_on >= self._day),
                has_point=address.latitude is not None,
            )
            for stay, address, community, name, relation in rows
        )

    def members(self) -> tuple[HouseholdMember, ...]:
        """Return who else lives behind the same door."""
        if self._resident.household_id is None:
            return ()
        rows = self._session.execute(
            select(Resident, LedgerEntry.status)
            .outerjoin(
                LedgerEntry,
                (LedgerEntry.resident_id == Resident.id) & LedgerEntry.is_counted.is_(True),
            )
            .where(
                Resident.household_id == self._resident.household_id,
                Resident.id != self._resident.id,
                Resident.merged_into_id.is_(None),
                Resident.erased_at.is_(None),
            )
            .order_by(Resident.id, LedgerEntry.campaign_id)
        )
        found: dict[int, HouseholdMember] = {}
        for row, status in rows:
            age = age_on(self._day, born_on=row.born_on) if row.born_on else None
            found.setdefault(row.id, HouseholdMember(row.id, row.name, age, status))
        return tuple(found.values())

    def reports(self) -> tuple[LifeReportLine, ...]:
        """Return words about the life that wait for a decision."""
        rows = self._session.scalars(
            select(LifeReport)
            .where(LifeReport.resident_id == self._resident.id, LifeReport.decided_at.is_(None))
            .order_by(LifeReport.id)
        )
        return tuple(
            LifeReportLine(
                report_id=row.id,
                kind=str(row.kind),
                state=str(row.state),
                source=row.source,
                words=row.words,
                reported_by=row.reported_by,
                reported_at=row.reported_at,
                seconded_by=row.seconded_by,
            )
            for row in rows
        )

    def appointments(self) -> tuple[AppointmentLine, ...]:
        """Return the appointments, latest first."""
        rows = self._session.execute(
            select(Appointment, Site.name)
            .join(SiteSession, SiteSession.id == Appointment.site_session_id)
            .join(Site, Site.id == SiteSession.site_id)
            .where(Appointment.resident_id == self._resident.id)
            .order_by(Appointment.slot_at.desc(), Appointment.id.desc())
            .limit(50)
        )
        return tuple(
            AppointmentLine(
                appointment_id=row.id,
                slot_at=row.slot_at,
                site=site,
                status=str(row.status),
                outbound_mode=str(row.outbound_mode),
                return_mode=str(row.return_mode),
                visit_result=row.visit_result,
            )
            for row, site in rows
        )

    def questions(self) -> tuple[QuestionLine, ...]:
        """Return the questions, latest first."""
        rows = self._session.scalars(
            select(Question)
            .where(Question.resident_id == self._resident.id)
            .order_by(Question.asked_at.desc(), Question.id.desc())
            .limit(50)
        )
        return tuple(
            QuestionLine(
                question_id=row.id,
                topic=row.topic,
                text=row.text,
                state=str(row.state),
                is_urgent=row.is_urgent,
                asked_at=row.asked_at,
                due_at=row.due_at,
                answer=row.answer,
            )
            for row in rows
        )

    def evidence(self) -> tuple[EvidenceLine, ...]:
        """Return the documents that still lie here."""
        rows = self._session.scalars(
            select(Evidence)
            .where(Evidence.resident_id == self._resident.id, Evidence.removed_at.is_(None))
            .order_by(Evidence.uploaded_at.desc(), Evidence.id.desc())
        )
        return tuple(
            EvidenceLine(row.id, row.kind, row.content_type, row.uploaded_at) for row in rows
        )

    def possible_twins(self) -> tuple[int, ...]:
        """Return residents who may be the same person and wait for a decision."""
        own = self._resident.id
        rows = self._session.scalars(
            select(DuplicatePair)
            .where(
                DuplicatePair.state == "open",
                or_(DuplicatePair.first_id == own, DuplicatePair.second_id == own),
            )
            .order_by(DuplicatePair.id)
        )
        return tuple(row.second_id if row.first_id == own else row.first_id for row in rows)
