"""What the desk of one session shows: the products on its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.campaigns.models import Product, ProductBatch
from outreach.clinics.models import Appointment, SessionStock
from outreach.ledger.entry_models import Dose


@dataclass(frozen=True, slots=True)
class OnTheTable:
    """A product and batch in stock at a session; ``left`` is what was not recorded as given yet."""

    product_id: int
    product_zh: str
    product_en: str
    vaccine_id: int
    batch_id: int | None
    batch_number: str
    expires_on: date | None
    is_quarantined: bool
    is_preset: bool
    left: int

    def may_be_given(self, day: date) -> bool:
        """Whether this batch may be given that day."""
        return not self.is_quarantined and (self.expires_on is None or self.expires_on >= day)


def stock_of(session: Session, *, site_session_id: int) -> list[OnTheTable]:
    """Return the session's stock, the preset batch first."""
    given = (
        select(func.count(Dose.id))
        .join(Appointment, Appointment.id == Dose.appointment_id)
        .where(
            Appointment.site_session_id == site_session_id,
            Dose.batch_id == SessionStock.batch_id,
            Dose.voided_at.is_(None),
        )
        .correlate(SessionStock)
        .scalar_subquery()
    )
    rows = session.execute(
        select(SessionStock, Product, ProductBatch, given)
        .join(Product, Product.id == SessionStock.product_id)
        .outerjoin(ProductBatch, ProductBatch.id == SessionStock.batch_id)
        .where(SessionStock.site_session_id == site_session_id)
        .order_by(SessionStock.is_preset.desc(), SessionStock.id)
    )
    return [
        OnTheTable(
            product_id=product.id,
            product_zh=product.name_zh,
            product_en=product.name_en,
            vaccine_id=product.vaccine_id,
            batch_id=stock.batch_id,
            batch_number=batch.number if batch else "",
            expires_on=batch.expires_on if batch else None,
            is_quarantined=batch is not None and batch.quarantined_at is not None,
            is_preset=stock.is_preset,
            left=stock.doses - count,
        )
        for stock, product, batch, count in rows
    ]


def scanned(table: Sequence[OnTheTable], text: str) -> OnTheTable | None:
    """Return whose batch a scanned or typed code names; a GS1 code holds the number within it."""
    code = "".join(c for c in text if c.isalnum()).casefold()
    if not code:
        return None
    named = [
        row for row in table if _folded(row.batch_number) and _folded(row.batch_number) in code
    ]
    return max(named, key=lambda row: len(row.batch_number), default=None)


def _folded(number: str) -> str:
    return "".join(c for c in number if c.isalnum()).casefold()
