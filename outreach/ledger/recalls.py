"""Batches of products: which were used, which are blocked, and who had one (moment 2i)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.accounts.rules import Scope
from outreach.campaigns.models import Product, ProductBatch
from outreach.kernel.errors import NotFound
from outreach.ledger.entry_models import Dose
from outreach.ledger.heads import PersonHead, person_heads

MOST = 300


@dataclass(frozen=True, slots=True)
class BatchOfProduct:
    """One batch with how many doses of it stand, in the whole place."""

    id: int
    number: str
    product_id: int
    product_zh: str
    product_en: str
    expires_on: date | None
    quarantined_at: datetime | None
    quarantined_by: str
    reason: str
    doses: int


@dataclass(frozen=True, slots=True)
class HadIt:
    """Somebody who had a dose of a batch, and when."""

    head: PersonHead
    given_on: date
    site: str


def batches(session: Session, *, text: str = "", limit: int = MOST) -> list[BatchOfProduct]:
    """Return batches, blocked ones first, then the latest; ``text`` is part of the number."""
    question = _question().limit(limit)
    if text.strip():
        question = question.where(ProductBatch.number.icontains(text.strip(), autoescape=True))
    return [_line(row) for row in session.execute(question)]


def batch(session: Session, batch_id: int) -> BatchOfProduct:
    """Return one batch; NotFound when there is none."""
    row = session.execute(_question().where(ProductBatch.id == batch_id)).first()
    if row is None:
        raise NotFound("batch", batch_id=batch_id)
    return _line(row)


def who_had(
    session: Session, *, batch_id: int, scope: Scope, now: datetime
) -> tuple[list[HadIt], int]:
    """Return those within the scope who had a dose of a batch, and how many others had one elsewhere."""
    doses = session.execute(
        select(Dose.resident_id, Dose.given_on, Dose.site_text)
        .where(Dose.batch_id == batch_id, Dose.voided_at.is_(None))
        .order_by(Dose.given_on.desc(), Dose.id.desc())
    ).all()
    heads = person_heads(
        session, resident_ids={row.resident_id for row in doses}, scope=scope, now=now
    )
    mine = [
        HadIt(heads[row.resident_id], row.given_on, row.site_text)
        for row in doses
        if row.resident_id in heads
    ]
    elsewhere = {row.resident_id for row in doses} - heads.keys()
    return mine, len(elsewhere)


def _question() -> Select[ProductBatch, Product, str, int]:
    standing = (
        select(func.count())
        .where(Dose.batch_id == ProductBatch.id, Dose.voided_at.is_(None))
        .correlate(ProductBatch)
        .scalar_subquery()
    )
    return (
        select(ProductBatch, Product, User.display_name, standing.label("doses"))
        .join(Product, Product.id == ProductBatch.product_id)
        .outerjoin(User, User.id == ProductBatch.quarantined_by)
        .order_by(ProductBatch.quarantined_at.is_(None), ProductBatch.id.desc())
    )


def _line(row: Row[ProductBatch, Product, str, int]) -> BatchOfProduct:
    found, product, by, doses = row
    return BatchOfProduct(
        id=found.id,
        number=found.number,
        product_id=product.id,
        product_zh=product.name_zh,
        product_en=product.name_en,
        expires_on=found.expires_on,
        quarantined_at=found.quarantined_at,
        quarantined_by=by or "",
        reason=found.quarantine_reason,
        doses=doses,
    )
