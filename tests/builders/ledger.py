"""People of the ledger for tests: a community, staff, elders with the facts that matter to a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.accounts.rules import Scope
from outreach.ledger.area_counts import AreaCounts
from outreach.ledger.codes import Cause, EvidenceGrade, PhoneKind, Relation, Sex
from outreach.ledger.doses import DoseDraft
from outreach.ledger.entry_models import LedgerEntry, StatusTransition
from outreach.ledger.ledger_filter import LedgerFilter, count_by_status
from outreach.ledger.new_residents import NewContact, NewPhone, NewResident, add_residents
from outreach.ledger.visibility import Basis
from outreach.places.models import Place
from outreach.places.operations import add_area
from outreach.places.queries import get_area
from outreach.workflows.restate import restate_many
from tests.builders.campaigns import covid_campaign

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)  # 09:30 in Zhengzhou
TODAY = date(2026, 11, 23)


@dataclass(frozen=True, slots=True)
class Village:
    """Ids of the smallest place in which a ledger makes sense."""

    campaign_id: int
    vaccine_id: int
    district_id: int
    street_id: int
    community_id: int
    grid_id: int
    other_community_id: int
    worker: int
    doctor: int
    other_doctor: int


def build_village(session: Session, *, now: datetime = NOW) -> Village:
    """Build it: one district, one street, two communities, one grid, a worker and two doctors."""
    session.add(Place(name="示范区"))
    session.flush()
    district = add_area(session, name="示范区", parent_id=None)
    street = add_area(session, name="示范街道", parent_id=district.id)
    community = add_area(session, name="棉东社区", parent_id=street.id)
    other = add_area(session, name="兴华社区", parent_id=street.id)
    grid = add_area(session, name="第1网格", parent_id=community.id)
    users = [
        User(username=name, display_name=name, password_hash=None, created_at=now)
        for name in ("worker", "doctor", "other-doctor")
    ]
    session.add_all(users)
    campaign = covid_campaign(session, now=now, opens_on=date(2026, 11, 1))
    session.flush()
    return Village(
        campaign_id=campaign.id,
        vaccine_id=campaign.vaccine_id,
        district_id=district.id,
        street_id=street.id,
        community_id=community.id,
        grid_id=grid.id,
        other_community_id=other.id,
        worker=users[0].id,
        doctor=users[1].id,
        other_doctor=users[2].id,
    )


def elder(village: Village, name: str = "赵桂兰", **changes: object) -> NewResident:
    """Return a woman of 91 with a mobile and a daughter; ``changes`` are fields of NewResident."""
    plain = NewResident(
        name=name,
        community_id=village.community_id,
        grid_id=village.grid_id,
        sex=Sex.FEMALE,
        born_on=date(1935, 3, 8),
        address="棉纺东路12号院10号楼3单元304",
        contacts=(
            NewContact(Relation.SELF, phones=(NewPhone("+8613900000001", PhoneKind.MOBILE),)),
            NewContact(
                Relation.DAUGHTER, "女儿", phones=(NewPhone("+8613900000002", PhoneKind.MOBILE),)
            ),
        ),
    )
    return plain._replace(**changes)  # type: ignore[arg-type]


def add_elders(
    session: Session, village: Village, *rows: NewResident, now: datetime = NOW
) -> list[int]:
    """Enter elders and compute their lines, as an import does."""
    ids = add_residents(session, rows=list(rows) or [elder(village)], now=now)
    restate_many(session, resident_ids=ids, by=village.worker, cause=Cause.IMPORTED, now=now)
    return ids


def dose(village: Village, resident_id: int, given_on: date, **changes: object) -> DoseDraft:
    """Return a dose of the campaign's vaccine proven by its batch."""
    plain: dict[str, object] = {
        "resident_id": resident_id,
        "vaccine_id": village.vaccine_id,
        "given_on": given_on,
        "grade": EvidenceGrade.BATCH_RECORDED,
        "reference": f"form:{uuid4().hex}",
    }
    return DoseDraft(**(plain | changes))  # type: ignore[arg-type]


def entry_of(session: Session, resident_id: int) -> LedgerEntry:
    """Return the line of a resident who has one campaign."""
    return session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.resident_id == resident_id)
        .order_by(LedgerEntry.id)
        .execution_options(populate_existing=True)
    ).one()


def transitions_of(session: Session, entry_id: int) -> Sequence[StatusTransition]:
    """Return how a line came to be what it is."""
    return session.scalars(
        select(StatusTransition)
        .where(StatusTransition.entry_id == entry_id)
        .order_by(StatusTransition.id)
    ).all()


def counts_of(
    session: Session, *, campaign_id: int, area_id: int, scope: Scope, day: date, basis: Basis
) -> AreaCounts:
    """Return the counts of one whole area."""
    asked = LedgerFilter(campaign_id=campaign_id, area_id=area_id, basis=basis)
    by_status = count_by_status(session, asked=asked, scope=scope, day=day)
    return AreaCounts(area_id, None, get_area(session, area_id).name, by_status)
