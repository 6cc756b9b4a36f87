"""Writing doses: recorded once whoever records them, never deleted, proven better as proof arrives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.campaigns.models import ProductBatch
from outreach.kernel.errors import InvalidInput, NotFound, OutreachError
from outreach.ledger.bulk import insert_rows, reserve_ids
from outreach.ledger.codes import GRADE_ORDER, EvidenceGrade
from outreach.ledger.entry_models import Dose
from outreach.ledger.residents import lock_resident

NEARBY_DAYS = 7


class NearbyDose(OutreachError):
    """A dose of the same vaccine stands a few days away: one of the two dates may be a slip."""

    status = 409


class BatchQuarantined(OutreachError):
    """The batch was recalled; nothing of it may be recorded until it is released (moment 2i)."""

    status = 409


class BatchExpired(OutreachError):
    """The batch had expired on the day; recording it wants a second look."""

    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseDraft:
    """One injection to be recorded. ``reference`` is the form's own id: the back button repeats it.

    ``confirmed`` names the doubts that a person has looked at: ``nearby_dose``, ``batch_expired``.
    """

    resident_id: int
    vaccine_id: int
    given_on: date
    grade: EvidenceGrade
    reference: str
    product_id: int | None = None
    product_text: str = ""
    batch_id: int | None = None
    given_at: datetime | None = None
    site_id: int | None = None
    site_text: str = ""
    stated_number: int | None = None
    appointment_id: int | None = None
    confirmed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a draft: a new dose, or the standing one of that day, perhaps better proven now."""

    dose_id: int
    is_new: bool
    is_better_proven: bool = False


class NewDose(NamedTuple):
    """One dose of a bulk: an import or an official list."""

    resident_id: int
    vaccine_id: int
    given_on: date
    grade: EvidenceGrade
    reference: str
    product_id: int | None = None
    product_text: str = ""
    batch_id: int | None = None
    site_text: str = ""
    stated_number: int | None = None
    import_batch_id: int | None = None


def record_dose(
    session: Session, *, draft: DoseDraft, today: date, by: int | None, now: datetime
) -> Recorded:
    """Record an injection once: two forms, two devices or a list that tell of one day make one dose."""
    resident = lock_resident(session, draft.resident_id)
    if draft.given_on > today:
        raise InvalidInput("dose_in_future", field="given_on")
    if resident.born_on is not None and draft.given_on < resident.born_on:
        raise InvalidInput("dose_before_birth", field="given_on")
    standing = standing_doses(session, resident_id=draft.resident_id, vaccine_id=draft.vaccine_id)
    same_day = next((dose for dose in standing if dose.given_on == draft.given_on), None)
    if same_day is not None:
        better = _prove_better(same_day, draft, by)
        return Recorded(same_day.id, is_new=False, is_better_proven=better)
    _check_batch(session, draft)
    _check_nearby(standing, draft)
    dose = Dose(
        resident_id=draft.resident_id,
        vaccine_id=draft.vaccine_id,
        product_id=draft.product_id,
        product_text=draft.product_text.strip(),
        batch_id=draft.batch_id,
        given_on=draft.given_on,
        given_at=draft.given_at,
        site_id=draft.site_id,
        site_text=draft.site_text.strip(),
        grade=draft.grade,
        source_reference=_free_reference(session, draft),
        stated_number=draft.stated_number,
        appointment_id=draft.appointment_id,
        recorded_by=by,
        recorded_at=now,
    )
    session.add(dose)
    session.flush()
    return Recorded(dose.id, is_new=True)


def add_doses(
    session: Session, *, doses: Sequence[NewDose], by: int | None, now: datetime
) -> list[int]:
    """Record many doses that the caller has compared with the standing ones; return their ids in order."""
    ids = reserve_ids(session, Dose, len(doses))
    insert_rows(
        session,
        Dose,
        [
            {
                "id": dose_id,
                "resident_id": dose.resident_id,
                "vaccine_id": dose.vaccine_id,
                "product_id": dose.product_id,
                "product_text": dose.product_text,
                "batch_id": dose.batch_id,
                "given_on": dose.given_on,
                "site_text": dose.site_text,
                "grade": dose.grade,
                "source_reference": dose.reference,
                "stated_number": dose.stated_number,
                "import_batch_id": dose.import_batch_id,
                "recorded_by": by,
                "recorded_at": now,
                "void_reason": "",
            }
            for dose_id, dose in zip(ids, doses, strict=True)
        ],
    )
    return ids


def prove_dose(session: Session, *, dose_id: int, draft: DoseDraft, by: int | None) -> bool:
    """Note a second source of a dose that stands; say whether its evidence is better than what was there.

    What was missing is filled in; nothing known is overwritten, and weaker evidence changes no grade.
    """
    better = _prove_better(lock_dose(session, dose_id), draft, by)
    session.flush()
    return better


def void_dose(session: Session, *, dose_id: int, by: int, reason: str, now: datetime) -> Dose:
    """Take a dose back with a reason and a name; the row stays (N8)."""
    if not reason.strip():
        raise InvalidInput("reason_missing", field="reason")
    dose = lock_dose(session, dose_id)
    if dose.voided_at is None:
        dose.voided_at, dose.voided_by, dose.void_reason = now, by, reason.strip()
        session.flush()
    return dose


def lock_dose(session: Session, dose_id: int) -> Dose:
    """Return a dose whose resident nobody else changes until this transaction ends."""
    dose = session.get(Dose, dose_id)
    if dose is None:
        raise NotFound("dose", dose_id=dose_id)
    lock_resident(session, dose.resident_id)
    session.refresh(dose)
    return dose


def standing_doses(session: Session, *, resident_id: int, vaccine_id: int) -> list[Dose]:
    """Return the doses of a vaccine that nobody has taken back, oldest first."""
    return list(
        session.scalars(
            select(Dose)
            .where(
                Dose.resident_id == resident_id,
                Dose.vaccine_id == vaccine_id,
                Dose.voided_at.is_(None),
            )
            .order_by(Dose.given_on, Dose.id)
        )
    )


def _prove_better(dose: Dose, draft: DoseDraft, by: int | None) -> bool:
    """Complete a standing dose from what a second source says of it; nothing known is overwritten."""
    dose.product_id = dose.product_id or draft.product_id
    dose.product_text = dose.product_text or draft.product_text.strip()
    dose.site_text = dose.site_text or draft.site_text.strip()
    dose.batch_id = dose.batch_id or draft.batch_id
    dose.site_id = dose.site_id or draft.site_id
    dose.given_at = dose.given_at or draft.given_at
    dose.appointment_id = dose.appointment_id or draft.appointment_id
    if GRADE_ORDER.index(draft.grade) <= GRADE_ORDER.index(dose.grade):
        return False
    dose.grade = draft.grade
    dose.recorded_by = by if by is not None else dose.recorded_by
    return True


def _check_batch(session: Session, draft: DoseDraft) -> None:
    batch = session.get(ProductBatch, draft.batch_id) if draft.batch_id else None
    if batch is None:
        return
    if batch.quarantined_at is not None:
        raise BatchQuarantined(batch_id=batch.id)
    is_expired = batch.expires_on is not None and batch.expires_on < draft.given_on
    if is_expired and "batch_expired" not in draft.confirmed:
        raise BatchExpired(batch_id=batch.id, expires_on=batch.expires_on)


def _check_nearby(standing: Sequence[Dose], draft: DoseDraft) -> None:
    near = [d for d in standing if abs((d.given_on - draft.given_on).days) <= NEARBY_DAYS]
    if near and "nearby_dose" not in draft.confirmed:
        raise NearbyDose(given_on=near[0].given_on, dose_id=near[0].id)


def _free_reference(session: Session, draft: DoseDraft) -> str:
    """Return the draft's reference, marked anew where a dose taken back holds it already."""
    taken = session.scalars(
        select(Dose.source_reference).where(
            Dose.resident_id == draft.resident_id,
            Dose.vaccine_id == draft.vaccine_id,
            Dose.given_on == draft.given_on,
        )
    ).all()
    reference, again = draft.reference, 2
    while reference in taken:
        reference, again = f"{draft.reference}#{again}", again + 1
    return reference
