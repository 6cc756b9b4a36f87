"""Reading the health side of one person's card: lines with their rules, doses, deferrals, consents."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.campaigns.dose_facts import DoseEvaluation
from outreach.campaigns.models import Product, ProductBatch, Vaccine
from outreach.clinics.models import Site
from outreach.ledger.codes import StrikeOffKind
from outreach.ledger.dose_view import assess_told
from outreach.ledger.entries import stored_entries
from outreach.ledger.entry_models import Deferral, Dose, LedgerEntry, StrikeOff
from outreach.ledger.models import Consent, ContactPerson, Infection
from outreach.workflows.entry_facts import LineFacts, frame_of, gather
from outreach.workflows.person_views import (
    Closure,
    ConsentLine,
    DeferralLine,
    DoseLine,
    LineCard,
)


class HealthReading:
    """The rows behind the health side of one card."""

    def __init__(self, session: Session, *, resident_id: int, day: date) -> None:
        self._session = session
        self._resident_id = resident_id
        self._day = day
        self._users: dict[int, str] = dict(
            session.execute(select(User.id, User.display_name)).all()
        )
        self._facts = self._gather()

    def _gather(self) -> list[LineFacts]:
        ids = [self._resident_id]
        known = stored_entries(self._session, ids)
        return gather(self._session, resident_ids=ids, known=known, frame=frame_of(self._session))

    def lines(self) -> tuple[LineCard, ...]:
        """Return the lines in campaigns, each with its assessment of today."""
        entries = {
            entry.campaign_id: entry
            for entry in self._session.scalars(
                select(LedgerEntry)
                .where(LedgerEntry.resident_id == self._resident_id, LedgerEntry.is_counted)
                .order_by(LedgerEntry.id)
                .execution_options(populate_existing=True)
            )
        }
        found = []
        for facts in self._facts:
            entry = entries.get(facts.campaign.campaign_id)
            if entry is not None:
                found.append(self._line(entry, facts))
        return tuple(found)

    def _line(self, entry: LedgerEntry, facts: LineFacts) -> LineCard:
        assessment = assess_told(facts.facts.doses, self._day)
        return LineCard(
            entry_id=entry.id,
            campaign_id=entry.campaign_id,
            campaign_zh=facts.campaign.name_zh,
            campaign_en=facts.campaign.name_en,
            status=entry.status,
            status_since=entry.status_since,
            next_action=entry.next_action,
            next_contact_on=entry.next_contact_on,
            next_channel=entry.next_channel,
            promised_call_at=entry.promised_call_at,
            last_contact_at=entry.last_contact_at,
            refusals=entry.refusals,
            declined_until=entry.declined_until,
            do_not_ask=entry.do_not_ask,
            assigned_to=entry.assigned_to,
            assigned_name=self._users.get(entry.assigned_to or 0, ""),
            is_to_verify=entry.is_to_verify,
            doses_counted=entry.doses_counted,
            assessment=assessment,
            closure=self._closure(entry.id),
            version=entry.version,
        )

    def _closure(self, entry_id: int) -> Closure | None:
        undone = select(StrikeOff.reverses_id).where(
            StrikeOff.entry_id == entry_id, StrikeOff.reverses_id.is_not(None)
        )
        row = self._session.scalars(
            select(StrikeOff)
            .where(
                StrikeOff.entry_id == entry_id,
                StrikeOff.kind != StrikeOffKind.REVERSED,
                StrikeOff.id.not_in(undone),
            )
            .order_by(StrikeOff.id.desc())
            .limit(1)
        ).first()
        if row is None:
            return None
        name = self._users.get(row.by_user_id or 0, "")
        return Closure(row.kind, str(row.grade or ""), name, row.by_actor, row.at)

    def doses(self) -> tuple[DoseLine, ...]:
        """Return every dose recorded, newest first, the ones taken back included."""
        evaluations = {
            found.dose.reference: found
            for facts in self._facts
            for found in assess_told(facts.facts.doses, self._day).evaluations
        }
        rows: Any = self._session.execute(
            select(
                Dose,
                Vaccine.code.label("vaccine_code"),
                Vaccine.name_zh.label("vaccine_zh"),
                Vaccine.name_en.label("vaccine_en"),
                Product.name_zh.label("product_zh"),
                Product.name_en.label("product_en"),
                ProductBatch.number.label("batch"),
                Site.name.label("site"),
            )
            .join(Vaccine, Vaccine.id == Dose.vaccine_id)
            .outerjoin(Product, Product.id == Dose.product_id)
            .outerjoin(ProductBatch, ProductBatch.id == Dose.batch_id)
            .outerjoin(Site, Site.id == Dose.site_id)
            .where(Dose.resident_id == self._resident_id)
            .order_by(Dose.given_on.desc(), Dose.id.desc())
        )
        return tuple(self._dose(row, evaluations) for row in rows)

    def _dose(self, row: Row[Any], evaluations: dict[str, DoseEvaluation]) -> DoseLine:
        dose: Dose = row[0]
        return DoseLine(
            dose_id=dose.id,
            vaccine_code=row.vaccine_code,
            vaccine_zh=row.vaccine_zh,
            vaccine_en=row.vaccine_en,
            product_zh=row.product_zh or dose.product_text,
            product_en=row.product_en or dose.product_text,
            batch=row.batch or "",
            given_on=dose.given_on,
            given_at=dose.given_at,
            site=row.site or dose.site_text,
            grade=str(dose.grade),
            recorded_by=self._users.get(dose.recorded_by or 0, ""),
            recorded_at=dose.recorded_at,
            is_voided=dose.voided_at is not None,
            void_reason=dose.void_reason,
            evaluation=evaluations.get(str(dose.id)),
        )

    def infections(self) -> tuple[tuple[str, date], ...]:
        """Return infections as (vaccine code, day)."""
        rows = self._session.scalars(
            select(Infection)
            .where(Infection.resident_id == self._resident_id)
            .order_by(Infection.infected_on)
        )
        return tuple((row.vaccine_code, row.infected_on) for row in rows)

    def deferrals(self) -> tuple[DeferralLine, ...]:
        """Return the deferrals, standing ones first."""
        rows = self._session.scalars(
            select(Deferral)
            .where(Deferral.resident_id == self._resident_id)
            .order_by(Deferral.lifted_at.is_not(None), Deferral.id.desc())
        )
        return tuple(
            DeferralLine(
                deferral_id=row.id,
                code=row.code,
                campaign_id=row.campaign_id,
                is_permanent=row.is_permanent,
                is_seconded=row.seconded_by is not None,
                until_on=row.until_on,
                review_on=row.review_on,
                note=row.note,
                set_by=self._users.get(row.set_by or 0, ""),
                set_by_id=row.set_by,
                set_at=row.set_at,
                lifted_at=row.lifted_at,
                lift_reason=row.lift_reason,
            )
            for row in rows
        )

    def consents(self) -> tuple[ConsentLine, ...]:
        """Return what was said, latest first."""
        rows = self._session.execute(
            select(Consent, ContactPerson.name, ContactPerson.relation)
            .outerjoin(ContactPerson, ContactPerson.id == Consent.by_contact_id)
            .where(Consent.resident_id == self._resident_id)
            .order_by(Consent.given_at.desc(), Consent.id.desc())
        )
        return tuple(
            ConsentLine(
                consent_id=row.id,
                campaign_id=row.campaign_id,
                is_yes=row.is_yes,
                by_name=name or "",
                by_relation=str(relation or ""),
                form=str(row.form),
                given_at=row.given_at,
                withdrawn_at=row.withdrawn_at,
            )
            for row, name, relation in rows
        )
