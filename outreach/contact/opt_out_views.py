"""The list of opt-outs in force, for those who may see the people behind the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.accounts.queries import within
from outreach.accounts.rules import Scope
from outreach.contact.codes import OptOutScope
from outreach.contact.message_models import OptOut
from outreach.db import vault_of
from outreach.kernel.errors import NotFound
from outreach.kernel.phone import mask_phone
from outreach.ledger.models import ContactPerson, Phone, Resident

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class OptOutLine:
    """One opt-out: whose number as far as it is known here, how wide, since when, how it came."""

    id: int
    number: str
    people: tuple[tuple[int, str], ...]
    scope: OptOutScope
    source: str
    recorded_by: str
    at: datetime


def opt_outs_in(
    session: Session, *, scope: Scope, sees_all: bool, page: int, number: str = ""
) -> tuple[list[OptOutLine], int]:
    """Return the opt-outs in force, newest first, and how many; numbers of nobody only to who sees all."""
    where = [OptOut.ended_at.is_(None), _visible(scope, sees_all)]
    if number:
        where.append(OptOut.number_index == vault_of(session).index(number, purpose="phone"))
    total = session.scalar(select(func.count()).select_from(OptOut).where(*where)) or 0
    question = (
        select(OptOut, User.display_name)
        .outerjoin(User, User.id == OptOut.recorded_by)
        .where(*where)
        .order_by(OptOut.at.desc(), OptOut.id.desc())
        .limit(PAGE_SIZE)
        .offset(PAGE_SIZE * (page - 1))
    )
    return [
        _line(session, row, by or "", scope=scope) for row, by in session.execute(question)
    ], total


def check_may_end(session: Session, *, opt_out_id: int, scope: Scope, sees_all: bool) -> None:
    """Raise NotFound unless the opt-out is one of those the scope shows."""
    question = select(OptOut.id).where(OptOut.id == opt_out_id, _visible(scope, sees_all))
    if session.scalars(question).first() is None:
        raise NotFound("opt_out", opt_out_id=opt_out_id)


def _visible(scope: Scope, sees_all: bool) -> ColumnElement[bool]:  # noqa: FBT001 - said at both calls
    if sees_all:
        return OptOut.id.is_not(None)
    inside = select(Phone.number_index).join(
        ContactPerson, ContactPerson.id == Phone.contact_person_id
    )
    inside = inside.join(Resident, Resident.id == ContactPerson.resident_id)
    people = select(Resident.id).where(within(scope, Resident.community_id))
    return or_(
        OptOut.number_index.in_(inside.where(within(scope, Resident.community_id))),
        OptOut.resident_id.in_(people),
    )


def _line(session: Session, row: OptOut, by: str, *, scope: Scope) -> OptOutLine:
    # The list holds no number, only what recognises it: the number is shown where a phone still has it.
    question = (
        select(Phone, Resident.id, Resident.name)
        .join(ContactPerson, ContactPerson.id == Phone.contact_person_id)
        .join(Resident, Resident.id == ContactPerson.resident_id)
        .where(
            Phone.number_index == row.number_index,
            within(scope, Resident.community_id),
            Resident.erased_at.is_(None),
        )
        .order_by(Resident.id)
        .limit(4)
    )
    found = session.execute(question).all() if row.number_index is not None else []
    number = ""
    if found:
        phone = found[0][0]
        number = mask_phone(
            vault_of(session).open(
                phone.number_sealed, table="phone", column="number_sealed", row=phone.uuid
            )
        )
    shown = scope.sees_names
    people = dict.fromkeys((id_, name if shown else "") for _, id_, name in found)
    return OptOutLine(
        id=row.id,
        number=number,
        people=tuple(people),
        scope=row.scope,
        source=row.source,
        recorded_by=by,
        at=row.at,
    )
