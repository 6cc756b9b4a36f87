"""Writing consents as they happen: who said yes or no, how it was given, and its withdrawal (moment 2d)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.kernel.errors import InvalidInput, MoveNotAllowed, NotFound
from outreach.ledger.codes import ConsentForm, Relation
from outreach.ledger.models import Consent, ContactPerson
from outreach.ledger.residents import lock_resident


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDraft:
    """One yes or no. ``by_contact_id`` None means the person; a guardian states on what basis."""

    resident_id: int
    campaign_id: int
    is_yes: bool
    dose_number: int | None = None
    by_contact_id: int | None = None
    guardian_basis: str = ""
    form: ConsentForm = ConsentForm.SPOKEN
    evidence_id: int | None = None


def give_consent(
    session: Session, *, draft: ConsentDraft, by: int | None, now: datetime
) -> Consent:
    """Note a yes or a no to a dose; what was said before stays as it was said."""
    lock_resident(session, draft.resident_id)
    contact = session.get(ContactPerson, draft.by_contact_id) if draft.by_contact_id else None
    if draft.by_contact_id and (contact is None or contact.resident_id != draft.resident_id):
        raise InvalidInput("contact_of_another", field="by_contact_id")
    speaks_for = contact is not None and contact.relation is not Relation.SELF
    if speaks_for and draft.is_yes and not draft.guardian_basis.strip():
        raise InvalidInput("guardian_basis_missing", field="guardian_basis")
    if draft.form is not ConsentForm.SPOKEN and draft.evidence_id is None:
        raise InvalidInput("consent_paper_missing", field="evidence_id")
    row = Consent(
        resident_id=draft.resident_id,
        campaign_id=draft.campaign_id,
        dose_number=draft.dose_number,
        is_yes=draft.is_yes,
        by_contact_id=draft.by_contact_id,
        guardian_basis=draft.guardian_basis.strip(),
        form=draft.form,
        evidence_id=draft.evidence_id,
        given_at=now,
        recorded_by=by,
    )
    session.add(row)
    session.flush()
    return row


def withdraw_consent(
    session: Session, *, consent_id: int, by: int | None, now: datetime
) -> Consent:
    """Take a consent back, which is possible up to the needle."""
    row = session.get(Consent, consent_id)
    if row is None:
        raise NotFound("consent", consent_id=consent_id)
    lock_resident(session, row.resident_id)
    session.refresh(row)
    if row.withdrawn_at is not None:
        raise MoveNotAllowed("consent_withdrawn", consent_id=consent_id)
    row.withdrawn_at, row.withdrawn_by = now, by
    session.flush()
    return row
